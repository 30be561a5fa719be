// What is seen: the queue, the talks of this counselor, the open talk, the connection.

import { drawTitle } from "./alarm.js";
import { drawCompany, ownTalks } from "./company.js";
import { drawBeside, forgetBeside, showNoteDraft } from "./beside.js";
import { drawHeld, forgetHeld } from "./held.js";
import { at, desk, openTalk, room } from "./desk.js";
import { arrange, chip, mineCard, queueCard, lineItem, stoppedItem, unsentItem } from "./draw.js";
import { isUnchanged } from "./phrases.js";
import { MAX_TEXT, length, measure } from "./talks.js";
import { drawWriting } from "./writing.js";
import { about, nameOf, roughly, span, word } from "./words.js";

const limits = await (await fetch("/console/static/limits.json")).json();
const WINDOW_WARNING = 60 * 60 * 1000; // milliseconds left when the reply window is a warning
let following = true; // the newest line stays in view until the counselor scrolls up

export function showState(next, acts) {
  desk.state = next;
  const covered = next === "signed_out" || next === "locked";
  const shown = next === "signed_out" ? "offline" : next;
  at("link").className = `link ${covered ? "offline" : next}`;
  at("link-text").textContent = word(shown);
  const lost = next !== "online" && (desk.link?.tries > 0 || next !== "connecting");
  at("banner").hidden = !lost;
  const lease = room.talks.size ? ` ${word("offline_banner_lease")}` : "";
  at("banner-text").textContent =
    next === "locked" ? word("locked_banner", { count: desk.lockedFor })
    : next === "signed_out" ? word("signed_out_banner") : word("offline_banner") + lease;
  lock(covered, acts);
  at("covered-page").hidden = !covered;
  at("banner-sign-in").hidden = !covered;
  at("banner-reconnect").hidden = next === "online";
  drawQueue([], acts);
  drawHead();
}

// Whoever sits here now may not be the counselor: nothing a person wrote stays in sight or in
// memory. The counselor's own unfinished words do.
function lock(locked, acts) {
  at("columns").classList.toggle("locked", locked);
  at("columns").inert = locked;
  if (!locked) return;
  for (const talk of room.talks.values()) talk.forget();
  drawBeside();
  drawLines(acts);
}

export function drawQueue(fresh, acts) {
  const cards = room.waiting();
  const isFresh = new Set(fresh.map((card) => card.conversation));
  const online = desk.state === "online";
  const items = cards.map((card) => ({
    key: card.conversation,
    value: [card, online],
    make: () =>
      queueCard(card, {
        fresh: isFresh.has(card.conversation),
        online,
        take: () => acts.claim(card.conversation),
      }),
  }));
  arrange(at("queue"), items);
  at("queue-count").textContent = cards.length;
  at("queue-empty").hidden = cards.length > 0;
  at("next").disabled = !cards.length || !online;
  drawTitle();
  tick();
}

export function drawMine(acts) {
  const talks = [...room.talks.values()];
  const items = talks.map((talk) => {
    const open = talk.id === room.open;
    const make = () => mineCard(talk, { open, choose: () => acts.openTalk(talk.id) });
    return { key: talk.id, value: [talk.frame, talk.unread, talk.alarmed, open], make };
  });
  arrange(at("mine"), items);
  const own = ownTalks().length;
  at("mine-count").textContent = desk.most ? `${own} / ${desk.most}` : own;
  at("release-all").hidden = !own;
  drawTitle();
  at("mine-empty").hidden = talks.length > 0;
}

export function drawTalk(acts) {
  const talk = room.talks.get(room.open);
  at("pick").hidden = Boolean(talk);
  at("open-talk").hidden = !talk;
  at("columns").classList.toggle("talking", Boolean(talk));
  if (!talk) return forgetTalk();
  drawHead();
  drawLines(acts, true);
  at("text").value = talk.draft;
  showNoteDraft(talk);
  fitText();
}

// What left our hands is not kept behind the curtain either.
function forgetTalk() {
  for (const id of ["talk-name", "talk-meta", "lines", "offered-text", "company-text"]) at(id).replaceChildren();
  at("text").value = "";
  forgetHeld();
  forgetBeside();
}

export function drawHead() {
  const talk = room.talks.get(room.open);
  if (!talk) return;
  at("talk-name").replaceChildren(nameOf(talk.frame), chip(talk.frame));
  at("talk-meta").textContent = [talk.frame.reason && word(`reason_${talk.frame.reason}`), about(talk.frame)]
    .filter(Boolean)
    .join(" · ");
  for (const act of ["release", "offer", "ask_along", "to_bot", "close", "withdraw"]) at(act).disabled = desk.state !== "online";
  const asked = desk.colleagues.find((one) => one.id === talk.frame.offered_to);
  at("offered").hidden = !talk.frame.offered_to;
  at("offered-text").textContent = word("offer_waits", { name: asked?.name ?? "" });
  const names = (talk.frame.readers ?? []).map((id) => desk.colleagues.find((one) => one.id === id)?.name ?? "");
  at("along").hidden = !names.length;
  at("along").textContent = names.length ? word("reads_along", { names: names.join(", ") }) : "";
  drawBeside();
  drawHeld(talk);
  drawCompany();
  drawWriting();
  tellWindow();
  fitText();
}

export function drawLines(acts, toEnd = false) {
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
    make: () => unsentItem(one, () => acts.putBack(talk, key), () => acts.askRelease(talk, key)),
  }));
  // Until its line is there, a text on its way is shown as such and no more as stopped.
  const stopped = talk.stopped.filter((one) => !talk.unsent.has(one.key) && !hasLine(talk, one.key));
  const asked = stopped.map((one) => ({
    key: one.key,
    value: one,
    make: () => stoppedItem(one, { send: () => acts.sendReleased(talk, one), putBack: () => acts.takeBack(talk, one) }),
  }));
  arrange(at("lines"), [...lines, ...asked, ...unsent]);
  toTheEnd();
}

const hasLine = (talk, key) => [...talk.lines.values()].some((line) => line.key === key);

function toTheEnd() {
  if (following) at("lines").scrollTop = at("lines").scrollHeight;
}

export function tick() {
  tellWindow();
  drawWriting();
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

// Where a message can be longer than the channel takes at once, in the channel's own count.
function tellLimit(text) {
  const limit = limits[openTalk()?.frame.channel];
  const size = limit ? measure(text, limit.unit) : 0;
  at("limit").hidden = !limit;
  if (!limit) return;
  const counted = `${size} / ${limit.most} ${word(`unit_${limit.unit}`)}`;
  const pieces = size > limit.most;
  at("limit").classList.toggle("warn", pieces);
  at("limit").textContent = pieces ? `${counted} · ${word("in_pieces")}` : counted;
}

export function fitText() {
  const box = at("text");
  const count = length(box.value);
  const over = count > MAX_TEXT;
  const unchanged = isUnchanged(box.value);
  at("count").textContent = over ? word("too_long", { count: count - MAX_TEXT }) : `${count} / ${MAX_TEXT}`;
  tellLimit(box.value);
  at("count").className = over ? "hint over" : "hint";
  const watched = room.talks.get(room.open)?.frame.covered;
  at("send").disabled = !count || over || unchanged || watched;
  at("unchanged").hidden = !unchanged;
  box.style.height = "auto";
  box.style.height = `${Math.min(200, box.scrollHeight + 2)}px`;
}

at("lines").addEventListener("scroll", ({ target }) => {
  following = target.scrollHeight - target.scrollTop - target.clientHeight < 80;
});
new ResizeObserver(toTheEnd).observe(at("lines"));
