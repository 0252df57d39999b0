"use strict";

// Lines of what an agreement offers, on its own page and in the rows of its university's page: adds a line in such a row, and
// copies a line for the other direction.
window.addEventListener("load", () => {
  const GROUPS = "#mobilities-group, .mobility-lines";
  const LINES = ".inline-related:not(.empty-form), .mobility-line";
  const template = document.getElementById("mobility-line");
  const button = document.getElementById("mirror-button")?.content;
  if (!button || !(template || document.querySelector("#mobilities-group .empty-form"))) return;

  const lastLine = (group) => [...group.querySelectorAll(LINES)].at(-1);
  const fieldsOf = (line) => line.querySelectorAll("[name]:not([type=hidden], [name$=-DELETE])");

  const addLine = (group) => {
    const stockLink = group.querySelector(".add-row a");
    if (stockLink) {
      stockLink.click();
      return;
    }
    const total = group.querySelector("[name$=-TOTAL_FORMS]");
    const prefix = total.name.replace("TOTAL_FORMS", total.value);
    const line = template.content.cloneNode(true);
    for (const { attributes } of line.querySelectorAll("*")) {
      for (const attribute of attributes) {
        attribute.value = attribute.value.replaceAll("agreements-__prefix__-mobilities-__prefix__", prefix);
      }
    }
    group.querySelector(".add-line").before(line);
    total.value = Number(total.value) + 1;
    lastLine(group).dispatchEvent(new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: prefix } }));
  };

  const copyValue = (from, to) => {
    if (from.type === "checkbox") {
      to.checked = from.checked;
    } else if (from.multiple) {
      to.replaceChildren(...[...from.selectedOptions].map(({ text, value }) => new Option(text, value, true, true)));
      django.jQuery(to).trigger("change");
    } else {
      to.value = from.value;
    }
  };

  const mirror = (line) => {
    const group = line.closest(GROUPS);
    addLine(group);
    const added = lastLine(group);
    const targets = fieldsOf(added);
    fieldsOf(line).forEach((field, index) => copyValue(field, targets[index]));
    const direction = added.querySelector("[name$=-direction]");
    direction.value = direction.value === "out" ? "in" : "out";
    added.querySelector("[name$=-places]").focus();
  };

  // Those of the empty forms too, which are copied with their buttons.
  for (const root of [document, template?.content].filter(Boolean)) {
    for (const line of root.querySelectorAll("#mobilities-group .inline-related, .mobility-line")) line.append(button.cloneNode(true));
    for (const add of root.querySelectorAll(".add-line")) add.hidden = false;
  }

  document.addEventListener("formset:added", ({ target, detail }) => {
    if (detail.formsetName === "agreements") target.querySelector("select").focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest(".mirror")) mirror(target.closest(LINES));
    if (!target.closest(".add-line button")) return;
    addLine(target.closest(GROUPS));
    lastLine(target.closest(GROUPS)).querySelector("select").focus();
  });
});
