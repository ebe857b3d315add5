/** What was met and how it went, for the table that the tests print. @module */

/** How the rows went with one peer. */
interface Tally {
  readonly version: string;
  passed: number;
  failed: number;
  readonly leftOut: Set<string>;
}

/** One table. */
export class Score {
  readonly #tallies = new Map<string, Tally>();
  readonly #absent: string[] = [];

  /** A peer is here. */
  meet(name: string, version: string): void {
    this.#tallies.set(name, { version, passed: 0, failed: 0, leftOut: new Set() });
  }

  /** A peer is not on this machine. */
  miss(name: string): void {
    this.#absent.push(name);
  }

  /** A row was run with a peer. */
  count(name: string, hasPassed: boolean): void {
    this.#tallies.get(name)![hasPassed ? "passed" : "failed"]++;
  }

  /** A row asks for what the peer does not have. */
  leaveOut(name: string, row: string): void {
    this.#tallies.get(name)!.leftOut.add(row);
  }

  /** The table as lines. */
  lines(title: string): string[] {
    const rows = [...this.#tallies].map(([name, { version, passed, failed, leftOut }]) => {
      const failures = failed === 0 ? "" : `, ${failed} failed`;
      const without = leftOut.size === 0 ? "" : `; left out: ${[...leftOut].join("; ")}`;
      return `  ${`${name} ${version}`.padEnd(26)} ${passed} rows passed${failures}${without}`;
    });
    return [title, ...rows, ...this.#absent.map((name) => `  ${name} is not here`)];
  }
}
