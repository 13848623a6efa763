// Asking the API, and its problems in plain words.

const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_S = 1,
  LONGEST_PAUSE_S = 15,
  PAUSE_GROWTH = 1.5;
const MESSAGES = {
  0: "There is no connection to the server.",
  429: "The server has too much to do.",
  500: "Something went wrong on the server.",
  502: "The server does not answer.",
  503: "The storage does not answer.",
  504: "The server does not answer.",
  same_name_twice:
    "Two of these files have the same name, capital letters aside. Rename one, and the header's line about it.",
  unknown_recording:
    "Nothing is known of a recording with this ID: it was never uploaded, or it has been deleted.",
  unknown_night: "Nothing is known of this night.",
  no_result: "The recording has no such result yet.",
};

/** Something that the API, the storage or the network refused, in plain words. */
class Problem extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, code?: string, retryAfterS?: number}} [about]
   */
  constructor(message, { status = 0, code = "", retryAfterS = 0 } = {}) {
    super(message);
    Object.assign(this, { status, code, retryAfterS });
  }

  /** Whether the same may work in a while. */
  get passes() {
    return (
      this.code !== "model_mismatch" && (this.code === "offline" || this.status === 429 || this.status >= 500)
    );
  }
}

const offline = () => new Problem(MESSAGES[0], { code: "offline" });

/** @param {Response} response */
async function problemOf(response) {
  const { status } = response;
  const retryAfterS = Number(response.headers.get("retry-after")) || 0;
  const said = await response.json().catch(() => ({}));
  const words =
    MESSAGES[said.code] ??
    MESSAGES[status] ??
    [said.title, said.detail].filter(Boolean).map(sentence).join(" ");
  return new Problem(words || `The server refused this (${status}).`, {
    status,
    code: said.code,
    retryAfterS,
  });
}

/**
 * Ask the API once.
 * @param {string} path below the page's own
 * @param {{body?: object, signal?: AbortSignal}} [options] with a body it is a POST
 */
async function ask(path, { body, signal } = {}) {
  const headers = { accept: "application/json", ...signInHeaders() };
  if (body) headers["content-type"] = "application/json";
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, {
      method: body ? "POST" : "GET",
      headers,
      body: body && JSON.stringify(body),
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.ok) return await response.json();
  } catch (error) {
    signal?.throwIfAborted();
    throw offline();
  }
  if (response.status === 401 || response.status === 403) {
    signInExpired();
    throw new Problem("You are signed out.", { status: response.status, code: "signed_out" });
  }
  throw await problemOf(response);
}

/** Pauses that grow. @yields {number} seconds */
function* growingPauses() {
  for (let seconds = FIRST_PAUSE_S; ; seconds = Math.min(seconds * PAUSE_GROWTH, LONGEST_PAUSE_S))
    yield seconds;
}

/**
 * Ask until there is an answer; only what will not pass is thrown.
 * @param {string} path
 * @param {{body?: object, signal?: AbortSignal, onTrouble?: (problem: Problem) => void}} options
 */
async function askUntilAnswered(path, { onTrouble, ...options }) {
  for (const seconds of growingPauses()) {
    try {
      return await ask(path, options);
    } catch (error) {
      if (!error.passes) throw error;
      onTrouble?.(error);
      await pause(Math.max(seconds, error.retryAfterS), options.signal);
    }
  }
}

/**
 * Let time pass; less if the network comes back meanwhile.
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 */
function pause(seconds, signal) {
  return until((done) => {
    const timer = setTimeout(done, 1000 * seconds);
    addEventListener("online", done);
    return () => {
      clearTimeout(timer);
      removeEventListener("online", done);
    };
  }, signal);
}

/** Wait while nobody can see the page. @param {AbortSignal} [signal] */
async function untilVisible(signal) {
  if (!document.hidden) return;
  await until((done) => {
    document.addEventListener("visibilitychange", done);
    return () => document.removeEventListener("visibilitychange", done);
  }, signal);
}

/** @param {(done: () => void) => (() => void)} begin returns what ends it @param {AbortSignal} [signal] */
async function until(begin, signal) {
  let end;
  try {
    await new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      end = begin(resolve);
    });
  } finally {
    end?.();
  }
}

const STILL_OPEN = new Set(["waiting"]);

/**
 * What becomes of a recording, until that is settled: with growing pauses, and while it is seen.
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {(problem: Problem) => void} onTrouble
 */
async function* statusesOf(id, signal, onTrouble) {
  for (const seconds of growingPauses()) {
    await untilVisible(signal);
    const status = await askUntilAnswered(`v1/recordings/${id}`, { signal, onTrouble });
    yield status;
    if (!STILL_OPEN.has(status.status)) return;
    await pause(seconds, signal);
  }
}

/**
 * Open a document of a recording or a night in a tab of its own.
 *
 * Its address is asked for, since a redirect cannot be followed with a token. The tab is opened
 * first, in the click itself: later, the browser would take it for a pop-up.
 * @param {string} path
 * @param {(problem: Problem) => void} onTrouble
 */
async function openDocument(path, onTrouble) {
  const tab = open("", "_blank");
  try {
    const { url } = await ask(path);
    if (!tab) {
      location.assign(url);
      return;
    }
    tab.opener = null;
    tab.location.replace(url);
  } catch (problem) {
    tab?.close();
    onTrouble(problem);
  }
}

/**
 * Save a document that the storage answers as an attachment: the page is not left for it, and no
 * empty tab is.
 * @param {string} path
 * @param {(problem: Problem) => void} onTrouble
 */
async function saveDocument(path, onTrouble) {
  try {
    make("a", { href: (await ask(path)).url, download: true }).click();
  } catch (problem) {
    onTrouble(problem);
  }
}
