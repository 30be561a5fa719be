// Invitation: the token stays in the URL's fragment, so it reaches no log on the way.

const words = (await (await fetch("/console/static/words.json")).json())[document.documentElement.lang];
const form = document.getElementById("join");
const status = document.getElementById("join-status");
const error = document.getElementById("join-error");
const token = location.hash.slice(1);

async function post(path, fields) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });
  return { ok: response.ok, body: await response.json() };
}

function drawCode(rows) {
  const svg = document.getElementById("join-qr");
  const dark = [...rows].flatMap((row, y) => [...row].map((cell, x) => (cell === "1" ? `M${x} ${y}h1v1h-1z` : "")));
  svg.setAttribute("viewBox", `-4 -4 ${rows.length + 8} ${rows.length + 8}`);
  svg.firstElementChild.setAttribute("d", dark.join(""));
}

function show(answer) {
  document.getElementById("join-role").textContent = words[`role_${answer.role}`];
  document.getElementById("join-secret").textContent = answer.secret.match(/.{4}/g).join(" ");
  drawCode(answer.qr);
  status.hidden = true;
  form.hidden = false;
  form.elements.name.focus();
}

function explain(code) {
  error.textContent = words[`error_${code}`] ?? words[code] ?? words.error_network;
  error.hidden = false;
}

async function begin() {
  if (!token) {
    status.textContent = words.invitation_missing;
    return;
  }
  try {
    const { ok, body } = await post("/console/join/start", { token });
    if (ok) show(body);
    else status.textContent = words[body.code] ?? words.error_network;
  } catch {
    status.textContent = words.error_network;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  error.hidden = true;
  try {
    const { name, password, code } = form.elements;
    const answer = await post("/console/join", {
      token, name: name.value, password: password.value, code: code.value,
    });
    if (answer.ok) location.replace("/console");
    else explain(answer.body.code);
  } catch {
    explain("network");
  }
  button.disabled = false;
});

await begin();
