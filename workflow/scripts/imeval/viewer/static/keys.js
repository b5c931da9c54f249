// Left and right, or j and k, follow the links to the page before and the page after; / goes to the text search.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const direction = { ArrowLeft: "prev", k: "prev", ArrowRight: "next", j: "next" }[event.key];
  const link = direction && document.querySelector(`a[rel=${direction}]`);
  if (link) link.click();
  const search = event.key === "/" && document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});
