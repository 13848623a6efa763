// The review of a recording: its report in a frame, in review mode. The frame may run scripts and
// nothing else; it sends its review document, which is checked here and saved through the API.

const LONGEST_REVIEW_POLL_S = 5, SLOW_REVIEW_S = 120;
/** What the frames of reports have sent and is not saved, by recording ID. @type {Map<string, object>} */
const reviewDrafts = new Map();
/** The reviewer's name, which a frame cannot remember. */
let reviewer = "";

/** The review of a recording with its version; null if there is none. @param {string} id */
async function savedReview(id, signal) {
  try {
    return await request(`v1/recordings/${id}/review`, { signal });
  } catch (problem) {
    if (problem.code === "no_review") return null;
    throw problem;
  }
}

/** A review document as JSON; null if it is none. @param {unknown} review */
function reviewText(review) {
  if (review?.kind !== "review" || !/^[0-9a-f]{64}$/.test(review.beats) || !Array.isArray(review.operations)) return null;
  const { kind, schema_version, beats, operations } = review;
  const text = `${JSON.stringify({ kind, schema_version, beats, operations }, null, 1)}\n`;
  return text.length <= CONFIG.max_review_bytes ? text : null;
}

/** "Final: signed by …", or that it is not signed. @param {object} s a summary */
function reviewState({ review, provenance }) {
  if (!review?.signed_by) return CONFIG.reviews[provenance.review] ?? provenance.review;
  return `${capitalised(review.status)}: signed by ${review.signed_by}, ${moment(review.signed_at)}`;
}

/** @param {string} id @param {AbortSignal} signal */
async function showReview(id, signal) {
  const { content } = openView(byId("review-view"), "Review", make("span.id", id), `Review of ${id}`);
  const notice = make("div.review-notice", { role: "status" });
  const frame = make("iframe.report-frame", { sandbox: "allow-scripts", title: `Report of recording ${id}` });
  const say = (...words) => notice.replaceChildren(...words);
  const complain = ({ code, message }) => code === "cancelled" || say(make("p.trouble", { role: "alert" }, message));
  const post = (message) => frame.contentWindow?.postMessage({ kind: "deepecg-review-host", ...message }, "*");
  const isSaved = (review) => JSON.stringify(review.operations) === JSON.stringify(current?.document.operations ?? []);
  let current = null, following = new AbortController();

  async function showReport() {
    frame.src = (await ask(`v1/recordings/${id}/report`, { signal })).url;
  }

  async function save(review, text) {
    following.abort(cancelled());
    following = new AbortController();
    const version = current ? { "if-match": current.etag } : { "if-none-match": "*" };
    let answer;
    try {
      answer = await request(`v1/recordings/${id}/review`, { method: "PUT", body: text, headers: version, signal });
    } catch (problem) {
      if (problem.code === "review_changed") return offerTheirs().catch(complain);
      if (problem.code !== "cancelled") post({ trouble: `Not saved. ${problem.message}` });
      return complain(problem);
    }
    current = { document: review, etag: answer.etag };
    reviewDrafts.delete(id);
    post({ saved: review });
    return follow(answer.document.sha256, AbortSignal.any([signal, following.signal])).catch(complain);
  }

  /** Another reviewer was faster: nothing is written until the user has seen that. */
  async function offerTheirs() {
    const theirs = await savedReview(id, signal);
    const who = theirs?.document.operations.at(-1)?.author ?? "Somebody";
    post({ trouble: `Not saved: ${who} has saved in the meantime. See above the report.` });
    const take = button(
      "Load that review and put my changes on top",
      () => {
        current = theirs;
        post({ review: theirs?.document ?? null });
        say();
        frame.focus();
      },
      { class: "primary" },
    );
    say(
      make(
        "div.note.some",
        make("p", make("strong", `${who} has saved in the meantime.`), " Your changes are still here, and not saved."),
        make("p.buttons", take),
      ),
    );
    take.focus();
  }

  /** Wait for the report that is made with a review, and show it. @param {string} sha256 */
  async function follow(sha256, until) {
    say(make("p.note", "Saved. The report is being made anew …"));
    const began = Date.now();
    for (const seconds of growingPauses()) {
      const status = await askUntilAnswered(`v1/recordings/${id}`, { signal: until });
      if (status.status === "rejected" || status.status === "failed") return say(withoutResult(status));
      if (status.summary?.review?.sha256 === sha256) return finish(status.summary);
      // The report may still be the former one, with a warning about the former version of the review.
      const refusal = status.summary?.warnings.find(
        ({ code, message }) => code === "review_not_applied" && message.includes(sha256.slice(0, 8)),
      );
      if (refusal) return say(make("p.note.some", { role: "alert" }, sentence(refusal.message)));
      if (Date.now() - began > 1000 * SLOW_REVIEW_S) {
        const present = await savedReview(id, until).catch(() => current);
        if (present?.etag !== current.etag)
          return say(make("p.note", "Saved. Another reviewer has saved since: open this review again to see the report made with both."));
        say(make("p.note", "Saved. Making the report anew takes longer than usual; you can close this page."));
      }
      await pause(Math.min(seconds, LONGEST_REVIEW_POLL_S), until);
    }
  }

  async function finish(summary) {
    const state = make("p.note", make("strong", reviewState(summary)), " This is the report made with your review.");
    announce(reviewState(summary));
    showResult();
    if (!reviewDrafts.has(id)) {
      await showReport();
      return say(state);
    }
    state.lastChild.textContent = " The new report is ready; your later changes come with you. ";
    say(state, make("p.buttons", button("Show the new report", () => showReport().catch(complain))));
  }

  addEventListener(
    "message",
    ({ source, data }) => {
      if (source !== frame.contentWindow || data?.kind !== "deepecg-review") return;
      const text = reviewText(data.review);
      if (!text) return complain(new Problem("The report has sent what is no review, or too large a one."));
      if (typeof data.author === "string" && data.author.length <= CONFIG.max_author) reviewer = data.author;
      if (isSaved(data.review)) reviewDrafts.delete(id);
      else reviewDrafts.set(id, data.review);
      if (data.save) save(data.review, text);
    },
    { signal },
  );
  frame.addEventListener("load", () => {
    post({ review: current?.document ?? null, draft: reviewDrafts.get(id) ?? null, author: reviewer });
    frame.focus();
  });
  try {
    current = await savedReview(id, signal);
    content.replaceChildren(notice, frame);
    await showReport();
  } catch (problem) {
    content.replaceChildren(notice);
    complain(problem);
  }
}

addEventListener("beforeunload", (event) => {
  if (reviewDrafts.size) event.preventDefault();
});
