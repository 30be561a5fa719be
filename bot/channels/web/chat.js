"use strict";
// The young person's page: one tab, one session, nothing kept but the session's token.
(function () {
  const VERSION = 1;
  const STORED_MS = 10000; // without a word that it is stored, the page offers to send again
  const PING_MS = 25000;
  const PONG_MS = 8000;
  const HELLO_MS = 15000; // a slow phone network needs several round trips
  const TYPING_MS = 3000; // between two signs that somebody writes here
  const SHOWN_MS = 6000; // how long a sign that the counselor writes is shown
  const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15000];

  const byId = (id) => document.getElementById(id);
  const log = byId("log"), words = byId("words"), statusLine = byId("status"), danger = byId("danger");
  const texts = JSON.parse(document.body.dataset.texts);
  const textLimit = Number(document.body.dataset.textLimit);
  const frameLimit = Number(document.body.dataset.frameLimit);

  const sent = new Map(); // message id -> {frame, state, note, again, timer}
  const shown = new Set(); // keys of replies on the screen: a repeat is dropped
  let socket = null, ready = false, left = false, outdated = false;
  let tries = 0, reconnectTimer = 0, pongTimer = 0;
  let choices = null;
  let typedAt = 0, typingTimer = 0;
  let session = recall("chat");
  let language = recall("lang") || (/^en\b/i.test(navigator.language || "") ? "en" : "ko");

  // ---- leaving: leave.js blanks the page and goes; here the talk learns of it

  document.addEventListener("leaving", () => {
    left = true;
    if (ready) transmit({ t: "leave", id: newId() });
    if (socket) socket.close();
  });

  // ---- words

  function tell(node, key) {
    node.dataset.text = key;
    node.textContent = texts[language][key];
  }

  function translate() {
    document.documentElement.lang = language;
    document.title = texts[language].title;
    byId("switch").lang = language === "ko" ? "en" : "ko";
    for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[language][node.dataset.text];
    for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", texts[language][node.dataset.label]);
    byId("privacy").href = language === "en" ? "/privacy/en" : "/privacy";
    words.placeholder = texts[language][words.dataset.placeholder];
    for (const list of document.querySelectorAll("#danger .numbers")) list.hidden = list.lang !== language;
  }

  byId("switch").addEventListener("click", () => {
    language = language === "ko" ? "en" : "ko";
    keep("lang", language);
    translate();
  });

  // While somebody watches, the numbers are hidden and no line may speak of danger or a counselor.
  const COVERED = { offline: "connecting", not_stored: "unsent" };

  function status(key, alert) {
    if (danger.hidden && COVERED[key]) key = COVERED[key];
    statusLine.classList.toggle("alert", Boolean(alert));
    statusLine.classList.toggle("writing", key === "writing");
    if (statusLine.dataset.text !== key) tell(statusLine, key);
  }

  function recall(name) {
    try { return sessionStorage.getItem(name) || ""; } catch (error) { return ""; }
  }

  function keep(name, value) {
    try { sessionStorage.setItem(name, value); } catch (error) { /* blocked: lives as long as the page */ }
  }

  // ---- the screen

  function element(tag, className, parent) {
    const node = document.createElement(tag);
    node.className = className;
    if (parent) parent.append(node);
    return node;
  }

  function addMessage(kind, who, text, lang) {
    const message = element("div", "message " + kind);
    tell(element("span", kind === "mine" ? "who unseen" : "who", message), who);
    const bubble = element("div", "bubble", message);
    bubble.textContent = text;
    if (lang) bubble.lang = lang;
    log.append(message);
    return { message, follow: atEnd || kind === "mine" };
  }

  function scroll() { log.scrollTop = log.scrollHeight; }

  // The newest line stays in sight when the keyboard or the numbers take room.
  let atEnd = true;
  log.addEventListener("scroll", () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 120; });
  if (window.ResizeObserver) new ResizeObserver(() => { if (atEnd) scroll(); }).observe(log);

  function dropChoices() {
    if (!choices) return;
    if (choices.contains(document.activeElement)) words.focus();
    choices.remove();
    choices = null;
  }

  function addChoices(pairs, message, lang) {
    dropChoices();
    choices = element("div", "choices", message);
    choices.setAttribute("role", "group");
    choices.dataset.label = "choices";
    choices.setAttribute("aria-label", texts[language].choices);
    for (const [label, payload] of pairs) {
      const button = element("button", "", choices);
      button.type = "button";
      button.lang = lang;
      button.textContent = label;
      button.addEventListener("click", () => say({ t: "press", id: newId(), text: payload }, label));
    }
  }

  function showReply(frame) {
    if (!shown.has(frame.key)) {
      shown.add(frame.key);
      const kind = frame.origin === "counselor" ? "counselor" : "bot";
      if (frame.clear) log.replaceChildren(); // somebody watches: nothing of before stays in sight
      danger.hidden = Boolean(frame.clear) || (danger.hidden && kind === "bot" && !frame.choices.length);
      if (frame.clear) rests();
      const { message, follow } = addMessage(kind, kind, frame.text, frame.lang);
      if (frame.choices.length) addChoices(frame.choices, message, frame.lang);
      if (kind === "counselor") rests();
      if (follow) scroll();
    }
    transmit({ t: "ack", key: frame.key });
  }

  // ---- what the young person says

  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function tooLong(frame) {
    const bytes = new TextEncoder().encode(JSON.stringify(Object.assign({ v: VERSION }, frame))).length;
    return Array.from(frame.text).length > textLimit || bytes > frameLimit;
  }

  function say(frame, shownText) {
    dropChoices();
    const { message } = addMessage("mine", "me", shownText);
    const note = element("span", "state", message);
    note.setAttribute("aria-live", "off");
    sent.set(frame.id, { frame, state: "", note, again: null, timer: 0 });
    deliver(frame.id);
    scroll();
  }

  function deliver(id) {
    const entry = sent.get(id);
    if (!ready) return mark(id, "waiting");
    mark(id, "sending");
    transmit(entry.frame);
    entry.timer = setTimeout(() => fail(id, "not_stored"), STORED_MS);
  }

  function mark(id, state) {
    const entry = sent.get(id);
    clearTimeout(entry.timer);
    entry.state = state;
    tell(entry.note, state);
    if (entry.again) entry.again.remove();
    entry.again = null;
  }

  function fail(id, why) {
    const entry = sent.get(id);
    mark(id, "unsent");
    status(why, true);
    if (why === "not_stored") danger.open = true;
    if (why === "not_stored" || why === "too_fast") {
      entry.again = element("button", "retry", entry.note.parentNode);
      entry.again.type = "button";
      tell(entry.again, "retry");
      entry.again.addEventListener("click", () => { words.focus(); deliver(id); });
      scroll();
    }
  }

  function done(id) {
    mark(id, "stored");
    sent.delete(id);
    if (ready && statusLine.dataset.text !== "writing") status("online");
  }

  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const frame = { t: "say", id: newId(), text: words.value.trim() };
    if (!frame.text) return words.focus();
    if (tooLong(frame)) return status("too_long", true);
    words.value = "";
    typedAt = 0;
    fit();
    say(frame, frame.text);
    words.focus();
  });

  words.addEventListener("keydown", (event) => {
    // Enter ends a syllable while Hangul is composed, and makes a line on a phone.
    const desk = matchMedia("(pointer: fine)").matches;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || !desk) return;
    event.preventDefault();
    byId("send").click();
  });

  function fit() {
    words.style.height = "auto";
    words.style.height = words.scrollHeight + 2 + "px";
  }

  words.addEventListener("input", () => { fit(); writes(); });

  // ---- who is writing: a sign and never a word; what is not sent stays on this page

  function writes() {
    if (!ready || !words.value.trim() || Date.now() - typedAt < TYPING_MS) return;
    typedAt = Date.now();
    transmit({ t: "typing" });
  }

  function counselorWrites() {
    if (danger.hidden) return;
    if (statusLine.dataset.text !== "online" && statusLine.dataset.text !== "writing") return;
    status("writing");
    clearTimeout(typingTimer);
    typingTimer = setTimeout(rests, SHOWN_MS);
  }

  function rests() {
    if (statusLine.dataset.text === "writing") status("online");
  }

  // ---- the line

  function transmit(frame) {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(Object.assign({ v: VERSION }, frame)));
  }

  function connect() {
    clearTimeout(reconnectTimer);
    if (left || outdated || socket) return;
    const opened = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/chat/ws");
    socket = opened;
    opened.onopen = () => transmit({ t: "hello", session });
    opened.onmessage = (event) => { if (socket === opened && !left) receive(JSON.parse(event.data)); };
    opened.onclose = () => { if (socket === opened) lost(); };
    expectAnswer(HELLO_MS); // a line that opens and says nothing is not a line
  }

  function expectAnswer(patience) {
    clearTimeout(pongTimer);
    pongTimer = setTimeout(lost, patience);
  }

  function lost() {
    if (left) return;
    clearTimeout(pongTimer);
    const old = socket;
    socket = null;
    ready = false;
    if (old) old.close();
    for (const [id, entry] of sent) if (entry.state === "sending") mark(id, "waiting");
    if (outdated) return;
    status("offline", true);
    const wait = BACKOFF_MS[Math.min(tries, BACKOFF_MS.length - 1)];
    tries += 1;
    clearTimeout(reconnectTimer);
    reconnectTimer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
  }

  function receive(frame) {
    clearTimeout(pongTimer);
    if (frame.t === "hello") welcome(frame.session);
    else if (frame.t === "reply") showReply(frame);
    else if (frame.t === "typing") counselorWrites();
    else if (frame.t === "stored") { if (sent.has(frame.id)) done(frame.id); }
    else if (frame.t === "not_stored") { if (sent.has(frame.id)) fail(frame.id, "not_stored"); }
    else if (frame.t === "refused") refused(frame);
  }

  function welcome(token) {
    session = token;
    keep("chat", token);
    ready = true;
    tries = 0;
    status("online");
    for (const [id, entry] of sent) if (entry.state === "waiting") deliver(id);
  }

  function refused(frame) {
    if (frame.why === "version") {
      outdated = true;
      status("version", true);
    } else if (sent.has(frame.id)) {
      fail(frame.id, frame.why);
    } else if (frame.why === "too_fast") {
      status("too_fast", true);
    }
  }

  setInterval(() => {
    if (!ready || document.hidden) return;
    expectAnswer(PONG_MS);
    transmit({ t: "ping" });
  }, PING_MS);

  function retryNow() {
    if (!document.hidden && !socket) { tries = 0; connect(); }
  }

  addEventListener("online", retryNow);
  addEventListener("offline", lost);
  document.addEventListener("visibilitychange", retryNow);

  if (session) tell(log.querySelector(".note"), "resumed");
  translate();
  byId("form").hidden = false;
  connect();
})();
