// The words of the page, in the language that was chosen; and how times are written.

const WORDS = await (await fetch("/console/static/words.json")).json();
let language = document.documentElement.lang;

export const current = () => language;
export const has = (key) => key in WORDS[language];
export const nameOf = (card) => card.names[language];

export function choose(next) {
  language = next;
  document.documentElement.lang = next;
  document.cookie = `gyeot_language=${next}; Path=/console; SameSite=Strict; Max-Age=31536000`;
}

export function word(key, slots = {}) {
  const text = WORDS[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => slots[name] ?? "");
}

// A word of a kind (`channel_line`); a value we have no word for is shown as it is.
export function named(kind, value) {
  return has(`${kind}_${value}`) ? word(`${kind}_${value}`) : value;
}

export function about(card) {
  const topic = card.topic ? named("topic", card.topic) : word("topic_none");
  return `${topic} · ${named("channel", card.channel)} · ${word(`language_${card.language}`)}`;
}

export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

// A long time in days or hours; the last hours as a clock.
export function roughly(milliseconds) {
  const hours = Math.floor(milliseconds / 3600000);
  if (hours >= 48) return word("span_days", { count: Math.floor(hours / 24) });
  return hours >= 3 ? word("span_hours", { count: hours }) : span(milliseconds);
}

export function clock(iso) {
  return new Date(iso).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}
