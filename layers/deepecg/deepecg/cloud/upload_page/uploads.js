// The uploads of this browser tab: a card each, at most two sent at once, remembered over a reload.

const AT_ONCE = 2;
const FEW = 4; // more uploads are a compact list, the most urgent first
const TYPICAL_SCORING_S = 20; // 24 hours of 3 leads took 17 s (README.md), and the function has to start
const LATE_S = 120; // from the last byte; a week of ECG takes this long
const LEAST_RATE_S = 2; // the rate of a shorter upload is too uncertain for an estimate
const REMEMBERED_KEY = "deepecg.uploads";
const MILESTONE_PERCENT = 25;
/** Colour (an outcome's) and label of the phases of an upload that are no outcome of scoring. */
const PHASES = {
  queued: ["received", "Queued"],
  sending: ["waiting", "Uploading"],
  sent: ["waiting", "Uploaded"],
  part: ["received", "Part of another"],
  cut_off: ["failed", "Cut off"],
  stopped: ["failed", "Not uploaded"],
  unknown: ["failed", "Not known"],
};
const CUT_OFF = "The page was closed or reloaded before the upload was complete. Choose the file again.";
/** In these phases, leaving the page interrupts the upload. */
const isUploading = (phase) => phase === "queued" || phase === "sending";
const isFinished = (phase) => !isUploading(phase) && phase !== "sent";
const hasStatus = (phase) => phase === "sent" || phase === "part" || phase in CONFIG.outcomes;
/** A phase as label and colour. @param {string} phase @param {string} [label] */
const phaseMark = (phase, label) => {
  const [outcome, ownLabel] = PHASES[phase] ?? [phase];
  return outcomeMark(outcome, label ?? ownLabel);
};

/** @type {Upload[]} newest first */
const uploads = [];
/** Seconds from the last byte to the result, of the uploads of this tab. @type {number[]} */
const scoringTimes = [];

/** The time that scoring usually takes, in s: the median in this tab, or a typical one. */
const usualScoringS = () => scoringTimes.toSorted((a, b) => a - b)[scoringTimes.length >> 1] ?? TYPICAL_SCORING_S;

/** "about 2 min": an estimate, not to the second. @param {number} seconds */
function about(seconds) {
  const steps = [[10, 1], [MINUTE_S, 10], [HOUR_S, MINUTE_S], [Infinity, HOUR_S / 2]];
  const step = steps.find(([below]) => seconds < below)[1];
  return `about ${duration(Math.max(Math.ceil(seconds / step) * step, 1))}`;
}

/** One upload and its card. */
class Upload {
  /**
   * @param {{name: string, size: number, n: number, id?: ?string, phase?: string}} about name of the main
   *   file, bytes and number of all files, recording ID, phase
   * @param {?ChosenRecording} chosen null after a reload
   */
  constructor({ name, size, n, id = null, phase = "queued" }, chosen = null) {
    Object.assign(this, { name, size, n, id, phase, chosen, label: undefined, percent: 0, sent: 0, tier: "" });
    this.controller = new AbortController();
    this.makeCard();
  }

  /** What this tab remembers; the name is stored nowhere else. */
  get memory() {
    const { name, size, n, id, phase } = this;
    return { name, size, n, id, phase };
  }

  /** Position in a long list: what is urgent, notable, under way, needs a hand, is done. */
  get rank() {
    if (this.tier === "urgent") return 0;
    if (this.tier === "notable") return 1;
    if (!isFinished(this.phase)) return 2;
    return this.phase === "scored" || this.phase === "part" ? 4 : 3;
  }

  makeCard() {
    this.title = make("h3", { tabindex: "-1" }, this.name);
    this.mark = make("p.mark-line");
    this.remover = button("Remove", () => this.remove(), {
      class: "quiet",
      "aria-label": `Remove ${this.name} from this list`,
    });
    this.bar = make("progress", { max: this.size, value: 0, "aria-label": `Upload of ${this.name}` });
    this.percentText = make("span", "0 %");
    this.progress = make("p.progress", { hidden: true }, this.bar, this.percentText);
    this.message = make("p.message", { hidden: true });
    this.result = make("div.result");
    this.buttons = make("p.buttons");
    const files = this.n > 1 ? `${bytes(this.size)} in ${this.n} files` : bytes(this.size);
    this.card = make(
      "li.upload",
      make("div.upload-head", this.title, make("span.soft", files), this.mark, this.remover),
      this.progress, this.message, this.result, this.buttons,
    );
    this.show();
  }

  /**
   * @param {string} phase
   * @param {{message?: string, details?: Node[], said?: string, label?: string}} [about] said: by a
   *   screen reader; label: instead of the phase's own
   */
  become(phase, { message = "", details = [], said = "", label } = {}) {
    Object.assign(this, { phase, label });
    this.result.replaceChildren(...details);
    this.say(message);
    this.show();
    if (said) announce(`${this.name}: ${said}`);
    remember();
  }

  /** @param {string} message */
  say(message) {
    this.message.textContent = message;
    this.message.hidden = !message;
  }

  show() {
    this.mark.replaceChildren(phaseMark(this.phase, this.label));
    this.progress.hidden = this.phase !== "sending";
    this.remover.hidden = !isFinished(this.phase);
    const hadFocus = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(...this.actions());
    if (hadFocus) (this.buttons.querySelector("button") ?? this.title).focus();
  }

  /** Buttons for what the user can do now. */
  actions() {
    const named = (label, act) => button(label, act, { "aria-label": `${label}: ${this.name}` });
    const isLost = this.phase === "stopped" || this.phase === "unknown";
    if (isUploading(this.phase)) return [named("Cancel", () => this.cancel())];
    if (isLost && this.chosen) return [named("Try again", () => this.retry())];
    if (isLost || this.phase === "cut_off" || this.phase === "rejected")
      return [
        named("Choose the file again", () => {
          this.remove();
          byId("files").click();
        }),
      ];
    return [];
  }

  cancel() {
    this.controller.abort(cancelled());
    if (this.phase === "queued") this.become("stopped", { message: "Cancelled.", said: "cancelled" });
  }

  retry() {
    this.controller = new AbortController();
    this.become("queued");
    sendNext();
  }

  remove() {
    this.controller.abort(cancelled());
    const next = uploads[uploads.indexOf(this) + 1]?.title ?? byId("files");
    uploads.splice(uploads.indexOf(this), 1);
    if (this.card.contains(document.activeElement)) next.focus();
    this.card.remove();
    remember();
  }

  async send() {
    this.begunMs = Date.now();
    this.showProgress(0);
    this.become("sending", { said: "upload begins" });
    try {
      await sendRecording(this.chosen, {
        signal: this.controller.signal,
        onAccepted: (id) => {
          this.id = id;
          remember();
        },
        onProgress: (sent) => this.showProgress(sent),
        onRetry: (message) => this.say(message),
      });
    } catch ({ message }) {
      this.become("stopped", { message, said: message });
      return;
    }
    this.sentMs = Date.now();
    this.become("sent", { said: "uploaded, waits to be scored" });
    this.follow();
  }

  /** @param {number} sent in bytes */
  showProgress(sent) {
    const percent = Math.floor((100 * sent) / this.size);
    const elapsedS = (Date.now() - this.begunMs) / 1000;
    const leftS = elapsedS < LEAST_RATE_S ? null : ((this.size - sent) / sent) * elapsedS;
    this.sent = sent;
    this.bar.value = sent;
    const time = leftS > 0 && leftS < DAY_S ? `, ${about(leftS)} left` : "";
    this.percentText.textContent = `${percent} %, ${bytes(sent)} of ${bytes(this.size)}${time}`;
    showSummary();
    if (sent > 0) this.say("");
    if (Math.floor(percent / MILESTONE_PERCENT) > Math.floor(this.percent / MILESTONE_PERCENT))
      announce(`${this.name}: ${percent} % uploaded`);
    this.percent = percent;
  }

  /** Show the recording's status until it is final. */
  async follow() {
    const isOld = this.phase !== "sent";
    try {
      const statuses = statusesOf(this.id, this.controller.signal, (message) => this.say(message));
      for await (const status of statuses) this.showStatus(status, isOld);
    } catch ({ code, message }) {
      if (code === "cancelled" || code === "signed_out") return;
      this.become("unknown", { message, said: message });
    }
    if (!isOld) showResult();
  }

  /** @param {object} status of the API @param {boolean} isOld after a reload: not announced */
  showStatus(status, isOld) {
    const { status: phase, summary, rejection } = status;
    // All files are sent, so the service is about to process them.
    const waitingFor = status.waiting_for === "upload" ? { waiting_for: "scoring" } : status;
    if (phase === "waiting") {
      const elapsedS = this.sentMs && (Date.now() - this.sentMs) / 1000;
      return this.become("sent", waitingTexts(waitingFor, elapsedS));
    }
    if (phase === "scored") {
      if (this.sentMs) scoringTimes.push((Date.now() - this.sentMs) / 1000);
      this.tier = tierOf(summary);
    }
    const said = {
      scored: () => `scored, ${urgentCount(summary).toLowerCase()}`,
      rejected: () => `rejected, ${CONFIG.rejections[rejection.code]?.name ?? rejection.code}`,
      failed: () => "scoring failed",
    }[phase];
    this.become(phase, {
      details: phase === "scored" ? this.resultDetails(status) : [withoutResult(status)],
      said: isOld ? "" : said?.(),
    });
  }

  /** @param {object} status of a scored recording */
  resultDetails(status) {
    const { summary } = status, documents = recordingDocuments(status, this.name);
    const link = { href: `#recording/${this.id}`, "aria-label": `All values of ${this.name}` };
    documents.firstChild.append(make("a.details-link", link, "All values"));
    const notes = [pacedNote(summary), warningsNote(summary)];
    return [findingsBox(summary, this.id), ...notes, mainValues(summary), documents].filter(Boolean);
  }

  /** After a reload during the upload: find out whether it was complete. */
  async checkInterrupted() {
    if (!this.id) return this.become("cut_off", { message: CUT_OFF });
    this.say("Checking whether the upload was complete …");
    try {
      const { status, waiting_for: waitingFor } = await askUntilAnswered(`v1/recordings/${this.id}`, {
        signal: this.controller.signal,
        onRetry: (message) => this.say(message),
      });
      if (status === "waiting" && waitingFor !== "scoring")
        return this.become("cut_off", { message: CUT_OFF, said: "the upload was cut off" });
      this.become("sent");
      await this.follow();
    } catch ({ code }) {
      if (code !== "cancelled" && code !== "signed_out") this.become("cut_off", { message: CUT_OFF });
    }
  }
}

/** Send queued uploads, oldest first, at most {@link AT_ONCE} at the same time. */
function sendNext() {
  const nSending = uploads.filter(({ phase }) => phase === "sending").length;
  const queued = uploads.filter(({ phase }) => phase === "queued").reverse();
  for (const upload of queued.slice(0, Math.max(AT_ONCE - nSending, 0))) upload.send().finally(sendNext);
}

/** Remember the uploads of this tab. */
function remember() {
  sessionStorage.setItem(REMEMBERED_KEY, JSON.stringify(uploads.map(({ memory }) => memory)));
  arrange();
  showSummary();
  byId("uploads-tools").hidden = uploads.filter(({ phase }) => isFinished(phase)).length < 2;
}

/** Show many uploads as a compact list, the most urgent first; few ones as cards, the newest first. */
function arrange() {
  const list = byId("uploads"), isMany = uploads.length > FEW;
  list.classList.toggle("many", isMany);
  const focused = document.activeElement;
  const arranged = isMany ? uploads.toSorted((a, b) => a.rank - b.rank) : uploads;
  arranged.forEach(({ card }, i) => list.children[i] === card || list.insertBefore(card, list.children[i] ?? null));
  if (list.contains(focused)) focused.focus(); // a moved element loses it
}

/** Above a long list: how many of each kind, and the time left. */
function showSummary() {
  const line = byId("uploads-summary");
  line.hidden = uploads.length <= FEW;
  if (line.hidden) return;
  const names = ["urgent", "notable", "in progress", "not scored", "without findings"];
  const counts = names
    .map((name, rank) => [uploads.filter((upload) => upload.rank === rank).length, name])
    .filter(([count]) => count)
    .map(([count, name]) => `${number(count)} ${name}`);
  const running = uploads.filter(({ phase }) => !isFinished(phase));
  const sending = running.filter(({ phase, sent }) => phase === "sending" && sent);
  const total = (of, value) => of.reduce((sum, upload) => sum + value(upload), 0);
  const bytesPerMs = total(sending, ({ sent, begunMs }) => sent / Math.max(Date.now() - begunMs, 1));
  const left = total(running.filter(({ phase }) => isUploading(phase)), ({ size, sent }) => size - sent);
  const leftS = left / bytesPerMs / 1000 + usualScoringS();
  const time = left && leftS < 2 * DAY_S ? `; ${about(leftS)} left` : "";
  line.textContent = `${counted(uploads.length, "upload")}: ${counts.join(", ")}${time}.`;
}

/** The local file name of a recording that this tab uploaded. @param {string} id */
const localName = (id) => uploads.find((upload) => upload.id === id)?.name;

/** After a reload: show the remembered uploads and continue to follow them. */
function restoreUploads() {
  const remembered = JSON.parse(sessionStorage.getItem(REMEMBERED_KEY) ?? "[]");
  uploads.push(...remembered.map((memory) => new Upload(memory)));
  for (const upload of [...uploads]) {
    if (isUploading(upload.phase)) upload.checkInterrupted();
    else if (hasStatus(upload.phase)) upload.follow();
    else upload.say("This upload was not completed. Choose the file again.");
  }
  remember();
}

/** @type {File[]} files whose missing parts the user may still choose */
let held = [];

/** @param {File[]} files chosen or dropped */
async function takeFiles(files) {
  if (!files.length) return;
  location.hash = "";
  const { recordings, leftOut } = await groupFolders(held, files);
  held = leftOut.filter(({ isHeld }) => isHeld).map(({ file }) => file);
  for (const chosen of recordings) {
    const all = [chosen.main, ...chosen.parts];
    const size = all.reduce((sum, file) => sum + file.size, 0);
    uploads.unshift(new Upload({ name: shownName(chosen.main), size, n: all.length }, chosen));
  }
  remember();
  sendNext();
  showLeftOut(leftOut);
}

/** @param {LeftOut[]} leftOut */
function showLeftOut(leftOut) {
  const box = byId("left-out");
  box.hidden = !leftOut.length;
  if (!leftOut.length) return;
  const texts = [...Map.groupBy(leftOut, ({ why }) => why)].map(([why, of]) => {
    const names = [...new Set(of.map(({ file }) => shownName(file)))].sort();
    return [listed(names), names.length > 1 ? `: each ${why}` : ` ${why}`];
  });
  const items = texts.map(([names, why]) => make("li", make("strong", names), why));
  const dismiss = () => {
    held = [];
    box.hidden = true;
    byId("files").focus();
  };
  const label = { "aria-label": "Dismiss the files that were not uploaded" };
  box.replaceChildren(
    make(
      "div.note.some",
      make("h3", "Not uploaded"),
      make("ul", ...items),
      make("p.buttons", button("Dismiss", dismiss, label)),
    ),
  );
  announce(`Not uploaded: ${texts.flat().join("")}`);
}

function listenForFiles() {
  for (const input of [byId("files"), byId("folder")])
    input.addEventListener("change", () => {
      takeFiles([...input.files].filter(({ name }) => !name.startsWith(".")));
      input.value = "";
    });
  const showDragging = (isDragging) => document.body.classList.toggle("dragging", isDragging);
  const onFiles = (type, act) =>
    addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      act(event.dataTransfer);
    });
  onFiles("dragover", () => showDragging(true));
  onFiles("drop", (transfer) => {
    showDragging(false);
    droppedFiles(transfer).then(takeFiles).catch(showTrouble);
  });
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || showDragging(false));
  byId("clear-uploads").addEventListener("click", () => {
    uploads.filter(({ phase }) => isFinished(phase)).forEach((upload) => upload.remove());
    byId("files").focus();
  });
  addEventListener("beforeunload", (event) => {
    if (uploads.some(({ phase }) => isUploading(phase))) event.preventDefault();
  });
}
