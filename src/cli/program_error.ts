/**
 * What went wrong in a program, in one line that says where.
 *
 * @module
 */

// deno-lint-ignore no-control-regex -- the platform colours what it says of modules
const COLOURS = /\x1b\[[\d;]*m/g;
// The lines with which the platform shows the place in the source; where it is follows them.
const EXCERPT = /^\s*(\d*\s*\||\|)/;
// The address of code that was given as it is: a new one each time, and nobody's business.
const GIVEN_CODE = /blob:[^\s:)"]*(?::[^\s:)"]*)??\/[0-9a-f-]{36}/g;
const OWN = new URL("../", import.meta.url).href;

/** The file that was named holds no program; the message says why, and needs no name before it. */
export class NoProgram extends Error {
  override name = "NoProgram";
}

/** Tells of an error in one line. */
export function oneLine(error: unknown): string {
  if (error instanceof NoProgram) return error.message;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const plain = text.replace(COLOURS, "").split("\n").filter((line) => !EXCERPT.test(line))
    .map((line) => line.trim()).filter((line) => line !== "").join(" ")
    // A module that cannot be parsed is a TypeError to the platform; what it is comes behind.
    .replace(/^TypeError: (?=SyntaxError: )/, "");
  const place = error instanceof Error && !/ at \S+:\d+:\d+$/.test(plain) ? placeOf(error) : null;
  const whole = place === null ? plain : `${plain} at ${place}`;
  return whole.replace(GIVEN_CODE, "-e");
}

/** Where it was thrown: the first place on its stack that is neither ours nor the platform's. */
function placeOf(error: Error): string | null {
  for (const line of error.stack?.split("\n") ?? []) {
    const place = /^\s+at (?:.*\()?(\w+:[^()]+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place !== undefined && !place.startsWith(OWN) && !/^(ext|node):/.test(place)) return place;
  }
  return null;
}
