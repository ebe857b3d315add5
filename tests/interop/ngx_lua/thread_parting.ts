/**
 * Where threads and semaphores differ from the reference's on purpose, and how that shows.
 *
 * @module
 */

/** What came of a script. */
export interface ThreadRun {
  /** What was said in answer to each command; the first is what thread 1 says when it starts. */
  readonly logs: readonly (readonly string[])[];
  /** Where the reference must go its own way; what comes behind it cannot be compared. */
  readonly parting: Parting | null;
}

/** The point from which on lasa and the reference differ, on purpose. */
export interface Parting {
  /** The number of the command. */
  readonly command: number;
  readonly name: PartingName;
  /** How the line begins that lasa says, and the reference does not. */
  readonly ours: string;
  /** How the line begins that the reference says instead; `null` where it says none. */
  readonly theirs: string | null;
}

/** Why they differ. */
export type PartingName =
  /** A thread that an earlier wait has passed over ends: the reference resumes its parent. */
  | "the end of a thread that nobody waits for any more wakes nobody"
  /** The reference looks at one after another, passes over dead ones, and stops at a zombie. */
  | "wait refuses a thread that is not to be waited on, wherever it stands"
  /** In the reference what is posted is nobody's until those in line have run. */
  | "what a post leaves over is free at once"
  /** The reference takes a thread that was woken out of the line again, as long as it has not run. */
  | "a thread that was woken keeps what it was given, though it is killed before it runs";

/** How lasa's side calls a zombie that was reaped with a parent that failed or was killed. */
export const REAPED = "dead with its parent";

/** Differences in one word, after which all goes on alike: name, lasa's word, the reference's. */
const WORDS = [
  ["a thread that waits is suspended, not running", ": suspended", ": running"],
  ["a zombie is reaped however its parent ends", `: ${REAPED}`, ": zombie"],
] as const;

/**
 * Compares what both sides said about the same script.
 *
 * @returns The names of the deliberate differences that were met, or where the sides differ without
 *   one: the place in lasa's log.
 */
export function differencesOf(
  { logs, parting }: ThreadRun,
  theirs: readonly string[],
): { readonly names: Set<string>; readonly wrongAt: number | null } {
  const names = new Set<string>();
  const ours = logs.flat();
  // The last command's log is compared by what must stand in it and what must not.
  const tail = parting === null ? ours.length : ours.length - logs.at(-1)!.length;
  const end = parting === null ? Math.max(ours.length, theirs.length) : tail;
  for (let at = 0; at < end; at++) {
    if (ours[at] === theirs[at]) continue;
    const word = WORDS.find(([, our, their]) => ours[at]?.replace(our, their) === theirs[at]);
    if (word === undefined) return { names, wrongAt: at };
    names.add(word[0]);
  }
  if (parting !== null) {
    const says = (log: readonly string[], start: string) =>
      log.slice(tail).some((line) => line.startsWith(start));
    const isAsNamed = says(ours, parting.ours) &&
      (parting.theirs === null ? !says(theirs, parting.ours) : says(theirs, parting.theirs));
    if (!isAsNamed) return { names, wrongAt: tail };
    names.add(parting.name);
  }
  return { names, wrongAt: null };
}
