// Shows the part of the page that its address names: uploads and lists, one recording, or one night.

const HOME_TITLE = "Holter recordings · Deep-ECG";
/** Address of a view; that of a night can name a file, which is saved. */
const VIEW = /^#(recording|night|review)\/([0-9a-f-]+)(?:\/(recordings\.csv|report\.json))?$/;
let leaveView = () => {};
let cameFrom = null;

/** Show what the address names. */
function showView() {
  leaveView();
  const [, kind, name, file] = VIEW.exec(location.hash) ?? [];
  byId("home").hidden = Boolean(kind);
  byId("recording-view").hidden = kind !== "recording";
  byId("night-view").hidden = kind !== "night";
  byId("review-view").hidden = kind !== "review";
  const controller = new AbortController();
  leaveView = () => controller.abort(cancelled());
  if (kind === "recording") showRecording(name, controller.signal);
  else if (kind === "night") showNight(name, controller.signal);
  else if (kind === "review") showReview(name, controller.signal);
  else showHome();
  if (file) {
    history.replaceState(null, "", `#night/${name}`); // a reload does not save the file again
    saveDocument(`v1/nights/${name}/${file}`).catch(showTrouble);
  }
  if (kind) cameFrom = `to-${name}`;
}

function showHome() {
  document.title = HOME_TITLE;
  if (cameFrom) byId(cameFrom)?.focus();
  cameFrom = null;
}

/** Begin a view: the way back, a heading that gets the focus, and an element for the content. */
function openView(host, eyebrow, heading, title) {
  const headline = make("h1", { tabindex: "-1" }, heading);
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
  const heading = make("span.id", id);
  const { head, content } = openView(byId("recording-view"), "Recording", heading, `Recording ${id}`);
  const name = localName(id), mark = make("p.pill");
  if (name) head.firstChild.append(make("p.local", name));
  head.append(mark);
  const say = (role) => (message) => content.replaceChildren(make("p.trouble", { role }, message));
  try {
    for await (const status of statusesOf(id, signal, say("status"))) {
      const label = status.status === "waiting" ? waitingTexts(status).label : undefined;
      mark.replaceChildren(phaseMark(status.status, label));
      if (status.status === "scored") mark.append(reviewMark(status.summary));
      content.replaceChildren(...recordingContent(status));
    }
  } catch ({ code, message }) {
    if (code !== "cancelled") say("alert")(message);
  }
}

/** @param {object} status response of the API */
function recordingContent(status) {
  const { status: phase, summary: s, recording_id: id } = status;
  if (phase === "waiting") return [make("p.note", { role: "status" }, waitingTexts(status).message)];
  if (phase !== "scored") return [withoutResult(status)];
  const { software, model } = s.provenance;
  return [
    identity(s),
    recordingDocuments(status, `recording ${id}`),
    make("h2.unseen", "At a glance"),
    findingsBox(s, id),
    pacedNote(s),
    refusalNote(s),
    warningsNote(s),
    cards(s),
    classTable(s),
    make("p.soft.provenance", `Made by ${software.name} ${software.version}, model ${model.version}.`),
  ].filter(Boolean);
}

/** Whether a clinician has reviewed the recording. @param {object} s a summary */
const reviewMark = (s) => make(`span.review.${s.provenance.review}.${s.review?.status ?? "preliminary"}`, reviewState(s));

/** @param {string} date @param {AbortSignal} signal */
function showNight(date, signal) {
  const { content } = openView(byId("night-view"), "Night", night(date), `Night of ${date}`);
  const counts = make("div"), list = make("div.listing");
  content.replaceChildren(counts, make("h2", "Recordings of this night"), list);
  const recordings = pagedList(list, {
    path: `v1/nights/${date}`,
    name: "recordings",
    limit: PAGE_LENGTH,
    empty: "There are no recordings of this night.",
    start: () => recordingTable(`Recordings of ${night(date)}`),
    row: recordingRow,
    onPage: (page) => counts.childElementCount || counts.append(...nightCounts(page)),
  });
  signal.addEventListener("abort", recordings.stop, { once: true });
}

/** @param {{date: string, report: ?string, outcomes: ?object}} page */
function nightCounts({ date, report, outcomes }) {
  if (!report) return [make("p.note", "The nightly report has not been made yet.")];
  const documents = documentBar(`v1/nights/${date}`, [
    [openDocument, "Nightly report", "report", { class: "primary", "aria-label": "Nightly report, in a new tab" }],
    [saveDocument, "All recordings (CSV)", "recordings.csv"],
    [saveDocument, "Report (JSON)", "report.json"],
  ]);
  const tiles = Object.entries({ uploaded: "Uploaded", ...CONFIG.outcomes }).map(([outcome, label]) => {
    const count = outcomes[`${outcome}_count`];
    const isBad = outcome === "failed" && count > 0;
    return make(isBad ? "div.some" : "div", make("dt", label), make("dd", number(count)));
  });
  return [documents, make("dl.tiles", ...tiles)];
}

/** Hide everything but the sign-in. @param {string} [why] */
function askForSignIn(why) {
  for (const id of ["home", "recording-view", "night-view", "review-view", "account"]) byId(id).hidden = true;
  byId("sign-in").hidden = false;
  if (why) byId("sign-in-why").textContent = why;
  byId("sign-in-title").focus();
}

/** @param {Error} problem */
function showTrouble({ message }) {
  byId("trouble").textContent = message;
  byId("trouble").hidden = false;
}

/** Show the page to a user who may see it. */
function begin() {
  byId("account").hidden = !IS_SIGN_IN;
  listenForFiles();
  addEventListener("hashchange", showView);
  const expired = "Your sign-in has expired. Your uploads are safe: sign in again to see their results.";
  addEventListener("signedout", () => askForSignIn(expired), { once: true });
  byId("sign-out").addEventListener("click", signOut);
  // Others upload as well: load the lists anew when the user comes back to the page.
  document.addEventListener("visibilitychange", () => document.hidden || showLists());
  restoreUploads();
  showLists();
  showView();
}

if (CONFIG.authorisation === "iam") {
  byId("closed").hidden = false;
} else if (!IS_SIGN_IN) {
  begin();
} else {
  byId("sign-in-button").addEventListener("click", () => goToSignIn().catch(showTrouble));
  await finishSignIn().catch(showTrouble);
  if (storedToken()) begin();
  else askForSignIn();
}
