// How a talk leaves these hands: back to the queue, to a colleague, to the bot, to its end.

import { at, desk, openTalk, room, toast, wish } from "./desk.js";
import { alongItem, ownTalks } from "./company.js";
import { askedCard, button, element } from "./draw.js";
import { nameOf, word } from "./words.js";

export const doing = new Map(); // talks we let go ourselves -> what to say then

const FIELDS = {
  release: ["note"],
  offer: ["note", "colleague"],
  close: ["outcome", "follow-up"],
  ask_along: ["colleague"],
  to_bot: [],
  ask_release: ["reason"],
};

// Asks before anything leaves; resolves to what was filled in, or null.
export async function asked(action) {
  const dialog = at("confirm");
  for (const name of ["note", "colleague", "reason", "outcome", "follow-up"]) {
    at(`ask-${name}`).hidden = !(FIELDS[action] ?? []).includes(name);
  }
  at("confirm-note").value = "";
  at("confirm-reason").value = "";
  at("confirm-reason").required = action === "ask_release";
  at("confirm-outcome").value = "";
  at("confirm-outcome").required = action === "close";
  at("confirm-title").textContent = word(`${action}_title`);
  at("confirm-yes").textContent = word(action);
  fillColleagues(action);
  dialog.returnValue = "no";
  dialog.dataset.action = action;
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "yes") return null;
  return {
    note: at("confirm-note").value,
    reason: at("confirm-reason").value,
    colleague: at("confirm-colleague").value,
    outcome: at("confirm-outcome").value || null,
    follow_up: at("confirm-follow-up").value,
  };
}

// A colleague may come, or go, while one is asked whom to ask.
export function drawColleagues() {
  const { open, dataset } = at("confirm");
  if (open && !at("ask-colleague").hidden) fillColleagues(dataset.action);
}

function fillColleagues(action) {
  const chosen = at("confirm-colleague").value;
  const here = desk.colleagues.filter((one) => one.id !== desk.me && one.presence !== "away");
  const options = here.map((one) => {
    const option = element("option", "", `${one.name} (${word(`presence_${one.presence}`)})`);
    option.value = one.id;
    return option;
  });
  if (action === "ask_along") options.push(Object.assign(element("option", "", word("any_supervisor")), { value: "" }));
  at("confirm-colleague").replaceChildren(...options);
  if (options.some((one) => one.value === chosen)) at("confirm-colleague").value = chosen;
  const nobody = action === "offer" && !here.length;
  at("confirm-yes").disabled = nobody;
  at("confirm-text").textContent = word(nobody ? "nobody_here" : `${action}_text`);
}

export async function end(action) {
  const talk = openTalk();
  if (!talk || talk.frame.along) return;
  // As it was when asked: what comes in meanwhile is read before a goodbye is said.
  const seen = Math.max(0, ...talk.lines.keys());
  const filled = await asked(action);
  if (!filled || room.talks.get(talk.id) !== talk) return;
  const more = {
    release: { note: filled.note },
    offer: { note: filled.note, colleague: filled.colleague },
    ask_along: { colleague: filled.colleague || null },
    to_bot: { seen },
    close: { seen, outcome: filled.outcome, follow_up: filled.follow_up },
  }[action];
  if (!wish(action, talk, more)) return toast("offline");
  if (action === "ask_along") toast("along_asked");
  else if (action === "offer") toast("offered", { name: nameOf(talk.frame) });
  else doing.set(talk.id, { release: "talk_released", to_bot: "talk_to_bot", close: "talk_closed" }[action]);
}

// The end of a shift: every talk goes back to its place in line, with one note for all.
export async function handOverAll() {
  if (!ownTalks().length) return toast("nobody_mine");
  const filled = await asked("release_all");
  if (!filled) return;
  for (const talk of ownTalks()) {
    if (wish("release", talk, { note: filled.note })) doing.set(talk.id, "talk_released");
  }
  desk.link.send({ type: "presence", state: "pausing" });
}
FIELDS.release_all = ["note"];

export function drawOffers() {
  const items = desk.offers.map((one) => {
    const owner = desk.colleagues.find((each) => each.id === one.owner)?.name ?? "";
    const answer = (type) => desk.link.send({ type, conversation: one.conversation, epoch: one.epoch });
    return askedCard(one, word("offer_from", { owner, name: nameOf(one) }), [
      button("", word("accept"), () => answer("accept")),
      button("", word("decline"), () => answer("decline")),
    ]);
  });
  items.push(...desk.alongs.map(alongItem));
  at("offers").replaceChildren(...items);
  at("offers-part").hidden = !items.length;
}

export function drawPresence() {
  const mine = desk.colleagues.find((one) => one.id === desk.me);
  if (mine) at("presence").value = mine.presence;
}

at("presence").addEventListener("change", ({ target }) => {
  desk.link.send({ type: "presence", state: target.value });
});
for (const action of ["release", "offer", "ask_along", "to_bot", "close"]) at(action).addEventListener("click", () => end(action));
at("withdraw").addEventListener("click", () => openTalk() && wish("withdraw", openTalk()));
at("release-all").addEventListener("click", handOverAll);
// The browser checks a required field only on a submit that wants it.
at("confirm-no").addEventListener("click", () => at("confirm").close("no"));
