"use strict";

// Links to the universities before and after this one in the list that one came from. Only the browser knows its
// order: in the address it would make a page for each combination of filters.
function readList() {
  try {
    return JSON.parse(sessionStorage.getItem("list"));
  } catch {
    return null;
  }
}

const list = readList();
const position = list ? list.pages.findIndex(({ path }) => path === location.pathname) : -1;

if (position >= 0) {
  document.querySelector(".previous-next").hidden = false;
  for (const [name, page] of [["previous", list.pages[position - 1]], ["next", list.pages[position + 1]]]) {
    const link = document.querySelector(`.previous-next .${name}`);
    link.hidden = !page;
    if (!page) continue;
    // The address has the shortlist, the type and the term.
    link.href = page.path + location.search;
    link.querySelector("bdi").textContent = page.name;
  }
  const back = new URL(list.url);
  back.searchParams.delete("pick");
  for (const pick of new URLSearchParams(location.search).getAll("pick")) back.searchParams.append("pick", pick);
  document.querySelector(".breadcrumb a").href = back;
}
