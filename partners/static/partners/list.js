"use strict";

// Keeps the reader's place when the list is put in place of another: the folds that were
// open, and the focus, which goes to the heading when what had it is gone.
let open = [];

document.addEventListener("htmx:beforeSwap", () => {
  open = [...document.querySelectorAll("#list details[open]")].map((details) => details.id);
});

// Links in a picture are links to a browser, but not to htmx.
document.addEventListener("click", (event) => {
  const bubble = event.target.closest(".bubble");
  if (!bubble || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", bubble.getAttribute("href"), { source: bubble });
});

document.addEventListener("htmx:afterSettle", () => {
  const told = [...document.querySelectorAll("#count, #shortlist")].map((element) => element.textContent.trim());
  document.getElementById("announcement").textContent = told.join(". ");
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (document.activeElement === document.body) document.getElementById("count")?.focus();
});
