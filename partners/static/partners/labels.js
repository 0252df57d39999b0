"use strict";

// Labels Select2 widgets of autocomplete fields, which Django's admin leaves without an accessible name, and gives their open
// lists the attributes that their roles require.
window.addEventListener("load", () => {
  const labelWidgets = (root) => {
    for (const select of root.querySelectorAll("select.admin-autocomplete")) {
      const label = document.querySelector(`label[for="${select.id}"]`);
      const selection = select.parentElement.querySelector(".select2-selection");
      if (!label || !selection) continue;
      label.id = `${select.id}_label`;
      const rendered = selection.querySelector(".select2-selection__rendered");
      rendered.id ||= `${select.id}_chosen`;
      selection.setAttribute("aria-labelledby", `${label.id} ${rendered.id}`);
      rendered.setAttribute("aria-labelledby", label.id);
      selection.querySelector("input, textarea")?.setAttribute("aria-labelledby", label.id);
      labelList(django.jQuery(select).data("select2"), selection, label);
    }
  };

  const labelList = (widget, selection, label) => {
    const list = () => document.getElementById(selection.getAttribute("aria-owns"));
    widget.on("open", () => {
      selection.setAttribute("aria-controls", selection.getAttribute("aria-owns"));
      widget.$dropdown.find("input").attr("aria-labelledby", label.id);
    });
    widget.on("results:message", () => list().querySelector("[role=alert]").setAttribute("role", "option"));
  };

  // jQuery calls it after those who asked earlier, such as the one who makes the widgets.
  django.jQuery(() => labelWidgets(document));
  document.addEventListener("formset:added", (event) => labelWidgets(event.target));
});
