"use strict";

// Adds to each mobility a button that copies it to a new line for the other direction.
window.addEventListener("load", () => {
  const group = document.getElementById("mobilities-group");
  const template = document.getElementById("mirror-button");
  if (!group?.querySelector(".empty-form") || !template) return;

  const nameOf = (field) => field.name.replace(/^mobilities-(\d+|__prefix__)-/, "");
  const fieldsOf = (line) => [...line.querySelectorAll("input:not([type=hidden]), select")].filter((field) => field.name);

  const copyField = (field, copy) => {
    if (field.type === "checkbox") {
      copy.checked = field.checked;
    } else if (field.multiple) {
      copy.replaceChildren(...[...field.selectedOptions].map((option) => new Option(option.text, option.value, true, true)));
      django.jQuery(copy).trigger("change");
    } else {
      copy.value = field.value;
    }
  };

  const mirror = (line) => {
    group.querySelector(".add-row a").click();
    const copied = [...group.querySelectorAll(".inline-related:not(.empty-form)")].at(-1);
    const key = (field) => `${nameOf(field)} ${field.type === "checkbox" ? field.value : ""}`;
    const copies = new Map(fieldsOf(copied).map((field) => [key(field), field]));
    for (const field of fieldsOf(line)) {
      if (copies.has(key(field))) copyField(field, copies.get(key(field)));
    }
    const direction = copies.get("direction ");
    direction.value = direction.value === "out" ? "in" : "out";
    copies.get("places ").focus();
  };

  for (const line of group.querySelectorAll(".inline-related")) line.append(template.content.cloneNode(true));
  group.addEventListener("click", (event) => {
    const button = event.target.closest(".mirror");
    if (button) mirror(button.closest(".inline-related"));
  });
});
