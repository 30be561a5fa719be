"use strict";
// Leaving. Loaded before everything else and by itself, so that it works while the rest still loads.
(function () {
  const TIMES = 3; // GOV.UK's "exit this page": Shift, since Escape is used by the browser and by screen readers
  const WITHIN_MS = 5000;
  let presses = [];

  function leave() {
    const link = document.getElementById("leave");
    const target = link ? link.href : "about:blank";
    if (document.readyState === "loading") window.stop(); // or what still comes would be shown
    (document.body || document.documentElement).textContent = ""; // the other site may take long
    document.title = "";
    document.dispatchEvent(new Event("leaving"));
    try { sessionStorage.clear(); } catch (error) { /* blocked: nothing was kept */ }
    location.replace(target);
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("#leave")) return;
    event.preventDefault();
    leave();
  }, true);

  // Going from one of our pages to another leaves one entry in the history, not two.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-instead]");
    if (!link) return;
    event.preventDefault();
    location.replace(link.href);
  });

  document.addEventListener("keyup", (event) => {
    presses = event.key === "Shift" ? [...presses, event.timeStamp].slice(-TIMES) : [];
    if (presses.length === TIMES && presses[TIMES - 1] - presses[0] <= WITHIN_MS) leave();
  }, true);
})();
