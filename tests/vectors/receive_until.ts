/**
 * What `receiveUntil` must give, to the byte: every vector of the reference's rule, and those in
 * which no byte may be lost.
 *
 * @module
 */

/** How a call ends: bytes as text, `null`, or an error with what had arrived. */
export type Expected = string | null | { closed: string } | { timeout: string };

/** One call: an iterator's with its size, `receive(n)` or `receive("*a")`. */
export type Call =
  | readonly ["until", number?]
  | readonly ["R1" | "R2", number?]
  | readonly ["receive", number]
  | readonly ["all"];

/** One vector. */
export interface UntilVector {
  /** What `receiveUntil` is called with; a second pattern is that of R2. */
  readonly patterns: readonly string[];
  readonly inclusive?: boolean;
  /** What arrives; between two parts time runs out once, behind the last the stream ends. */
  readonly parts: readonly string[];
  readonly steps: readonly (readonly [Call, Expected])[];
}

const C = (closed: string): Expected => ({ closed });
const T = (timeout: string): Expected => ({ timeout });

type Steps = UntilVector["steps"];

/** Calls of the one iterator, all with the same size. */
const gives = (size: number | undefined, ...expected: Expected[]): Steps =>
  expected.map((one) => [["until", size], one]);

function vector(pattern: string, stream: string | readonly string[], steps: Steps): UntilVector {
  return { patterns: [pattern], parts: typeof stream === "string" ? [stream] : stream, steps };
}

function inclusive(pattern: string, stream: string | readonly string[], steps: Steps): UntilVector {
  return { ...vector(pattern, stream, steps), inclusive: true };
}

const LONG = "abcabdabcabe";
const HELLO = "hello, world ----abc\n";
const SEED = "hello, world! -agentzh\r\n--abcedhb blah blah";

export const receiveUntilVectors: readonly UntilVector[] = [
  vector("abcabd", "abcabcabd\n", gives(undefined, "abc", C("\n"))),
  vector("aa", "abcabcaad\n", gives(undefined, "abcabc", C("d\n"))),
  vector("aaa", "abaabcaaaef\n", gives(undefined, "abaabc", C("ef\n"))),
  vector("aaaaad", "baaaaaaaaeaaaaaaadf\n", gives(undefined, "baaaaaaaaeaa", C("f\n"))),
  vector(LONG, "abcabdabcabdabcabe", gives(undefined, "abcabd")),
  vector(LONG, "abcabdabcabcabdabcabe", gives(undefined, "abcabdabc")),
  vector(LONG, "abcabcabdabcabe", gives(undefined, "abc")),
  vector(LONG, "ababcabdabcabe", gives(undefined, "ab")),
  vector("--abc", "----abc", gives(undefined, "--")),
  vector("--abc", HELLO, gives(4, "hell", "o, w", "orld", " --", null, C("\n"))),
  vector("--abc", HELLO, [
    [["until", 4], "hell"],
    [["receive", 1], "o"],
    [["until", 4], ", wo"],
    [["receive", 1], "r"],
    [["until", 4], "ld -"],
    [["receive", 1], "-"],
    [["until", 4], ""],
    [["receive", 1], "\n"],
    [["until", 4], null],
    [["until", 4], C("")],
  ]),
  vector("--abc", "-----abc\n", gives(2, "--", "-", null, C("\n"))),
  vector("--abc", "----abc----abc-\n", [
    [["until", 2], "--"],
    [["receive", 1], "-"],
    [["until", 2], "-a"],
    [["receive", 1], "b"],
    [["until", 2], "c-"],
    [["receive", 1], "-"],
    [["until", 2], ""],
    [["receive", 1], "-"],
    [["until", 2], null],
    [["until", 2], C("\n")],
  ]),
  {
    patterns: ["--abc", "-ab"],
    parts: ["------abd----abc\n"],
    steps: [
      [["R1", 2], "--"],
      [["receive", 1], "-"],
      [["R1", 1], "-"],
      [["R2", 2], "-"],
      [["R1"], "d--"],
      [["R1"], C("\n")],
    ],
  },
  inclusive("abcabd", "abcabcabdabcabd\n", gives(undefined, "abcabcabd", "abcabd", C("\n"))),
  inclusive(LONG, "ababcabdabcabe", gives(undefined, "ababcabdabcabe")),
  inclusive("aa", "abcabcaad\n", gives(undefined, "abcabcaa", C("d\n"))),
  inclusive("--abc", HELLO, gives(4, "hell", "o, w", "orld", " ----abc", null)),
  vector("abc", "ababc", gives(undefined, "ab", C(""))),
  vector("abc", "ababc", gives(1, "ab", "", null)),
  vector("abc", "ababc", gives(2, "ab", "", null)),
  vector("abc", "ababc", gives(3, "ab", null)),
  vector("abc", "ababc", gives(4, "ab", null)),
  inclusive("abc", "ababc", gives(1, "ab", "abc", null)),
  inclusive("abc", "ababc", gives(2, "ab", "abc", null)),
  inclusive("abc", "ababc", gives(3, "ababc", null)),
  inclusive("abc", "ababc", gives(4, "ababc", null)),
  vector("ab1ab2", "ab1ab1\n", [[["until", 2], "ab1"], [["receive", 3], "ab1"]]),
  vector("\r\n--abcedhb", SEED, [
    ...gives(4, "hell", "o, w", "orld", "! -a", "gent", "zh", null),
    [["all"], " blah blah"],
  ]),
  vector("\r\n--abcedhb", SEED, [[["until"], "hello, world! -agentzh"], [["all"], " blah blah"]]),
  vector("abc", ["xxab", "cyy"], [
    [["until"], T("xx")],
    [["until"], ""],
    [["all"], "yy"],
  ]),
  inclusive("abc", ["xxab", "cyy"], [
    [["until"], T("xx")],
    [["until"], "abc"],
    [["all"], "yy"],
  ]),
  // No byte is ever lost: not those held back when another reader takes over, not at the end.
  vector("abc", ["xxab", "cyy"], [[["until"], T("xx")], [["all"], "abcyy"]]),
  vector("abc", ["ab", "cyy"], [[["until"], T("")], [["receive", 1], "a"], [["all"], "bcyy"]]),
  vector("abc", ["xxab", "d"], gives(undefined, T("xx"), C("abd"))),
  vector("abc", "xxab", gives(undefined, C("xxab"))),
  vector("abc", "xxab", gives(2, "xx", C("ab"), C(""))),
  inclusive("abc", "xxab", gives(undefined, C("xxab"))),
  // Without a size the iterator starts over at once, with one after it gave null.
  vector("|", "a|b||", gives(undefined, "a", "b", "", C(""))),
  vector("|", "a|b||", gives(9, "a", null, "b", null, "", null, C(""))),
  vector("\0\xff", "\xff\0\0\xff\n", gives(undefined, "\xff\0", C("\n"))),
];
