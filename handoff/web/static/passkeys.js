// Adding a passkey to one's own account.

import { explain, make, post } from "./passkey.js";

const form = document.getElementById("add");
const error = document.getElementById("passkey-error");

async function add() {
  const csrf = form.dataset.csrf;
  const label = form.elements.label.value;
  const answer = await make(await post("/console/passkeys/options", { csrf }));
  await post("/console/passkeys/add", { csrf, label, answer });
  location.reload();
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  error.hidden = true;
  if (!form.elements.label.value.trim()) return explain(error, { code: "passkey_label" });
  button.disabled = true;
  try {
    await add();
  } catch (wrong) {
    explain(error, wrong);
  }
  button.disabled = false;
});

// Pressed before this script could hear it, the button would send the form without a passkey.
if (form) form.querySelector("button").disabled = false;
