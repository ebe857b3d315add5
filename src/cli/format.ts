/** Numbers as people read them. @module */

const counts = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** A whole number, its thousands set apart: `12,345`. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** An amount of bytes in decimal units, three digits wide: `512 B`, `1.53 kB`, `20.4 MB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  // From 999.5 on three digits would round up to a thousand.
  while (bytes >= 999.5 && unit < BYTE_UNITS.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${unit === 0 ? formatCount(bytes) : threeDigits(bytes)} ${BYTE_UNITS[unit]}`;
}

/** A time in the unit that suits it: `0.42 ms`, `12.3 ms`, `1.53 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  if (ms < 59_950) return `${threeDigits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${formatCount(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

/** A time that is still to come, which nobody knows better than to the second. */
export function formatTimeLeft(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60 ? `${whole} s` : formatDuration(whole * 1000);
}

/** A rate: whole from 100 a second up, with decimals below. */
export function formatRate(perSecond: number): string {
  return perSecond >= 99.5 ? formatCount(perSecond) : threeDigits(perSecond);
}

/** A number with its noun, in the plural where it is not one: `1 URL`, `12,345 URLs`. */
export function formatNumberOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return formatCount(value);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
