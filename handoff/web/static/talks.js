// What this page knows: the queue, the talks of this counselor, drafts and unsent messages.
// Everything lives in memory; nothing a young person said is kept in the browser.

export const MAX_TEXT = 1000;

export class Talk {
  constructor(frame) {
    this.lines = new Map(); // by number
    this.unsent = new Map(); // key -> { text, epoch, state: "sending" | "failed", code }
    this.draft = "";
    this.unread = 0;
    this.alarmed = false; // its risk has grown and nobody looked yet
    this.facts = {};
    this.notes = [];
    this.noteDraft = "";
    this.unsavedNotes = new Map(); // key -> text
    this.writesUntil = 0; // by our own clock, when a sign that they write is old
    this.toldWriting = 0; // when we last said that we write
    this.update(frame);
  }

  update(frame) {
    if (this.frame && this.frame.epoch !== frame.epoch) this.lines.clear();
    this.frame = frame;
  }

  get id() {
    return this.frame.conversation;
  }

  add(lines) {
    for (const line of lines) {
      this.lines.set(line.seq, line);
      if (line.key) this.unsent.delete(line.key);
    }
  }

  setNotes(notes) {
    this.notes = notes;
    for (const note of notes) this.unsavedNotes.delete(note.id);
  }

  // Nothing that a person or a colleague wrote; the counselor's unfinished words stay.
  forget() {
    this.lines.clear();
    this.facts = {};
    this.notes = [];
  }

  // What the counselor wrote and nobody has yet.
  written() {
    const unsent = [...this.unsent.values()].map((one) => one.text);
    return [this.draft, this.noteDraft, ...unsent, ...this.unsavedNotes.values()].filter((one) => one.trim());
  }

  shown() {
    return [...this.lines.values()].sort((a, b) => a.seq - b.seq);
  }
}

export class Room {
  constructor() {
    this.cards = new Map();
    this.talks = new Map();
    this.kept = new Map(); // drafts of talks that left our hands, until they come back
    this.open = null;
    this.offset = 0; // server clock minus ours, milliseconds
  }

  changeQueue({ changed, gone }, first) {
    if (first) this.cards.clear();
    for (const id of gone) this.cards.delete(id);
    const fresh = changed.filter((card) => !this.cards.has(card.conversation));
    for (const card of changed) this.cards.set(card.conversation, card);
    return fresh;
  }

  // Returns the talks that left our hands.
  changeTalks({ changed, gone, erased }, first) {
    const staying = new Set(changed.map((talk) => talk.conversation));
    const lost = first ? [...this.talks.keys()].filter((id) => !staying.has(id)) : gone;
    const left = lost.map((id) => this.talks.get(id)).filter(Boolean);
    for (const talk of left) this.drop(talk);
    for (const id of erased) this.kept.delete(id);
    for (const frame of changed) this.take(frame, first);
    return left;
  }

  take(frame, first) {
    const known = this.talks.get(frame.conversation);
    if (!known) {
      const talk = new Talk(frame);
      talk.draft = this.kept.get(talk.id) ?? "";
      this.kept.delete(talk.id);
      this.talks.set(talk.id, talk);
      return;
    }
    known.update(frame);
    if (first) known.lines.clear(); // a new connection tells everything again
  }

  drop(talk) {
    const words = [talk.draft, ...[...talk.unsent.values()].map((one) => one.text)];
    const draft = words.filter(Boolean).join("\n");
    if (draft) this.kept.set(talk.id, draft);
    this.talks.delete(talk.id);
    if (this.open === talk.id) this.open = null;
  }

  waiting() {
    return [...this.cards.values()].sort(
      (a, b) =>
        b.risk - a.risk ||
        Date.parse(a.queued_at) - Date.parse(b.queued_at) ||
        a.conversation.localeCompare(b.conversation),
    );
  }

  now() {
    return Date.now() + this.offset;
  }
}

// Characters as the server counts them: code points, without outer white space.
export function length(text) {
  return [...text.trim()].length;
}

// As a provider counts: see TextUnit in bot/channels/base.py.
export function measure(text, unit) {
  const words = text.trim();
  if (unit === "bytes") return new TextEncoder().encode(words).length;
  return unit === "utf16" ? words.length : [...words].length;
}
