// A colleague reads along: who does, who is asked to, and how it ends.

import { at, desk, online, openTalk, room, wish } from "./desk.js";
import { askedCard, button } from "./draw.js";
import { nameOf, word } from "./words.js";

export const nameOfStaff = (id) => desk.colleagues.find((one) => one.id === id)?.name ?? word("any_supervisor");
export const ownTalks = () => [...room.talks.values()].filter((talk) => !talk.frame.along);

// Who reads along has no text box and no way to send; the server refuses it as well.
export function drawCompany() {
  const { company, along, owner } = openTalk()?.frame ?? {};
  at("company").hidden = !company;
  at("open-talk").classList.toggle("along", Boolean(along));
  at("composer").hidden = Boolean(along);
  at("risk").disabled = !online() || Boolean(along);
  at("end_along").disabled = !online();
  at("company-text").textContent = company ? said(company, along, owner) : "";
}

function said(company, along, owner) {
  if (along) return word("along_mine", { name: nameOfStaff(owner) });
  return word(company.reads ? "along_reads" : "along_waits", { name: nameOfStaff(company.who) });
}

export function alongItem(one) {
  const answer = (type) => desk.link.send({ type, conversation: one.conversation, epoch: one.epoch });
  const answers = [button("", word("along_join"), () => answer("join"))];
  // What any supervisor is asked, none of them can decline for the others.
  if (one.company.who) answers.push(button("", word("decline"), () => answer("end_along")));
  return askedCard(one, word("along_from", { owner: nameOfStaff(one.owner), name: nameOf(one) }), answers);
}

export function endAlong() {
  const talk = openTalk();
  if (talk?.frame.company) wish("end_along", talk);
}

at("end_along").addEventListener("click", endAlong);
