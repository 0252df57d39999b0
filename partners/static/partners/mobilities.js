"use strict";

// Adds to each mobility a button that copies it to a new line for the other direction.
window.addEventListener("load", () => {
  const group = document.getElementById("mobilities-group");
  if (!group?.querySelector(".empty-form")) return;

  const fieldsOf = (line) => line.querySelectorAll("[name]:not([type=hidden], [name$=-DELETE])");

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
    group.querySelector(".add-row a").click();
    const added = [...group.querySelectorAll(".inline-related:not(.empty-form)")].at(-1);
    const targets = fieldsOf(added);
    fieldsOf(line).forEach((field, index) => copyValue(field, targets[index]));
    const direction = added.querySelector("[name$=-direction]");
    direction.value = direction.value === "out" ? "in" : "out";
    added.querySelector("[name$=-places]").focus();
  };

  // The empty form too, which is copied with its button when a line is added.
  const button = document.getElementById("mirror-button").content;
  for (const line of group.querySelectorAll(".inline-related")) line.append(button.cloneNode(true));
  group.addEventListener("click", (event) => {
    if (event.target.closest(".mirror")) mirror(event.target.closest(".inline-related"));
  });
});
