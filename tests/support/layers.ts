/**
 * The floors of the house: which file may import which. The table here is the one of
 * `.github/ARCHITECTURE.md`; `layers_test.ts` holds the code to it.
 *
 * @module
 */

/** One import: two paths from the project's root, or a bare specifier as the second. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

// The longest entry that a path begins with says where it stands.
const FLOORS: Record<string, number> = {
  "src/errors.ts": 0,
  "src/log.ts": 0,
  "src/tap.ts": 0,
  "src/version.ts": 0,
  "src/bytes/": 0,
  "src/codec/": 1,
  "src/thread/": 2,
  "src/protocol/http1/": 2,
  "src/protocol/websocket/": 2,
  "src/socket/": 3,
  "src/http/": 4,
  "src/websocket/": 5,
  "src/inspect/": 1,
  "src/cli/": 6,
};

/** The folder of {@linkcode FLOORS} that holds a path; a file on the lowest floor is its own. */
function roomOf(path: string): string | undefined {
  return Object.keys(FLOORS).find((room) => path.startsWith(room));
}

/** A folder's re-export page, for those outside the project and for the pages above it. */
function isPage(path: string): boolean {
  return path === "mod.ts" || path.endsWith("/mod.ts");
}

/** Says what is wrong with an import, or `null` where it is as it should be. */
export function faultOf({ from, to }: Import): string | null {
  if (from === "mod.ts") return to.startsWith("src/") ? null : "mod.ts re-exports from src alone";
  if (!to.startsWith("src/")) return "src imports nothing of the project's outside src";
  if (isPage(to)) {
    const below = isPage(from) && to.startsWith(from.slice(0, -"mod.ts".length));
    return below ? null : "files import files, not a folder's mod.ts";
  }
  if (from === "src/protocol/mod.ts" && to.startsWith("src/protocol/")) return null;
  const room = roomOf(from);
  const other = roomOf(to);
  if (room === undefined) return `${from} stands on no floor`;
  if (other === undefined) return `${to} stands on no floor`;
  if (room === other) return null;
  if (FLOORS[other] > FLOORS[room]) return `upward: floor ${FLOORS[room]} to ${FLOORS[other]}`;
  if (FLOORS[other] === FLOORS[room]) return `sideways on floor ${FLOORS[room]}`;
  return null;
}

/** The imports that break the order, each with the reason. */
export function misplacedImports(imports: Iterable<Import>): string[] {
  return Array.from(imports).flatMap((edge) => {
    const fault = faultOf(edge);
    return fault === null ? [] : [`${edge.from} -> ${edge.to}: ${fault}`];
  });
}

// Sockets, clocks, chance and promises: what a protocol core must not know.
const IMPURE = [
  /\bDeno\b/,
  /\basync\b/,
  /\bawait\b/,
  /\bnew Promise\b/,
  /\bPromise\./,
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bperformance\b/,
  /\bsetTimeout\b/,
  /\bsetInterval\b/,
  /\bqueueMicrotask\b/,
  /\bAbortSignal\b/,
  /\bMath\.random\b/,
  /\bgetRandomValues\b/,
  /\bconsole\./,
  /["']node:/,
];

/** What of {@linkcode IMPURE} stands in a source, comments aside. */
export function impuritiesOf(source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
  return IMPURE.flatMap((pattern) => pattern.exec(code)?.[0] ?? []);
}
