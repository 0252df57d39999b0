"use strict";

// Fills the empty fields of a university's form from the institution that is chosen in the directory.
window.addEventListener("load", () => {
  const select = document.getElementById("id_institution");
  if (!select) return;

  django.jQuery(select).on("select2:select", (event) => {
    for (const [name, value] of Object.entries(event.params.data.values)) {
      const field = select.form.elements[name];
      if (field && !field.value) field.value = value ?? "";
    }
  });
});
