"use strict";

// Says in a status element of a form that what was sent is being worked on, and keeps it from being sent twice.
window.addEventListener("load", () => {
  for (const status of document.querySelectorAll("form [data-busy]")) {
    const form = status.closest("form");
    let isSent = false;

    const setSent = (value) => {
      isSent = value;
      status.replaceChildren(...(value ? [status.dataset.busy, document.createElement("progress")] : []));
      for (const button of form.querySelectorAll('button, input[type="submit"]')) button.disabled = value;
    };

    form.addEventListener("submit", (event) => {
      if (isSent) event.preventDefault();
      // A button with an address of its own searches, or downloads a file while the page stays. "Find" saves nothing.
      if (event.defaultPrevented || event.submitter?.matches("[formaction], [name=find]")) return;
      // Later, as a disabled button would not be part of what is sent.
      setTimeout(() => setSent(true));
    });
    // A page that comes from the cache of the browser is as it was left.
    window.addEventListener("pageshow", ({ persisted }) => persisted && setSent(false));
  }
});
