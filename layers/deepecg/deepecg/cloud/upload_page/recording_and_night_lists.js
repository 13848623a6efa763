// Lists of recordings and of nights, loaded page by page.

const PAGE_LENGTH = 10, NIGHTS_LENGTH = 7, LONGEST_PAGE = 100;
const NIGHT_FOLLOWS_MS = 5000; // after a result, `deepecg serve` makes the nightly report within this time

/**
 * A list with a button "Show more".
 * @param {HTMLElement} host
 * @param {{path: string, name: "recordings"|"nights", limit: number, empty: string,
 *   start: () => {whole: HTMLElement, body: HTMLElement}, row: (item: object) => HTMLElement,
 *   onPage?: (page: object) => void}} kind
 */
function pagedList(host, { path, name, limit, empty, start, row, onPage }) {
  let controller = new AbortController();
  let body = null, cursor = null;
  const more = button("Show more", () => load(cursor), { "aria-label": `Show more ${name}` });
  const trouble = make("p.trouble", { role: "status" });
  const foot = make("p.buttons", { hidden: true }, more);
  const stop = () => controller.abort(cancelled());

  /** @param {?string} from cursor; null: load the list anew, at its present length */
  async function load(from) {
    stop();
    controller = new AbortController();
    const shown = from ? 0 : (body?.childElementCount ?? 0);
    const length = Math.min(Math.max(limit, shown), LONGEST_PAGE);
    const query = new URLSearchParams({ limit: String(length), ...(from && { cursor: from }) });
    const onRetry = (message) => (trouble.textContent = message);
    let page;
    try {
      page = await askUntilAnswered(`${path}?${query}`, { signal: controller.signal, onRetry });
    } catch ({ code, message }) {
      if (code !== "cancelled") trouble.textContent = message;
      return;
    }
    trouble.textContent = "";
    const focused = host.contains(document.activeElement) ? document.activeElement : null;
    if (!from) {
      const begun = start();
      body = begun.body;
      host.replaceChildren(page[name].length ? begun.whole : make("p.soft", empty), trouble, foot);
    }
    const rows = page[name].map(row);
    body.append(...rows);
    cursor = page.next_cursor;
    foot.hidden = !cursor;
    onPage?.(page);
    if (from) {
      announce(`${rows.length} more ${name}`);
      if (focused === more && !cursor) (rows[0]?.querySelector("a") ?? host).focus();
    } else if (focused) {
      (focused.isConnected ? focused : byId(focused.id))?.focus();
    }
  }

  if (!host.childElementCount) host.replaceChildren(make("p.soft", "Loading …"), trouble);
  load(null);
  return { reload: () => load(null), stop };
}

/** Columns of a list of recordings after the first: label, class, content of a cell (null if not known). */
const RECORDING_COLUMNS = [
  ["Uploaded", "uploaded", (item) => item.uploaded_at && moment(item.uploaded_at)],
  ["Outcome", "", outcomeAndReview],
  ["Findings", "findings", findings],
  ["Duration", "number", (item) => item.duration_s != null && durationAndLoss(item)],
  ["Beats", "number", (item) => item.beats_count != null && number(item.beats_count)],
  ["Analysable", "number", (item) => item.analysable_percent != null && `${number(item.analysable_percent, 1)} %`],
];

/** The duration and, where the file declares more, the declared time. @param {object} item */
function durationAndLoss({ duration_s: recorded, lost_s: lost }) {
  return make("span", duration(recorded), lost > 0 && make("span.lost-time", ` of ${duration(recorded + lost)} declared`));
}

/** The outcome and, for a scored recording, its review. @param {object} item */
function outcomeAndReview({ outcome, review_status: review }) {
  const label = review && make(`span.review-status.${review}`, CONFIG.review_labels[review] ?? review);
  return make("span", outcomeMark(outcome), label);
}

/** Findings and important warnings in words; without a result, the reason and what to do. @param {object} item */
function findings({ urgent_count: count, urgent, notable: others, important_warning_codes: codes, outcome, code }) {
  const { name = code, next_step: nextStep } = CONFIG.rejections[code] ?? {};
  if (outcome !== "scored")
    return name && make("span", make("span.soft", name), nextStep && make("span.next-step", nextStep));
  return make(
    "span",
    !count && !others?.length && make("span.soft", "none"),
    count > 0 && make("strong.urgent-count", `${number(count)} urgent`),
    ...urgent.map((message) => make("span.finding", message)),
    ...(others ?? []).map((message) => make("span.finding.notable", message)),
    ...(codes ?? []).map((warning) => warningMark(warning)),
  );
}

/** An important warning in a few words, with its meaning on the pointer. @param {string} code */
function warningMark(code) {
  const { name = code, meaning, next_step: nextStep } = CONFIG.important_warnings[code] ?? {};
  return make("span.finding.warning", meaning && { title: `${meaning} ${nextStep}` }, name);
}

/** A table whose rows become blocks on a narrow screen; its roles keep it a table for screen readers. */
function recordingTable(caption) {
  const body = make("tbody", { role: "rowgroup" });
  const heads = [["Recording"], ...RECORDING_COLUMNS].map(([label, kind]) =>
    make("th", { role: "columnheader", scope: "col", class: kind || null }, label),
  );
  const whole = make(
    "table.stacking.recordings",
    { role: "table" },
    make("caption.unseen", caption),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)),
    body,
  );
  return { whole, body };
}

/** @param {object} item of a list of recordings */
function recordingRow(item) {
  const id = item.recording_id, name = localName(id);
  const cells = RECORDING_COLUMNS.map(([label, kind, contentOf]) => {
    const content = contentOf(item) || null;
    const names = [kind, content ? "" : "unknown"].filter(Boolean).join(" ");
    const attributes = { role: "cell", class: names || null, "data-label": kind === "findings" ? null : label };
    return make("td", attributes, make("span", content ?? "–"));
  });
  const head = make(
    "th",
    { role: "rowheader", scope: "row" },
    recordingLink(id, { id: `to-${id}` }),
    name && make("span.local", name),
  );
  return make("tr", { role: "row", class: item.urgent_count ? "is-urgent" : null }, head, ...cells);
}

let lists = [], showingAgain = 0;

/** Show recordings and nights, or load them anew. */
function showLists() {
  if (lists.length) lists.forEach(({ reload }) => reload());
  else lists = [listRecordings(), listNights()];
}

/** Load the lists anew after a result, and once more when the nightly report has followed. */
function showResult() {
  showLists();
  clearTimeout(showingAgain);
  showingAgain = setTimeout(showLists, NIGHT_FOLLOWS_MS);
}

const listRecordings = () =>
  pagedList(byId("recordings-list"), {
    path: "v1/recordings",
    name: "recordings",
    limit: PAGE_LENGTH,
    empty: "There are no recordings yet.",
    start: () => recordingTable("Recent recordings, newest first"),
    row: recordingRow,
  });

const listNights = () =>
  pagedList(byId("nights-list"), {
    path: "v1/nights",
    name: "nights",
    limit: NIGHTS_LENGTH,
    empty: "There are no nights yet.",
    start: () => {
      const body = make("ul.nights");
      return { whole: body, body };
    },
    row: ({ date, has_report: hasReport }) =>
      make(
        "li",
        make("a", { href: `#night/${date}`, id: `to-${date}` }, night(date)),
        make("span.soft", hasReport ? "nightly report" : "no nightly report yet"),
      ),
  });
