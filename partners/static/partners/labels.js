"use strict";

// Labels Select2 widgets of autocomplete fields, which Django's admin leaves without an accessible name.
window.addEventListener("load", () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const selection = select.parentElement.querySelector(".select2-selection");
    if (!label || !selection) continue;
    label.id = `${select.id}_label`;
    const rendered = selection.querySelector(".select2-selection__rendered");
    selection.setAttribute("aria-labelledby", `${label.id} ${rendered.id}`);
    rendered.setAttribute("aria-labelledby", label.id);
  }
});
