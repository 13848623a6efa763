"use strict";
// The trend: heart rate above, ventricular and supraventricular beats, AF and lost signal beneath,
// all on one axis of time in seconds since midnight, so that no time zone can shift it.
(() => {
  const root = document.getElementById("trend-plot");
  const data = JSON.parse(document.getElementById("trend-data").textContent);
  document.documentElement.classList.add("js");

  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const COLOURS = {
    ink: colour("--ink"), soft: colour("--soft"), line: colour("--line"),
    v: colour("--v-fill"), s: colour("--s-fill"), af: colour("--af-fill"), gap: colour("--gap"),
    shade: colour("--af-shade"),
  };
  const FONT = "12px system-ui, sans-serif";
  const HEIGHT = 446, MARK_ROWS = 3, MARK_HEIGHT = 17, MARK_WIDTH = 28, AXIS = 30, GUTTER = 66, LANES = 0.4;
  const NARROWEST_S = 60, DAY_S = 86400, ZOOM = 2, PAN = 0.4;
  const STEPS = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800];
  const n = data.bpm.length;
  const first = data.origin, last = first + n * data.bin;
  // Known bins between unknown ones: no line reaches them, so they are drawn as points.
  const alone = data.bpm.map((_, i) => i).filter(
    (i) => data.bpm[i] != null && data.bpm[i - 1] == null && data.bpm[i + 1] == null,
  );
  const times = data.bpm.map((_, i) => first + (i + 0.5) * data.bin);
  const known = data.days.length > 0;
  const two = (value) => String(value).padStart(2, "0");

  function clock(seconds, withSeconds) {
    const whole = Math.round(seconds), day = Math.floor(whole / DAY_S);
    const hours = Math.floor((known ? whole - day * DAY_S : whole) / 3600);
    const time = `${known ? two(hours) : hours}:${two(Math.floor(whole / 60) % 60)}`;
    return withSeconds ? `${time}:${two(whole % 60)}` : time;
  }
  function dated(seconds, withSeconds) {
    const time = clock(seconds, withSeconds);
    return data.days.length > 1 ? `${data.days[Math.floor(seconds / DAY_S)] || ""} ${time}` : time;
  }
  function label(seconds, step) {
    const day = seconds / DAY_S;
    if (known && day > 0 && Number.isInteger(day)) return data.days[day] || "";
    return clock(seconds, step < 60);
  }

  // --- Lanes: top and height of each, as shares of the height of all lanes
  const LANE = { v: [0.06, 0.3], s: [0.42, 0.3], af: [0.79, 0.08], gap: [0.92, 0.08] };
  const span = data.high - data.low;
  const bottom = data.low - (span * LANES) / (1 - LANES);

  function bands(u, spans, top, height, fill) {
    u.ctx.fillStyle = fill;
    for (const [from, until] of spans) {
      const left = Math.max(u.valToPos(first + from * data.bin, "x", true), u.bbox.left);
      const right = Math.min(u.valToPos(first + until * data.bin, "x", true), u.bbox.left + u.bbox.width);
      if (right > left || (right === left && right > u.bbox.left)) {
        u.ctx.fillRect(left, top, Math.max(right - left, devicePixelRatio), height);
      }
    }
  }
  function perMinute(u, counts) {
    // Bins that share a column of pixels are shown as their mean.
    const { min, max } = u.scales.x;
    const from = Math.max(Math.floor((min - first) / data.bin), 0);
    const until = Math.min(Math.ceil((max - first) / data.bin), n);
    const columns = Math.max(Math.min(until - from, Math.floor(u.bbox.width / devicePixelRatio)), 1);
    const bars = [];
    for (let column = 0; column < columns; column++) {
      const a = from + Math.floor((column * (until - from)) / columns);
      const b = from + Math.floor(((column + 1) * (until - from)) / columns);
      let total = 0;
      for (let i = a; i < b; i++) total += counts[i];
      if (total) bars.push([a, b, (total / ((b - a) * data.bin)) * 60]);
    }
    return bars;
  }
  function countLane(u, counts, [share, height], fill, mark) {
    const { ctx, bbox } = u, lanes = bbox.height * LANES;
    const top = bbox.top + bbox.height - lanes + share * lanes, tall = height * lanes;
    const bars = perMinute(u, counts);
    const most = Math.max(1, ...bars.map((bar) => bar[2]));
    ctx.strokeStyle = COLOURS.line;
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, top + tall);
    ctx.lineTo(bbox.left + bbox.width, top + tall);
    ctx.stroke();
    ctx.fillStyle = fill;
    for (const [a, b, rate] of bars) {
      const left = Math.max(u.valToPos(first + a * data.bin, "x", true), bbox.left);
      const right = Math.min(u.valToPos(first + b * data.bin, "x", true), bbox.left + bbox.width);
      const size = Math.max((tall * rate) / most, 2 * devicePixelRatio);
      ctx.fillRect(left, top + tall - size, Math.max(right - left, devicePixelRatio), size);
    }
    name(u, mark, top + tall / 2 - 7 * devicePixelRatio);
    ctx.fillStyle = COLOURS.soft;
    const limit = bars.length ? `≤ ${Math.max(Math.round(most), 1)}/min` : "none";
    ctx.fillText(limit, bbox.left - 8 * devicePixelRatio, top + tall / 2 + 8 * devicePixelRatio);
  }
  function name(u, mark, y) {
    u.ctx.textAlign = "right";
    u.ctx.fillStyle = COLOURS.ink;
    u.ctx.fillText(mark, u.bbox.left - 8 * devicePixelRatio, y);
  }
  function background(u) {
    bands(u, data.af, u.bbox.top, u.bbox.height * (1 - LANES), COLOURS.shade);
  }
  function foreground(u) {
    const { ctx, bbox } = u, lanes = bbox.height * LANES;
    ctx.save();
    ctx.font = FONT.replace("12", String(12 * devicePixelRatio));
    ctx.textBaseline = "middle";
    countLane(u, data.v, LANE.v, COLOURS.v, "V");
    countLane(u, data.s, LANE.s, COLOURS.s, "S");
    for (const [key, mark] of [["af", "AF"], ["gap", "lost"]]) {
      const top = bbox.top + bbox.height - lanes + LANE[key][0] * lanes, tall = LANE[key][1] * lanes;
      ctx.fillStyle = "#f0f3f5";
      ctx.fillRect(bbox.left, top, bbox.width, tall);
      bands(u, data[key], top, tall, COLOURS[key]);
      name(u, mark, top + tall / 2);
    }
    ctx.restore();
  }

  // --- Marks above the plot link to the strips
  const marks = [...data.marks].sort((a, b) => a.at - b.at).map((mark) => {
    const link = document.createElement("a");
    link.href = `#${mark.id}`;
    link.className = `mark ${mark.group}`;
    return { ...mark, link, at: first + mark.at };
  });
  function placeMarks(u) {
    // Where all rows are full, a mark joins the previous one, which shows their number and links to the first.
    const rows = Array(MARK_ROWS).fill(-Infinity), shown = []; // position of the last mark in each row
    const offset = u.over.offsetLeft, width = u.over.clientWidth; // read once: writing undoes layout
    for (const mark of marks) {
      const x = u.valToPos(mark.at, "x");
      const row = rows.findIndex((taken) => taken <= x - MARK_WIDTH);
      mark.link.hidden = x < 0 || x > width || row < 0;
      if (x < 0 || x > width) continue;
      if (row < 0) {
        shown[shown.length - 1].push(mark);
        continue;
      }
      rows[row] = x;
      shown.push([mark]);
      mark.link.style.left = `${offset + x}px`;
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
  const status = document.getElementById("trend-status");
  const readout = document.getElementById("trend-readout");
  let chart;
  function show(from, until) {
    const width = Math.min(Math.max(until - from, NARROWEST_S), last - first);
    const begin = Math.min(Math.max((from + until - width) / 2, first), last - width);
    chart.setScale("x", { min: begin, max: begin + width });
  }
  function zoom(factor, at = 0.5) {
    const { min, max } = chart.scales.x, width = (max - min) / factor;
    const begin = min + (max - min - width) * at;
    show(begin, begin + width);
  }
  function pan(share) {
    const { min, max } = chart.scales.x;
    const by = Math.min(Math.max(share * (max - min), first - min), last - max);
    show(min + by, max + by);
  }
  const reset = () => show(first, last);
  const actions = {
    in: () => zoom(ZOOM), out: () => zoom(1 / ZOOM), left: () => pan(-PAN), right: () => pan(PAN), reset,
  };
  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "reset", Home: "reset" };

  function describe(u) {
    const { min, max } = u.scales.x;
    root.dataset.from = min;
    root.dataset.until = max;
    status.textContent = `Showing ${dated(min, max - min < 600)} to ${dated(max, max - min < 600)}`;
  }
  function read(u) {
    const i = u.cursor.idx;
    if (i == null) {
      readout.textContent = "";
      return;
    }
    const bpm = data.bpm[i] == null ? "rate not known" : `${Math.round(data.bpm[i])} bpm`;
    const beats = `V ${data.v[i]}, S ${data.s[i]} in ${data.bin} s`;
    readout.textContent = `${dated(first + i * data.bin, true)} · ${bpm} · ${beats}`;
  }
  function press(u, target, handler) {
    return (event) => {
      if (!event.shiftKey) {
        handler(event);
        return;
      }
      event.preventDefault();
      const { min, max } = u.scales.x, from = event.clientX;
      const perPixel = (max - min) / u.over.clientWidth;
      const move = (moved) => {
        const by = Math.min(Math.max((from - moved.clientX) * perPixel, first - min), last - max);
        show(min + by, max + by);
      };
      document.addEventListener("mousemove", move);
      document.addEventListener("mouseup", () => document.removeEventListener("mousemove", move), { once: true });
    };
  }

  function splits(u, axis, min, max) {
    const most = Math.max(Math.floor((root.clientWidth - GUTTER) / 72), 2);
    const step = STEPS.find((s) => (max - min) / s <= most) || STEPS[STEPS.length - 1];
    const found = [];
    for (let t = Math.ceil(min / step) * step; t <= max; t += step) found.push(t);
    return found;
  }
  const size = () => ({ width: root.clientWidth, height: HEIGHT });
  const grid = { stroke: COLOURS.line, width: 1 };
  chart = new uPlot(
    {
      ...size(),
      padding: [MARK_ROWS * MARK_HEIGHT + 8, 14, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: (u, min, max) => [Math.max(min, first), Math.min(max, last)] },
        y: { range: () => [bottom, data.high] },
      },
      axes: [
        {
          splits, size: AXIS, grid, ticks: { ...grid, size: 5 }, stroke: COLOURS.soft, font: FONT,
          values: (u, found) => found.map((t) => label(t, found.length > 1 ? found[1] - found[0] : 60)),
        },
        {
          size: GUTTER, grid, ticks: { show: false }, stroke: COLOURS.soft, font: FONT,
          splits: () => {
            const step = span > 120 ? 40 : 20, found = [];
            for (let bpm = Math.ceil(data.low / step) * step; bpm <= data.high; bpm += step) found.push(bpm);
            return found;
          },
        },
      ],
      series: [{}, { stroke: COLOURS.ink, width: 1.1, spanGaps: false, points: { show: false, filter: () => alone, size: 4, fill: COLOURS.ink } }],
      cursor: { y: false, drag: { x: true, y: false, dist: 4 }, points: { size: 7 }, bind: { mousedown: press } },
      hooks: { drawClear: [background], draw: [foreground, placeMarks], setScale: [describe], setCursor: [read] },
    },
    [times, data.bpm],
    root,
  );
  for (const { link } of marks) chart.root.append(link);
  reset();

  root.addEventListener("keydown", (event) => {
    if (event.target.closest("a") || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    actions[action]();
  });
  for (const button of document.querySelectorAll("[data-trend]")) {
    button.addEventListener("click", () => actions[button.dataset.trend]());
  }
  // A plain wheel scrolls the page; with Ctrl (as a pinch reports itself) it zooms, sideways it pans.
  chart.over.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX / chart.over.clientWidth);
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        pan(event.deltaX / chart.over.clientWidth);
      }
    },
    { passive: false },
  );
  // Links of strips that are drawn later, too.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-at]");
    if (!link) return;
    const at = first + Number(link.dataset.at);
    show(at - 300, at + 300);
  });
  new ResizeObserver(() => {
    if (root.clientWidth && root.clientWidth !== chart.width) chart.setSize(size());
  }).observe(root);
})();
