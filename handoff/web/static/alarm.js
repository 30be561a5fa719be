// What is heard and what the tab says when somebody is in imminent danger.

import { at, room } from "./desk.js";
import { word } from "./words.js";

const IMMINENT = 3;
let sound = !document.cookie.includes("gyeot_sound=off");
let audio = null; // browsers allow it only after the first touch

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, wake, { once: true, capture: true });

function wake() {
  audio ??= new AudioContext();
  audio.resume();
}

// Two soft notes, made here: nothing is fetched.
export function ring() {
  if (!sound || audio?.state !== "running") return;
  [660, 880].forEach((pitch, place) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + place * 0.22;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.4);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.42);
  });
}

export function toggleSound() {
  sound = !sound;
  document.cookie = `gyeot_sound=${sound ? "on" : "off"}; Path=/console; SameSite=Strict; Max-Age=31536000`;
  drawSound();
  if (sound) ring();
}

export function drawSound() {
  at("sound").setAttribute("aria-pressed", String(sound));
  at("sound").textContent = word(sound ? "sound_on" : "sound_off");
}

export function drawTitle() {
  const waiting = [...room.cards.values()];
  const imminent = waiting.filter((card) => card.risk === IMMINENT).length;
  const alarmed = [...room.talks.values()].some((talk) => talk.alarmed);
  const count = waiting.length ? `(${waiting.length}) ` : "";
  document.title = `${imminent || alarmed ? "⚠ " : ""}${count}Gyeot`;
}

export const isImminent = (card) => card.risk === IMMINENT;
