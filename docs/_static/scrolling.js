// What scrolls in itself can be reached by the keyboard.
addEventListener("load", () => {
  for (const one of document.querySelectorAll("div.highlight pre, article table.docutils")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
  }
});
