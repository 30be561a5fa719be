// How cards and lines look. What a person wrote is set as text, never as markup.

import { about, clock, current, has, nameOf, word } from "./words.js";

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(className, text, press) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

// Brings a list up to date and leaves alone what has not changed, so that the focus stays
// where it is and a screen reader says only what is new. An item: { key, value, make }.
export function arrange(list, items) {
  const known = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map(({ key, value, make }) => {
    const stamp = current() + JSON.stringify(value);
    if (known.get(key)?.dataset.stamp === stamp) return known.get(key);
    const made = make();
    made.dataset.key = key;
    made.dataset.stamp = stamp;
    return made;
  });
  const staying = new Set(nodes);
  for (const node of known.values()) if (!staying.has(node)) node.remove();
  nodes.forEach((node, place) => {
    if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
  });
}

export function queueCard(card, { fresh, online, take }) {
  const item = element("li", `card risk-${card.risk}${fresh ? " fresh" : ""}`);
  const wait = element("span", "wait");
  wait.dataset.since = card.queued_at;
  const foot = element("div", "take");
  const press = button("", word("claim"), take);
  press.disabled = !online;
  press.setAttribute("aria-label", word("claim_label", { name: nameOf(card) }));
  foot.append(press);
  item.append(
    row(chip(card), element("span", "name", nameOf(card)), wait),
    element("p", "why", card.reason ? word(`reason_${card.reason}`) : ""),
    element("p", "meta", about(card)),
    foot,
  );
  return item;
}

// A talk that a colleague asks about: its risk in words, not by the color of the edge alone.
export function askedCard(talk, asks, answers) {
  const item = element("li", `card risk-${talk.risk}`);
  const foot = element("div", "take two");
  foot.append(...answers);
  item.append(row(chip(talk)), element("p", "why", asks), element("p", "meta", about(talk)), foot);
  return item;
}

export function mineCard(talk, { open, choose }) {
  const item = element("li");
  const press = button(`card risk-${talk.frame.risk}`, undefined, choose);
  press.setAttribute("aria-current", String(open));
  press.classList.toggle("alarmed", talk.alarmed);
  const head = row(chip(talk.frame), element("span", "name", nameOf(talk.frame)));
  if (talk.frame.along) head.append(element("span", "tag", word("along_tag")));
  if (talk.unread) head.append(element("span", "unread", word("unread", { count: talk.unread })));
  press.append(head, element("span", "meta", about(talk.frame)));
  item.append(press);
  return item;
}

export function chip(card) {
  const made = element("span", `chip risk-${card.risk}`, word(`risk_${card.risk}`));
  if (card.covered) made.append(` · ${word("covered_chip")}`);
  return made;
}

export function lineItem(line) {
  const speaker = line.kind === "flood" ? "system" : line.speaker; // nobody said that
  const item = element("div", `line ${speaker}`);
  const { text, aside } = spoken(line);
  const said = element("p", "said");
  said.append(element("span", "by", word(`speaker_${speaker}`)), element("time", "", clock(line.at)));
  if (line.delivery) {
    const bad = line.delivery === "dead" || line.delivery === "cancelled";
    said.append(delivery(`delivery_${line.delivery}`, bad));
  }
  if (line.delivery === "held") said.append(heldAct("send", line), heldAct("drop", line));
  item.append(element("div", aside ? "bubble aside" : "bubble", text), said);
  return item;
}

export function unsentItem({ text, state, code }, putBack, askRelease) {
  const item = element("div", "line counselor");
  const said = element("p", "said");
  const failed = state === "failed";
  said.append(delivery(failed ? "delivery_failed" : "delivery_sending", failed));
  if (failed) {
    if (has(code)) said.append(element("span", "", word(code)));
    said.append(button("put-back", word("put_back"), putBack));
    if (code?.startsWith("guard_")) said.append(button("put-back", word("ask_release"), askRelease));
  }
  item.append(element("div", "bubble", text), said);
  return item;
}

// A text that supervisors are asked about: it goes only when its counselor presses again.
export function stoppedItem({ text, state, answer }, { send, putBack }) {
  const item = element("div", "line counselor stopped");
  const said = element("p", "said");
  said.append(delivery(`stopped_${state}`, state === "refused"));
  if (answer) said.append(element("span", "", word("supervisor_says", { answer })));
  if (state === "released") said.append(button("put-back", word("send_released"), send));
  if (state === "refused") said.append(button("put-back", word("put_back"), putBack));
  item.append(element("div", "bubble", text), said);
  return item;
}

// Pressed in held.js: a line that was held while somebody watched.
function heldAct(act, line) {
  const press = button("put-back held-act", word(`held_${act}`), () => {});
  Object.assign(press.dataset, { held: act, seq: line.seq });
  return press;
}

function delivery(key, bad) {
  return element("span", bad ? "delivery bad" : "delivery", word(key));
}

function row(...children) {
  const made = element("div", "row");
  made.append(...children);
  return made;
}

function spoken({ speaker, kind: detailed, text }) {
  const kind = detailed.split(":")[0]; // "attachment:image"
  if (speaker === "system") return { text: has(`notice_${text}`) ? word(`notice_${text}`) : text };
  if (kind === "attachment") return { text: [word("kind_attachment"), text].filter(Boolean).join("\n"), aside: true };
  if (kind === "taken_back") return { text: word("kind_taken_back"), aside: true };
  if (kind === "flood") return { text: word("kind_flood") };
  if (kind === "unsend") return { text: word("kind_unsend"), aside: true };
  if (kind === "code") return { text: word("kind_code"), aside: true };
  if (kind === "leave") return { text: word("notice_left"), aside: true };
  if (kind === "start" && !text) return { text: word("kind_start"), aside: true };
  if (kind === "sticker" || kind === "edit") return { text: `[${word(`kind_${kind}`)}] ${text}` };
  return { text };
}
