"use strict";

// The list is swapped as a whole. What is not part of a URL is restored after that: focus (on the heading if the
// focused element is gone), open details and scroll positions. The browser's own scroll anchoring is off, as it
// follows rows that are removed.
document.documentElement.classList.add("has-script");

const viewStatesByPath = new Map();
let viewState = null;

function captureViewState(activated) {
  const anchor = document.activeElement.id ? document.activeElement : activated;
  const filter = document.getElementById("filter");
  return {
    openDetails: [...document.querySelectorAll("#list details[open]")].map((details) => details.id),
    anchorId: anchor?.id,
    anchorTop: anchor?.getBoundingClientRect().top,
    isFilter: Boolean(anchor?.closest("#filter, .results-bar")),
    filterScroll: filter?.scrollTop,
    panelScroll: document.getElementById("filters")?.scrollTop,
    scrollY: window.scrollY,
  };
}

function restoreViewState({ openDetails, anchorId, anchorTop, isFilter, filterScroll, panelScroll, scrollY }) {
  for (const id of openDetails) document.getElementById(id)?.setAttribute("open", "");
  document.getElementById("filter").scrollTop = filterScroll ?? 0;
  document.getElementById("filters").scrollTop = panelScroll ?? 0;
  const anchor = anchorId && document.getElementById(anchorId);
  if (anchor || document.activeElement === document.body) {
    (anchor || document.getElementById("count"))?.focus({ preventScroll: true });
  }
  if (isFilter) {
    // What the filter has found begins at the top of the list, unless that is in view already.
    const top = document.getElementById("list").getBoundingClientRect().top + window.scrollY;
    window.scrollTo(0, Math.min(scrollY, top));
  } else if (anchor) window.scrollBy(0, anchor.getBoundingClientRect().top - anchorTop);
  else window.scrollTo(0, scrollY);
}

document.addEventListener("change", (event) => {
  if (event.target.form?.id === "filter") event.target.form.requestSubmit();
});

// The address has only what was chosen.
document.addEventListener("htmx:configRequest", ({ detail: { parameters } }) => {
  for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
});

document.addEventListener("htmx:beforeSwap", (event) => {
  viewState = captureViewState(event.detail.requestConfig.elt);
});

document.addEventListener("htmx:beforeHistorySave", (event) => {
  viewStatesByPath.set(event.detail.path, captureViewState());
});

document.addEventListener("htmx:historyCacheMissLoad", (event) => {
  viewState = viewStatesByPath.get(event.detail.path) ?? captureViewState();
  viewState.isFilter = false;
});

document.addEventListener("click", (event) => {
  if (event.target.closest(".show-results")) document.getElementById("filters").open = false;
  // htmx does not boost links in SVG.
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
