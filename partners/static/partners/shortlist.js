"use strict";

// Keep the shortlist of this browser, offer it where the address has none, and copy or share its address.
const SHORTLIST_KEY = "shortlist";

// Storage may be switched off, and then throws.
function storage(method, ...values) {
  try {
    return localStorage[method](SHORTLIST_KEY, ...values);
  } catch {
    return null;
  }
}

function keepOrOfferShortlist() {
  const picks = document.querySelector("[data-picks]")?.dataset.picks;
  if (picks) storage("setItem", picks);
  const offer = document.getElementById("last-shortlist"), stored = storage("getItem");
  if (!offer) return;
  offer.hidden = Boolean(picks) || !stored;
  if (offer.hidden) return;
  const link = offer.querySelector("a");
  link.href = offer.dataset.url + stored;
  link.querySelector("span").textContent = new URLSearchParams(stored).getAll("pick").length;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-empties-shortlist]")) storage("removeItem");
});
document.addEventListener("htmx:afterSettle", keepOrOfferShortlist);
keepOrOfferShortlist();

const sharing = document.querySelector(".sharing");
if (sharing) {
  const { url, title, copied, failed } = sharing.dataset;
  const status = sharing.querySelector("[role=status]");
  const copy = document.getElementById("copy"), share = document.getElementById("share");
  copy.hidden = !navigator.clipboard;
  share.hidden = !navigator.share;
  copy.addEventListener("click", () => {
    navigator.clipboard.writeText(url).then(() => (status.textContent = copied), () => (status.textContent = failed));
  });
  // Nothing is to be said about a share that was cancelled.
  share.addEventListener("click", () => navigator.share({ title, url }).catch(() => {}));
}
