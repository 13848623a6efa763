// Groups the chosen files into recordings, before anything is uploaded.

const FILES = CONFIG.files;
const SIGNAL = new RegExp(FILES.signal_name, "i");
const ANNOTATION = new RegExp(FILES.annotation_name, "i");
const NO_FILE = "~", NO_FORMAT = "0";

/**
 * @typedef {{main: File, parts: File[]}} ChosenRecording
 * @typedef {{file: File, why: string, isHeld: boolean}} LeftOut isHeld: kept, since its missing parts may
 *   still be chosen
 */

/** Folders of dropped files; files of the folder chooser contain theirs. @type {WeakMap<File, string>} */
const droppedFolders = new WeakMap();

/** The folder of a file below the chosen one, "" for a file chosen by itself. @param {File} file */
const folderOf = (file) =>
  droppedFolders.get(file) ?? file.webkitRelativePath.split("/").slice(0, -1).join("/");

/** The name that the user sees: with the folder, as many folders can contain files of one name. @param {File} file */
const shownName = (file) => [folderOf(file), file.name].filter(Boolean).join("/");

/**
 * The dropped files, those in dropped folders included. Entries are only accessible during the event.
 * @param {DataTransfer} transfer
 */
async function droppedFiles({ items }) {
  const entries = [...items]
    .filter(({ kind }) => kind === "file")
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  return (await Promise.all(entries.map(filesOf))).flat();
}

/** The files of a file or folder, without hidden ones. @param {FileSystemEntry|File} entry */
async function filesOf(entry) {
  if (entry instanceof File) return [entry];
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    droppedFolders.set(file, entry.fullPath.slice(1, -entry.name.length - 1));
    return [file];
  }
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100
    if (!some.length) return files;
    for (const inside of some) files.push(...(await filesOf(inside)));
  }
}

/**
 * Group files of any number of folders into recordings. The parts of a recording are in its folder, or
 * chosen one by one later.
 * @param {File[]} held files of earlier choices
 * @param {File[]} chosen
 */
async function groupFolders(held, chosen) {
  if (chosen.every((file) => !folderOf(file))) return groupFiles([...held, ...chosen]);
  const folders = Map.groupBy([...held, ...chosen], folderOf);
  const groups = await Promise.all([...folders.values()].map(groupFiles));
  return { recordings: groups.flatMap((group) => group.recordings), leftOut: groups.flatMap((group) => group.leftOut) };
}

/** @param {string} name @param {string} suffix in lower case */
const endsIn = (name, suffix) => name.toLowerCase().endsWith(suffix);

/** Whether a file is a whole recording. @param {string} name */
const isSingleFile = (name) =>
  FILES.single_file_suffixes.some((suffix) => endsIn(name, suffix)) &&
  !FILES.beside_suffixes.some((suffix) => endsIn(name, suffix)); // a diary is a .csv file, too

/** Whether a file is a WFDB header. @param {string} name */
const isHeader = (name) => endsIn(name, FILES.header_suffix);

/**
 * The files that a WFDB header names. None if the header is malformed: the service rejects it then, with
 * the reason.
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

/** The name without its suffix, which may be a double one: "x" of "x.edf.gz". @param {string} name */
function stemOf(name) {
  const lengths = FILES.single_file_suffixes.filter((suffix) => endsIn(name, suffix)).map((suffix) => suffix.length);
  return lengths.length ? name.slice(0, -Math.max(...lengths)) : name.replace(/\.[^.]+$/, "");
}

/** Why a file cannot be uploaded; null if it can. @param {File} file */
function flawOf(file) {
  if (file.size === 0) return "is empty. Copy it from the recorder again.";
  if (file.size > FILES.max_file_bytes) return "is larger than 4 GiB. Export it in shorter pieces.";
  if (isHeader(file.name) && file.size > FILES.max_header_bytes) return "is too large for a WFDB header.";
  return null;
}

/**
 * Group files into recordings.
 * @param {File[]} files of one folder, of any kind; the last one of each name counts
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
    const beside = [FILES.settings_suffix, ...FILES.beside_suffixes].map((suffix) => stemOf(main.name) + suffix);
    const needed = allNeeded(main.name, named);
    [main.name, ...beside, ...needed].forEach((name) => taken.add(name));
    const missing = needed.filter((name) => !byName.has(name));
    const parts = [...needed, ...beside].map((name) => byName.get(name)).filter(Boolean);
    if (missing.length) {
      leftOut.push({ file: main, why: whyIncomplete(missing), isHeld: true });
      leftOut.push(
        ...parts.map((file) => ({ file, why: `waits for the other files of ${main.name}.`, isHeld: true })),
      );
    } else if (parts.length > FILES.max_parts) {
      const why = `has ${parts.length + 1} files, and at most ${FILES.max_parts + 1} can be uploaded. Export it as one file.`;
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
 * The files that can be uploaded, by name; the others are added to leftOut.
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
    ? `needs ${missing[0]}, which is missing. Choose it as well.`
    : `needs ${listed(missing)}, which are missing. Choose them as well.`;

/** All files that a record needs, including those named by the headers of its segments. */
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

/** Why a file cannot be read, such as a folder or a removed file; null if it can. @param {File} file */
async function cannotBeRead(file) {
  const why = "cannot be read: it is a folder, was moved, or is in use.";
  return file.slice(0, 1).arrayBuffer().then(() => null, () => why);
}

/** @param {string} name @returns {{why: string, isHeld: boolean}} */
function whyAlone(name) {
  if (endsIn(name, FILES.settings_suffix))
    return { why: "is a settings file. Choose its recording as well.", isHeld: true };
  if (FILES.beside_suffixes.some((suffix) => endsIn(name, suffix)))
    return { why: "belongs to a recording: a diary, notes, or how to read it. Choose the recording as well.", isHeld: true };
  if (ANNOTATION.test(name)) return { why: "contains annotations, which are not needed.", isHeld: false };
  if (SIGNAL.test(name)) {
    const why = `is a signal file of a WFDB record. Choose its header (${FILES.header_suffix}) as well.`;
    return { why, isHeld: true };
  }
  const why =
    `is not a Holter file that can be read here: ${FILES.formats}. ` +
    "If it belongs to a WFDB record, choose the header as well.";
  return { why, isHeld: true };
}

/** "a, b and 3 more". @param {string[]} names */
function listed(names) {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return shown.length === 1 ? shown[0] : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
