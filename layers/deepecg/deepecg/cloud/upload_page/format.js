// Settings and labels from the server (render_page.py). Numbers and times are written as in the
// reports (outputs/report/labels_and_formats.py and recording_clock.py).

const CONFIG = JSON.parse(document.getElementById("config").textContent);
const MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400;
const SHARE_DIGITS = 2;

/**
 * A number with commas at the thousands.
 * @param {?number} value
 * @param {number} [digits] decimals; without it, one decimal, or none for a whole number
 */
function number(value, digits) {
  if (value == null) return CONFIG.not_known;
  const places = digits ?? (Number.isInteger(value) ? 0 : 1);
  return value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
}

/** "1 run", "2 runs". @param {number} count @param {string} noun */
const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

/**
 * A percentage. "< 0.01" if there is some but rounding gives 0; "> 99.99" if it is not the whole but
 * rounding gives 100.
 * @param {?number} percent
 * @param {{some?: boolean, whole?: boolean}} [exact]
 */
function share(percent, { some = false, whole = true } = {}) {
  const least = 10 ** -SHARE_DIGITS, most = 100 - least;
  if (percent != null && some && percent < least / 2) return `< ${number(least, SHARE_DIGITS)}`;
  if (percent != null && !whole && percent > most + least / 2) return `> ${number(most, SHARE_DIGITS)}`;
  return number(percent, SHARE_DIGITS);
}

/** "3.2 s", "4 min 5 s", "23 h 53 min", and days from 48 h on. @param {?number} seconds */
function duration(seconds) {
  if (seconds == null) return CONFIG.not_known;
  if (seconds < MINUTE_S && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  let left = Math.round(seconds);
  const units = [[HOUR_S, "h"], [MINUTE_S, "min"], [1, "s"]];
  if (left >= 2 * DAY_S) units.unshift([DAY_S, "d"]);
  const parts = [];
  for (const [length, name] of units) {
    if (left >= length) parts.push(`${Math.floor(left / length)} ${name}`);
    left %= length;
  }
  return parts.join(" ") || "0 s";
}

/** "38.4 MB". @param {number} count */
function bytes(count) {
  const [size, name] = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]].find(([least]) => count >= least) ?? [];
  return size ? `${number(count / size, 1)} ${name}` : counted(count, "byte");
}

const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The text with a capital letter at its beginning and a full stop at its end. @param {string} text */
const sentence = (text) => capitalised(text) + (/[.!?]$/.test(text) ? "" : ".");

const twoDigits = (value) => String(value).padStart(2, "0");

/** "22 Nov, 14:05" by this computer's clock, with the year if it is not this year. @param {string} iso */
function moment(iso) {
  const at = new Date(iso);
  const year = at.getFullYear() === new Date().getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${at.getDate()} ${CONFIG.months[at.getMonth()]}${year}, ${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`;
}

/** "22 Nov" in UTC. @param {Date} at */
const dateOf = (at) => `${at.getUTCDate()} ${CONFIG.months[at.getUTCMonth()]}`;

/** "Saturday, 21 Nov 2026". @param {string} date */
function night(date) {
  const at = new Date(`${date}T00:00:00Z`);
  const weekday = at.toLocaleDateString("en-US", { weekday: "long", timeZone: "UTC" });
  return `${weekday}, ${dateOf(at)} ${at.getUTCFullYear()}`;
}

/**
 * The clock of a recording. It has no time zone, so it is treated as UTC.
 * @param {{start_local: ?string, duration_s: number}} recording
 */
function recordingClock({ start_local: start, duration_s: length }) {
  const startMs = start == null ? NaN : Date.parse(`${start}Z`);
  const begin = Number.isNaN(startMs) ? null : new Date(startMs);
  const time = (at) => at.toISOString().slice(11, 19);
  return {
    start: begin ? `${dateOf(begin)} ${begin.getUTCFullYear()}, ${time(begin)}` : CONFIG.not_known,
    /** @param {number} seconds since the start */
    at(seconds) {
      const whole = Math.round(seconds);
      if (!begin) return `+${Math.floor(whole / HOUR_S)}${time(new Date(1000 * whole)).slice(2)}`;
      const at = new Date(startMs + 1000 * whole);
      return length > DAY_S ? `${dateOf(at)} ${time(at)}` : time(at);
    },
  };
}
