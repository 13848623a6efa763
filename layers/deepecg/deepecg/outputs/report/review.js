"use strict";
// Review mode: a reviewer's changes become the operations of a review file (review.schema.json), which
// is saved as a file, or by the page that shows the report in a frame. Nothing here changes results:
// they are made anew from the file.
(() => {
  const byId = (id) => document.getElementById(`review-${id}`);
  const data = JSON.parse(byId("data").textContent);
  const root = document.documentElement, panel = byId("panel");
  const PARTS = "[data-event], .strip, [data-cluster]";
  const AUTHOR_KEY = "deepecg.reviewer", SAME_BEAT_S = 0.01, SAME_EVENT_S = 0.0005, MM_PER_S = 25, REMOVED = "×";
  const IS_FRAMED = window.parent !== window;

  /** Operations as last saved or loaded, and as they are now. @type {object[]} */
  let base = data.operations, operations = [...base];
  /** The element of the report that keys act on, the chosen beat's letter, a place for a new beat. */
  let current = null, chosen = null, place = null;
  /** Origin of the page that shows the report in a frame; null if that has not said anything. */
  let host = null;

  // --- Operations -----------------------------------------------------------------------------------

  const canonical = (operation) => JSON.stringify(Object.entries(operation).sort());
  const among = (list, operation) => list.some((one) => canonical(one) === canonical(operation));
  /** What was signed and saved stays as it is; it can only be added to. A refused review can be corrected. */
  const lockedCount = () => (data.refusal ? 0 : base.findLastIndex(({ op }) => op === "sign") + 1);
  const isLocked = (operation) => base.indexOf(operation) >= 0 && base.indexOf(operation) < lockedCount();
  const isOwn = (operation) => !base.includes(operation);
  const isSigned = () => operations.at(-1)?.op === "sign";
  const isDirty = () => operations.length !== base.length || operations.some(isOwn);
  const reviewDocument = () => ({
    kind: "review", schema_version: data.schema_version, beats: data.beats, operations,
  });
  const isSameEvent = (a, b) =>
    a.event_kind === b.event_kind && ["start_s", "duration_s"].every((key) => Math.abs(a[key] - b[key]) < SAME_EVENT_S);

  function say(text, isTrouble = false) {
    byId("status").textContent = text;
    byId("status").classList.toggle("trouble", isTrouble);
  }

  /** The reviewer's name; asks for it if it is missing. */
  function author() {
    const field = byId("author"), name = field.value.trim();
    field.setAttribute("aria-invalid", String(!name));
    if (name) return name;
    say("Write your name first: every change carries it.", true);
    field.focus();
    return null;
  }

  /**
   * Add an operation. An unsaved one that it replaces is removed.
   * @param {object} change the operation without author and time
   * @param {(operation: object) => boolean} [replaces]
   */
  function add(change, replaces = () => false) {
    const name = author();
    if (!name) return false;
    operations = operations.filter((operation) => !isOwn(operation) || !replaces(operation));
    if (change) operations.push({ ...change, author: name, at: new Date().toISOString() });
    show();
    return true;
  }

  function undo(operation) {
    if (!operation) return say("There is nothing to undo.");
    if (isLocked(operation)) return say("This was signed. It stays; add what corrects it, and sign again.", true);
    operations = operations.filter((one) => one !== operation);
    show();
    say(`Undone: ${described(operation)}.`);
  }

  /** Put this session's changes on top of another version. @param {object[]} theirs */
  function rebase(theirs) {
    // A signature is for what its author saw, so it does not move on top of another's changes.
    const mine = operations.filter((one) => isOwn(one) && one.op !== "sign" && !among(theirs, one));
    const undone = base.filter((one) => !operations.includes(one));
    base = theirs;
    const locked = lockedCount();
    operations = [...theirs.filter((one, i) => i < locked || !among(undone, one)), ...mine];
    show();
    return mine.length;
  }

  /** Why a review file does not fit this report; empty if it does. @param {object} review */
  function misfit(review) {
    if (review?.kind !== "review" || !Array.isArray(review.operations)) return "This is no review file.";
    if (review.schema_version !== data.schema_version)
      return `This review has version ${String(review.schema_version).slice(0, 9)} of the format, expected ${data.schema_version}.`;
    if (review.beats !== data.beats)
      return "This review is of another version of the beats: the recording was analysed anew since. " +
        "Its changes cannot be carried over; review this report from the beginning.";
    return "";
  }

  // --- Words ----------------------------------------------------------------------------------------

  const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const kindName = (key) => data.kinds[key] ?? key;
  const figureAt = (seconds) =>
    [...document.querySelectorAll(".strip")].find((one) => one.dataset.from <= seconds && seconds <= one.dataset.until);

  /** A time of the recording, by the clock of the strip that shows it. @param {number} seconds */
  function moment(seconds) {
    const shown = figureAt(seconds)?.querySelector("time")?.textContent;
    return shown ? `in the strip at ${shown}` : `${seconds.toFixed(1)} s from the start`;
  }
  function eventName({ event_kind: kind, start_s: start }) {
    const row = document.getElementById(`event-${data.events.findIndex(([, from]) => from === start)}`);
    return `${kindName(kind)} ${row ? `at ${row.cells[0].textContent}` : moment(start)}`;
  }
  const described = (operation) =>
    ({
      rename_cluster: ({ cluster, class: to }) => `Cluster ${cluster} is ${to}`,
      rename_beats: ({ times_s: times, class: to }) => `${counted(times.length, "beat")} ${moment(times[0])}: ${to}`,
      delete_beats: ({ times_s: times }) => `${counted(times.length, "beat")} ${moment(times[0])} removed`,
      insert_beat: ({ time_s: at, class: to }) => `Beat ${to} inserted ${moment(at)}`,
      remove_event: (one) => `${eventName(one)} removed`,
      rename_event: (one) => `${eventName(one)} is: ${kindName(one.to)}`,
      mark_artefact: ({ start_s: from, end_s: to }) => `Artefact of ${(to - from).toFixed(1)} s ${moment(from)}`,
      comment: ({ text, at_s: at }) => `Comment${at == null ? "" : ` ${moment(at)}`}: ${text}`,
      conclude: ({ text }) => `Conclusion: ${text}`,
      sign: () => "Signed",
    })[operation.op](operation);

  // --- Changes to the current element ---------------------------------------------------------------

  function eventOf(element) {
    const found = data.events[element?.dataset.event];
    return found && { event_kind: found[0], start_s: found[1], duration_s: found[2] };
  }

  function renameCluster(element, to) {
    const cluster = Number(element.dataset.cluster);
    const isIt = (one) => one.op === "rename_cluster" && one.cluster === cluster;
    const before = operations.findLast((one) => isIt(one) && !isOwn(one))?.class ?? element.dataset.class;
    if (add(to === before ? null : { op: "rename_cluster", cluster, class: to }, isIt))
      say(`Cluster ${cluster}: ${to}, ${data.class_names[to]}.`);
  }

  /** The event of an element, if it can be changed; says so if not. */
  function changeable(element) {
    const event = eventOf(element);
    if (!event) return say("There is no event here. In a strip, ← and → choose a beat.", true);
    if (!data.removable.includes(event.event_kind))
      return say(`${eventName(event)} follows from the beats: rename or remove those, or mark an artefact.`, true);
    return event;
  }

  function removeEvent(element) {
    const event = changeable(element);
    if (!event) return;
    const isIt = (one) => one.op === "remove_event" && isSameEvent(one, event);
    const done = operations.find(isIt);
    if (done) return undo(done);
    const isAbout = (one) => one.op === "rename_event" && isSameEvent(one, event);
    if (add({ op: "remove_event", ...event }, isAbout)) say(`${eventName(event)}: removed.`);
  }

  function renameEvent(element, to) {
    const event = eventOf(element);
    const isAbout = (one) => /^re(move|name)_event$/.test(one.op) && isSameEvent(one, event);
    if (add(to === event.event_kind ? null : { op: "rename_event", ...event, to }, isAbout))
      say(`${eventName(event)}: ${kindName(to)}.`);
  }

  const isThisBeat = (at) => (one) =>
    /_beats$/.test(one.op) && one.times_s.length === 1 && Math.abs(one.times_s[0] - at) < SAME_BEAT_S;

  function renameBeat(to) {
    const at = Number(chosen.dataset.at);
    const done = add(to === chosen.dataset.was ? null : { op: "rename_beats", times_s: [at], class: to }, isThisBeat(at));
    if (done) say(`Beat ${moment(at)}: ${to}, ${data.class_names[to]}.`);
  }

  function deleteBeat() {
    const at = Number(chosen.dataset.at);
    const done = operations.find((one) => one.op === "delete_beats" && isThisBeat(at)(one));
    if (done) return undo(done);
    if (add({ op: "delete_beats", times_s: [at] }, isThisBeat(at))) say(`Beat ${moment(at)}: removed.`);
  }

  function insertBeat(to) {
    const at = Number(place.dataset.at);
    if (!add({ op: "insert_beat", time_s: at, class: to })) return;
    say(`Beat inserted ${moment(at)}: ${to}, ${data.class_names[to]}.`);
    choosePlace(null);
  }

  function markArtefact(element) {
    if (!element?.matches(".strip")) return say("Go to a strip first: its stretch is marked.", true);
    if ("cut" in element.dataset) return say("This strip is cut in its middle. Remove or rename the event instead.", true);
    const [from, to] = [Number(element.dataset.from), Number(element.dataset.until)];
    const isIt = (one) => one.op === "mark_artefact" && one.start_s === from && one.end_s === to;
    const done = operations.find(isIt);
    if (done) return undo(done);
    if (add({ op: "mark_artefact", start_s: from, end_s: to })) say(`Artefact: ${(to - from).toFixed(1)} s.`);
  }

  /** Beginning of the current element in seconds; null if it has none. */
  const currentTime = () =>
    chosen ? Number(chosen.dataset.at) : (eventOf(current)?.start_s ?? (current?.dataset.from ? Number(current.dataset.from) : null));

  function comment() {
    const text = byId("comment").value.trim();
    if (!text) return say("Write the comment first.", true);
    if (!add({ op: "comment", text, at_s: currentTime() })) return;
    byId("comment").value = "";
    say("Comment added.");
  }

  /** The text in the field as the conclusion, unless it is that already. */
  function conclude() {
    const text = byId("conclusion").value.trim();
    const before = operations.findLast(({ op }) => op === "conclude")?.text ?? "";
    return !text || text === before || add({ op: "conclude", text }, ({ op }) => op === "conclude");
  }

  // --- Moving ---------------------------------------------------------------------------------------

  const items = () => [...document.querySelectorAll(PARTS)].filter((one) => one.matches("figure, li, tr") && one.getClientRects().length);
  const lettersOf = (figure) => [...figure.querySelectorAll("svg:not(.more) .beat[data-at]")];

  function choose(element, { focus = true } = {}) {
    if (element !== current) {
      chooseBeat(null);
      choosePlace(null);
    }
    current?.classList.remove("is-current");
    current = element;
    if (!element) return;
    element.classList.add("review-item", "is-current");
    element.tabIndex = -1;
    if (focus) element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
    const at = currentTime();
    byId("about").textContent = at == null ? "on the whole recording" : `on ${titleOf(element)}`;
  }

  function titleOf(element) {
    if (element.dataset.cluster) return `cluster ${element.dataset.cluster}, ${classOf(element)}`;
    const event = eventOf(element);
    return event ? eventName(event) : "the strip";
  }

  function move(step, ofWhat = () => true) {
    const all = items();
    const from = all.indexOf(current);
    for (let i = from + step; i >= 0 && i < all.length; i += step) {
      if (!ofWhat(all[i])) continue;
      choose(all[i]);
      return say(`${titleOf(all[i])}${all[i].matches(".strip") ? ": ← → choose a beat" : ""}`);
    }
    say(step > 0 ? "This was the last." : "This was the first.");
  }
  const partOf = (element) => element?.closest("section, ol, .strips, table");

  function chooseBeat(letter) {
    chosen?.classList.remove("is-chosen");
    chosen = letter;
    if (!letter) return;
    choosePlace(null);
    letter.classList.add("is-chosen");
    const all = lettersOf(current);
    say(`Beat ${all.indexOf(letter) + 1} of ${all.length}: ${letter.textContent}.`);
  }

  function choosePlace(line) {
    place?.remove();
    place = line;
  }

  /** The beat of a strip for which a distance is least, as its place on the paper and its time. */
  function nearestBeat(figure, distance) {
    const beats = lettersOf(figure).map((one) => ({ x: one.x.baseVal[0].value, at: Number(one.dataset.at) }));
    return beats.toSorted((a, b) => Math.abs(distance(a)) - Math.abs(distance(b)))[0];
  }

  /** Times of the beats of a strip after the changes: those that are left, and those inserted. */
  function beatTimes(figure) {
    const left = lettersOf(figure).filter((one) => one.textContent !== REMOVED).map((one) => Number(one.dataset.at));
    return [...left, ...operations.filter(({ op }) => op === "insert_beat").map(({ time_s: at }) => at)];
  }

  /** A new element of a strip's drawing. */
  function drawn(name, classes, figure) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.setAttribute("class", classes);
    return figure.querySelector("svg.paper").appendChild(element);
  }

  /** Offer a place for a missed beat, at a position or between the chosen beat and the next one. */
  function offerPlace(figure, x) {
    const nearest = nearestBeat(figure, (beat) => beat.x - x);
    if (!nearest) return say("There is no beat in this strip to count from.", true);
    const at = nearest.at + (x - nearest.x) / MM_PER_S;
    chooseBeat(null);
    choosePlace(null);
    if (beatTimes(figure).some((other) => Math.abs(other - at) < data.shortest_rr_s))
      return say(`A beat has to be ${data.shortest_rr_s} s or more from the next one.`, true);
    const line = drawn("path", "review-place", figure);
    line.setAttribute("d", `M${x} 0V999`);
    line.dataset.at = at.toFixed(3);
    choosePlace(line);
    say("A beat is inserted here: press its class, n s v f q.");
  }

  function offerNextPlace() {
    const all = current?.matches(".strip") ? lettersOf(current) : [];
    const next = all[all.indexOf(chosen) + 1];
    if (!chosen || !next) return say("Choose a beat of a strip, not its last, with ← and →.", true);
    offerPlace(current, (chosen.x.baseVal[0].value + next.x.baseVal[0].value) / 2);
  }

  // --- Showing --------------------------------------------------------------------------------------

  const classOf = (element) =>
    operations.findLast((one) => one.op === "rename_cluster" && one.cluster === Number(element.dataset.cluster))?.class ??
    element.dataset.class;

  function make(name, attributes, ...children) {
    const element = Object.assign(document.createElement(name), attributes);
    element.append(...children);
    return element;
  }
  const toolButton = (label, act, name) => {
    const element = make("button", { type: "button", onclick: act }, label);
    if (name) element.setAttribute("aria-label", name);
    return element;
  };
  const option = (value, label, selected) => new Option(label, value, selected, selected);

  /** Add the buttons of an element, once it is drawn. */
  function addTools(element) {
    if (element.querySelector(".review-tools") || (element.matches("figure") && !element.querySelector("figcaption"))) return;
    const tools = make("span", { className: "review-tools" });
    if (element.dataset.cluster) {
      const list = make("select", { onchange: () => renameCluster(element, list.value) });
      list.append(...Object.keys(data.class_names).map((name) => option(name, `${name} ${data.class_names[name]}`, name === classOf(element))));
      tools.append(make("label", {}, `Class of cluster ${element.dataset.cluster} `, list));
    } else if (data.removable.includes(eventOf(element)?.event_kind)) {
      const name = eventName(eventOf(element));
      tools.append(
        toolButton("Remove", () => removeEvent(element), `Remove ${name}`),
        toolButton("Rename", () => offerKinds(element), `Rename ${name}`),
      );
    }
    if (element.matches(".strip:not([data-cut])")) tools.append(toolButton("Artefact", () => markArtefact(element), "Mark this strip as artefact"));
    tools.append(make("span", { className: "review-note", hidden: true }));
    (element.matches("tr") ? element.cells[element.cells.length - 1] : (element.querySelector("figcaption") ?? element)).append(tools);
  }

  /** Show the kinds that an event can be renamed to. */
  function offerKinds(element) {
    const event = changeable(element);
    if (!event) return;
    const own = event.event_kind;
    // By keys, the list changes with each of them: what it shows counts at Enter, or when it is left.
    let isByKey = false, isDone = false;
    const finish = (to) => {
      if (isDone) return;
      isDone = true;
      list.remove();
      choose(element);
      if (to !== own) renameEvent(element, to);
    };
    const list = make("select", {
      onkeydown: (pressed) => {
        isByKey = true;
        if (pressed.key === "Enter" && !pressed.ctrlKey) finish(list.value);
        else if (pressed.key === "Escape") finish(own);
      },
      onchange: () => isByKey || finish(list.value),
      onblur: () => finish(list.value),
    });
    list.setAttribute("aria-label", `Kind of ${eventName(event)}`);
    const others = data.targets.filter((key) => key !== own);
    list.append(...[own, ...others].map((key) => option(key, kindName(key), key === own)));
    element.querySelector(".review-tools").append(list);
    list.focus();
  }

  /** Show what the operations say, in the panel and at what they change. */
  function show() {
    const locked = lockedCount();
    byId("operations").replaceChildren(
      ...operations.map((operation) => {
        const text = described(operation);
        const isKept = base.indexOf(operation) >= 0 && base.indexOf(operation) < locked;
        const about = `${operation.author}, ${new Date(operation.at).toLocaleString("en-GB")}`;
        const back = isKept ? [] : [toolButton("Undo", () => undo(operation), `Undo: ${text}`)];
        return make("li", {}, ...back, text, make("small", {}, isOwn(operation) ? `${about}, not saved` : about));
      }),
    );
    byId("changes").textContent = `Changes (${operations.length})`;
    byId("conclusion").placeholder = operations.findLast(({ op }) => op === "conclude") ? "" : "For page 1 of the report";
    byId("next").hidden = true;
    const about = operations.filter(({ op }) => /^re(move|name)_event$/.test(op));
    for (const element of document.querySelectorAll(PARTS)) {
      const note = element.querySelector(".review-note");
      if (!note) continue;
      const event = eventOf(element);
      const last = event && about.findLast((one) => isSameEvent(one, event));
      const from = Number(element.dataset.from), until = Number(element.dataset.until);
      const isArtefact = operations.some((one) => one.op === "mark_artefact" && one.start_s <= from && until <= one.end_s);
      const list = element.dataset.cluster && element.querySelector("select");
      if (list) list.value = classOf(element);
      const isRenamed = list && classOf(element) !== element.dataset.class;
      note.textContent = last
        ? last.op === "remove_event" ? "removed" : kindName(last.to)
        : isArtefact ? "artefact" : isRenamed ? `was ${element.dataset.class}` : "";
      note.hidden = !note.textContent;
      element.classList.toggle("is-removed", last?.op === "remove_event");
      element.classList.toggle("is-artefact", isArtefact);
    }
    showBeats();
    if (host) send(false);
  }

  /** Show the classes of single beats in the strips, and beats that were inserted. */
  function showBeats() {
    document.querySelectorAll(".is-inserted").forEach((letter) => letter.remove());
    for (const { op, time_s: at, class: name } of operations) {
      const nearest = op === "insert_beat" && figureAt(at) && nearestBeat(figureAt(at), ({ at: other }) => other - at);
      if (!nearest) continue;
      const letter = drawn("text", `beat class-${name} is-inserted`, figureAt(at));
      letter.setAttribute("x", nearest.x + (at - nearest.at) * MM_PER_S);
      letter.setAttribute("y", "4.2");
      letter.textContent = `+${name}`;
    }
    const changes = operations.filter(({ op }) => /_beats$/.test(op));
    for (const letter of document.querySelectorAll(".beat[data-at]")) {
      letter.dataset.was ??= letter.textContent;
      const isIt = (at) => Math.abs(at - letter.dataset.at) < SAME_BEAT_S;
      const last = changes.findLast(({ times_s: times }) => times.some(isIt));
      letter.textContent = last ? (last.op === "delete_beats" ? REMOVED : last.class) : letter.dataset.was;
      letter.classList.toggle("is-changed", letter.textContent !== letter.dataset.was);
    }
  }

  // --- Saving ---------------------------------------------------------------------------------------

  const send = (save) =>
    window.parent.postMessage(
      { kind: "deepecg-review", save, author: byId("author").value.trim(), review: reviewDocument() },
      host,
    );

  function save(sign) {
    if (!author() || !conclude()) return;
    if (byId("comment").value.trim()) comment();
    if (sign && !isSigned() && !add({ op: "sign" })) return;
    if (!operations.length) return say("There is nothing to save yet.", true);
    if (JSON.stringify(reviewDocument()).length > data.max_bytes) return say("This review is too large to be saved.", true);
    if (host) {
      say("Saving …");
      return send(true);
    }
    const name = `${data.recording_id}.review.json`;
    const url = URL.createObjectURL(new Blob([`${JSON.stringify(reviewDocument(), null, 1)}\n`], { type: "application/json" }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    saved(operations);
    byId("next").hidden = false;
    byId("next").replaceChildren(
      `The review is in your downloads, as ${name}. To have the report made anew with it, run `,
      make("code", {}, `deepecg score FILE --out DIR --review ${name}`),
    );
    byId("next").scrollIntoView({ block: "nearest" });
  }

  /** @param {object[]} written the operations that were saved; there may be newer ones */
  function saved(written) {
    base = operations.filter((one) => among(written, one));
    show();
    say(isSigned() ? "Signed and saved." : "Saved; not signed yet.");
  }

  /** Continue a review. @param {object} review */
  function load(review) {
    const trouble = misfit(review);
    if (trouble) return say(trouble, true);
    const count = rebase(review.operations);
    byId("conclusion").value = operations.findLast(({ op }) => op === "conclude")?.text ?? byId("conclusion").value;
    const names = [...new Set(review.operations.map((one) => one.author))].join(", ");
    say(`Loaded ${counted(review.operations.length, "change")}${names && ` by ${names}`}.` +
      (count ? ` Your ${counted(count, "change")} come after them: check, then save.` : ""));
    if (data.refusal) say(`${data.refusal[0].toUpperCase()}${data.refusal.slice(1)}. Undo that change, then sign and save again.`, true);
    return undefined;
  }

  addEventListener("message", ({ source, origin, data: message }) => {
    if (!IS_FRAMED || source !== window.parent || message?.kind !== "deepecg-review-host") return;
    host = origin;
    byId("file-line").hidden = true;
    byId("author").value ||= message.author ?? "";
    open();
    if (message.review) load(message.review);
    if (message.draft && !misfit(message.draft)) {
      operations.push(...message.draft.operations.filter((one) => one.op !== "sign" && !among(operations, one)));
      show();
    }
    if (message.saved) saved(message.saved.operations);
    if (message.trouble) say(message.trouble, true);
  });

  // --- Opening, keys and clicks ---------------------------------------------------------------------

  function open() {
    if (!panel.hidden) return;
    panel.hidden = false;
    root.classList.add("reviewing");
    byId("open").setAttribute("aria-expanded", "true");
    document.querySelectorAll(PARTS).forEach(addTools);
    show();
    (byId("author").value ? panel : byId("author")).focus();
  }

  function close() {
    panel.hidden = true;
    root.classList.remove("reviewing");
    byId("open").setAttribute("aria-expanded", "false");
    byId("open").focus();
  }

  function isClassKey(key) {
    const name = key.toUpperCase();
    if (!(name in data.class_names)) return false;
    if (place) insertBeat(name);
    else if (chosen) renameBeat(name);
    else if (current?.dataset.cluster) renameCluster(current, name);
    else say("Choose a cluster, or a beat of a strip with ← and →.", true);
    return true;
  }

  function step(by) {
    if (!current?.matches(".strip")) return false;
    const all = lettersOf(current);
    const at = chosen ? all.indexOf(chosen) + by : by > 0 ? 0 : all.length - 1;
    if (all[at]) chooseBeat(all[at]);
    return true;
  }

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    "]": () => move(1, (one) => partOf(one) !== partOf(current)),
    "[": () => move(-1, (one) => partOf(one) !== partOf(current)),
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    x: () => (chosen ? deleteBeat() : removeEvent(current)),
    r: () => offerKinds(current),
    a: () => markArtefact(current),
    i: () => offerNextPlace(),
    c: () => byId("comment").focus(),
    e: () => byId("conclusion").focus(),
    u: () => undo(operations.at(-1)),
  };

  document.addEventListener("keydown", (event) => {
    if (panel.hidden || event.altKey) return;
    const { key, target } = event;
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return save(true);
    }
    if (event.ctrlKey || event.metaKey) return;
    if (key === "Escape") {
      return current ? choose(current) : panel.focus();
    }
    if (target.matches("input:not([type=radio]), textarea, select") || target.closest("#trend-plot")) return;
    if (key.length > 1 && target.matches("input")) return;
    if (isClassKey(key)) return event.preventDefault();
    const act = Object.hasOwn(KEYS, key) && KEYS[key];
    if (act && act() !== false) event.preventDefault();
  });

  // Strips may be drawn only when they come near the screen.
  document.addEventListener("strip-drawn", ({ target }) => {
    if (panel.hidden) return;
    addTools(target);
    show();
  });

  document.addEventListener("click", (event) => {
    if (panel.hidden || panel.contains(event.target)) return;
    const item = event.target.closest("figure.strip, li[data-event], tr[data-event], li[data-cluster]");
    if (!item) return;
    choose(item, { focus: !event.target.closest("a, button, select, label") });
    const letter = event.target.closest(".beat[data-at]");
    if (letter) return chooseBeat(letter);
    const paper = item.matches(".strip") && event.target.closest("svg.paper:not(.more)");
    if (!paper) return;
    const { x } = new DOMPoint(event.clientX, event.clientY).matrixTransform(paper.getScreenCTM().inverse());
    offerPlace(item, Math.round(100 * x) / 100);
  });
  document.addEventListener("focusin", ({ target }) => {
    const item = !panel.hidden && target.closest("figure.strip, li[data-event], tr[data-event], li[data-cluster]");
    if (item && item !== current) choose(item, { focus: false });
  });

  byId("author").maxLength = data.max_author;
  byId("comment").maxLength = data.max_comment;
  byId("conclusion").maxLength = data.max_conclusion;
  byId("conclusion").value = operations.findLast(({ op }) => op === "conclude")?.text ?? "";
  // Storage is closed to a report in a frame, and to some browsers' files.
  try {
    byId("author").value = localStorage.getItem(AUTHOR_KEY) ?? "";
  } catch {}
  byId("author").addEventListener("change", () => {
    byId("author").setAttribute("aria-invalid", "false");
    try {
      localStorage.setItem(AUTHOR_KEY, byId("author").value.trim());
    } catch {}
  });
  byId("conclusion").addEventListener("change", conclude);
  byId("comment-form").addEventListener("submit", (event) => {
    event.preventDefault();
    comment();
  });
  byId("open").addEventListener("click", open);
  byId("close").addEventListener("click", close);
  byId("undo").addEventListener("click", () => undo(operations.at(-1)));
  byId("sign").addEventListener("click", () => save(true));
  byId("save").addEventListener("click", () => save(false));
  byId("file").addEventListener("change", async () => {
    const [file] = byId("file").files;
    byId("file").value = "";
    if (!file) return;
    if (file.size > data.max_bytes) return say("This file is too large for a review.", true);
    try {
      load(JSON.parse(await file.text()));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      say("This review file is damaged: it is no JSON.", true);
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!host && isDirty()) event.preventDefault();
  });
  byId("open").hidden = false;
})();
