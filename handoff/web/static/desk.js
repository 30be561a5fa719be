// What all parts of this page share: the elements, what is known, the way to the server.

import { element } from "./draw.js";
import { Room } from "./talks.js";
import { word } from "./words.js";

export const at = (id) => document.getElementById(id);
export const room = new Room();
export const desk = {
  state: "connecting",
  me: null, // our id
  role: null,
  most: null, // talks we may lead at once
  colleagues: [],
  offers: [], // talks we are asked to take
  alongs: [], // talks we are asked to read along
  link: null,
};

export const openTalk = () => room.talks.get(room.open);
export const online = () => desk.state === "online";

export function toast(key, slots) {
  const made = element("p", "toast", word(key, slots));
  at("toasts").append(made);
  setTimeout(() => made.remove(), 6000);
}

// A wish about the open talk, under the claim it was made under.
export function wish(type, talk, more = {}) {
  return desk.link.send({ type, conversation: talk.id, epoch: talk.frame.epoch, ...more });
}

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
