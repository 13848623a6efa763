// The uploads of this tab: a queue of two at a time, a card each, remembered over a reload.

const AT_ONCE = 2;
const REMEMBERED_KEY = "deepecg.uploads";
const MILESTONE_PERCENT = 25;
const PHASES = {
  queued: ["received", "Queued"],
  sending: ["waiting", "Uploading"],
  sent: ["waiting", "Uploaded"],
  scored: ["scored", "Scored"],
  rejected: ["rejected", "Rejected"],
  failed: ["failed", "Failed"],
  part: ["received", "Part of another"],
  cut_off: ["failed", "Cut off"],
  stopped: ["failed", "Not uploaded"],
  unknown: ["failed", "Not known"],
};
/** Phases in which leaving the page loses something. */
const IN_DANGER = new Set(["queued", "sending"]);
const FOLLOWED = new Set(["sent", "scored", "rejected", "failed", "part"]);

/** @type {Upload[]} newest first */
const uploads = [];

/** One recording on its way, and its card. */
class Upload {
  /**
   * @param {{name: string, size: number, n: number, id?: ?string, phase?: string}} about
   * @param {?ChosenRecording} chosen null after a reload
   */
  constructor({ name, size, n, id = null, phase = "queued" }, chosen = null) {
    Object.assign(this, { name, size, n, id, phase, chosen, words: PHASES[phase][1] });
    this.controller = new AbortController();
    this.percent = 0;
    this.makeCard();
  }

  /** What is remembered in this tab; the name goes nowhere else. */
  get memory() {
    const { name, size, n, id, phase } = this;
    return { name, size, n, id, phase };
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
      this.progress,
      this.message,
      this.result,
      this.buttons,
    );
    this.show();
  }

  /**
   * @param {string} phase
   * @param {{message?: string, details?: Node[], said?: string, words?: string}} [about] said: to a
   *   screen reader
   */
  become(phase, { message = "", details = [], said = "", words = PHASES[phase][1] } = {}) {
    this.phase = phase;
    this.words = words;
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
    const [colour] = PHASES[this.phase];
    this.card.dataset.phase = this.phase;
    this.mark.replaceChildren(outcomeMark(colour, this.words));
    this.progress.hidden = this.phase !== "sending";
    this.remover.hidden = !isFinished(this.phase);
    const hadFocus = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(...this.offers());
    if (hadFocus) (this.buttons.querySelector("button") ?? this.title).focus();
  }

  /** What can be done now. */
  offers() {
    const named = (label, act) => button(label, act, { "aria-label": `${label}: ${this.name}` });
    if (IN_DANGER.has(this.phase)) return [named("Cancel", () => this.cancel())];
    const offered = [];
    const isLost = ["stopped", "unknown"].includes(this.phase);
    if (isLost && this.chosen) offered.push(named("Try again", () => this.retry()));
    if (["cut_off", "rejected"].includes(this.phase) || (isLost && !this.chosen))
      offered.push(
        named("Choose the file again", () => {
          this.remove();
          byId("files").click();
        }),
      );
    return offered;
  }

  cancel() {
    this.controller.abort(new Problem("Cancelled.", { code: "cancelled" }));
    if (this.phase === "queued") this.become("stopped", { message: "Cancelled.", said: "cancelled" });
  }

  retry() {
    this.controller = new AbortController();
    this.become("queued");
    sendNext();
  }

  remove() {
    this.controller.abort(new Problem("Removed.", { code: "cancelled" }));
    const next = uploads[uploads.indexOf(this) + 1]?.title ?? byId("files");
    uploads.splice(uploads.indexOf(this), 1);
    if (this.card.contains(document.activeElement)) next.focus();
    this.card.remove();
    remember();
  }

  async send() {
    this.percent = 0;
    this.showProgress(0);
    this.become("sending", { said: "upload begins" });
    try {
      await sendRecording(this.chosen, {
        signal: this.controller.signal,
        onAnnounced: (id) => {
          this.id = id;
          remember();
        },
        onProgress: (sent) => this.showProgress(sent),
        onTrouble: (problem) => this.say(`${problem.message} It is tried again.`),
      });
    } catch (problem) {
      this.become("stopped", { message: problem.message, said: problem.message });
      return;
    }
    this.become("sent", { said: "uploaded, waits to be scored" });
    this.follow();
  }

  /** @param {number} sent in bytes */
  showProgress(sent) {
    const percent = Math.floor((100 * sent) / this.size);
    this.bar.value = sent;
    this.percentText.textContent = `${percent} %, ${bytes(sent)} of ${bytes(this.size)}`;
    if (sent > 0) this.say("");
    if (Math.floor(percent / MILESTONE_PERCENT) > Math.floor(this.percent / MILESTONE_PERCENT))
      announce(`${this.name}: ${percent} % uploaded`);
    this.percent = percent;
  }

  /** Look what becomes of it, until that is settled. */
  async follow() {
    const wasSettled = this.phase !== "sent";
    try {
      const statuses = statusesOf(this.id, this.controller.signal, ({ message }) =>
        this.say(`${message} It is tried again.`),
      );
      for await (const status of statuses) this.showStatus(status, wasSettled);
    } catch (problem) {
      if (problem.code === "cancelled" || problem.code === "signed_out") return;
      this.become("unknown", { message: problem.message, said: problem.message });
    }
    if (!wasSettled) showResult();
  }

  /** @param {object} status an answer of the API @param {boolean} isOld */
  showStatus(status, isOld) {
    const { id } = this;
    const details = make(
      "a",
      { href: `#recording/${id}`, class: "details-link", "aria-label": `All figures of ${this.name}` },
      "All figures",
    );
    switch (status.status) {
      case "waiting":
        this.become(
          "sent",
          waitingWords(status.waiting_for === "upload" ? { waiting_for: "scoring" } : status),
        );
        break;
      case "scored": {
        const found = status.summary.urgent.length
          ? counted(status.summary.urgent.length, "urgent finding")
          : "no urgent findings";
        const documents = documentButtons(id, this.name);
        documents.firstChild.append(details);
        this.become("scored", {
          details: [
            urgentBox(status.summary),
            pacedNote(status.summary),
            figures(status.summary),
            documents,
          ].filter(Boolean),
          said: isOld ? "" : `scored, ${found}`,
        });
        break;
      }
      case "rejected":
        this.become("rejected", {
          details: [refusal(status.rejection)],
          said: isOld ? "" : `rejected, ${plain(status.rejection.code)}`,
        });
        break;
      case "failed":
        this.become("failed", {
          details: [failure(status), make("p.soft", "ID ", make("span.id", id))],
          said: isOld ? "" : "scoring failed",
        });
        break;
      case "part":
        this.become("part", {
          details: [
            make(
              "p",
              "It belongs to ",
              make("a.id", { href: `#recording/${status.part_of}` }, status.part_of),
              ".",
            ),
          ],
        });
        break;
    }
  }

  /** After a reload: was the upload complete? */
  async findOutWhetherCutOff() {
    const cutOff =
      "The page was closed or loaded anew before the upload was complete. Choose the file again.";
    if (!this.id) {
      this.become("cut_off", { message: cutOff });
      return;
    }
    this.say("Looks whether the upload was complete …");
    try {
      const status = await askUntilAnswered(`v1/recordings/${this.id}`, {
        signal: this.controller.signal,
        onTrouble: ({ message }) => this.say(`${message} It is tried again.`),
      });
      const isCutOff = status.status === "waiting" && status.waiting_for !== "scoring";
      if (isCutOff) {
        this.become("cut_off", { message: cutOff, said: "the upload was cut off" });
        return;
      }
      this.become("sent");
      await this.follow();
    } catch (problem) {
      if (problem.code !== "cancelled" && problem.code !== "signed_out")
        this.become("cut_off", { message: cutOff });
    }
  }
}

/** Send what is queued, oldest first, few at once. */
function sendNext() {
  const nSending = uploads.filter(({ phase }) => phase === "sending").length;
  const queued = uploads.filter(({ phase }) => phase === "queued").reverse();
  for (const upload of queued.slice(0, Math.max(AT_ONCE - nSending, 0))) upload.send().finally(sendNext);
}

/** Remember what is under way in this tab. */
function remember() {
  sessionStorage.setItem(REMEMBERED_KEY, JSON.stringify(uploads.map((upload) => upload.memory)));
  byId("uploads-tools").hidden = uploads.filter(({ phase }) => isFinished(phase)).length < 2;
}

const isFinished = (phase) => !IN_DANGER.has(phase) && phase !== "sent";

/** The local name of a recording that this tab uploaded. @param {string} id */
const localName = (id) => uploads.find((upload) => upload.id === id)?.name;

/** Take up what was under way before a reload. */
function takeUpUploads() {
  for (const memory of JSON.parse(sessionStorage.getItem(REMEMBERED_KEY) ?? "[]")) {
    const upload = new Upload(memory);
    uploads.push(upload);
    byId("uploads").append(upload.card);
    if (IN_DANGER.has(memory.phase)) upload.findOutWhetherCutOff();
    else if (FOLLOWED.has(memory.phase)) upload.follow();
    else upload.say("This upload was not completed. Choose the file again.");
  }
  remember();
}

/** @type {File[]} files that are complete only together with others, which may still come */
let held = [];

/** @param {File[]} files chosen or dropped */
async function take(files) {
  if (!files.length) return;
  location.hash = "";
  const { recordings, leftOut } = await groupFiles([...held, ...files]);
  held = leftOut.filter(({ isHeld }) => isHeld).map(({ file }) => file);
  for (const chosen of recordings) {
    const all = [chosen.main, ...chosen.parts];
    const upload = new Upload(
      { name: chosen.main.name, size: all.reduce((sum, { size }) => sum + size, 0), n: all.length },
      chosen,
    );
    uploads.unshift(upload);
    byId("uploads").prepend(upload.card);
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
  const items = new Map(
    leftOut.map(({ file, why }) => [file.name, make("li", make("strong", file.name), ` ${why}`)]),
  );
  const dismiss = button(
    "Dismiss",
    () => {
      held = [];
      box.hidden = true;
      byId("files").focus();
    },
    { "aria-label": "Dismiss the files that were not uploaded" },
  );
  box.replaceChildren(
    make(
      "div.note.some",
      make("h3", "Not uploaded"),
      make("ul", ...items.values()),
      make("p.buttons", dismiss),
    ),
  );
  announce(`Not uploaded: ${leftOut.map(({ file, why }) => `${file.name} ${why}`).join(" ")}`);
}

function listenForFiles() {
  const input = byId("files");
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  const bringsFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
  });
  addEventListener("drop", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove("dragging");
    take([...event.dataTransfer.files]);
  });
  byId("clear-uploads").addEventListener("click", () => {
    uploads.filter(({ phase }) => isFinished(phase)).forEach((upload) => upload.remove());
    byId("files").focus();
  });
  addEventListener("beforeunload", (event) => {
    if (uploads.some(({ phase }) => IN_DANGER.has(phase))) event.preventDefault();
  });
}
