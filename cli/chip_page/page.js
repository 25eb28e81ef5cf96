"use strict";
// Colours the cores by what is chosen, marks those of a layer, and shows the figures of one core from its table row.
(() => {
  const picture = document.getElementById("picture");
  const panel = document.getElementById("panel");
  const cores = [...picture.querySelectorAll(".core")];
  const byNumber = new Map(cores.map((core) => [core.dataset.core, core]));
  const rows = new Map([...document.querySelectorAll("tr[data-core]")].map((row) => [row.dataset.core, row]));
  const headings = [...document.querySelectorAll("#cores thead th")].map((cell) => cell.textContent);
  const buttons = [...document.querySelectorAll("button[data-layer]")];
  let kept = null;

  function colour(view) {
    picture.dataset.view = view.value === "layers" ? "layers" : "levels";
    if (view.value !== "layers") {
      for (const core of cores) core.dataset.level = core.dataset.levels[Number(view.value)];
    }
    for (const legend of document.querySelectorAll("[data-legend]")) {
      legend.hidden = legend.dataset.legend !== view.value;
    }
  }

  function fill(core) {
    const list = document.createElement("dl");
    [...rows.get(core.dataset.core).cells].forEach((cell, index) => {
      const pair = document.createElement("div");
      const name = document.createElement("dt");
      const value = document.createElement("dd");
      name.textContent = headings[index];
      value.textContent = cell.textContent;
      pair.append(name, value);
      list.append(pair);
    });
    panel.replaceChildren(list);
  }

  function show(core) {
    for (const other of picture.querySelectorAll(".shown, .heard")) other.classList.remove("shown", "heard");
    panel.classList.toggle("empty", core === null);
    if (core === null) return;
    core.classList.add("shown");
    for (const number of core.dataset.to.split(" ")) byNumber.get(number)?.classList.add("heard");
    fill(core);
  }

  function keep(core) {
    if (kept !== null) kept.tabIndex = -1;
    kept = core;
    core.tabIndex = 0;
    show(core);
    const [box, cover] = [core.getBoundingClientRect(), panel.getBoundingClientRect()];
    if (box.bottom > cover.top && box.top < cover.bottom && box.right > cover.left && box.left < cover.right) {
      core.scrollIntoView({ block: "center", inline: "nearest" });
    }
  }

  // The next core in a direction: the nearest one in a cone of 45 degrees to both sides.
  function next(core, right, down) {
    const middle = (each) => {
      const box = each.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const [x, y] = middle(core);
    let best = null;
    let nearest = Infinity;
    for (const other of cores) {
      const [left, top] = middle(other);
      const ahead = (left - x) * right + (top - y) * down;
      const aside = Math.abs((left - x) * down) + Math.abs((top - y) * right);
      if (ahead > 1 && aside <= ahead + 1 && ahead + 2 * aside < nearest) {
        nearest = ahead + 2 * aside;
        best = other;
      }
    }
    return best;
  }

  const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  for (const core of cores) {
    core.addEventListener("pointerenter", () => show(core));
    core.addEventListener("pointerleave", () => show(kept));
    core.addEventListener("click", () => core.focus());
    core.addEventListener("focus", () => keep(core));
    core.addEventListener("keydown", (event) => {
      const ends = { Home: cores[0], End: cores[cores.length - 1] };
      const target = event.key in ways ? next(core, ...ways[event.key]) : ends[event.key];
      if (event.key in ways || event.key in ends) event.preventDefault();
      target?.focus();
    });
  }
  cores[0].tabIndex = 0;

  function mark(chosen) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.layer === chosen));
    for (const core of cores) {
      core.classList.toggle("faint", chosen !== null && !core.dataset.layers.split(" ").includes(chosen));
    }
  }
  for (const button of buttons) {
    button.addEventListener("click", () => {
      mark(button.getAttribute("aria-pressed") === "true" ? null : button.dataset.layer);
    });
  }

  const views = [...document.querySelectorAll("input[name=view]")];
  for (const view of views) view.addEventListener("change", () => colour(view));
  colour(views.find((view) => view.checked));
  document.documentElement.classList.add("ready");
})();
