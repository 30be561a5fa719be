// Beside the talk: what it is about, how urgent it is, what counselors wrote down.

import { at, desk, newKey, online, openTalk, toast, wish } from "./desk.js";
import { element } from "./draw.js";
import { MAX_TEXT, length } from "./talks.js";
import { clock, has, named, word } from "./words.js";

export function drawBeside() {
  const talk = openTalk();
  if (!talk) return;
  drawFacts(talk);
  drawRisk(talk);
  drawNotes(talk);
}

export function forgetBeside() {
  for (const id of ["facts", "notes"]) at(id).replaceChildren();
  at("note").value = "";
}

function drawFacts(talk) {
  const { topic = [], signals = [], advised = [], mentions = [] } = talk.facts;
  const rows = [
    ["fact_topic", [talk.frame.topic ?? topic[0]].filter(Boolean).map((one) => named("topic", one))],
    ["fact_signals", signals.map(signalWords)],
    ["fact_advised", advised.map((one) => named("topic", one)).filter(known(advised))],
    ["fact_mentions", mentions.map(mentionWords).filter(Boolean)],
    ["fact_language", [word(`language_${talk.frame.language}`)]],
  ];
  at("facts").replaceChildren(
    ...rows.filter(([, values]) => values.length).flatMap(([key, values]) => [
      element("dt", "", word(key)),
      element("dd", "", values.join(" · ")),
    ]),
  );
}

// Groups of the dialogue itself (greetings, …) have no word of ours: no advice was given there.
const known = (advised) => (_, place) => has(`topic_${advised[place]}`);

function signalWords(signal) {
  const [category, level, rule] = signal.split(":");
  return `${named("signal", category)} · ${word(`risk_${level}`)} (${rule})`;
}

function mentionWords(mention) {
  const [kind, value] = mention.split(":");
  return has(`mention_${kind}`) ? `${word(`mention_${kind}`)}: ${word(`named_${value}`)}` : "";
}

function drawRisk(talk) {
  at("risk").value = String(talk.frame.risk);
  at("risk").disabled = !online();
}

function drawNotes(talk) {
  const mine = (by) => desk.colleagues.find((one) => one.id === by)?.name ?? word("speaker_counselor");
  const items = talk.notes.map((note) => {
    const item = element("li", `note ${note.kind}`);
    const head = `${mine(note.by)} · ${clock(note.at)}`;
    item.append(element("p", "meta", note.kind === "hand_over" ? `${word("note_hand_over")} · ${head}` : head));
    item.append(element("p", "", note.text));
    return item;
  });
  for (const text of talk.unsavedNotes.values()) {
    const item = element("li", "note");
    item.append(element("p", "meta", word("delivery_sending")), element("p", "", text));
    items.push(item);
  }
  at("notes").replaceChildren(...items);
  at("notes-empty").hidden = items.length > 0;
  fitNote();
}

function fitNote() {
  const count = length(at("note").value);
  at("note-save").disabled = !online() || !count || count > MAX_TEXT;
}

export function keepNote(talk) {
  if (talk) talk.noteDraft = at("note").value;
}

export function showNoteDraft(talk) {
  at("note").value = talk.noteDraft;
}

export function resendNotes(talk) {
  for (const [key, text] of talk.unsavedNotes) wish("note", talk, { key, text });
}

export function noteRefused(talk, key) {
  const text = talk.unsavedNotes.get(key);
  if (text === undefined) return;
  talk.unsavedNotes.delete(key);
  talk.noteDraft = [text, talk.noteDraft].filter(Boolean).join("\n");
  if (talk === openTalk()) showNoteDraft(talk);
  drawBeside();
}

at("note").addEventListener("input", fitNote);
at("note-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const talk = openTalk();
  const text = at("note").value;
  if (!talk || at("note-save").disabled) return;
  const key = newKey();
  talk.unsavedNotes.set(key, text);
  wish("note", talk, { key, text });
  at("note").value = "";
  drawBeside();
});
at("risk").addEventListener("change", ({ target }) => {
  const talk = openTalk();
  if (!talk || !wish("risk", talk, { risk: Number(target.value) })) return toast("offline");
  talk.judged = Number(target.value); // no alarm about what we said ourselves
});
at("beside-toggle").addEventListener("click", () => {
  const shown = at("open-talk").classList.toggle("with-beside");
  at("beside-toggle").setAttribute("aria-expanded", String(shown));
});
