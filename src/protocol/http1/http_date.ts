/**
 * Dates in fields (RFC 9110 §5.6.7): the one form that is sent, and the two old ones that must be
 * understood. Letters count in any case: a cache should read them so (RFC 9111 §4.2), and every other
 * recipient is encouraged to be robust. Anything else is no date: what caches do with a doubtful
 * `Expires` is to distrust it.
 *
 * @module
 */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
const LONG_DAY = "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)";
const TIME = "(\\d\\d):(\\d\\d):(\\d\\d)";
const MONTH = `(${MONTHS.join("|")})`;

const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d\\d) ${MONTH} (\\d{4}) ${TIME} gmt$`, "i");
const RFC_850 = new RegExp(`^${LONG_DAY}, (\\d\\d)-${MONTH}-(\\d\\d) ${TIME} gmt$`, "i");
const ASCTIME = new RegExp(`^${DAY} ${MONTH} ([ \\d]\\d) ${TIME} (\\d{4})$`, "i");

/**
 * Reads a date.
 *
 * @param text What a field says.
 * @param now Milliseconds since the epoch: years of two digits are read from here.
 * @returns Milliseconds since the epoch; `null` for what is no date.
 */
export function parseHttpDate(text: string | null, now: number): number | null {
  if (text === null) return null;
  let parts = IMF_FIXDATE.exec(text);
  if (parts !== null) {
    const [, day, month, year, hours, minutes, seconds] = parts;
    return timeOf(Number(year), month, day, hours, minutes, seconds);
  }
  parts = RFC_850.exec(text);
  if (parts !== null) {
    const [, day, month, year, hours, minutes, seconds] = parts;
    return timeOf(fullYear(Number(year), now), month, day, hours, minutes, seconds);
  }
  parts = ASCTIME.exec(text);
  if (parts === null) return null;
  const [, month, day, hours, minutes, seconds, year] = parts;
  return timeOf(Number(year), month, day, hours, minutes, seconds);
}

/** Writes a date as it is sent. */
export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString();
}

/** A year that seems more than 50 years ahead is the last one with these digits (RFC 9110 §5.6.7). */
function fullYear(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - thisYear % 100 + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function timeOf(
  year: number,
  month: string,
  day: string,
  hours: string,
  minutes: string,
  seconds: string,
): number | null {
  // A leap second is the next one here.
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return null;
  const index = MONTHS.indexOf(month.toLowerCase());
  const date = Date.UTC(year, index, Number(day));
  // The 31st of a month with 30 days would have become the 1st of the next.
  if (new Date(date).getUTCMonth() !== index || Number(day) < 1) return null;
  return date + 1000 * (3600 * Number(hours) + 60 * Number(minutes) + Number(seconds));
}
