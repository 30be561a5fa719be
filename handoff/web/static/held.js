// A young person who is watched: nothing is sent, and what was held waits for the counselor.

import { at, openTalk, wish } from "./desk.js";
import { arrange, lineItem } from "./draw.js";
import { word } from "./words.js";

export function drawHeld(talk) {
  at("covered").hidden = !talk.frame.covered;
  at("lines").classList.toggle("covered", Boolean(talk.frame.covered));
  at("earlier").hidden = !talk.earlier;
  const lines = talk.earlier ?? [];
  at("earlier-title").textContent = lines.length ? word("earlier_title", { count: lines.length }) : word("earlier_gone");
  arrange(
    at("earlier-lines"),
    lines.map((line) => ({ key: `${talk.id} earlier ${line.seq}`, value: line, make: () => lineItem({ ...line, delivery: null }) })),
  );
}

export function forgetHeld() {
  at("covered").hidden = true;
  at("earlier").hidden = true;
  at("earlier").open = false;
  at("earlier-lines").replaceChildren();
}

at("uncover").addEventListener("click", () => openTalk() && wish("held", openTalk(), { act: "uncover", seq: 0 }));
at("lines").addEventListener("click", ({ target }) => {
  const press = target.closest("button[data-held]");
  if (press && openTalk()) wish("held", openTalk(), { act: press.dataset.held, seq: Number(press.dataset.seq) });
});
