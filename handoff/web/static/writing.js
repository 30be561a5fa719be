// Who is writing right now: a sign, never a word of it, and nothing of it is kept.

import { at, openTalk, wish } from "./desk.js";
import { word } from "./words.js";

const SHOWN = 6000; // milliseconds that a sign of theirs is shown
const BETWEEN = 3000; // milliseconds between two signs of ours
const CHANNELS = ["web"]; // where the young person can see it

export function personWrites(talk) {
  talk.writesUntil = Date.now() + SHOWN;
  drawWriting();
}

export function personRests(talk) {
  talk.writesUntil = 0;
  drawWriting();
}

export function drawWriting() {
  const writes = openTalk()?.writesUntil > Date.now();
  const text = writes ? word("person_writes") : "";
  if (at("writing").textContent !== text) at("writing").textContent = text;
}

export function tellWriting() {
  const talk = openTalk();
  if (!talk || !CHANNELS.includes(talk.frame.channel) || !at("text").value.trim()) return;
  if (Date.now() - talk.toldWriting < BETWEEN) return;
  if (wish("typing", talk)) talk.toldWriting = Date.now();
}
