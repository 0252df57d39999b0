"use strict";

// Keeps the reader's place when the list is put in place of another: the folds that were open,
// the focus, which goes to the heading when what had it is gone, and where on the screen what
// was pressed stood. The browser's own scroll anchoring is off, as it follows rows that are gone.
let place = null;
const placesByPath = new Map();

function currentPlace(pressed) {
  const anchor = document.activeElement.id ? document.activeElement : pressed;
  return {
    openFolds: [...document.querySelectorAll("#list details[open]")].map((details) => details.id),
    anchorId: anchor?.id,
    anchorTop: anchor?.getBoundingClientRect().top,
    scrollY: window.scrollY,
  };
}

function returnTo({ openFolds, anchorId, anchorTop, scrollY }) {
  for (const id of openFolds) document.getElementById(id)?.setAttribute("open", "");
  const anchor = anchorId && document.getElementById(anchorId);
  if (anchor || document.activeElement === document.body) {
    (anchor || document.getElementById("count"))?.focus({ preventScroll: true });
  }
  if (anchor) window.scrollBy(0, anchor.getBoundingClientRect().top - anchorTop);
  else window.scrollTo(0, scrollY);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  place = currentPlace(event.detail.requestConfig.elt);
});

document.addEventListener("htmx:beforeHistorySave", (event) => {
  placesByPath.set(event.detail.path, currentPlace());
});

document.addEventListener("htmx:historyCacheMissLoad", (event) => {
  place = placesByPath.get(event.detail.path) ?? currentPlace();
});

// Links in a picture are links to a browser, but not to htmx.
document.addEventListener("click", (event) => {
  const bubble = event.target.closest(".bubble");
  if (!bubble || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", bubble.getAttribute("href"), { source: bubble });
});

document.addEventListener("htmx:afterSettle", () => {
  const lines = [...document.querySelectorAll("#count, #shortlist")].map((element) => element.textContent.trim());
  document.getElementById("announcement").textContent = lines.join(". ");
  if (place) returnTo(place);
});
