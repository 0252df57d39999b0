"use strict";

// Remembers which sections of the worklist this browser has folded. It runs right after them, before they are displayed.
{
  const FOLDED_SECTIONS = "folded-sections";

  // Storage may be switched off, and then throws.
  const readFolded = () => {
    try {
      return (localStorage.getItem(FOLDED_SECTIONS) ?? "").split(" ");
    } catch {
      return [];
    }
  };

  const storeFolded = (ids) => {
    try {
      localStorage.setItem(FOLDED_SECTIONS, ids.join(" "));
    } catch {
      // The section is folded until the page is left.
    }
  };

  for (const section of document.querySelectorAll(".worklist-section")) {
    section.open = !readFolded().includes(section.id);
    section.addEventListener("toggle", () => {
      const others = readFolded().filter((id) => id !== section.id);
      storeFolded(section.open ? others : [...others, section.id]);
    });
  }
}
