"use strict";
// Sorting and filtering of the orders. Without it the page reads the same.
(() => {
  const table = document.getElementById("orders-table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];

  // The exact value is in the title where the text is rounded.
  const number = (cell) => {
    const text = cell.title || cell.textContent;
    return parseFloat(text.replace("\u2212", "-").replace(/[$,%+]/g, "")) * (!cell.title || !/%/.test(cell.textContent) ? 1 : 100);
  };
  const isAbsent = (cell) => cell.textContent === "\u2014";
  const isNumeric = (column) => getComputedStyle(heads[column]).textAlign === "right";
  const words = new Intl.Collator("en", { numeric: true });

  const sort = (column, direction) => {
    const compare = isNumeric(column)
      ? (a, b) => number(a) - number(b)
      : (a, b) => words.compare(a.textContent, b.textContent);
    const sorted = rows.map((row) => row.cells[column]).sort((a, b) =>
      isAbsent(a) - isAbsent(b) || direction * (isAbsent(a) ? 0 : compare(a, b)));
    body.append(...sorted.map((cell) => cell.parentNode));
    heads.forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const first = isNumeric(column) ? -1 : 1;
      sort(column, before ? (before === "ascending" ? -1 : 1) : first);
    });
    head.append(button);
  });

  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase());
  const update = () => {
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, index) => {
      row.hidden = !wanted.every((word) => texts[index].includes(word));
      if (!row.hidden) count += 1;
    });
    shown.textContent = `${count} of ${rows.length} rows`;
  };
  filter.addEventListener("input", update);
  document.getElementById("tools").hidden = false;
  update();
})();
