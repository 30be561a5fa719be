// Invitation: the token stays in the URL's fragment, so it reaches no log on the way.

import { explain, make, possible, post, words } from "./passkey.js";

const at = (id) => document.getElementById(id);
const status = at("join-status");
const token = location.hash.slice(1);

function drawCode(rows) {
  const svg = at("join-qr");
  const dark = [...rows].flatMap((row, y) => [...row].map((cell, x) => (cell === "1" ? `M${x} ${y}h1v1h-1z` : "")));
  svg.setAttribute("viewBox", `-4 -4 ${rows.length + 8} ${rows.length + 8}`);
  svg.firstElementChild.setAttribute("d", dark.join(""));
}

function showPassword(answer) {
  at("join-role").textContent = words[`role_${answer.role}`];
  at("join-role-line").hidden = false;
  at("join-secret").textContent = answer.secret.match(/.{4}/g).join(" ");
  drawCode(answer.qr);
  at("join").hidden = false;
}

function showPasskey() {
  const form = at("join-passkey");
  if (!form || !possible) return false;
  form.hidden = false;
  form.elements.name.focus();
  return true;
}

async function begin() {
  if (!token) {
    status.textContent = words.invitation_missing;
    return;
  }
  try {
    showPassword(await post("/console/join/start", { token }));
    showPasskey() || at("join").elements.name.focus();
    status.hidden = true;
  } catch (error) {
    status.hidden = error.code === "passkey_only" && showPasskey();
    status.textContent = words[`error_${error.code}`] ?? words[error.code] ?? words.error_network;
  }
}

async function withPassword({ name, password, code }) {
  return post("/console/join", { token, name: name.value, password: password.value, code: code.value });
}

async function withPasskey({ name, label }) {
  if (!label.value.trim()) throw { code: "passkey_label" };
  const options = await post("/console/join/passkey/options", { token, name: name.value });
  const answer = await make(options);
  return post("/console/join/passkey", { token, name: name.value, label: label.value, answer });
}

function wire(form, error, step) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    error.hidden = true;
    try {
      const { to } = await step(form.elements);
      location.replace(to);
    } catch (wrong) {
      explain(error, wrong);
    }
    button.disabled = false;
  });
}

wire(at("join"), at("join-error"), withPassword);
wire(at("join-passkey"), at("join-passkey-error"), withPasskey);
await begin();
