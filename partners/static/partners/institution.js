"use strict";

// Fills a university's form from the institution that is chosen in the directory. What a person has written stays; what an
// institution chosen before has filled is replaced.
window.addEventListener("load", () => {
  const select = document.getElementById("id_institution");
  if (!select) return;

  const filled = {};

  django.jQuery(select).on("select2:select", (event) => {
    for (const [name, value] of Object.entries(event.params.data.values)) {
      const field = select.form.elements[name];
      if (!field || (field.value && field.value !== filled[name])) continue;
      field.value = value ?? "";
      filled[name] = field.value;
    }
  });
});
