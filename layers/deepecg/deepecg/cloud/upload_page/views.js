// Which part of the page is seen: uploads and lists, one recording, or one night. The address says so.

const HOME_TITLE = "Holter recordings · Deep-ECG";
let leaveView = () => {};
let cameFrom = null;

/** Show what the address names. */
function showView() {
  leaveView();
  const [, kind, name] = /^#(recording|night)\/([0-9a-f-]+)$/.exec(location.hash) ?? [];
  byId("home").hidden = Boolean(kind);
  byId("recording-view").hidden = kind !== "recording";
  byId("night-view").hidden = kind !== "night";
  const controller = new AbortController();
  leaveView = () => controller.abort(new Problem("", { code: "cancelled" }));
  if (kind === "recording") showRecording(name, controller.signal);
  else if (kind === "night") showNight(name, controller.signal);
  else showHome();
  if (kind) cameFrom = `to-${name}`;
}

function showHome() {
  document.title = HOME_TITLE;
  const origin = cameFrom && byId(cameFrom);
  if (origin) origin.focus();
  cameFrom = null;
}

/** The frame of a view: the way back, a heading that takes the focus, and what follows. */
function openView(host, eyebrow, heading, title) {
  const headline = make("h1", { tabindex: "-1" }, ...heading);
  const content = make("div", make("p.soft", "Loading …"));
  const head = make("div.view-head", make("div", make("p.eyebrow", eyebrow), headline));
  host.replaceChildren(make("p.back", make("a", { href: "#" }, "← All recordings")), head, content);
  document.title = `${title} · Deep-ECG`;
  scrollTo(0, 0);
  headline.focus();
  return { head, content };
}

/** @param {string} id @param {AbortSignal} signal */
async function showRecording(id, signal) {
  const { head, content } = openView(
    byId("recording-view"),
    "Recording",
    [make("span.id", id)],
    `Recording ${id}`,
  );
  const name = localName(id);
  if (name) head.firstChild.append(make("p.local", name));
  const mark = make("p.pill");
  head.append(mark);
  const trouble = (problem) =>
    content.replaceChildren(make("p.trouble", { role: "status" }, `${problem.message} It is tried again.`));
  try {
    for await (const status of statusesOf(id, signal, trouble)) {
      const [colour, words] =
        status.status === "waiting" ? ["waiting", waitingWords(status).words] : PHASES[status.status];
      mark.replaceChildren(outcomeMark(colour, words));
      if (status.status === "scored") mark.append(reviewPill(status.summary));
      content.replaceChildren(...recordingContent(id, status));
    }
  } catch (problem) {
    if (problem.code === "cancelled") return;
    content.replaceChildren(make("p.trouble", { role: "alert" }, problem.message));
  }
}

/** @param {string} id @param {object} status */
function recordingContent(id, status) {
  switch (status.status) {
    case "scored": {
      const s = status.summary;
      return [
        identity(s),
        documentButtons(id, `recording ${id}`),
        urgentBox(s),
        pacedNote(s),
        cards(s),
        classTable(s),
        provenance(s),
      ].filter(Boolean);
    }
    case "rejected":
      return [refusal(status.rejection)];
    case "failed":
      return [failure(status)];
    case "part":
      return [
        make(
          "p",
          "This file belongs to the recording ",
          make("a.id", { href: `#recording/${status.part_of}` }, status.part_of),
          ".",
        ),
      ];
    default:
      return [make("p.note", { role: "status" }, waitingWords(status).message)];
  }
}

/** Whether a clinician has seen it. @param {object} s a summary */
const reviewPill = ({ provenance: { review } }) =>
  make(`span.review.${review}`, CONFIG.reviews[review] ?? plain(review));

/** @param {object} s a summary */
const provenance = ({ provenance: { software, model } }) =>
  make("p.soft.provenance", `Made by ${software.name} ${software.version}, model ${model.version}.`);

const TILES = [
  ["uploaded", "Uploaded"],
  ["scored", "Scored"],
  ["rejected", "Rejected"],
  ["waiting", "Waiting for parts"],
  ["received", "Not yet processed"],
  ["failed", "Failed"],
];

/** @param {string} date @param {AbortSignal} signal */
function showNight(date, signal) {
  const { content } = openView(byId("night-view"), "Night", [night(date)], `Night of ${date}`);
  const counts = make("div"),
    list = make("div.listing");
  content.replaceChildren(counts, make("h2", "Recordings of this night"), list);
  let isFirst = true;
  const recordings = pagedList(list, {
    path: `v1/nights/${date}`,
    key: "recordings",
    limit: PAGE_LENGTH,
    name: "recordings",
    empty: "No recording of this night is known.",
    start: () => recordingTable(`Recordings of ${night(date)}`),
    row: recordingRow,
    onPage: (page) => {
      if (isFirst) counts.replaceChildren(...nightCounts(page));
      isFirst = false;
    },
  });
  signal.addEventListener("abort", recordings.stop, { once: true });
}

/** @param {{date: string, report: ?string, outcomes: ?object}} page */
function nightCounts({ date, report, outcomes }) {
  if (!report) return [make("p.note", "The nightly report has not been made yet.")];
  const trouble = make("p.trouble", { role: "alert" });
  const fetches = (fetch, words, name, attributes) =>
    button(
      words,
      () =>
        fetch(`v1/nights/${date}/${name}`, (problem) => {
          trouble.textContent = problem.message;
        }),
      attributes,
    );
  const buttons = make(
    "p.buttons",
    fetches(openDocument, "Nightly report", "report", {
      class: "primary",
      "aria-label": "Nightly report, in a new tab",
    }),
    fetches(saveDocument, "All recordings (CSV)", "recordings.csv"),
    fetches(saveDocument, "Figures (JSON)", "report.json"),
  );
  const tiles = TILES.filter(([key]) => outcomes?.[`${key}_count`] != null).map(([key, words]) => {
    const count = outcomes[`${key}_count`];
    return make(key === "failed" && count ? "div.some" : "div", make("dt", words), make("dd", number(count)));
  });
  return [buttons, trouble, tiles.length > 0 && make("dl.tiles", ...tiles)].filter(Boolean);
}

/** Show the way in: nothing else can be read yet. @param {string} [why] */
function askForSignIn(why) {
  byId("home").hidden = byId("recording-view").hidden = byId("night-view").hidden = true;
  byId("sign-in").hidden = false;
  byId("account").hidden = true;
  if (why) byId("sign-in-why").textContent = why;
  focusOn(byId("sign-in-title"));
}

/** @param {Error} problem */
function showTrouble(problem) {
  byId("trouble").textContent = problem.message;
  byId("trouble").hidden = false;
}

/** The page is open: show what there is. */
function begin() {
  byId("account").hidden = !IS_SIGN_IN;
  listenForFiles();
  addEventListener("hashchange", showView);
  addEventListener(
    "signedout",
    () =>
      askForSignIn(
        "The sign-in has expired. What was uploaded is safe; sign in again to see what became of it.",
      ),
    { once: true },
  );
  byId("sign-out").addEventListener("click", signOut);
  // Others upload, too: who comes back to the page sees what there is now.
  document.addEventListener("visibilitychange", () => document.hidden || showLists());
  takeUpUploads();
  showLists();
  showView();
}

if (CONFIG.authorisation === "iam") {
  byId("closed").hidden = false;
} else if (!IS_SIGN_IN) {
  begin();
} else {
  byId("sign-in-button").addEventListener("click", () => goToSignIn().catch(showTrouble));
  await comeBackFromSignIn().catch(showTrouble);
  if (storedToken()) begin();
  else askForSignIn();
}
