"use strict";
// Zooms and moves the trend, whose drawing is on the page: the inner SVG shows a part of itself, and
// the times beneath are written anew. Times are seconds since midnight, so that no time zone shifts them.
(() => {
  const data = JSON.parse(document.getElementById("trend-data").textContent);
  const root = document.getElementById("trend-plot");
  const svg = root.querySelector(".trend"), view = svg.querySelector(".view"), times = svg.querySelector(".times");
  const status = document.getElementById("trend-status"), readout = document.getElementById("trend-readout");
  document.documentElement.classList.add("js");

  const MARK_ROWS = 3, MARK_HEIGHT = 17, MARK_WIDTH = 28, TICK_WIDTH = 72;
  const NARROWEST_S = 60, DAY_S = 86400, ZOOM = 2, PAN = 0.4, LEAST_DRAG = 4;
  const STEPS = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800];
  const first = data.origin, last = first + data.bpm.length * data.bin;
  const drawn = view.viewBox.baseVal, left = view.x.baseVal.value, bottom = drawn.height;
  const unit = drawn.width / (last - first), printed = svg.viewBox.baseVal.width, tall = svg.viewBox.baseVal.height;
  const right = printed - left - drawn.width;
  let from = first, until = last, width = drawn.width;

  const two = (value) => String(value).padStart(2, "0");
  function clock(seconds, withSeconds) {
    const whole = Math.round(seconds), known = data.days.length > 0;
    const hours = Math.floor((known ? whole % DAY_S : whole) / 3600);
    const time = `${known ? two(hours) : hours}:${two(Math.floor(whole / 60) % 60)}`;
    return withSeconds ? `${time}:${two(whole % 60)}` : time;
  }
  const day = (seconds) => data.days[Math.floor(Math.round(seconds) / DAY_S)] || "";
  const dated = (seconds, withSeconds) =>
    `${data.days.length > 1 ? day(seconds) : ""} ${clock(seconds, withSeconds)}`.trim();
  const x = (seconds) => ((seconds - from) / (until - from)) * width;
  const at = (event) => from + ((event.clientX - view.getScreenCTM().e) / width) * (until - from);
  function draw(parent, name, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text || "";
    parent.append(element);
    return element;
  }

  // --- Marks above the plot link to the strips
  const marks = [...data.marks].sort((a, b) => a.at - b.at).map((mark) => {
    const link = document.createElement("a");
    link.href = `#${mark.id}`;
    link.className = `mark ${mark.group}`;
    root.append(link);
    return { ...mark, link, at: first + mark.at };
  });
  function placeMarks() {
    // Where all rows are full, a mark joins the previous one, which shows their number and links to the first.
    const rows = Array(MARK_ROWS).fill(-Infinity), shown = []; // position of the last mark in each row
    for (const mark of marks) {
      const place = x(mark.at), row = rows.findIndex((taken) => taken <= place - MARK_WIDTH);
      const inside = place >= 0 && place <= width;
      mark.link.hidden = !inside || row < 0;
      if (!inside) continue;
      if (row < 0) {
        shown[shown.length - 1].push(mark);
        continue;
      }
      rows[row] = place;
      shown.push([mark]);
      mark.link.style.left = `${left + place}px`;
      mark.link.style.top = `${row * MARK_HEIGHT}px`;
    }
    for (const together of shown) {
      const { link, mark, label } = together[0], several = together.length > 1;
      const name = several ? `${together.length} marks, the first ${label}` : label;
      link.classList.toggle("several", several);
      link.textContent = several ? String(together.length) : mark;
      link.title = name;
      link.setAttribute("aria-label", `${name}: go to the strip`);
    }
  }

  // --- The view
  function show(begin, end) {
    const span = Math.min(Math.max(end - begin, NARROWEST_S), last - first);
    from = Math.min(Math.max((begin + end - span) / 2, first), last - span);
    until = from + span;
    view.setAttribute("viewBox", `${(from - first) * unit} 0 ${span * unit} ${bottom}`);
    times.replaceChildren();
    const step = STEPS.find((s) => span / s <= Math.max(Math.floor(width / TICK_WIDTH), 2)) || STEPS[STEPS.length - 1];
    for (let t = Math.ceil(from / step) * step; t <= until; t += step) {
      draw(times, "path", { class: "grid", d: `M${left + x(t)} 12V${bottom}` });
      const label = t > 0 && t % DAY_S === 0 && day(t) ? day(t) : clock(t, step < 60);
      draw(times, "text", { class: "tick middle", x: left + x(t), y: bottom + 14 }, label);
    }
    placeMarks();
    root.dataset.from = from;
    root.dataset.until = until;
    status.textContent = `Showing ${dated(from, span < 600)} to ${dated(until, span < 600)}`;
  }
  function zoom(factor, around = 0.5) {
    const span = Math.min((until - from) / factor, last - first), begin = from + (until - from - span) * around;
    show(begin, begin + span);
  }
  const pan = (seconds) => {
    const by = Math.min(Math.max(seconds, first - from), last - until);
    show(from + by, until + by);
  };
  const reset = () => show(first, last);
  function resize(whole) {
    width = whole - left - right;
    svg.setAttribute("viewBox", `0 0 ${whole} ${tall}`);
    view.setAttribute("width", width);
    show(from, until);
  }
  const actions = {
    in: () => zoom(ZOOM), out: () => zoom(1 / ZOOM), reset,
    left: () => pan(-PAN * (until - from)), right: () => pan(PAN * (until - from)),
  };
  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "reset", Home: "reset" };
  root.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.target.closest("a") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[action]();
  });
  for (const button of document.querySelectorAll("[data-trend]")) {
    button.addEventListener("click", () => actions[button.dataset.trend]());
  }
  // Links of strips that are drawn later, too.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-at].to-trend");
    if (!link) return;
    const moment = first + Number(link.dataset.at);
    show(moment - 300, moment + 300);
  });

  // --- The pointer: what it points at, a stretch to zoom to, and with Shift a move
  const cursor = draw(svg, "path", { class: "cursor" });
  const chosen = draw(svg, "rect", { class: "chosen", y: 12, height: bottom - 12 });
  let begun = null; // where a drag began: its time, its place, and whether it moves the view
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || at(event) < from || at(event) > until) return;
    begun = { time: at(event), place: event.clientX, moves: event.shiftKey };
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
    root.focus({ preventScroll: true });
  });
  svg.addEventListener("pointermove", (event) => {
    const now = Math.min(Math.max(at(event), from), until);
    if (begun && begun.moves) pan(begun.time - at(event));
    else if (begun) {
      chosen.setAttribute("x", left + x(Math.min(begun.time, now)));
      chosen.setAttribute("width", Math.abs(x(begun.time) - x(now)));
    }
    const i = Math.min(Math.floor((now - first) / data.bin), data.bpm.length - 1);
    const bpm = data.bpm[i] == null ? "rate not known" : `${Math.round(data.bpm[i])} bpm`;
    readout.textContent = `${dated(first + i * data.bin, true)} · ${bpm} · V ${data.v[i]}, S ${data.s[i]} in ${data.bin} s`;
    cursor.setAttribute("d", `M${left + x(now)} 12V${bottom}`);
  });
  svg.addEventListener("pointerup", (event) => {
    if (begun && !begun.moves && Math.abs(event.clientX - begun.place) >= LEAST_DRAG) {
      show(...[begun.time, at(event)].sort((a, b) => a - b));
    }
    begun = null;
    chosen.setAttribute("width", 0);
  });
  svg.addEventListener("pointerleave", () => {
    readout.textContent = "";
    cursor.setAttribute("d", "");
  });
  // A plain wheel scrolls the page; with Ctrl (as a pinch reports itself) it zooms, sideways it moves.
  svg.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) zoom(event.deltaY < 0 ? 1.25 : 0.8, (at(event) - from) / (until - from));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX / width) * (until - from));
    else return;
    event.preventDefault();
  }, { passive: false });

  new ResizeObserver(() => root.clientWidth && resize(root.clientWidth)).observe(root);
  addEventListener("beforeprint", () => { reset(); resize(printed); });
  addEventListener("afterprint", () => resize(root.clientWidth));
  resize(root.clientWidth);
})();
