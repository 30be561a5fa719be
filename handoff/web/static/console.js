// The counselor's page: what the server says, what the counselor does, and what is seen.

import { arrange, chip, element, lineItem, mineCard, queueCard, unsentItem } from "./draw.js";
import { Link } from "./link.js";
import { MAX_TEXT, Room, length } from "./talks.js";
import { about, choose, current, has, nameOf, roughly, span, word } from "./words.js";

const at = (id) => document.getElementById(id);
const room = new Room();
const claiming = new Map(); // card -> the version that was asked for
const WINDOW_WARNING = 60 * 60 * 1000; // milliseconds left when the reply window is shown as a warning
const doing = new Map(); // talks we just gave back or closed ourselves -> what to say then
let state = "connecting";
let first = { queue: true, talks: true };
let following = true; // the newest line stays in view until the counselor scrolls up
let asking = false; // for the most urgent card, not answered yet
let wanted = null; // a talk to open as soon as it is ours

const link = new Link({ onFrame: receive, onState: showState });

// --- what the server says ---

function receive(frame) {
  const talk = room.talks.get(frame.conversation);
  switch (frame.type) {
    case "hello":
      first = { queue: true, talks: true };
      claiming.clear();
      asking = false;
      room.offset = Date.parse(frame.now) - Date.now();
      break;
    case "ping":
      room.offset = Date.parse(frame.now) - Date.now();
      break;
    case "queue":
      changeQueue(frame);
      break;
    case "talks":
      changeTalks(frame);
      break;
    case "lines":
      if (talk) addLines(talk, frame.lines);
      break;
    case "delivery":
      if (talk?.lines.has(frame.seq)) {
        talk.lines.get(frame.seq).delivery = frame.state;
        if (talk.id === room.open) drawLines();
      }
      break;
    case "claimed":
      claiming.delete(frame.conversation);
      asking = false;
      wanted = frame.conversation;
      openWanted();
      break;
    case "said": // the line itself follows, under the same key
    case "done": // so does the change of the talks
      break;
    case "refused":
      refused(frame, talk);
      break;
  }
}

function changeQueue(frame) {
  const fresh = room.changeQueue(frame, first.queue);
  if (!first.queue) {
    for (const card of fresh) announce("new_card", card);
  }
  drawQueue(first.queue ? [] : fresh);
  first.queue = false;
  claimAgain();
}

function announce(key, card) {
  at("announce").textContent = word(key, { name: nameOf(card), risk: word(`risk_${card.risk}`) });
}

function changeTalks(frame) {
  keepDraft();
  const wasOpen = room.open;
  const left = room.changeTalks(frame, first.talks);
  for (const talk of left) {
    const erased = frame.erased.includes(talk.id);
    toast(erased ? "talk_erased" : (doing.get(talk.id) ?? "talk_lost"), { name: nameOf(talk.frame) });
    doing.delete(talk.id);
  }
  if (first.talks) resend();
  first.talks = false;
  drawMine();
  if (wasOpen !== room.open) drawTalk();
  else if (room.open) drawHead();
  openWanted();
}

function openWanted() {
  if (wanted && room.talks.has(wanted)) {
    const talk = room.talks.get(wanted);
    wanted = null;
    openTalk(talk.id);
  }
}

function addLines(talk, lines) {
  const before = talk.lines.size;
  talk.add(lines);
  if (talk.id !== room.open && before) {
    talk.unread += lines.filter((line) => line.speaker === "person").length;
    drawMine();
  }
  if (talk.id === room.open) drawLines();
}

function refused(frame, talk) {
  const unsent = talk?.unsent.get(frame.key);
  if (unsent) {
    unsent.state = "failed";
    unsent.code = frame.code;
    if (talk.id === room.open) drawLines();
  }
  doing.delete(frame.conversation);
  if (frame.action === "next") asking = false;
  if (frame.code === "card_changed" && claiming.has(frame.conversation)) return claimAgain();
  claiming.delete(frame.conversation);
  toast(has(frame.code) ? frame.code : "refused");
  drawQueue([]);
  if (talk && talk.id === room.open) drawHead();
}

// --- what the counselor does ---

function claim(id) {
  const card = room.cards.get(id);
  if (!card || claiming.get(id) === card.version) return; // a double click is one wish
  if (!link.send({ type: "claim", conversation: id, version: card.version })) return;
  claiming.set(id, card.version);
}

// The young person wrote at that very moment: the card is new, the wish to take it is not.
function claimAgain() {
  for (const [id, version] of claiming) {
    const card = room.cards.get(id);
    if (!card) claiming.delete(id);
    else if (card.version > version) claim(id);
  }
}

function say(talk, text) {
  const key = crypto.randomUUID?.() ?? fallbackKey();
  talk.unsent.set(key, { text, epoch: talk.frame.epoch, state: "sending" });
  sendOne(talk, key);
  drawLines(true);
}

function sendOne(talk, key) {
  const { text, epoch } = talk.unsent.get(key);
  link.send({ type: "say", conversation: talk.id, epoch, key, text });
}

// After a lost connection: the same keys again, so that nothing is sent twice.
function resend() {
  for (const talk of room.talks.values()) {
    for (const [key, unsent] of talk.unsent) if (unsent.state === "sending") sendOne(talk, key);
  }
}

function fallbackKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function putBack(talk, key) {
  const { text } = talk.unsent.get(key);
  talk.unsent.delete(key);
  keepDraft();
  talk.draft = talk.draft ? `${text}\n${talk.draft}` : text;
  drawTalk();
}

async function confirmed(action) {
  const dialog = at("confirm");
  at("confirm-title").textContent = word(`${action}_title`);
  at("confirm-text").textContent = word(`${action}_text`);
  at("confirm-yes").textContent = word(action);
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}

async function end(action) {
  const talk = room.talks.get(room.open);
  if (!talk) return;
  // As it was when asked: what comes in meanwhile is read before a goodbye is said.
  const seen = Math.max(0, ...talk.lines.keys());
  if (!(await confirmed(action)) || !room.talks.has(talk.id)) return;
  const { epoch } = talk.frame;
  const more = action === "close" ? { seen } : {};
  if (!link.send({ type: action, conversation: talk.id, epoch, ...more })) return;
  doing.set(talk.id, action === "close" ? "talk_closed" : "talk_released");
}

function openTalk(id) {
  keepDraft();
  room.open = id;
  room.talks.get(id).unread = 0;
  drawMine();
  drawTalk();
  at("text").focus();
}

function keepDraft() {
  const talk = room.talks.get(room.open);
  if (talk) talk.draft = at("text").value;
}

// --- what is seen ---

function toast(key, slots) {
  const made = element("p", "toast", word(key, slots));
  at("toasts").append(made);
  setTimeout(() => made.remove(), 6000);
}

function showState(next) {
  state = next;
  const shown = next === "signed_out" ? "offline" : next;
  at("link").className = `link ${shown}`;
  at("link-text").textContent = word(shown);
  const lost = next !== "online" && (link.tries > 0 || next !== "connecting");
  at("banner").hidden = !lost;
  const lease = room.talks.size ? ` ${word("offline_banner_lease")}` : "";
  at("banner-text").textContent =
    next === "signed_out" ? word("signed_out_banner") : word("offline_banner") + lease;
  lock(next === "signed_out");
  at("banner-sign-in").hidden = next !== "signed_out";
  at("banner-reconnect").hidden = next === "online";
  drawQueue([]);
  drawHead();
}

// Whoever sits here now may not be the counselor: nothing a person wrote stays in sight or in
// memory. The counselor's own unfinished words do.
function lock(locked) {
  at("columns").classList.toggle("locked", locked);
  at("columns").inert = locked;
  if (!locked) return;
  for (const talk of room.talks.values()) talk.lines.clear();
  drawLines();
}

function drawQueue(fresh) {
  const cards = room.waiting();
  const isFresh = new Set(fresh.map((card) => card.conversation));
  const online = state === "online";
  const items = cards.map((card) => ({
    key: card.conversation,
    value: [card, online],
    make: () =>
      queueCard(card, {
        fresh: isFresh.has(card.conversation),
        online,
        take: () => claim(card.conversation),
      }),
  }));
  arrange(at("queue"), items);
  at("queue-count").textContent = cards.length;
  at("queue-empty").hidden = cards.length > 0;
  at("next").disabled = !cards.length || !online;
  document.title = cards.length ? `(${cards.length}) Gyeot` : "Gyeot";
  tick();
}

function drawMine() {
  const talks = [...room.talks.values()];
  const items = talks.map((talk) => {
    const open = talk.id === room.open;
    const make = () => mineCard(talk, { open, choose: () => openTalk(talk.id) });
    return { key: talk.id, value: [talk.frame, talk.unread, open], make };
  });
  arrange(at("mine"), items);
  at("mine-count").textContent = talks.length;
  at("mine-empty").hidden = talks.length > 0;
}

function drawTalk() {
  const talk = room.talks.get(room.open);
  at("pick").hidden = Boolean(talk);
  at("open-talk").hidden = !talk;
  if (!talk) return forgetTalk();
  drawHead();
  drawLines(true);
  at("text").value = talk.draft;
  fitText();
}

// What left our hands is not kept behind the curtain either.
function forgetTalk() {
  for (const id of ["talk-name", "talk-meta", "lines"]) at(id).replaceChildren();
  at("text").value = "";
}

function drawHead() {
  const talk = room.talks.get(room.open);
  if (!talk) return;
  at("talk-name").replaceChildren(nameOf(talk.frame), chip(talk.frame));
  at("talk-meta").textContent = [talk.frame.reason && word(`reason_${talk.frame.reason}`), about(talk.frame)]
    .filter(Boolean)
    .join(" · ");
  at("release").disabled = at("close").disabled = state !== "online";
  tellWindow();
}

function drawLines(toEnd = false) {
  const talk = room.talks.get(room.open);
  if (!talk) return;
  if (toEnd) following = true;
  const lines = talk.shown().map((line) => ({
    key: line.key ?? `${talk.id} ${line.seq}`,
    value: line,
    make: () => lineItem(line),
  }));
  const unsent = [...talk.unsent].map(([key, one]) => ({
    key,
    value: one,
    make: () => unsentItem(one, () => putBack(talk, key)),
  }));
  arrange(at("lines"), [...lines, ...unsent]);
  toTheEnd();
}

function toTheEnd() {
  if (following) at("lines").scrollTop = at("lines").scrollHeight;
}

function tick() {
  tellWindow();
  for (const wait of document.querySelectorAll("[data-since]")) {
    wait.textContent = word("waited", { time: span(room.now() - Date.parse(wait.dataset.since)) });
  }
}

// How long the channel still takes an answer, before it is too late to find out.
function tellWindow() {
  const until = room.talks.get(room.open)?.frame.reply_until;
  const left = until ? Date.parse(until) - room.now() : 0;
  at("window").hidden = !until;
  at("window").classList.toggle("over", left < WINDOW_WARNING);
  if (until) at("window").textContent = left > 0 ? word("window_open", { time: roughly(left) }) : word("window_closed");
}

function fitText() {
  const box = at("text");
  const count = length(box.value);
  const over = count > MAX_TEXT;
  at("count").textContent = over ? word("too_long", { count: count - MAX_TEXT }) : `${count} / ${MAX_TEXT}`;
  at("count").className = over ? "hint over" : "hint";
  at("send").disabled = !count || over;
  box.style.height = "auto";
  box.style.height = `${Math.min(200, box.scrollHeight + 2)}px`;
}

function translate() {
  choose(current() === "ko" ? "en" : "ko");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  for (const one of document.querySelectorAll("[data-word-label]")) {
    one.setAttribute("aria-label", word(one.dataset.wordLabel));
  }
  keepDraft();
  showState(state);
  drawMine();
  drawTalk();
}

// --- joined together ---

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const talk = room.talks.get(room.open);
  const text = at("text").value;
  if (!talk || at("send").disabled) return;
  at("text").value = "";
  talk.draft = "";
  fitText();
  say(talk, text);
});

at("text").addEventListener("keydown", (event) => {
  // While a Korean syllable is being composed, Enter belongs to the keyboard.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  at("composer").requestSubmit();
});

at("text").addEventListener("input", fitText);
at("lines").addEventListener("scroll", ({ target }) => {
  following = target.scrollHeight - target.scrollTop - target.clientHeight < 80;
});
new ResizeObserver(toTheEnd).observe(at("lines"));
at("next").addEventListener("click", () => {
  if (!asking) asking = link.send({ type: "next" });
});
at("release").addEventListener("click", () => end("release"));
at("close").addEventListener("click", () => end("close"));
at("banner-reconnect").addEventListener("click", () => link.retryNow());
at("language").addEventListener("click", translate);
addEventListener("beforeunload", (event) => {
  keepDraft();
  const unsaved = [...room.talks.values()].some((talk) => talk.draft.trim() || talk.unsent.size);
  if (unsaved) event.preventDefault();
});

setInterval(tick, 1000);
fitText();
link.open();
