// The board without reloading: a bell rings, the page is read again and what differs is put in.

const live = () => [...document.querySelectorAll("[data-live]")];
const offset = Date.parse(document.getElementById("main").dataset.now) - Date.now(); // the server's clock
let reading = false;
let again = false;

// A page without live parts is not read again: what it opened was written down once.
if (live().length) {
  const bell = new EventSource("/console/board/bell");
  bell.onmessage = look;
  bell.onerror = () => lost(true);
  bell.onopen = () => lost(false);
}

function lost(is) {
  const told = document.getElementById("lost");
  told.textContent = is ? told.dataset.text : "";
  told.hidden = !is;
}

// The browser parses the answer itself: no markup passes through a string here.
function look() {
  if (reading) return void (again = true);
  reading = true;
  const request = new XMLHttpRequest();
  request.open("GET", location.pathname);
  request.responseType = "document";
  request.setRequestHeader("X-Gyeot-Live", "1"); // nobody touched the page: no activity
  request.onload = () => put(request);
  request.onloadend = () => {
    reading = false;
    if (again) {
      again = false;
      look();
    }
  };
  request.send();
}

function put(request) {
  if (new URL(request.responseURL).pathname !== location.pathname) return location.assign(request.responseURL);
  const fresh = request.response;
  if (request.status !== 200 || !fresh) return lost(true);
  const before = known();
  for (const part of live()) {
    const now = fresh.getElementById(part.id);
    if (now) replace(part, document.importNode(now, true));
  }
  tell(before, known());
  tick();
}

function replace(part, now) {
  if (!part.querySelector(":scope > [data-key]") && !now.querySelector(":scope > [data-key]")) {
    if (differ(part, now) && !isBusy(part)) keepFocus(part, () => part.replaceChildren(...now.childNodes));
    return;
  }
  const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 80;
  const old = new Map([...part.children].map((one) => [one.dataset.key, one]));
  const nodes = [...now.children].map((one) => {
    const same = old.get(one.dataset.key);
    if (!same || (differ(same, one) && !isBusy(same))) return one;
    return same;
  });
  if (nodes.length === part.children.length && nodes.every((one, place) => part.children[place] === one)) return;
  keepFocus(part, () => part.replaceChildren(...nodes));
  if (atEnd) part.scrollTop = part.scrollHeight;
}

// Somebody is choosing in it: it is put in once they are done.
const isBusy = (node) => Boolean(node.querySelector("details[open]") || node.querySelector("textarea:focus, select:focus"));

function differ(one, other) {
  const bare = (node) => {
    const copy = node.cloneNode(true);
    for (const time of [copy, ...copy.querySelectorAll("[data-since]")]) if (time.dataset.since) time.textContent = "";
    return copy;
  };
  return !bare(one).isEqualNode(bare(other));
}

function keepFocus(part, act) {
  const spot = (node) => [...node.querySelectorAll("a, button, summary, select, input, textarea")];
  const held = document.activeElement?.closest("[data-key]")?.dataset.key;
  const place = held && spot(document.activeElement.closest("[data-key]")).indexOf(document.activeElement);
  act();
  if (!held || document.activeElement !== document.body) return;
  const again = [...part.children].find((one) => one.dataset.key === held);
  if (again) spot(again)[place]?.focus();
}

// What is said aloud: somebody waits too long, a risk has grown, a text is asked about.
function known() {
  const risks = new Map();
  for (const one of document.querySelectorAll("[data-risk][data-key]")) {
    risks.set(one.dataset.key.split(".")[0], Number(one.dataset.risk));
  }
  return {
    risks,
    late: document.querySelectorAll("[data-key][data-late]").length,
    asked: new Set([...document.querySelectorAll("[data-asked]")].map((one) => one.dataset.asked)),
  };
}

function tell(before, now) {
  const announce = document.getElementById("announce");
  const said = [];
  const grown = [...now.risks].some(([one, risk]) => before.risks.has(one) && risk > before.risks.get(one) && risk >= 2);
  if (grown) said.push(announce.dataset.risk);
  if (now.late > before.late) said.push(announce.dataset.late);
  if ([...now.asked].some((one) => one && !before.asked.has(one))) said.push(announce.dataset.asked);
  if (said.length) announce.textContent = said.join(" ");
  const title = document.title.replace(/^⚠ /, "");
  document.title = now.late || [...now.risks.values()].includes(3) ? `⚠ ${title}` : title;
}

function tick() {
  for (const one of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor((Date.now() + offset - Date.parse(one.dataset.since)) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    one.textContent = `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
  }
}

setInterval(tick, 1000);
const lines = document.getElementById("lines");
if (lines) lines.scrollTop = lines.scrollHeight;
