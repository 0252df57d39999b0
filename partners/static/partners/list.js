"use strict";

// Restore the view state when the list is swapped: open details, focus (on the heading if the focused
// element is gone) and scroll position, so that the element that was activated stays where it was on the
// screen. The browser's own scroll anchoring is off, as it follows rows that are removed.
let viewState = null;
const viewStatesByPath = new Map();

function captureViewState(activated) {
  const anchor = document.activeElement.id ? document.activeElement : activated;
  return {
    openDetails: [...document.querySelectorAll("#list details[open]")].map((details) => details.id),
    anchorId: anchor?.id,
    anchorTop: anchor?.getBoundingClientRect().top,
    scrollY: window.scrollY,
  };
}

function restoreViewState({ openDetails, anchorId, anchorTop, scrollY }) {
  for (const id of openDetails) document.getElementById(id)?.setAttribute("open", "");
  const anchor = anchorId && document.getElementById(anchorId);
  if (anchor || document.activeElement === document.body) {
    (anchor || document.getElementById("count"))?.focus({ preventScroll: true });
  }
  if (anchor) window.scrollBy(0, anchor.getBoundingClientRect().top - anchorTop);
  else window.scrollTo(0, scrollY);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  viewState = captureViewState(event.detail.requestConfig.elt);
});

document.addEventListener("htmx:beforeHistorySave", (event) => {
  viewStatesByPath.set(event.detail.path, captureViewState());
});

document.addEventListener("htmx:historyCacheMissLoad", (event) => {
  viewState = viewStatesByPath.get(event.detail.path) ?? captureViewState();
});

// htmx does not boost links in SVG.
document.addEventListener("click", (event) => {
  const bubble = event.target.closest(".bubble");
  if (!bubble || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", bubble.getAttribute("href"), { source: bubble });
});

document.addEventListener("htmx:afterSettle", () => {
  const lines = [...document.querySelectorAll("#count, #shortlist")].map((element) => element.textContent.trim());
  document.getElementById("announcement").textContent = lines.join(". ");
  if (viewState) restoreViewState(viewState);
});
