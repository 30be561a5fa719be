// Signing in, or proving it once more, with a passkey.

import { explain, possible, post, sign, tellOthers } from "./passkey.js";

const part = document.getElementById("with-passkey");
const button = document.getElementById("passkey");
const error = document.getElementById("passkey-error");

async function enter() {
  const options = await post(part.dataset.request, {});
  const answer = await sign(options);
  const { to } = await post(part.dataset.answer, { answer, csrf: part.dataset.csrf ?? "" });
  tellOthers();
  location.replace(to);
}

button?.addEventListener("click", async () => {
  error.hidden = true;
  button.disabled = true;
  try {
    await enter();
  } catch (wrong) {
    explain(error, wrong);
  }
  button.disabled = false;
});

// Pressed before this script could hear it, the button would do nothing.
if (part && !possible) part.hidden = true;
else if (button) {
  button.disabled = false;
  button.focus();
}
