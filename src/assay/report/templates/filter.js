for (const table of document.querySelectorAll("table.records")) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 5) continue;
  const groups = [...new Set(rows.map((row) => row.dataset.group).filter(Boolean))].sort();
  const bar = document.createElement("div");
  const search = document.createElement("input");
  const choice = document.createElement("select");
  const shown = document.createElement("output");
  bar.className = "filter";
  search.type = "search";
  search.placeholder = "Search these records";
  search.setAttribute("aria-label", search.placeholder);
  choice.setAttribute("aria-label", "Show only");
  for (const name of ["", ...groups]) choice.add(new Option(name || "all", name));
  const show = () => {
    const words = search.value.toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = (!choice.value || row.dataset.group === choice.value)
        && row.textContent.toLowerCase().includes(words);
      row.hidden = !fits;
      count += fits;
    }
    shown.value = count + " of " + rows.length;
  };
  search.addEventListener("input", show);
  choice.addEventListener("change", show);
  bar.append(search, ...(groups.length > 1 ? [choice] : []), shown);
  table.parentElement.before(bar);
  show();
}
