"use strict";

// Says how many questions still wait, and ticks all boxes on request.
window.addEventListener("load", () => {
  const form = document.getElementById("preview");
  const button = document.getElementById("confirm");
  if (!button) return;

  const waitingElsewhere = button.dataset.waiting - form.querySelectorAll("[data-waits]").length;
  const label = () => {
    const count = waitingElsewhere + form.querySelectorAll("[data-waits]").length;
    const { ready, one, many } = button.dataset;
    return count === 0 ? ready : (count === 1 ? one : many).replace("{n}", count);
  };

  form.addEventListener("change", ({ target }) => {
    if (target.type !== "radio") return;
    delete target.closest("fieldset").dataset.waits;
    button.textContent = label();
  });

  const tickAll = form.querySelector(".tick-all");
  if (tickAll) {
    tickAll.hidden = false;
    tickAll.addEventListener("click", () => {
      for (const box of tickAll.parentElement.querySelectorAll('[name="take_back"]')) box.checked = true;
    });
  }

  // A page that comes from the cache of the browser is as it was left.
  window.addEventListener("pageshow", () => (button.textContent = label()));
});
