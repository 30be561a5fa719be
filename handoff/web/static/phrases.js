// Prepared sentences and help services: put into the text box, where they become one's own words.

import { at } from "./desk.js";
import { button, element } from "./draw.js";
import { current, word } from "./words.js";

const load = async (name) => (await fetch(`/console/static/${name}.json`)).json();
// What staff chose to show; all that is confirmed where that cannot be read.
const shown = async () => {
  const answer = await fetch("/console/services.json");
  return answer.ok ? answer.json() : load("resources");
};
const [prepared, services] = await Promise.all([load("prepared"), shown()]);

// The server refuses them unchanged as well; here it is said before one tries.
export function isUnchanged(text) {
  const words = text.trim();
  return prepared.sentences.some((one) => !one.as_is && (one.ko === words || one.en === words));
}

export function drawPhrases(language, insert) {
  const sentences = prepared.sentences.map((one) => pick(one[language], () => insert(one[language])));
  const confirmed = services.filter((one) => one.offered);
  const helps = confirmed.map((one) => {
    const [name, hours] = language === "ko" ? [one.name_ko, one.hours_ko] : [one.name_en, one.hours_en];
    const item = pick(`${name} ${one.value}`, () => insert(`${name} ${one.value}`));
    item.append(element("span", "meta", hours));
    return item;
  });
  at("prepared").replaceChildren(...sentences);
  at("services").replaceChildren(...helps);
  at("services").lang = at("prepared").lang = language ?? current();
}

function pick(text, press) {
  const item = element("li");
  item.append(button("phrase", text, press));
  return item;
}

export function filterServices(words) {
  const wanted = words.trim().toLowerCase();
  for (const item of at("services").children) item.hidden = !item.textContent.toLowerCase().includes(wanted);
}

at("service-search").addEventListener("input", ({ target }) => filterServices(target.value));
at("service-search").setAttribute("placeholder", word("search"));
