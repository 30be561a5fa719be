// A device is asked for a passkey; what it answers goes to the server as JSON.

export const words = (await (await fetch("/console/static/words.json")).json())[document.documentElement.lang];

export const possible = "credentials" in navigator && "PublicKeyCredential" in window;

class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export async function post(path, fields) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });
  if (response.redirected) return location.assign(response.url); // not signed in any more
  const body = await response.json();
  if (!response.ok) throw new Refused(body.code);
  return body;
}

export async function make(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) })),
  };
  const made = await asked(navigator.credentials.create({ publicKey }));
  return written(made, {
    clientDataJSON: made.response.clientDataJSON,
    attestationObject: made.response.attestationObject,
  });
}

export async function sign(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: [] };
  const signed = await asked(navigator.credentials.get({ publicKey }));
  return written(signed, {
    clientDataJSON: signed.response.clientDataJSON,
    authenticatorData: signed.response.authenticatorData,
    signature: signed.response.signature,
  });
}

export function explain(box, error) {
  box.textContent = words[`error_${error.code}`] ?? words[error.code] ?? words.error_network;
  box.hidden = false;
}

// Whoever waits behind a covered page in another tab is let in there, too.
export function tellOthers() {
  new BroadcastChannel("gyeot").postMessage("signed-in");
}

async function asked(answer) {
  try {
    return await answer;
  } catch (error) {
    throw new Refused(error.name === "InvalidStateError" ? "passkey_taken" : "passkey_stopped");
  }
}

function written(credential, response) {
  const texts = Object.fromEntries(Object.entries(response).map(([name, value]) => [name, text(value)]));
  const id = text(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response: texts });
}

function bytes(plain) {
  return Uint8Array.from(atob(plain.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
