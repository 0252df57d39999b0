"use strict";

// Takes files that are dropped anywhere on the page, which the browser would open instead.
window.addEventListener("load", () => {
  const input = document.querySelector("input.drop-zone");
  if (!input) return;

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    input.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) input.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    input.classList.remove("is-over");
    input.files = event.dataTransfer.files;
    input.focus();
  });
});

// Finds agreements as one types. Without it, the button finds them.
window.addEventListener("load", () => {
  const form = document.querySelector(".documents-form");
  if (!form) return;

  const showFound = (row, results) => {
    const select = row.querySelector("select");
    const chosen = select.selectedOptions[0];
    const group = document.createElement("optgroup");
    group.label = form.dataset.found;
    group.className = "found";
    group.append(...results.map(({ id, text }) => new Option(text, id)));
    if (chosen.closest(".found")) group.append(chosen);
    select.querySelector(".found")?.remove();
    if (group.children.length) select.append(group);
    row.querySelector("[role=status]").textContent = `${form.dataset.found}: ${results.length}`;
  };

  const find = async (input) => {
    const term = input.value.trim();
    const query = new URLSearchParams({ app_label: "partners", model_name: "document", field_name: "agreement", term });
    const response = term ? await fetch(`${form.dataset.autocomplete}?${query}`) : null;
    if (response && !response.ok) return;
    const { results } = response ? await response.json() : { results: [] };
    if (input.value.trim() === term) showFound(input.closest("tr"), results);
  };

  let timer;
  form.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(timer);
    timer = setTimeout(() => find(event.target), 200);
  });
});
