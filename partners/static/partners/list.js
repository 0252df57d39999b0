"use strict";

// Keeps the reader's place when the list is put in place of another: the folds that were
// open, and the focus, which goes to the heading when what had it is gone.
let open = [];

document.addEventListener("htmx:beforeSwap", () => {
  open = [...document.querySelectorAll("#list details[open]")].map((details) => details.id);
});

document.addEventListener("htmx:afterSettle", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (document.activeElement === document.body) document.getElementById("count")?.focus();
});
