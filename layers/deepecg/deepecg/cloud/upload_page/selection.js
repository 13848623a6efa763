// From the files that were chosen to the recordings they make up, before anything is uploaded.

const FILES = CONFIG.files;
const SIGNAL = new RegExp(FILES.signal_name, "i");
const ANNOTATION = new RegExp(FILES.annotation_name, "i");
const MAX_FILE_BYTES = 4_294_967_296,
  MAX_PARTS = 100,
  MAX_HEADER_BYTES = 4 << 20;
const NO_FILE = "~",
  NO_FORMAT = "0";

/**
 * @typedef {{main: File, parts: File[]}} ChosenRecording
 * @typedef {{file: File, why: string, isHeld: boolean}} LeftOut held: complete with what may come
 */

/** @param {string} name @param {string} suffix in lower case */
const endsIn = (name, suffix) => name.toLowerCase().endsWith(suffix);

/** Whether a file is a whole recording. @param {string} name */
const isSingleFile = (name) => FILES.single_file_suffixes.some((suffix) => endsIn(name, suffix));

/** Whether a file is a WFDB header. @param {string} name */
const isHeader = (name) => endsIn(name, FILES.header_suffix);

/**
 * The files that a WFDB header needs beside it; none if it cannot be parsed, because the service
 * then rejects it with the reason.
 * @param {string} text
 */
function namedByHeader(text) {
  const [record = "", ...lines] = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"));
  const [name, count] = record.split(/\s+/);
  const segments = /\/(\d+)$/.exec(name ?? "");
  const fields = lines.slice(0, Number(segments ? segments[1] : count) || 0).map((line) => line.split(/\s+/));
  const named = segments
    ? fields.filter(([segment]) => segment !== NO_FILE).map(([segment]) => `${segment}${FILES.header_suffix}`)
    : fields
        .filter(([file, format]) => file !== NO_FILE && format?.split(/[x:+]/)[0] !== NO_FORMAT)
        .map(([file]) => file);
  return [...new Set(named)];
}

/** @param {string} name */
const stemOf = (name) => name.replace(/\.[^.]+$/, "");

/** @param {File} file */
function flawOf(file) {
  if (file.size === 0) return "is empty. Copy it from the recorder again.";
  if (file.size > MAX_FILE_BYTES) return "is larger than 4 GiB, which is more than can be uploaded here.";
  if (isHeader(file.name) && file.size > MAX_HEADER_BYTES) return "is too large for a WFDB header.";
  return null;
}

/**
 * Group files into recordings.
 * @param {File[]} files of any kind; of two with the same name the later one counts
 * @returns {Promise<{recordings: ChosenRecording[], leftOut: LeftOut[]}>}
 */
async function groupFiles(files) {
  const leftOut = [];
  const byName = await withoutFlaws(files, leftOut);
  const named = await namesInHeaders([...byName.values()].filter((file) => isHeader(file.name)));
  const segments = new Set(
    [...named].flatMap(([header, names]) => names.filter((name) => isHeader(name) && name !== header)),
  );
  const mains = [...byName.values()].filter(
    ({ name }) => isSingleFile(name) || (isHeader(name) && !segments.has(name)),
  );
  const taken = new Set();
  const recordings = [];
  for (const main of mains) {
    const study = stemOf(main.name) + FILES.study_suffix;
    const needed = allNeeded(main.name, named);
    [main.name, study, ...needed].forEach((name) => taken.add(name));
    const missing = needed.filter((name) => !byName.has(name));
    const parts = [...needed, study].map((name) => byName.get(name)).filter(Boolean);
    if (missing.length) {
      leftOut.push({ file: main, why: whyIncomplete(missing), isHeld: true });
      leftOut.push(
        ...parts.map((file) => ({ file, why: `waits for the rest of ${main.name}.`, isHeld: true })),
      );
    } else if (parts.length > MAX_PARTS) {
      const why = `has ${parts.length + 1} files, and at most ${MAX_PARTS + 1} can be uploaded here.`;
      leftOut.push({ file: main, why, isHeld: false });
    } else {
      recordings.push({ main, parts });
    }
  }
  const alone = [...byName.values()].filter((file) => !taken.has(file.name));
  leftOut.push(...alone.map((file) => ({ file, ...whyAlone(file.name) })));
  return { recordings, leftOut };
}

/**
 * The files that are worth a closer look, by name; the others are left out.
 * @param {File[]} files
 * @param {LeftOut[]} leftOut
 */
async function withoutFlaws(files, leftOut) {
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const file of [...byName.values()]) {
    const why = (await cannotBeRead(file)) ?? flawOf(file);
    if (!why) continue;
    leftOut.push({ file, why, isHeld: false });
    byName.delete(file.name);
  }
  return byName;
}

/** @param {string[]} missing names */
const whyIncomplete = (missing) =>
  missing.length === 1
    ? `needs ${missing[0]}, which is not here. Choose it as well.`
    : `needs ${listed(missing)}, which are not here. Choose them as well.`;

/** What a record needs: its segments' headers, too, have files of their own. */
function allNeeded(main, named) {
  const needed = [];
  const open = [main];
  while (open.length) {
    for (const name of named.get(open.pop()) ?? []) {
      if (name === main || needed.includes(name)) continue;
      needed.push(name);
      open.push(name);
    }
  }
  return needed;
}

/** @param {File[]} headers @returns {Promise<Map<string, string[]>>} */
async function namesInHeaders(headers) {
  const texts = await Promise.all(headers.map((header) => header.text()));
  return new Map(headers.map((header, i) => [header.name, namedByHeader(texts[i])]));
}

/** A folder, or a file that is gone, cannot be read. @param {File} file */
async function cannotBeRead(file) {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => null,
      () => "cannot be read: it is a folder, was moved, or is in use.",
    );
}

/** @param {string} name @returns {{why: string, isHeld: boolean}} */
function whyAlone(name) {
  if (endsIn(name, FILES.study_suffix))
    return { why: "is a study file: choose it together with its recording.", isHeld: true };
  if (ANNOTATION.test(name)) return { why: "holds annotations, which are not needed.", isHeld: false };
  if (SIGNAL.test(name)) {
    const why = `is a signal file of a WFDB record: choose its header (${FILES.header_suffix}) as well.`;
    return { why, isHeld: true };
  }
  const why =
    `is no Holter file that can be read here: ${FILES.formats}. ` +
    "If it belongs to a WFDB record, choose the header as well.";
  return { why, isHeld: true };
}

/** "a, b and 3 more". @param {string[]} names */
function listed(names) {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return shown.length === 1 ? shown[0] : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
