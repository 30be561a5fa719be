// The counselor's page: what the server says, what the counselor does, and what is seen.

import { doing, drawColleagues, drawOffers, drawPresence } from "./acts.js";
import { drawSound, isImminent, ring, toggleSound } from "./alarm.js";
import { keepNote, noteRefused, resendNotes } from "./beside.js";
import { drawHead, drawLines, drawMine, drawQueue, drawTalk, fitText, showState, tick } from "./screen.js";
import { at, desk, newKey, room, toast } from "./desk.js";
import { onChoose } from "./keys.js";
import { Link } from "./link.js";
import { personRests, personWrites, tellWriting } from "./writing.js";
import { drawPhrases } from "./phrases.js";
import { askRelease, sendReleased, takeBack, tellDecided } from "./stopped.js";
import { choose, current, has, nameOf, word } from "./words.js";

const claiming = new Map(); // card -> the version that was asked for
let first = { queue: true, talks: true };
let asking = false; // for the most urgent card, not answered yet
let wanted = null; // a talk to open as soon as it is ours

const link = new Link({ onFrame: receive, onState: (state) => showState(state, acts) });
desk.link = link;
const acts = {
  claim,
  openTalk,
  putBack,
  askRelease,
  sendReleased: (talk, one) => redrawn(sendReleased(talk, one)),
  takeBack: (talk, one) => redrawn(takeBack(talk, one)),
};

// --- what the server says ---

function receive(frame) {
  const talk = room.talks.get(frame.conversation);
  switch (frame.type) {
    case "hello":
      first = { queue: true, talks: true };
      claiming.clear();
      asking = false;
      desk.me = frame.id;
      desk.most = frame.most;
      desk.offers = desk.alongs = []; // told again, if there are any
      drawOffers();
      room.offset = Date.parse(frame.now) - Date.now();
      break;
    case "locked":
      keepDraft();
      desk.lockedFor = frame.minutes;
      showState("locked", acts);
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
    case "typing":
      if (talk) personWrites(talk);
      break;
    case "delivery":
      if (talk?.lines.has(frame.seq)) {
        talk.lines.get(frame.seq).delivery = frame.state;
        if (talk.id === room.open) drawLines(acts);
      }
      break;
    case "colleagues":
      desk.colleagues = frame.all;
      drawPresence();
      drawColleagues();
      drawHead();
      break;
    case "offers":
      if (frame.talks.length > desk.offers.length) ring();
      desk.offers = frame.talks;
      drawOffers();
      break;
    case "along":
      if (frame.talks.length > desk.alongs.length) ring();
      desk.alongs = frame.talks;
      drawOffers();
      break;
    case "alarm":
      ring();
      toast("alarm", { name: nameOf(frame), risk: word(`risk_${frame.risk}`) });
      break;
    case "summary":
      if (talk) talk.facts = frame.facts;
      if (talk?.id === room.open) drawHead();
      break;
    case "notes":
      if (talk) talk.setNotes(frame.notes);
      if (talk?.id === room.open) drawHead();
      break;
    case "stopped":
      if (!talk) break;
      tellDecided(talk, frame.texts);
      talk.setStopped(frame.texts);
      if (talk.id === room.open) drawLines(acts);
      break;
    case "earlier":
      if (talk) talk.earlier = frame.lines;
      if (talk?.id === room.open) drawHead();
      break;
    case "claimed":
      claiming.delete(frame.conversation);
      asking = false;
      wanted = frame.conversation;
      openWanted();
      break;
    case "said": // the line itself follows, under the same key
    case "noted":
    case "presence":
    case "done": // so does the change of the talks
      break;
    case "refused":
      refused(frame, talk);
      break;
  }
}

function changeQueue(frame) {
  const raised = frame.changed.filter((card) => (room.cards.get(card.conversation)?.risk ?? -1) < card.risk);
  const fresh = room.changeQueue(frame, first.queue);
  if (!first.queue) {
    for (const card of fresh) announce("new_card", card);
  }
  if (raised.some(isImminent)) ring();
  drawQueue(first.queue ? [] : fresh, acts);
  first.queue = false;
  claimAgain();
}

function announce(key, card) {
  at("announce").textContent = word(key, { name: nameOf(card), risk: word(`risk_${card.risk}`) });
}

function changeTalks(frame) {
  keepDraft();
  const wasOpen = room.open;
  tellRaised(frame.changed);
  const left = room.changeTalks(frame, first.talks);
  for (const talk of left) {
    const erased = frame.erased.includes(talk.id);
    const owner = desk.colleagues.find((one) => one.id === frame.moved[talk.id])?.name;
    const lost = talk.frame.along ? "along_ended" : owner ? "talk_moved" : "talk_lost";
    toast(erased ? "talk_erased" : (doing.get(talk.id) ?? lost), { name: nameOf(talk.frame), owner });
    doing.delete(talk.id);
  }
  if (first.talks) resend();
  first.talks = false;
  drawMine(acts);
  drawQueue([], acts);
  if (wasOpen !== room.open) drawTalk(acts);
  else if (room.open) drawHead();
  openWanted();
}

// What they wrote is more dangerous than what we knew: heard and seen wherever one is.
function tellRaised(changed) {
  for (const frame of changed) {
    const talk = room.talks.get(frame.conversation);
    if (!talk || frame.risk <= talk.frame.risk || frame.risk < 2) continue;
    const ownJudgment = talk.judged === frame.risk;
    talk.judged = null;
    if (ownJudgment) continue;
    talk.alarmed = talk.id !== room.open;
    ring();
    toast("alarm", { name: nameOf(frame), risk: word(`risk_${frame.risk}`) });
    announce("alarm", frame);
  }
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
  if (lines.some((line) => line.speaker === "person")) personRests(talk);
  if (talk.id !== room.open && before) {
    talk.unread += lines.filter((line) => line.speaker === "person").length;
    drawMine(acts);
  }
  if (talk.id === room.open) drawLines(acts);
}

function refused(frame, talk) {
  const unsent = talk?.unsent.get(frame.key);
  if (unsent) {
    unsent.state = "failed";
    unsent.code = frame.code;
    if (talk.id === room.open) drawLines(acts);
  }
  doing.delete(frame.conversation);
  if (frame.action === "note" && talk) noteRefused(talk, frame.key);
  if (frame.action === "next") asking = false;
  if (frame.code === "card_changed" && claiming.has(frame.conversation)) return claimAgain();
  claiming.delete(frame.conversation);
  toast(has(frame.code) ? frame.code : "refused");
  drawQueue([], acts);
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
  const key = newKey();
  talk.unsent.set(key, { text, epoch: talk.frame.epoch, state: "sending" });
  sendOne(talk, key);
  drawLines(acts, true);
}

function sendOne(talk, key) {
  const { text, epoch } = talk.unsent.get(key);
  link.send({ type: "say", conversation: talk.id, epoch, key, text });
}

// After a lost connection: the same keys again, so that nothing is sent twice.
function resend() {
  for (const talk of room.talks.values()) {
    for (const [key, unsent] of talk.unsent) if (unsent.state === "sending") sendOne(talk, key);
    resendNotes(talk);
  }
}

function redrawn() {
  drawLines(acts);
  fitText();
}

function putBack(talk, key) {
  const { text } = talk.unsent.get(key);
  talk.unsent.delete(key);
  keepDraft();
  talk.draft = talk.draft ? `${text}\n${talk.draft}` : text;
  drawTalk(acts);
}

function openTalk(id) {
  keepDraft();
  room.open = id;
  room.talks.get(id).unread = 0;
  room.talks.get(id).alarmed = false;
  drawMine(acts);
  drawTalk(acts);
  at("text").focus();
}

function keepDraft() {
  const talk = room.talks.get(room.open);
  if (talk) talk.draft = at("text").value;
  keepNote(talk);
}

// --- what is seen ---

// In the language of the talk, whatever the page speaks.
function phrases() {
  const talk = room.talks.get(room.open);
  drawPhrases(talk?.frame.language ?? current(), insert);
}

function insert(text) {
  const box = at("text");
  const before = box.value.slice(0, box.selectionStart);
  const gap = before && !/\s$/.test(before) ? " " : "";
  box.setRangeText(gap + text, box.selectionStart, box.selectionEnd, "end");
  at("phrases").open = false;
  box.focus();
  fitText();
}

function translate() {
  choose(current() === "ko" ? "en" : "ko");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  for (const one of document.querySelectorAll("[data-word-label]")) {
    one.setAttribute("aria-label", word(one.dataset.wordLabel));
  }
  keepDraft();
  showState(desk.state, acts);
  drawMine(acts);
  drawTalk(acts);
  drawSound();
  drawOffers();
  phrases();
}

// --- joined together ---

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const talk = room.talks.get(room.open);
  const text = at("text").value;
  if (!talk || at("send").disabled) return;
  at("text").value = "";
  talk.draft = "";
  talk.toldWriting = 0;
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
at("text").addEventListener("input", tellWriting);
at("next").addEventListener("click", () => {
  if (!asking) asking = link.send({ type: "next" });
});
at("banner-reconnect").addEventListener("click", () => link.retryNow());
at("sound").addEventListener("click", toggleSound);
at("phrases").addEventListener("toggle", phrases);
at("back").addEventListener("click", () => {
  keepDraft();
  room.open = null;
  drawMine(acts);
  drawTalk(acts);
});
onChoose(openTalk);
at("language").addEventListener("click", translate);
addEventListener("beforeunload", (event) => {
  keepDraft();
  const unsaved = [...room.talks.values()].some((talk) => [...talk.written()].length);
  if (unsaved) event.preventDefault();
});

// Who signed in again in another window goes on here, too.
const windows = new BroadcastChannel("gyeot");
windows.addEventListener("message", () => {
  if (desk.state === "locked" || desk.state === "signed_out") link.again();
});
windows.postMessage("signed-in");

setInterval(tick, 1000);
drawSound();
fitText();
link.open();
