"use strict";

// How wide a letter is, is measured once, when the terminal is made: the fonts must be there by then.
const begin = window.onload;
window.onload = async (event) => {
  const fonts = Promise.all(["16px", "bold 16px"].map((size) => document.fonts.load(`${size} "Roboto Mono"`, "Aa案件")));
  const enough = new Promise((resolve) => setTimeout(resolve, 2000));
  await Promise.race([fonts, enough]).catch(() => {});
  begin(event);
};

// What is written in a case leads nowhere by a click, as in a terminal: an address may be a swindler's.
window.open = () => null;

// Ctrl+V pastes what was copied anywhere; the terminal would take it for a control sign.
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey && !event.shiftKey && !event.altKey && !event.metaKey && event.key.toLowerCase() === "v") {
    event.stopImmediatePropagation();
  }
}, true);

// Whoever opens the page can type at once.
const focused = () => {
  const closed = document.body.classList.contains("-closed");
  const to = document.querySelector(closed ? "#again" : "body.-loaded .xterm-helper-textarea");
  if (to && document.activeElement !== to) to.focus();
};
document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver(focused).observe(document.body, { attributes: true, attributeFilter: ["class"] });
});
