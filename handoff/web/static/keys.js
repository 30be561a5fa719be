// Everything by keyboard; `?` shows how.

import { handOverAll, end } from "./acts.js";
import { toggleSound } from "./alarm.js";
import { endAlong } from "./company.js";
import { at, room } from "./desk.js";
import { element } from "./draw.js";
import { word } from "./words.js";

// With Alt, so that they work while one writes; `?` and the letters alone outside a field.
const KEYS = [
  ["Alt+N", "take_next", () => at("next").click()],
  ["Alt+↓", "key_next_talk", () => step(1)],
  ["Alt+↑", "key_previous_talk", () => step(-1)],
  ["Alt+W", "key_write", () => at("text").focus()],
  ["Alt+L", "key_lines", () => at("lines").focus()],
  ["Alt+Q", "key_queue", () => at("queue").querySelector("button")?.focus()],
  ["Alt+I", "key_note", () => at("note").focus()],
  ["Alt+P", "prepared_title", () => at("phrases").open = !at("phrases").open],
  ["Alt+R", "release", () => end("release")],
  ["Alt+T", "offer", () => end("offer")],
  ["Alt+J", "ask_along", () => end("ask_along")],
  ["Alt+E", "along_end", endAlong],
  ["Alt+B", "to_bot", () => end("to_bot")],
  ["Alt+C", "close", () => end("close")],
  ["Alt+H", "release_all", handOverAll],
  ["Alt+S", "sound", toggleSound],
  ["?", "key_help", showHelp],
];
const CODES = { ArrowDown: "↓", ArrowUp: "↑" };
let choose = () => {};

export function onChoose(act) {
  choose = act;
}

function step(by) {
  const ids = [...room.talks.keys()];
  if (ids.length) choose(ids[(ids.indexOf(room.open) + by + ids.length) % ids.length]);
}

export function showHelp() {
  const rows = KEYS.flatMap(([key, name]) => [element("dt", "", key), element("dd", "", word(name))]);
  rows.push(element("dt", "", "Enter"), element("dd", "", word("send")));
  at("help-keys").replaceChildren(...rows);
  at("help").showModal();
}

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const typing = event.target.matches("input, textarea, select");
  // By its place on the keyboard: with a Korean layout, or Alt on a Mac, the letter is another.
  const name = event.code.startsWith("Key") ? event.code.slice(3) : CODES[event.code];
  const pressed = event.altKey && !event.ctrlKey && !event.metaKey ? `Alt+${name}` : event.key;
  if (!event.altKey && typing) return;
  const found = KEYS.find(([key]) => key === pressed);
  if (!found) return;
  event.preventDefault();
  found[2]();
});
at("help-open").addEventListener("click", showHelp);
at("help-close").addEventListener("click", () => at("help").close());

// The menu of pages closes as a menu does.
at("places").addEventListener("click", (event) => {
  if (event.target.closest("a")) at("places").open = false;
});
at("places").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  at("places").open = false;
  at("places").querySelector("summary").focus();
});
