// Requests to the API: errors in plain words, repeated requests, documents.

const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_S = 1, LONGEST_PAUSE_S = 15, PAUSE_GROWTH = 1.5;
/** By HTTP status, for responses without a problem document; 0: no response. */
const MESSAGES = {
  0: "There is no connection to the server.",
  429: "The server is overloaded.",
  500: "An error occurred on the server.",
  502: "The server does not respond.",
  503: "The server is not available.",
  504: "The server does not respond.",
};

/** An error of the API, the storage or the network, in plain words. */
class Problem extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, code?: string, retryAfterS?: number}} [about]
   */
  constructor(message, { status = 0, code = "", retryAfterS = 0 } = {}) {
    super(message);
    Object.assign(this, { status, code, retryAfterS });
  }

  /** Whether the same request may succeed later. */
  get isTemporary() {
    if (this.code === "model_mismatch") return false;
    return this.code === "offline" || this.status === 429 || this.status >= 500;
  }
}

const offline = () => new Problem(MESSAGES[0], { code: "offline" });
const cancelled = () => new Problem("Cancelled.", { code: "cancelled" });
const retrying = ({ message }) => `${message} Trying again …`;

/** @param {Response} response */
async function problemOf(response) {
  const { status } = response;
  const { title, detail, code } = await response.json().catch(() => ({}));
  const retryAfterS = Number(response.headers.get("retry-after")) || 0;
  const message = [title, status < 500 && detail].filter(Boolean).map(sentence).join(" ");
  return new Problem(message || MESSAGES[status] || `The server rejected the request (${status}).`, {
    status, code, retryAfterS,
  });
}

/**
 * Send one request to the API.
 * @param {string} path relative to the page
 * @param {{body?: object|string, method?: string, headers?: object, signal?: AbortSignal}} [options]
 *   with a body, the request is a POST unless the method is given; a text is sent as it is
 * @returns {Promise<{document: object, etag: ?string}>}
 */
async function request(path, { body, method = body ? "POST" : "GET", headers: more, signal } = {}) {
  const headers = { accept: "application/json", ...signInHeaders(), ...more };
  if (body) headers["content-type"] = "application/json";
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: typeof body === "object" ? JSON.stringify(body) : body,
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.ok) return { document: await response.json(), etag: response.headers.get("etag") };
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

/** The document that the API answers a request with; see {@link request}. */
const ask = async (path, options) => (await request(path, options)).document;

/** Growing pauses between repeated requests. @yields {number} seconds */
function* growingPauses() {
  for (let seconds = FIRST_PAUSE_S; ; seconds = Math.min(seconds * PAUSE_GROWTH, LONGEST_PAUSE_S))
    yield seconds;
}

/**
 * Repeat a request until it succeeds; throws problems that are not temporary.
 * @param {string} path
 * @param {{body?: object, signal?: AbortSignal, onRetry?: (message: string) => void}} options
 */
async function askUntilAnswered(path, { onRetry, ...options }) {
  for (const seconds of growingPauses()) {
    try {
      return await ask(path, options);
    } catch (error) {
      if (!error.isTemporary) throw error;
      onRetry?.(retrying(error));
      await pause(Math.max(seconds, error.retryAfterS), options.signal);
    }
  }
}

/**
 * Wait for an event; rejects when the signal is aborted.
 * @param {EventTarget} target
 * @param {string} event
 * @param {AbortSignal} [signal]
 * @param {number} [seconds] longest wait
 */
function waitFor(target, event, signal, seconds) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const settled = new AbortController();
    const settle = (act) => () => {
      clearTimeout(timer);
      settled.abort();
      act();
    };
    const timer = seconds == null ? null : setTimeout(settle(resolve), 1000 * seconds);
    target.addEventListener(event, settle(resolve), { signal: settled.signal });
    signal?.addEventListener("abort", settle(() => reject(signal.reason)), { signal: settled.signal });
  });
}

/** Wait, but not longer than until the network is back. @param {number} seconds @param {AbortSignal} [signal] */
const pause = (seconds, signal) => waitFor(window, "online", signal, seconds);

/**
 * The status of a recording, read again with growing pauses until it is final. Nothing is read while
 * the page is hidden.
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {(message: string) => void} onRetry
 */
async function* statusesOf(id, signal, onRetry) {
  for (const seconds of growingPauses()) {
    if (document.hidden) await waitFor(document, "visibilitychange", signal);
    const status = await askUntilAnswered(`v1/recordings/${id}`, { signal, onRetry });
    yield status;
    if (status.status !== "waiting") return;
    await pause(seconds, signal);
  }
}

/**
 * Open a document in a new tab. The tab is opened in the click itself: later, the browser would block
 * it as a pop-up. The API is asked for the URL, because a redirect cannot be followed with a token.
 * @param {string} path
 * @param {string} [place] ID of an element of the document to show
 */
async function openDocument(path, place) {
  const tab = open("", "_blank");
  try {
    const { url } = await ask(path);
    const address = place ? `${url}#${place}` : url;
    if (!tab) return location.assign(address);
    tab.opener = null;
    tab.location.replace(address);
  } catch (problem) {
    tab?.close();
    throw problem;
  }
}

/** Download a document that S3 sends as an attachment, without leaving the page. @param {string} path */
async function saveDocument(path) {
  make("a", { href: (await ask(path)).url, download: true }).click();
}

/**
 * Buttons that open or save documents of a recording or night, and a line for errors.
 * @param {string} folder path of the recording or night
 * @param {[(path: string) => Promise, string, string, Object<string, unknown>?][]} documents how each is
 *   fetched, its button's label, its name below the folder, further attributes
 */
function documentBar(folder, documents) {
  const trouble = make("p.trouble", { role: "alert" });
  const buttons = documents.map(([fetchDocument, label, name, more]) =>
    button(
      label,
      () => {
        trouble.textContent = "";
        fetchDocument(`${folder}/${name}`).catch(({ message }) => (trouble.textContent = message));
      },
      more,
    ),
  );
  return make("div.documents", make("p.buttons", ...buttons), trouble);
}
