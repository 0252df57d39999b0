"use strict";

// The list is swapped as a whole. What is not part of a URL is restored after that: focus (on the heading if the
// focused element is gone), open details and scroll positions. The browser's own scroll anchoring is off, as it
// follows rows that are removed.
document.documentElement.classList.add("has-script");

const viewStatesByPath = new Map();
let viewState = null;
let sentQuery = null;

// On narrow windows the open filters are a sheet over the page: all but the sheet and what is announced is inert.
const narrowWindow = matchMedia("(width < 64rem)");

function updateSheet() {
  const sheet = document.querySelector(".finder #filters");
  const isOpen = Boolean(sheet?.open) && narrowWindow.matches;
  for (let inner = sheet; inner && inner !== document.body; inner = inner.parentElement) {
    for (const other of inner.parentElement.children) {
      if (other !== inner) other.inert = isOpen && !other.matches("[role=status], [role=alert]");
    }
  }
  return isOpen;
}

function closeSheet(focused) {
  document.getElementById("filters").open = false;
  updateSheet();
  focused.focus();
}

document.addEventListener("toggle", updateSheet, true);
narrowWindow.addEventListener("change", updateSheet);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && updateSheet()) closeSheet(document.querySelector("#filters summary"));
});

function captureViewState(activated) {
  const anchor = document.activeElement.id ? document.activeElement : activated;
  const filter = document.getElementById("filter");
  const query = document.getElementById("q");
  return {
    typed: query && query.value !== sentQuery ? query.value : null,
    openDetails: [...document.querySelectorAll("#list details[open]")].map((details) => details.id),
    anchorId: anchor?.id,
    anchorTop: anchor?.getBoundingClientRect().top,
    leadsToResults: Boolean(anchor?.closest("#filter, .results-bar, .empty, .pagination")),
    filterScroll: filter?.scrollTop,
    panelScroll: document.querySelector(".filter-groups")?.scrollTop,
    scrollY: window.scrollY,
  };
}

function restoreViewState({ typed, openDetails, anchorId, anchorTop, leadsToResults, filterScroll, panelScroll, scrollY }) {
  for (const id of openDetails) document.getElementById(id)?.setAttribute("open", "");
  updateSheet();
  if (typed !== null && document.getElementById("q")) document.getElementById("q").value = typed;
  document.getElementById("filter")?.scrollTo(0, filterScroll ?? 0);
  document.querySelector(".filter-groups")?.scrollTo(0, panelScroll ?? 0);
  const found = document.getElementById(anchorId);
  const anchor = found?.checkVisibility() ? found : null;
  if (anchor || document.activeElement === document.body) {
    (anchor || document.getElementById("count"))?.focus({ preventScroll: true });
  }
  if (leadsToResults) {
    // What the filter has found begins at the top of the list, unless that is in view already.
    const top = document.getElementById("list").getBoundingClientRect().top + window.scrollY;
    window.scrollTo(0, Math.min(scrollY, top));
  } else if (anchor) window.scrollBy(0, anchor.getBoundingClientRect().top - anchorTop);
  else window.scrollTo(0, scrollY);
}

document.addEventListener("change", (event) => {
  const { form, id } = event.target;
  if (form?.id !== "filter") return;
  if (id !== "q") form.requestSubmit();
  // The Enter key changes the field and then submits the form.
  else setTimeout(() => event.target.value === sentQuery || form.requestSubmit());
});

// The address has only what was chosen.
document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
  const query = document.getElementById("q");
  sentQuery = elt.id === "filter" ? query.value : query?.defaultValue;
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
  viewState.leadsToResults = false;
  viewState.typed = null;
  viewState.openDetails = viewState.openDetails.filter((id) => id !== "filters");
});

function showFailure(path) {
  const failure = document.querySelector("#failure p");
  failure.querySelector("a").href = path;
  failure.hidden = false;
}

for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, ({ detail }) => showFailure(detail.pathInfo.finalRequestPath));
}

document.addEventListener("htmx:historyCacheMissLoadError", ({ detail }) => showFailure(detail.path));

document.addEventListener("htmx:historyCacheMiss", ({ detail }) => {
  detail.xhr.addEventListener("error", () => showFailure(detail.path));
});

document.addEventListener("htmx:beforeRequest", () => {
  document.querySelector("#failure p").hidden = true;
});

document.addEventListener("click", (event) => {
  if (event.target.closest(".show-results")) {
    event.preventDefault();
    const count = document.getElementById("count");
    closeSheet(count);
    count.scrollIntoView();
  }
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

// For the links to the previous and the next university.
document.addEventListener("click", (event) => {
  const rows = "#list tbody th[scope=row] a";
  if (!event.target.closest(rows)) return;
  const pages = [...document.querySelectorAll(rows)].map((link) => ({ path: link.pathname, name: link.textContent }));
  try {
    sessionStorage.setItem("list", JSON.stringify({ url: location.href, pages }));
  } catch {
    // Storage is switched off.
  }
});
