// What a summary says (schema 2), in the words and colours of the report.

/** Urgent findings, or that there are none: always the first thing said. @param {object} s a summary */
function urgentBox(s) {
  const count = s.urgent.length,
    clock = recordingClock(s.recording);
  const heading = make("h3", count ? counted(count, "urgent finding") : "No urgent findings");
  const findings = s.urgent.map((finding) =>
    make(
      "li",
      { "data-urgent": CONFIG.groups[finding.kind] ?? "other" },
      make("strong", finding.message),
      finding.at_s != null && make("span.when", ` at ${clock.at(finding.at_s)}`),
    ),
  );
  return make(`div.urgent.${count ? "some" : "none"}`, heading, count > 0 && make("ol", ...findings));
}

/** @param {object} s */
const pacedNote = (s) =>
  s.warnings.some(({ code }) => code === "paced") &&
  make(
    "p.paced",
    make("strong", "Pacemaker: "),
    "beats were classified by a model trained without paced beats; classes, burdens and runs may all be wrong.",
  );

/** Noise that was left out; summaries of before version 2.1 know none. @param {object} signal */
const noisy = (signal) => signal.noisy_s ?? 0;

/** What is lost, so that no share of it is rounded away. @param {object} s */
const isWhole = ({ signal }) =>
  signal.missing_s + signal.flat_s + signal.saturated_s + noisy(signal) === 0;

/** @param {object} s */
function shares(s) {
  const { ventricular: v, supraventricular: sv, atrial_fibrillation: af } = s;
  return {
    analysable: share(s.signal.analysable_percent, { whole: isWhole(s) }),
    ventricular: share(v.burden_percent, { some: v.count > 0 }),
    supraventricular: share(sv.burden_percent, { some: sv.count > 0 }),
    fibrillation: share(af.burden_percent, { some: af.total_s > 0 }),
  };
}

/** The longest pause in words. @param {object} s */
function longestPause({ pauses }) {
  if (pauses.count) return [number(pauses.longest_s, 2), "s"];
  return [pauses.unconfirmed_count ? "none confirmed" : "none", null];
}

/** The main figures in one line after another, for the list of uploads. @param {object} s */
function figures(s) {
  const { heart_rate: rate } = s,
    of = shares(s),
    [longest, seconds] = longestPause(s);
  const fact = (name, value, ofUnit, more) =>
    make(
      "div",
      make("dt", name),
      make("dd", value, ofUnit && unit(ofUnit), more && " ", more && make("span.soft", more)),
    );
  return make(
    "dl.figures",
    fact("Duration", duration(s.recording.duration_s)),
    fact("Analysable", of.analysable, "%"),
    fact(
      "Heart rate, mean",
      number(rate.mean_bpm, 1),
      "bpm",
      `(${number(rate.minimum_bpm, 1)}–${number(rate.maximum_bpm, 1)})`,
    ),
    fact("Longest pause", longest, seconds),
    fact("Ventricular burden", of.ventricular, "%"),
    fact("Supraventricular burden", of.supraventricular, "%"),
    fact("AF burden", of.fibrillation, "%"),
    fact("Beats", number(s.beats.total_count), null, classesInLine(s)),
  );
}

/** "N 95,316 · S 1,009 · V 2,017 …", no line ending within one. @param {object} s */
const classesInLine = ({ beats }) =>
  Object.keys(CONFIG.class_names)
    .map((name) => `${name}\u00a0${number(beats.class_count[name])}`)
    .join(" · ");

/** The six cards of the report. @param {object} s */
function cards(s) {
  const { signal, heart_rate: rate, pauses, atrial_fibrillation: af } = s;
  const clock = recordingClock(s.recording),
    of = shares(s),
    [longest, seconds] = longestPause(s);
  const when = (at) => (at == null ? "" : ` at ${clock.at(at)}`);
  const card = (name, title, value, ofUnit, ...lines) =>
    make(
      name ? `div.card.${name}` : "div.card",
      make("h3", title),
      make("p.large", make("span", value), ofUnit && unit(ofUnit)),
      ...lines,
    );
  const line = (...text) => make("p", ...text),
    soft = (...text) => make("p.soft", ...text);
  return make(
    "div.cards",
    card(
      "",
      "Analysable time",
      of.analysable,
      "%",
      line(`${duration(signal.analysable_s)} of ${duration(s.recording.duration_s)}`),
      soft(
        `lost: ${duration(signal.missing_s)} missing, ${duration(signal.flat_s)} flat, ${duration(signal.saturated_s)} clipped, ${duration(noisy(signal))} too noisy`,
      ),
    ),
    card(
      "",
      "Heart rate, mean",
      number(rate.mean_bpm, 1),
      "bpm",
      line(`minimum ${number(rate.minimum_bpm, 1)}`, unit("bpm"), when(rate.minimum_at_s)),
      line(`maximum ${number(rate.maximum_bpm, 1)}`, unit("bpm"), when(rate.maximum_at_s)),
      soft(`minimum and maximum over ${duration(rate.window_s)}`),
    ),
    card(
      "pause",
      "Longest pause",
      longest,
      seconds,
      pauses.longest_at_s != null && line(when(pauses.longest_at_s).trim()),
      line(`${counted(pauses.count, "pause")} of ${number(pauses.threshold_s, 1)}`, unit("s"), " or more"),
      pauses.longest_unconfirmed_s != null &&
        soft(
          `longest interval without a beat found: ${number(pauses.longest_unconfirmed_s, 1)} s${when(pauses.longest_unconfirmed_at_s)}, may hold a missed beat`,
        ),
    ),
    burdenCard(card, line, "ventricular", "Ventricular", "V", s, of),
    burdenCard(card, line, "supraventricular", "Supraventricular", "S", s, of),
    card(
      "fibrillation",
      "Atrial fibrillation burden",
      of.fibrillation,
      "%",
      line(`${counted(af.episode_count, "episode")}, ${duration(af.total_s)} in all`),
      af.episode_count > 0 &&
        line(`longest ${duration(af.longest_s)}; mean rate ${number(af.mean_bpm, 0)}`, unit("bpm")),
      af.precision_percent != null &&
        make(
          "p.known",
          make("span.letter.fibrillation", "AF"),
          ` of 100 s called AF, ${number(af.precision_percent, 0)} were AF in evaluation`,
        ),
    ),
  );
}

function burdenCard(card, line, part, name, letter, s, of) {
  const found = s[part];
  const known =
    found.precision_percent == null
      ? ` how many of the beats called ${letter} are ${letter} is not known`
      : ` of 100 beats called ${letter}, ${number(found.precision_percent, 0)} were ${letter} in evaluation`;
  const runs =
    found.run_count && found.run_precision_percent != null
      ? `; of 100 runs found, ${number(found.run_precision_percent, 0)} were runs`
      : "";
  return card(
    part,
    `${name} burden`,
    of[part],
    "%",
    line(
      `${counted(found.count, "beat")}${s.signal.analysable_s >= HOUR_S ? `, ${number(found.per_hour, 1)} per hour` : ""}`,
    ),
    line(
      `${counted(found.couplet_count, "couplet")}, ${counted(found.run_count, "run")}`,
      found.longest_run && `, longest ${number(found.longest_run.beats_count)} beats`,
    ),
    found.left_out_in_fibrillation_count > 0 &&
      line(`not counted, inside atrial fibrillation: ${number(found.left_out_in_fibrillation_count)}`),
    make("p.known", make(`span.letter.${part}`, letter), known, runs),
  );
}

/** Beats by class. @param {object} s */
function classTable({ beats }) {
  const rows = Object.entries(CONFIG.class_names).map(([name, words]) =>
    make(
      "tr",
      make("th", { scope: "row" }, make(`span.letter.class-${name}`, name), ` ${words}`),
      make("td", number(beats.class_count[name])),
      make(
        "td",
        beats.total_count
          ? share((100 * beats.class_count[name]) / beats.total_count, {
              some: beats.class_count[name] > 0,
              whole: beats.class_count[name] === beats.total_count,
            })
          : "–",
      ),
    ),
  );
  return make(
    "table.classes",
    make("caption", "Beats by class"),
    make(
      "thead",
      make("tr", ...["Class", "Beats", "Share %"].map((text) => make("th", { scope: "col" }, text))),
    ),
    make("tbody", ...rows),
    make(
      "tfoot",
      make(
        "tr.total",
        make("th", { scope: "row" }, "All"),
        make("td", number(beats.total_count)),
        make("td"),
      ),
    ),
  );
}

/** What the recording is. @param {object} s */
function identity(s) {
  const { recording } = s;
  const fact = (name, ...value) => make("div", make("dt", name), make("dd", ...value));
  return make(
    "dl.identity",
    fact("Start", recordingClock(recording).start),
    fact("Duration", duration(recording.duration_s)),
    fact("Leads", recording.leads.join(", ")),
    fact(
      "Analysed",
      [recording.lead_used, recording.second_lead_used].filter(Boolean).join(", "),
      make("span.soft", ` (chosen by the ${recording.lead_chosen_by})`),
    ),
    fact("Source", `${recording.format.toUpperCase()}, ${number(recording.sampling_rate_hz)}`, unit("Hz")),
    fact(
      "Pacemaker",
      recording.paced == null ? NOT_KNOWN : recording.paced ? "yes, says the header" : "no, says the header",
    ),
  );
}

/** The documents of a scored recording. @param {string} id @param {string} name for a screen reader */
function documentButtons(id, name) {
  const trouble = make("p.trouble", { role: "alert" });
  const fetches = (how, label, path, more) =>
    button(
      label,
      () => {
        trouble.textContent = "";
        how(`v1/recordings/${id}/${path}`, (problem) => {
          trouble.textContent = problem.message;
        });
      },
      {
        "aria-label": `${label} of ${name}${how === openDocument ? ", in a new tab" : ", to save"}`,
        ...more,
      },
    );
  return make(
    "div.documents",
    make(
      "p.buttons",
      fetches(openDocument, "Report", "report", { class: "primary" }),
      fetches(saveDocument, "Annotations (WFDB)", "annotations"),
      fetches(openDocument, "FHIR report", "fhir"),
    ),
    trouble,
  );
}

/** Why a recording was refused, and what to do. @param {{code: string, message: string}} rejection */
function refusal({ code, message }) {
  return make(
    "div.note.some",
    make("p", make("strong", `${plain(code)}: `), sentence(message)),
    CONFIG.next_steps[code] && make("p", make("strong", "What to do: "), CONFIG.next_steps[code]),
    make("p.soft", "Code ", make("code", code)),
  );
}

/**
 * What is waited for: in two or three words, and in a sentence.
 * @param {{waiting_for: string, until: ?string}} status
 */
function waitingWords({ waiting_for: what, until: end }) {
  if (what === "parts") {
    return {
      words: "Waiting for parts",
      message: `Waits for the other files of this record${end ? `, until ${moment(end)}` : ""}. Choose the header and all its files together once more.`,
    };
  }
  if (what === "upload") {
    return {
      words: "Waiting for files",
      message: `The files have not arrived yet${end ? `; they are awaited until ${moment(end)}` : ""}.`,
    };
  }
  return { words: "Being scored", message: "All files have arrived; the recording is being scored." };
}

/** A recording that was given up. @param {{code: ?string}} status */
const failure = ({ code }) =>
  make(
    "div.note.some",
    make(
      "p",
      make("strong", "Scoring failed several times and was given up. "),
      "The recording is kept. Tell those who run the service the recording’s ID.",
    ),
    code && make("p.soft", "Code ", make("code", code)),
  );
