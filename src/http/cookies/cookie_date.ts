/**
 * Dates as `Expires` writes them: in every form that servers ever came up with (RFC 6265bis §5.1.1).
 *
 * The algorithm takes whatever looks like a time, a day, a month and a year, in any order, and passes
 * over the rest: a zone, a weekday, dashes. `Date.parse` takes other things and refuses some of these.
 *
 * @module
 */

const DELIMITERS = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/;
const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)/;
const DAY = /^(\d{1,2})(?!\d)/;
const YEAR = /^(\d{2,4})(?!\d)/;
const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

/** Reads a cookie date: milliseconds since the epoch, `null` where it is none. */
export function parseCookieDate(text: string): number | null {
  let time: RegExpExecArray | null = null;
  let day: number | null = null;
  let month: number | null = null;
  let year: number | null = null;
  for (const token of text.split(DELIMITERS)) {
    // Each token counts for the first thing it can be that has not been found yet.
    if (time === null && (time = TIME.exec(token)) !== null) continue;
    if (day === null && (day = numberOf(DAY.exec(token))) !== null) continue;
    if (month === null && (month = monthOf(token)) !== null) continue;
    if (year === null) year = numberOf(YEAR.exec(token));
  }
  if (time === null || day === null || month === null || year === null) return null;
  if (year >= 70 && year <= 99) year += 1900;
  else if (year <= 69) year += 2000;
  const [hour, minute, second] = time.slice(1).map(Number);
  if (year < 1601 || hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  // The 30th of February would come out as a day in March.
  return date.getUTCMonth() === month && date.getUTCDate() === day ? date.getTime() : null;
}

function numberOf(match: RegExpExecArray | null): number | null {
  return match === null ? null : Number(match[1]);
}

function monthOf(token: string): number | null {
  const at = token.length < 3 ? -1 : MONTHS.indexOf(token.slice(0, 3).toLowerCase());
  return at >= 0 && at % 3 === 0 ? at / 3 : null;
}
