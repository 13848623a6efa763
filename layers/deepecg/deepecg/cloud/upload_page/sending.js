// Sending one recording's files to the storage.

const MAX_FRUITLESS = 8;
const EXPIRY_MARGIN_MS = 60_000;
const FORBIDDEN = 403;

/**
 * Announce a recording and send its files, one after the other; passing troubles are waited out.
 * @param {ChosenRecording} recording
 * @param {{signal: AbortSignal, onAnnounced: (id: string) => void, onProgress: (sent: number) => void,
 *   onTrouble: (problem: Problem) => void}} options
 */
async function sendRecording(recording, options) {
  const files = [recording.main, ...recording.parts];
  let announced = null,
    isSent = [],
    nFruitless = 0;
  const isExpired = () => Date.parse(announced.expires_at) < Date.now() + EXPIRY_MARGIN_MS;
  for (const seconds of growingPauses()) {
    if (!announced || isExpired()) {
      announced = await askUntilAnswered("v1/recordings", { ...options, body: announcement(recording) });
      isSent = files.map(() => false);
      options.onAnnounced(announced.recording_id);
    }
    const nBefore = isSent.filter(Boolean).length;
    try {
      await sendFiles(files, announced.uploads, isSent, options);
      return;
    } catch (problem) {
      nFruitless = isSent.filter(Boolean).length > nBefore ? 0 : nFruitless + 1;
      const isRefused = problem.status === FORBIDDEN; // a form may end sooner than it says
      if (!(problem.passes || isRefused) || nFruitless >= MAX_FRUITLESS) throw problem;
      if (isRefused) announced = null;
      options.onTrouble(problem);
      await pause(seconds, options.signal);
    }
  }
}

/**
 * What the API is told. Parts of a WFDB record are found by their names, which its header holds as
 * well; the name of a single file is nobody's business and stays here.
 * @param {ChosenRecording} recording
 */
function announcement({ main, parts }) {
  const stem = isSingleFile(main.name) ? stemOf(main.name) : "";
  const described = ({ name, size }) => ({
    name: stem ? `recording${name.slice(stem.length)}` : name,
    size_bytes: size,
  });
  return { main: described(main), parts: parts.map(described) };
}

/**
 * The places of files in the order in which they are sent: first what is no header, so that the main
 * file finds its signals there and nothing has to wait; then the main file; then the segments'
 * headers, each of which would be a recording of its own without it.
 * @param {File[]} files the main one first
 */
function sendingOrder(files) {
  const rank = (i) => (i === 0 ? 1 : isHeader(files[i].name) ? 2 : 0);
  return [...files.keys()].sort((a, b) => rank(a) - rank(b));
}

/** Send what has not been sent, and note what has. */
async function sendFiles(files, forms, isSent, { signal, onProgress }) {
  const sizeOfSent = () => files.reduce((sum, file, i) => sum + (isSent[i] ? file.size : 0), 0);
  for (const i of sendingOrder(files)) {
    if (isSent[i]) continue;
    const file = files[i];
    if (await cannotBeRead(file))
      throw new Problem(`${file.name} has changed or is gone since it was chosen. Choose it again.`);
    const before = sizeOfSent();
    await sendFile(file, forms[i], signal, (sent) => onProgress(before + sent));
    isSent[i] = true;
    onProgress(sizeOfSent());
  }
}

/**
 * Post one file; XMLHttpRequest, because fetch tells no progress.
 * @param {File} file
 * @param {{url: string, fields: Object<string, string>}} form
 * @param {AbortSignal} signal
 * @param {(sent: number) => void} onProgress
 */
function sendFile(file, { url, fields }, signal, onProgress) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append("file", file, "file"); // the name stays here
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(Math.min(loaded, file.size)));
    request.addEventListener("load", () =>
      request.status < 300 ? resolve() : reject(refusedByStorage(request.status)),
    );
    request.addEventListener("error", () => reject(offline()));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.open("POST", url);
    request.send(body);
  });
}

/** @param {number} status */
const refusedByStorage = (status) =>
  new Problem(MESSAGES[status] ?? `The storage refused the upload (${status}).`, { status });
