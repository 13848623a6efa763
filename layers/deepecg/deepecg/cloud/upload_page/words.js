// Numbers, times and codes as the reports write them (deepecg/outputs/report/labels.py and clock.py).

const CONFIG = JSON.parse(document.getElementById("config").textContent);
const NOT_KNOWN = "not known";
const MINUTE_S = 60,
  HOUR_S = 3600,
  DAY_S = 86400;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SHARE_DIGITS = 2;

/**
 * A number with commas at the thousands.
 * @param {?number} value
 * @param {number} [digits] after the point; one, and none of a whole number, if left out
 */
function number(value, digits) {
  if (value == null) return NOT_KNOWN;
  const places = digits ?? (Number.isInteger(value) ? 0 : 1);
  return value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
}

/** "1 run", "2 runs". @param {number} count @param {string} what */
const counted = (count, what) => `${number(count)} ${what}${count === 1 ? "" : "s"}`;

/**
 * A percentage that is not rounded to 0 where there is some, nor to 100 where that is not true.
 * @param {?number} value
 * @param {{some?: boolean, whole?: boolean}} [truth]
 */
function share(value, { some = false, whole = true } = {}) {
  const least = 10 ** -SHARE_DIGITS,
    most = 100 - least;
  if (value != null && some && value < least / 2) return `< ${number(least, SHARE_DIGITS)}`;
  if (value != null && !whole && value > most + least / 2) return `> ${number(most, SHARE_DIGITS)}`;
  return number(value, SHARE_DIGITS);
}

/** "3.2 s", "4 min 5 s", "23 h 53 min". @param {?number} seconds */
function duration(seconds) {
  if (seconds == null) return NOT_KNOWN;
  if (seconds < MINUTE_S && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  let left = Math.round(seconds);
  const parts = [];
  for (const [length, unit] of [
    [DAY_S, "d"],
    [HOUR_S, "h"],
    [MINUTE_S, "min"],
    [1, "s"],
  ]) {
    if (length === DAY_S && left < 2 * DAY_S) continue;
    const whole = Math.floor(left / length);
    left -= whole * length;
    if (whole) parts.push(`${whole} ${unit}`);
  }
  return parts.join(" ") || "0 s";
}

/** "38.4 MB". @param {number} count of bytes */
function bytes(count) {
  for (const [size, unit] of [
    [1e9, "GB"],
    [1e6, "MB"],
    [1e3, "kB"],
  ]) {
    if (count >= size) return `${number(count / size, 1)} ${unit}`;
  }
  return counted(count, "byte");
}

/** A key as words: ``bad_sampling_rate`` is "Bad sampling rate". @param {string} key */
function plain(key) {
  const text = key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A text that begins like a sentence and ends like one. @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

const two = (value) => String(value).padStart(2, "0");

/** A moment by this computer's clock: "22 Nov, 14:05", with the year if it is not this one. @param {string} iso */
function moment(iso) {
  const at = new Date(iso),
    year = at.getFullYear();
  const date = `${at.getDate()} ${MONTHS[at.getMonth()]}${year === new Date().getFullYear() ? "" : ` ${year}`}`;
  return `${date}, ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** "Saturday, 21 Nov 2026". @param {string} date */
function night(date) {
  const at = new Date(`${date}T00:00:00Z`);
  return `${WEEKDAYS[at.getUTCDay()]}, ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/**
 * The clock of a recording, which has no time zone: counted as if it were UTC's.
 * @param {{start_local: ?string, duration_s: number}} recording
 */
function recordingClock({ start_local: start, duration_s: length }) {
  const startMs = start == null ? NaN : Date.parse(`${start}Z`);
  const date = (at) => `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
  const time = (at) => [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":");
  return {
    start: Number.isNaN(startMs)
      ? NOT_KNOWN
      : `${date(new Date(startMs))} ${new Date(startMs).getUTCFullYear()}, ${time(new Date(startMs))}`,
    /** @param {number} seconds since the start */
    at(seconds) {
      if (Number.isNaN(startMs)) {
        const whole = Math.round(seconds);
        return `+${Math.floor(whole / HOUR_S)}:${two(Math.floor(whole / MINUTE_S) % 60)}:${two(whole % 60)}`;
      }
      const at = new Date(startMs + 1000 * Math.round(seconds));
      return length > DAY_S ? `${date(at)} ${time(at)}` : time(at);
    },
  };
}
