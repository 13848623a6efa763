"use strict";
// The full disclosure: rows are drawn when they come near the screen, and cleared when they leave it.
(() => {
  const ROW_S = 60, NEAR = "600px", MM = 96 / 25.4, AROUND_S = [0.3, 0.45], TICK = 4, HATCH = 6, BASELINE = 0.66;
  const index = JSON.parse(document.getElementById("index").textContent);
  const blocks = [...document.querySelectorAll("script.block")];
  const unpacked = [];
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const COLOURS = Object.fromEntries(["ink", "soft", "v", "s", "f", "q", "mark", "lost"].map((name) => [name, colour(name)]));
  const status = document.getElementById("jump-status");
  const hourOf = (label) => label.slice(0, -3), timeOf = (label) => label.split(" ").pop().replace("+", "");
  const dayOf = (label) => label.split(" ").slice(0, -1).join(" ");
  const startOf = (number) => index.offset_s + number * ROW_S;
  let marked = { row: -1, at: 0 };

  // --- Rows and headings
  const main = document.getElementById("rows");
  main.innerHTML = index.labels
    .map((label, number) => {
      const heading = number && hourOf(label) === hourOf(index.labels[number - 1]) ? "" : `<h2>${label}</h2>`;
      const counts = ["V", "S"].map((name, k) => [name, index.ectopic[k][number]]).filter(([, count]) => count);
      const found = counts.map(([name, count]) => `<span class="class-${name}">${name} ${count}</span>`).join(" ");
      return `${heading}<div class="row" tabindex="-1" data-row="${number}"><p><b>${label}</b> ${found}</p><canvas role="img" aria-label="${label}"></canvas></div>`;
    })
    .join("");
  const rows = [...main.querySelectorAll(".row")];

  /** A row's document and its levels. @param {number} number */
  async function load(number) {
    const block = Math.floor(number / index.block_rows);
    unpacked[block] ??= unpackLevels(blocks[block]);
    const { document: { rows: found }, levels } = await unpacked[block];
    const place = number % index.block_rows;
    const first = found.slice(0, place).reduce((sum, row) => sum + row.samples, 0);
    return { ...found[place], levels: levels.subarray(first, first + found[place].samples) };
  }

  // --- Drawing
  function hatch(ctx, left, right, height) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, 0, right - left, height);
    ctx.clip();
    ctx.fillStyle = "rgb(255 255 255 / 60%)";
    ctx.fill();
    ctx.strokeStyle = COLOURS.lost;
    ctx.beginPath();
    for (let x = left - height; x < right; x += HATCH) {
      ctx.moveTo(x, height);
      ctx.lineTo(x + height, 0);
    }
    ctx.stroke();
    ctx.restore();
  }
  function paint(number, row) {
    const canvas = rows[number].querySelector("canvas"), start = startOf(number);
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    const ctx = canvas.getContext("2d");
    ctx.scale(devicePixelRatio, devicePixelRatio);
    const perSecond = width / ROW_S, perLevel = index.mm_per_mv * MM * index.step_mv;
    const x = (at) => (at - start) * perSecond;
    function line(from, until, style) {
      const first = Math.max(Math.ceil((from - row.from_s) * row.rate_hz), 0);
      const stop = Math.min(Math.ceil((until - row.from_s) * row.rate_hz), row.samples);
      ctx.strokeStyle = style;
      ctx.beginPath();
      for (let i = first; i < stop; i++) ctx.lineTo(x(row.from_s + i / row.rate_hz), height * BASELINE - row.levels[i] * perLevel);
      ctx.stroke();
    }
    if (number === marked.row) {
      ctx.fillStyle = COLOURS.mark;
      ctx.fillRect(x(marked.at) - 2, 0, 4, height);
    }
    ctx.lineJoin = "round";
    line(start, start + ROW_S, COLOURS.ink);
    ctx.font = "bold 11px system-ui, sans-serif";
    ctx.textAlign = "center";
    row.beats_s.forEach((at, i) => {
      const name = row.classes[i], style = COLOURS[name.toLowerCase()] ?? COLOURS.soft;
      ctx.fillStyle = style;
      if (name === "N") {
        ctx.fillRect(x(at) - 0.5, 0, 1, TICK);
        return;
      }
      const from = Math.max(at - AROUND_S[0], ((row.beats_s[i - 1] ?? 0) + at) / 2);
      const until = Math.min(at + AROUND_S[1], ((row.beats_s[i + 1] ?? Infinity) + at) / 2);
      line(from, until, style);
      ctx.fillText(name, x(at), 10);
    });
    for (const [from, until] of row.lost) hatch(ctx, x(from), x(until), height);
    const lost = row.lost.reduce((sum, [from, until]) => sum + until - from, 0);
    const counts = [...new Set(row.classes)].map((name) => `${row.classes.split(name).length - 1} of class ${name}`);
    canvas.setAttribute(
      "aria-label",
      `${index.labels[number]}, lead ${index.leads[row.lead]}, beats: ${counts.join(", ") || "none"}` +
        (lost ? `; ${lost} s not analysable` : ""),
    );
    rows[number].dataset.lead = index.leads[row.lead];
  }
  const shown = new Set();
  const near = new IntersectionObserver(
    async (entries) => {
      for (const { target, isIntersecting } of entries) {
        const number = Number(target.dataset.row);
        if (isIntersecting) shown.add(number);
        else {
          shown.delete(number);
          target.querySelector("canvas").width = 0;
          delete target.dataset.lead;
        }
      }
      for (const { target } of entries) draw(Number(target.dataset.row));
    },
    { rootMargin: NEAR },
  );
  async function draw(number) {
    if (!shown.has(number)) return;
    const row = await load(number);
    if (shown.has(number)) paint(number, row);
  }
  for (const row of rows) near.observe(row);
  let width = main.clientWidth;
  new ResizeObserver(() => {
    if (main.clientWidth === width) return;
    width = main.clientWidth;
    shown.forEach(draw);
  }).observe(main);

  // --- Places
  function go(number, at = startOf(number)) {
    const before = marked.row;
    marked = { row: number, at };
    rows[before]?.classList.remove("marked");
    rows[number].classList.add("marked");
    rows[number].scrollIntoView({ block: "center" });
    rows[number].focus({ preventScroll: true });
    draw(before);
    draw(number);
    status.textContent = index.labels[number];
    day.value = dayOf(index.labels[number]);
  }
  function followAddress() {
    const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (!found) return;
    const number = Math.floor((Number(found[1]) - index.offset_s) / ROW_S);
    if (rows[number]) go(number, Number(found[1]));
  }
  function step(by) {
    const { top } = document.querySelector("header").getBoundingClientRect();
    let number = marked.row;
    if (number < 0) number = rows.findIndex((row) => row.getBoundingClientRect().bottom > top) - (by > 0);
    do number += by;
    while (rows[number] && !index.ectopic.some((counts) => counts[number]));
    if (rows[number]) go(number);
    else status.textContent = `No ${by > 0 ? "later" : "earlier"} minute has V or S`;
  }
  const time = document.getElementById("time"), day = document.getElementById("day");
  const days = [...new Set(index.labels.map(dayOf))];
  day.hidden = days.length < 2;
  for (const name of days) day.append(new Option(name));
  document.getElementById("jump").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = /^\s*\+?(\d+)[:.h ]?(\d\d)(?:[:.](\d\d))?\s*$/.exec(time.value);
    const wanted = given && `${Number(given[1])}:${given[2]}`;
    const number = index.labels.findIndex(
      (label) => timeOf(label).replace(/^0(?=\d)/, "") === wanted && (day.hidden || dayOf(label) === day.value),
    );
    if (number >= 0) go(number, Math.max(startOf(number), 0) + Number(given[3] ?? 0));
    else status.textContent = given ? "The recording does not contain this time" : "Enter a time such as 14:05";
  });
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = { n: () => step(1), p: () => step(-1), t: () => time.select() };
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
  addEventListener("hashchange", followAddress);
  followAddress();
})();
