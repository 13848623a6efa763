// How a recording's status and summary (schema 2) are shown: in the words and colours of the report.

/** Notable findings; summaries before version 2.2 do not contain them. @param {object} s a summary */
const notable = (s) => s.notable ?? [];

/** Tier of a recording by its worst finding: "urgent", "notable" or "". @param {object} s a summary */
const tierOf = (s) => (s.urgent.length ? "urgent" : notable(s).length ? "notable" : "");

/** The urgent findings, or that there are none, and the notable ones. @param {object} s @param {string} id */
function findingsBox(s, id) {
  const tier = { urgent: ".some", notable: ".mentioned" }[tierOf(s)] ?? "";
  return make(
    "div.findings-box",
    make(`div.urgent${tier}`, make("h3", urgentCount(s)), s.urgent.length > 0 && findingList(s, s.urgent, id)),
    notable(s).length > 0 && make("div.urgent.notable", make("h3", "Notable"), findingList(s, notable(s), id)),
  );
}

/** Findings with their times, and buttons that open the report at their strips. */
function findingList(s, findings, id) {
  const clock = recordingClock(s.recording);
  const trouble = make("p.trouble", { role: "alert" });
  const showProblem = (problem) => (trouble.textContent = problem.message);
  const items = findings.map(({ message, at_s: at, event: n }) => {
    const place = n != null && (s.events.find((event) => event.number === n)?.strip ?? `event-${n}`);
    const open = () => openDocument(`v1/recordings/${id}/report`, place).catch(showProblem);
    const label = { class: "quiet", "aria-label": `See in the report, in a new tab: ${message}` };
    return make(
      "li",
      make("strong", message),
      at != null && make("span.when", ` at ${clock.at(at)}`),
      place && button("See in the report", open, label),
    );
  });
  return make("div", make("ol", ...items), trouble);
}

/** @param {object} s */
const urgentCount = ({ urgent }) =>
  urgent.length ? counted(urgent.length, "urgent finding") : "No urgent findings";

/** @param {object} s */
const pacedNote = (s) =>
  s.warnings.some(({ code }) => code === "paced") &&
  make(
    "p.caution",
    make("strong", "Pacemaker: "),
    "beats were classified by a model trained without paced beats; classes, burdens and runs may all be wrong.",
  );

/** Why a review beside the recording is not in its results. @param {object} s */
const refusalNote = (s) => {
  const refusal = s.warnings.find(({ code }) => code === "review_not_applied");
  return refusal && make("p.caution", make("strong", "Not the reviewed results: "), sentence(refusal.message));
};

/** Important warnings, apart from those that have a note of their own. @param {object} s */
function warningsNote(s) {
  const { paced, review_not_applied: refused, ...others } = CONFIG.important_warnings;
  const items = Object.entries(others).flatMap(([code, { name, meaning, next_step: nextStep }]) =>
    s.warnings
      .filter((warning) => warning.code === code)
      .map(({ message }) =>
        make("li", make("strong", `${name}: `), `${meaning} ${nextStep} `, make("span.soft", `Details: ${sentence(message)}`)),
      ),
  );
  return items.length > 0 && make("div.caution", make("h3", "Check before you use this result"), make("ul", ...items));
}

/** How much of the declared time is not in the file; summaries before version 2.4 do not contain it. @param {object} s */
const lostTime = ({ recording: { lost_s: lost = 0, duration_s: recorded }, signal }) =>
  lost > 0 &&
  make(
    "p.lost-time",
    make("strong", `${duration(lost)} of the ${duration(recorded + lost)} that the file declares are not in it`),
    `; ${number(signal.analysable_of_declared_percent, 1)} % of them analysable`,
  );

/** Seconds lost to noise; summaries before version 2.1 do not contain them. @param {object} signal */
const noisy = (signal) => signal.noisy_s ?? 0;

/** The percentages of a summary as texts. @param {object} s */
function shares({ signal, ventricular: v, supraventricular: sv, atrial_fibrillation: af }) {
  const lost = signal.missing_s + signal.flat_s + signal.saturated_s + noisy(signal);
  return {
    analysable: share(signal.analysable_percent, { whole: lost === 0 }),
    ventricular: share(v.burden_percent, { some: v.count > 0 }),
    supraventricular: share(sv.burden_percent, { some: sv.count > 0 }),
    fibrillation: share(af.burden_percent, { some: af.total_s > 0 }),
  };
}

/** The longest pause and its unit. @param {object} s @returns {(Node|string)[]} */
function longestPause({ pauses }) {
  if (pauses.count) return [number(pauses.longest_s, 2), unit("s")];
  return [pauses.unconfirmed_count ? "none confirmed" : "none"];
}

/** The main values, for the list of uploads. @param {object} s */
function mainValues(s) {
  const { heart_rate: rate, beats } = s, percent = shares(s);
  const classes = Object.keys(CONFIG.class_names).map((name) => `${name}\u00a0${number(beats.class_count[name])}`);
  return make(
    "dl.figures",
    fact("Duration", duration(s.recording.duration_s)),
    fact("Analysable", percent.analysable, unit("%")),
    fact(
      "Heart rate, mean",
      number(rate.mean_bpm, 1),
      unit("bpm"),
      " ",
      make("span.soft", `(${number(rate.minimum_bpm, 1)}–${number(rate.maximum_bpm, 1)})`),
    ),
    fact("Longest pause", ...longestPause(s)),
    fact("Ventricular burden", percent.ventricular, unit("%")),
    fact("Supraventricular burden", percent.supraventricular, unit("%")),
    fact("AF burden", percent.fibrillation, unit("%")),
    fact("Beats", number(beats.total_count), " ", make("span.soft", classes.join(" · "))),
  );
}

const line = (...text) => make("p", ...text);
const softLine = (...text) => make("p.soft", ...text);

/** A card: title, large value with its unit, lines. @param {string} group for its colour, or "" */
const card = (group, title, value, ...lines) =>
  make(group ? `div.card.${group}` : "div.card", make("h3", title), make("p.large", ...value), ...lines);

/** A card's value that takes the colour of its group. @param {string} percent */
const largePercent = (percent) => [make("span", percent), unit("%")];

/** The six cards of the report. @param {object} s */
function cards(s) {
  const { signal, heart_rate: rate, pauses, atrial_fibrillation: af } = s;
  const clock = recordingClock(s.recording), percent = shares(s);
  const when = (at) => (at == null ? "" : ` at ${clock.at(at)}`);
  const rateLine = (name, bpm, at) => line(`${name} ${number(bpm, 1)}`, unit("bpm"), when(at));
  return make(
    "div.cards",
    card(
      "", "Analysable time", largePercent(percent.analysable),
      line(`${duration(signal.analysable_s)} of ${duration(s.recording.duration_s)}`),
      lostTime(s),
      softLine(
        `not analysable: ${duration(signal.missing_s)} missing, ${duration(signal.flat_s)} flat, `,
        `${duration(signal.saturated_s)} clipped, ${duration(noisy(signal))} too noisy`,
      ),
    ),
    card(
      "", "Heart rate, mean", [number(rate.mean_bpm, 1), unit("bpm")],
      rateLine("minimum", rate.minimum_bpm, rate.minimum_at_s),
      rateLine("maximum", rate.maximum_bpm, rate.maximum_at_s),
      softLine(`minimum and maximum over ${duration(rate.window_s)}`),
    ),
    card(
      "pause", "Longest pause", longestPause(s),
      pauses.longest_at_s != null && line(`at ${clock.at(pauses.longest_at_s)}`),
      line(`${counted(pauses.count, "pause")} of ${number(pauses.threshold_s, 1)}`, unit("s"), " or more"),
      pauses.longest_unconfirmed_s != null &&
        softLine(
          `longest unconfirmed pause: ${number(pauses.longest_unconfirmed_s, 1)} s`,
          when(pauses.longest_unconfirmed_at_s),
          "; a beat may have been missed in it",
        ),
    ),
    ectopyCard(s, "ventricular", "V", percent),
    ectopyCard(s, "supraventricular", "S", percent),
    card(
      "fibrillation", "Atrial fibrillation burden", largePercent(percent.fibrillation),
      line(`${counted(af.episode_count, "episode")}, ${duration(af.total_s)} in all`),
      af.episode_count > 0 &&
        line(`longest ${duration(af.longest_s)}; mean rate ${number(af.mean_bpm, 0)}`, unit("bpm")),
      s.provenance.review === "not_reviewed" &&
        af.precision_percent != null &&
        precisionLine(
          "fibrillation", "AF", ` in evaluation, ${number(af.precision_percent, 0)} of 100 s detected as AF were AF`,
        ),
    ),
  );
}

/** How reliable a result is. @param {string} group @param {string} letter @param {...(string|false)} text */
const precisionLine = (group, letter, ...text) =>
  make("p.known", make(`span.letter.${group}`, letter), ...text);

/** @param {object} s @param {string} group the ventricular or supraventricular block @param {string} letter */
function ectopyCard(s, group, letter, percent) {
  const found = s[group], precision = found.precision_percent, runPrecision = found.run_precision_percent;
  const perHour = s.signal.analysable_s >= HOUR_S ? `, ${number(found.per_hour, 1)} per hour` : "";
  return card(
    group, `${capitalised(group)} burden`, largePercent(percent[group]),
    line(`${counted(found.count, "beat")}${perHour}`),
    line(
      `${counted(found.couplet_count, "couplet")}, ${counted(found.run_count, "run")}`,
      found.longest_run && `, longest ${number(found.longest_run.beats_count)} beats`,
    ),
    found.left_out_in_fibrillation_count > 0 &&
      line(`not counted, in atrial fibrillation: ${number(found.left_out_in_fibrillation_count)}`),
    s.provenance.review === "not_reviewed" && precisionLine(
      group,
      letter,
      precision == null
        ? ` precision of class ${letter} in evaluation: not known`
        : ` in evaluation, ${number(precision, 0)} of 100 beats classified as ${letter} were ${letter}`,
      found.run_count > 0 && runPrecision != null && `; ${number(runPrecision, 0)} of 100 detected runs were runs`,
    ),
  );
}

/** Beats by class. @param {object} s */
function classTable({ beats: { class_count: counts, total_count: total } }) {
  const percent = (count) => share((100 * count) / total, { some: count > 0, whole: count === total });
  const row = (tag, head, count, text) =>
    make(tag, make("th", { scope: "row" }, ...head), make("td", number(count)), make("td", text));
  const rows = Object.entries(CONFIG.class_names).map(([name, words]) => {
    const head = [make(`span.letter.class-${name}`, name), ` ${words}`];
    return row("tr", head, counts[name], total ? percent(counts[name]) : "–");
  });
  const heads = ["Class", "Beats", "Share %"].map((text) => make("th", { scope: "col" }, text));
  return make(
    "table.classes",
    make("caption", "Beats by class"),
    make("thead", make("tr", ...heads)),
    make("tbody", ...rows),
    make("tfoot", row("tr.total", ["All"], total, "")),
  );
}

/** Facts about the recording. @param {object} s */
function identity({ recording }) {
  const { lead_used: lead, second_lead_used: second, paced } = recording;
  return make(
    "dl.identity",
    fact("Start", recordingClock(recording).start),
    fact("Duration", duration(recording.duration_s)),
    fact("Leads", recording.leads.join(", ")),
    fact(
      "Analysed",
      second ? `${lead}, ${second}` : lead,
      make("span.soft", ` (chosen by the ${recording.lead_chosen_by})`),
    ),
    fact("Source", `${CONFIG.files.format_titles[recording.format] ?? recording.format}, ${number(recording.sampling_rate_hz)}`, unit("Hz")),
    fact("Pacemaker", paced == null ? CONFIG.not_known : `${paced ? "yes" : "no"}, according to the header`),
  );
}

/**
 * Buttons for the documents of a scored recording.
 * @param {{recording_id: string, links: {disclosure: ?string}}} status @param {string} name for screen readers
 */
function recordingDocuments({ recording_id: id, links }, name) {
  const item = (fetchDocument, label, path, more) => {
    const how = fetchDocument === openDocument ? "in a new tab" : "to save";
    return [fetchDocument, label, path, { "aria-label": `${label} of ${name}, ${how}`, ...more }];
  };
  const bar = documentBar(`v1/recordings/${id}`, [
    item(openDocument, "Report", "report", { class: "primary" }),
    links.disclosure && item(openDocument, "Full disclosure", "disclosure"),
    item(saveDocument, "Annotations (WFDB)", "annotations"),
    item(openDocument, "FHIR report", "fhir"),
  ].filter(Boolean));
  const review = make("a.as-button", { href: `#review/${id}`, "aria-label": `Review ${name}` }, "Review");
  bar.querySelector("button").after(review);
  return bar;
}

/** Why there is no result, and what to do. @param {object} status of a rejected or failed recording, or a part */
function withoutResult({ status, recording_id: id, rejection, code, part_of: whole }) {
  if (status === "part") return make("p", "This file is a part of the recording ", recordingLink(whole), ".");
  const codeLine = (text) => make("p.soft", "Code ", make("code", text));
  if (status === "failed")
    return make(
      "div.note.some",
      make(
        "p",
        make("strong", "Scoring failed several times. "),
        "Give the operator of this service the ID below; the files are stored and can be scored again.",
      ),
      make("p.soft", "ID ", make("span.id", id)),
      code && codeLine(code),
    );
  const { name = rejection.code, next_step: nextStep } = CONFIG.rejections[rejection.code] ?? {};
  return make(
    "div.note.some",
    make("p", make("strong", `${name}: `), sentence(rejection.message)),
    nextStep && make("p", make("strong", "What to do: "), nextStep),
    codeLine(rejection.code),
  );
}

/**
 * What a recording waits for: a label and a sentence.
 * @param {{waiting_for: string, until: ?string}} status
 * @param {?number} [elapsedS] since the last file was sent, if this tab has sent it
 */
function waitingTexts({ waiting_for: what, until: end }, elapsedS = null) {
  const until = end ? ` until ${moment(end)}` : "";
  const textsOf = {
    parts: {
      label: CONFIG.outcomes.waiting,
      message:
        `Waiting for the other files of this record${until}. ` +
        "Choose the header and all its files together once more.",
    },
    upload: {
      label: "Waiting for files",
      message: `The files have not arrived yet. The upload is open${until}.`,
    },
  };
  const leftS = elapsedS == null ? 0 : usualScoringS() - elapsedS;
  const late = elapsedS > LATE_S ? " It takes longer than usual." : "";
  const time = leftS > 0 ? ` ${capitalised(about(leftS))} left.` : late;
  const message = `All files have arrived. The recording is being scored.${time}`;
  return textsOf[what] ?? { label: "Being scored", message };
}
