"use strict";

// Warns before leaving a page with unsaved changes. A form that came back with errors always has unsaved changes.
window.addEventListener("load", () => {
  const form = document.querySelector('.change-form #content-main form[method="post"], form.bulk-form, form.preview-form');
  if (!form) return;

  const serialize = (value) => (value instanceof File ? `${value.name} ${value.size}` : value);
  const values = () => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, serialize(value)]));
  const initialValues = document.querySelector(".errornote, .errorlist, .conflicts") ? null : values();
  let isSubmitting = false;

  form.addEventListener("submit", () => (isSubmitting = true));
  window.addEventListener("pageshow", () => (isSubmitting = false));
  window.addEventListener("beforeunload", (event) => {
    if (!isSubmitting && values() !== initialValues) event.preventDefault();
  });
});
