"use strict";
// The ways between the sessions, sorting and filtering of the tables, and the crosshair of the curve.
// Without it the pages read the same.
(() => {
  // A page leads over its session's row of the index to its neighbours: here the rest of the way is known.
  const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const way = location.search.slice(1);
  const goal = { previous: row?.nextElementSibling, next: row?.previousElementSibling, mark: row, attempt: row }[way];
  if (goal?.closest("#all-sessions")) {
    const pages = [...goal.querySelectorAll("a")].filter((each) => (
      way === "attempt" ? !each.href.endsWith("_mark.html") : way !== "mark" || each.href.endsWith("_mark.html")));
    if (pages.length) {
      location.replace(pages.at(-1).href);
      return;
    }
  }
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, [tabindex]")) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (rel) document.querySelector(`a[rel=${rel}]`)?.click();
  });

  // The exact value is in the title where the text is rounded; of a percentage it is the ratio.
  const number = (cell) => {
    const text = cell.title || cell.textContent;
    const value = parseFloat(text.replace("\u2212", "-").replace(/[$,%+]/g, ""));
    return cell.title && cell.textContent.includes("%") ? value * 100 : value;
  };

  // Of a long table most rows wait as text until the page is open: that is no work for the first picture.
  const complete = (body) => {
    const waiting = body.querySelector(".rest");
    if (!waiting) return;
    const made = document.createElement("template");
    made.innerHTML = waiting.querySelector("noscript").textContent;
    waiting.replaceWith(...made.content.querySelectorAll("tbody > tr"));
  };
  const onceOpen = (act, milliseconds) => addEventListener("load", () => setTimeout(act, milliseconds));

  const sortable = (table) => {
    const body = table.tBodies[0];
    let rows;
    const all = () => {
      complete(body);
      return rows ??= [...body.rows];
    };
    const heads = [...table.tHead.rows[0].cells];
    const isNumeric = (column) => !("words" in heads[column].dataset);
    const sort = (column, direction) => {
      const numeric = isNumeric(column);
      const words = new Intl.Collator("en", { numeric: true });
      const keyed = all().map((row) => {
        const cell = row.cells[column];
        const key = numeric ? number(cell) : cell.textContent;
        return { row, key, absent: numeric ? Number.isNaN(key) : key === "\u2014" };
      });
      keyed.sort((a, b) => a.absent - b.absent
        || (a.absent ? 0 : direction * (numeric ? a.key - b.key : words.compare(a.key, b.key))));
      body.append(...keyed.map(({ row }) => row));
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
        sort(column, before ? (before === "ascending" ? -1 : 1) : isNumeric(column) ? -1 : 1);
      });
      head.append(button);
    });
    return all;
  };

  for (const tools of document.querySelectorAll("[data-table]")) {
    const table = document.getElementById(tools.dataset.table);
    const all = sortable(table);
    const filter = tools.querySelector("input");
    const shown = tools.querySelector("output");
    let texts;
    const update = () => {
      texts ??= all().map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase());
      const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      all().forEach((row, index) => {
        row.hidden = !wanted.every((word) => texts[index].includes(word));
        if (!row.hidden) count += 1;
      });
      shown.textContent = `${count} of ${texts.length} rows`;
    };
    filter.addEventListener("input", update);
    const count = () => { shown.textContent ||= `${all().length} rows`; };
    const waiting = table.querySelector(".rest");
    if (waiting) {
      waiting.classList.add("awaited");
      onceOpen(count, 200);
    } else count();
    addEventListener("beforeprint", all);
    tools.hidden = table.tBodies[0].rows.length < 5;
  }

  // A page opens fast because only what is in sight is drawn; the rest follows when it is at rest.
  // What is looked at by then stays where it is: not every size that was assumed above it is the true one.
  onceOpen(() => {
    const seen = document.elementFromPoint(innerWidth / 2, innerHeight / 3);
    const top = () => seen?.getBoundingClientRect().top ?? 0;
    const before = top();
    document.documentElement.classList.add("drawn");
    scrollBy({ top: top() - before, behavior: "instant" });
  }, 1000);

  // A range lies over the curve, unseen: pointer, finger and arrow keys all move the one crosshair.
  const panels = document.getElementById("panels");
  if (!panels) return;
  const plot = panels.querySelector(".equity .plot");
  const sessions = [...document.getElementById("sessions-table").tBodies[0].rows].reverse();
  const points = panels.querySelector(".line").getAttribute("d").slice(1).split("L")
    .slice(-sessions.length).map((point) => point.split(" ").map(parseFloat));
  const figures = [...document.querySelectorAll("#reading dd")];
  const names = [...document.querySelectorAll("#reading dt")].map((each) => each.textContent);
  const add = (tag, name) => {
    const made = document.createElement(tag);
    made.className = name;
    return made;
  };
  const cross = add("div", "cross");
  const dot = add("div", "dot");
  const range = add("input", "scrub");
  Object.assign(range, { type: "range", min: 0, max: sessions.length - 1, step: 1 });
  range.value = sessions.length - 1;
  range.setAttribute("aria-label", "Session of the curve");
  panels.append(cross, dot, range);

  const show = () => {
    const at = Number(range.value);
    const texts = [...sessions[at].cells].map((cell) => cell.textContent);
    figures.forEach((figure, index) => { figure.textContent = texts[index]; });
    range.setAttribute("aria-valuetext", texts.map((text, index) => `${names[index]} ${text}`).join(", "));
    const box = plot.getBoundingClientRect();
    const place = panels.getBoundingClientRect();
    const x = box.left - place.left + points[at][0] / 1000 * box.width;
    cross.style.left = dot.style.left = `${x}px`;
    dot.style.top = `${box.top - place.top + points[at][1] / 1000 * box.height}px`;
    range.style.width = `${box.right - place.left}px`;
    panels.classList.toggle("live", at < sessions.length - 1 || panels.matches(":hover, :focus-within"));
    panels.classList.toggle("focused", range.matches(":focus-visible"));
  };
  const follow = (event) => {
    const box = plot.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width * 1000;
    let nearest = 0;
    points.forEach(([x], index) => {
      if (Math.abs(x - across) < Math.abs(points[nearest][0] - across)) nearest = index;
    });
    range.value = nearest;
    show();
  };
  // While a finger or button is down the range would set a value of its own, evenly spaced: ours goes by date.
  let held = null;
  range.addEventListener("pointerdown", (event) => { held = event; follow(event); });
  range.addEventListener("pointermove", (event) => { held &&= event; follow(event); });
  for (const end of ["pointerup", "pointercancel"]) range.addEventListener(end, () => { held = null; });
  range.addEventListener("input", () => (held ? follow(held) : show()));
  range.addEventListener("focus", show);
  const leave = () => { range.value = sessions.length - 1; show(); };
  range.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") leave(); });
  range.addEventListener("blur", leave);
  addEventListener("resize", show);
  show();
})();
