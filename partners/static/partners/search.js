"use strict";

// Suggests results below the search field while one types. The Enter key without a suggestion opens the page of results.
window.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("site-search");
  if (!form) return;

  const DELAY = 200;
  const MIN_LENGTH = 2;
  const input = form.elements.q;
  const list = form.querySelector("[role=listbox]");
  const status = form.querySelector("[role=status]");
  let active, request, timer;

  const options = () => [...list.querySelectorAll("[role=option]")];

  const activate = (option) => {
    active?.setAttribute("aria-selected", "false");
    active = option;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", active?.id ?? "");
  };

  const toggle = (isOpen) => {
    activate();
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", isOpen);
    status.textContent = isOpen ? `${status.dataset.label}: ${options().length}` : "";
  };

  const suggest = async () => {
    request?.abort();
    if (input.value.trim().length < MIN_LENGTH) return toggle(false);
    request = new AbortController();
    const url = `${form.dataset.suggestions}?${new URLSearchParams({ q: input.value })}`;
    try {
      const response = await fetch(url, { signal: request.signal });
      // The session may have ended.
      const html = response.ok && !response.redirected ? await response.text() : "";
      list.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    } catch {
      return;
    }
    toggle(document.activeElement === input && options().length > 0);
  };

  const move = (step) => {
    const all = options();
    if (!all.length) return;
    if (list.hidden) toggle(true);
    // One place before the first option is the field itself.
    activate(all[(all.indexOf(active) + 1 + step + all.length + 1) % (all.length + 1) - 1]);
  };

  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: () => toggle(false),
    Enter: () => active.click(),
  };

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  toggle(false);

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, DELAY);
  });
  input.addEventListener("keydown", (event) => {
    const isUsed = event.key === "Enter" ? active : event.key === "Escape" ? !list.hidden : keys[event.key];
    if (!isUsed || event.isComposing) return;
    event.preventDefault();
    keys[event.key]();
  });
  // The field keeps the focus while a suggestion is pressed.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    toggle(false);
  });
});
