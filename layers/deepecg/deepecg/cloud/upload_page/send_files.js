// Requests the upload of a recording and sends its files to the storage.

const MAX_ATTEMPTS_WITHOUT_PROGRESS = 8;
const EXPIRY_MARGIN_MS = 60_000;
const FORBIDDEN = 403;

/**
 * Request an upload and send the files one after the other; temporary problems are retried.
 * @param {ChosenRecording} recording
 * @param {{signal: AbortSignal, onAccepted: (id: string) => void, onProgress: (sent: number) => void,
 *   onRetry: (message: string) => void}} options
 */
async function sendRecording(recording, options) {
  const files = [recording.main, ...recording.parts];
  let forms = null, isSent = [], nWithoutProgress = 0;
  const isExpired = () => Date.parse(forms.expires_at) < Date.now() + EXPIRY_MARGIN_MS;
  for (const seconds of growingPauses()) {
    if (!forms || isExpired()) {
      forms = await askUntilAnswered("v1/recordings", { ...options, body: uploadRequest(recording) });
      isSent = files.map(() => false);
      options.onAccepted(forms.recording_id);
    }
    const nBefore = isSent.filter(Boolean).length;
    try {
      return await sendFiles(files, forms.uploads, isSent, options);
    } catch (problem) {
      nWithoutProgress = isSent.filter(Boolean).length > nBefore ? 0 : nWithoutProgress + 1;
      const isRejected = problem.status === FORBIDDEN; // a form can expire earlier than it says
      const canRetry = problem.isTemporary || isRejected;
      if (!canRetry || nWithoutProgress >= MAX_ATTEMPTS_WITHOUT_PROGRESS) throw problem;
      if (isRejected) forms = null;
      options.onRetry(retrying(problem));
      await pause(seconds, options.signal);
    }
  }
}

/**
 * The body of the upload request. The API finds parts of a WFDB record by the names in its header, so
 * it needs them; the name of a single file may name the patient and is replaced.
 * @param {ChosenRecording} recording
 */
function uploadRequest({ main, parts }) {
  const stem = isSingleFile(main.name) ? stemOf(main.name) : "";
  const described = ({ name, size }) => ({
    name: stem ? `recording${name.slice(stem.length)}` : name,
    size_bytes: size,
  });
  return { main: described(main), parts: parts.map(described) };
}

/**
 * Indices of the files in the order of sending: signal files first, so that the main file is scored as
 * soon as it arrives; then the main file; then segment headers, which without the main file would be
 * taken for recordings of their own.
 * @param {File[]} files the main file first
 */
function sendingOrder(files) {
  const rank = (i) => (i === 0 ? 1 : isHeader(files[i].name) ? 2 : 0);
  return [...files.keys()].sort((a, b) => rank(a) - rank(b));
}

/** Send the files that have not been sent, and mark them in isSent. */
async function sendFiles(files, forms, isSent, { signal, onProgress }) {
  const sentBytes = () => files.reduce((sum, file, i) => sum + (isSent[i] ? file.size : 0), 0);
  for (const i of sendingOrder(files)) {
    if (isSent[i]) continue;
    const file = files[i];
    if (await cannotBeRead(file))
      throw new Problem(`${file.name} was changed or removed after it was chosen. Choose it again.`);
    const before = sentBytes();
    await sendFile(file, forms[i], signal, (sent) => onProgress(before + sent));
    isSent[i] = true;
    onProgress(sentBytes());
  }
}

/**
 * Post one file. XMLHttpRequest, because fetch reports no progress.
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
    body.append("file", file, "file"); // not the file's own name, which may name the patient
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(Math.min(loaded, file.size)));
    request.addEventListener("load", () => {
      const { status } = request;
      const message = MESSAGES[status] ?? `The storage rejected the file (${status}).`;
      status < 300 ? resolve() : reject(new Problem(message, { status }));
    });
    request.addEventListener("error", () => reject(offline()));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.open("POST", url);
    request.send(body);
  });
}
