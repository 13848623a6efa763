// Lists that are fetched page by page.

const PAGE_LENGTH = 10,
  NIGHTS_LENGTH = 7,
  LONGEST_PAGE = 100;
const NIGHT_FOLLOWS_MS = 5000; // where a report on the night is made at once, it is there by then

/**
 * A list with "Show more".
 * @param {HTMLElement} host
 * @param {{path: string, key: string, limit: number, empty: string, name: string,
 *   start: () => {whole: HTMLElement, body: HTMLElement}, row: (item: object) => HTMLElement,
 *   onPage?: (page: object) => void}} kind
 */
function pagedList(host, { path, key, limit, empty, name, start, row, onPage }) {
  let controller = new AbortController();
  let body = null;
  const more = button("Show more", () => load(cursor), { "aria-label": `Show more ${name}` });
  const trouble = make("p.trouble", { role: "status" });
  const foot = make("p.buttons", { hidden: true }, more);
  let cursor = null;

  /** @param {?string} from the first page if null */
  async function load(from) {
    controller.abort(new Problem("", { code: "cancelled" }));
    controller = new AbortController();
    const shown = from ? 0 : (body?.childElementCount ?? 0); // are to stay when it is loaded anew
    const length = Math.min(Math.max(limit, shown), LONGEST_PAGE);
    const query = new URLSearchParams({ limit: String(length), ...(from && { cursor: from }) });
    let page;
    try {
      page = await askUntilAnswered(`${path}?${query}`, {
        signal: controller.signal,
        onTrouble: ({ message }) => {
          trouble.textContent = `${message} It is tried again.`;
        },
      });
    } catch (problem) {
      if (problem.code !== "cancelled") trouble.textContent = problem.message;
      return;
    }
    trouble.textContent = "";
    const focused = host.contains(document.activeElement) ? document.activeElement : null;
    if (!from) {
      const begun = start();
      body = begun.body;
      host.replaceChildren(page[key].length ? begun.whole : make("p.soft", empty), trouble, foot);
    }
    const rows = page[key].map(row);
    body.append(...rows);
    cursor = page.next_cursor;
    const hadFocus = document.activeElement === more;
    foot.hidden = !cursor;
    onPage?.(page);
    if (from) announce(`${rows.length} more ${name}`);
    if (from && hadFocus && !cursor) (rows[0]?.querySelector("a") ?? host).focus();
    if (!from && focused) (focused.isConnected ? focused : byId(focused.id))?.focus();
  }

  if (!host.childElementCount) host.replaceChildren(make("p.soft", "Loading …"), trouble);
  load(null);
  return { reload: () => load(null), stop: () => controller.abort(new Problem("", { code: "cancelled" })) };
}

const RECORDING_COLUMNS = [
  ["Recording", ""],
  ["Uploaded", ""],
  ["Outcome", ""],
  ["Findings", "wide"],
  ["Duration", "number"],
  ["Beats", "number"],
  ["Analysable", "number"],
];

/** A table whose rows become blocks where it is narrow; its roles keep it a table. */
function recordingTable(caption) {
  const body = make("tbody", { role: "rowgroup" });
  const heads = RECORDING_COLUMNS.map(([text, kind]) =>
    make("th", { role: "columnheader", scope: "col", class: kind }, text),
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
  const id = item.recording_id,
    name = localName(id);
  const cell = (kind, label, ...content) =>
    make("td", { role: "cell", class: kind, "data-label": label }, make("span", ...content));
  const figure = (label, value, words) =>
    cell(value == null ? "number unknown" : "number", label, value == null ? "–" : words);
  return make(
    "tr",
    { role: "row", class: item.urgent_count ? "is-urgent" : null },
    make(
      "th",
      { role: "rowheader", scope: "row" },
      make("a.id", { href: `#recording/${id}`, id: `to-${id}` }, id),
      name && make("span.local", name),
    ),
    cell("uploaded", "Uploaded", item.uploaded_at ? moment(item.uploaded_at) : "–"),
    cell("", "Outcome", outcomeMark(item.outcome, CONFIG.outcomes[item.outcome] ?? plain(item.outcome))),
    make(
      item.outcome === "scored" || item.code ? "td.findings" : "td.findings.unknown",
      { role: "cell" },
      ...findings(item),
    ),
    figure("Duration", item.duration_s, duration(item.duration_s)),
    figure("Beats", item.beats_count, number(item.beats_count)),
    figure("Analysable", item.analysable_percent, `${number(item.analysable_percent, 1)} %`),
  );
}

/** Urgent findings in words; of what has no result, why. */
function findings(item) {
  if (item.urgent_count) {
    return [
      make("strong.urgent-count", `${number(item.urgent_count)} urgent`),
      ...item.urgent.map((message) => make("span.finding", message)),
    ];
  }
  if (item.outcome === "scored") return [make("span.soft", "none urgent")];
  return [make("span.soft", item.code ? plain(item.code) : "–")];
}

let lists = [],
  showingAgain = 0;

/** Show recordings and nights, or show them anew. */
function showLists() {
  if (lists.length) lists.forEach(({ reload }) => reload());
  else lists = [listRecordings(), listNights()];
}

/** Show that a recording has a result, and soon after what has become of its night. */
function showResult() {
  showLists();
  clearTimeout(showingAgain);
  showingAgain = setTimeout(showLists, NIGHT_FOLLOWS_MS);
}

function listRecordings() {
  return pagedList(byId("recordings-list"), {
    path: "v1/recordings",
    key: "recordings",
    limit: PAGE_LENGTH,
    name: "recordings",
    empty: "There are no recordings yet.",
    start: () => recordingTable("Recent recordings, newest first"),
    row: recordingRow,
  });
}

function listNights() {
  return pagedList(byId("nights-list"), {
    path: "v1/nights",
    key: "nights",
    limit: NIGHTS_LENGTH,
    name: "nights",
    empty: "There are no nights yet.",
    start: () => {
      const body = make("ul.nights");
      return { whole: body, body };
    },
    row: ({ date, has_report: hasReport }) =>
      make(
        "li",
        make("a", { href: `#night/${date}`, id: `to-${date}` }, night(date)),
        hasReport ? make("span.soft", "nightly report") : make("span.soft", "no nightly report yet"),
      ),
  });
}
