// Texts that the guard stopped: supervisors are asked, and what they released is sent as it is.

import { asked } from "./acts.js";
import { at, openTalk, room, toast, wish } from "./desk.js";
import { nameOf } from "./words.js";

export async function askRelease(talk, key) {
  const unsent = talk.unsent.get(key);
  const filled = await asked("ask_release");
  if (!filled || room.talks.get(talk.id) !== talk || talk.unsent.get(key) !== unsent) return;
  const sent = wish("ask_release", talk, { key, text: unsent.text, reason: filled.reason });
  if (!sent) toast("offline");
}

// Under the key it was asked about, so that it goes once.
export function sendReleased(talk, { key, text }) {
  talk.unsent.set(key, { text, epoch: talk.frame.epoch, state: "sending" });
  if (!wish("say", talk, { key, text })) toast("offline");
}

export function takeBack(talk, { key, text }) {
  talk.takenBack.add(key);
  talk.setStopped(talk.stopped);
  if (talk !== openTalk()) return;
  const box = at("text");
  box.value = [text, box.value].filter(Boolean).join("\n");
  box.focus();
}

export function tellDecided(talk, texts) {
  const before = new Map(talk.stopped.map((one) => [one.key, one.state]));
  for (const { key, state } of texts) {
    if (before.get(key) === "asked" && state !== "asked" && state !== "sent") {
      toast(`stopped_${state}`, { name: nameOf(talk.frame) });
    }
  }
}
