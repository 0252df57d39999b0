"use strict";

// Asks before a page with changes that are not saved is left. One that came back with errors has such changes.
window.addEventListener("load", () => {
  const form = document.querySelector('.change-form #content-main form[method="post"], form.agreement-rows-form');
  if (!form) return;

  const told = (value) => (value instanceof File ? `${value.name} ${value.size}` : value);
  const values = () => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, told(value)]));
  const opened = document.querySelector(".errornote, .errorlist, .overtaken") ? null : values();
  let isLeftOnPurpose = false;

  form.addEventListener("submit", () => (isLeftOnPurpose = true));
  window.addEventListener("pageshow", () => (isLeftOnPurpose = false));
  window.addEventListener("beforeunload", (event) => {
    if (!isLeftOnPurpose && values() !== opened) event.preventDefault();
  });
});
