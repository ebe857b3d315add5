/**
 * Random scripts of threads and semaphores: who does what, one after another.
 *
 * @module
 */

import type { Random } from "../../support/random.ts";

/** One thing that a thread does; `text` is how the log names it. */
export interface Op {
  readonly op:
    | "spawn"
    | "wait"
    | "kill"
    | "status"
    | "post"
    | "count"
    | "try"
    | "take"
    | "take briefly"
    | "end";
  readonly text: string;
  readonly child?: number;
  readonly ops?: readonly Op[];
  readonly thread?: number;
  readonly threads?: readonly number[];
  readonly semaphore?: number;
  readonly n?: number;
  readonly ok?: boolean;
}

/** What one thread is told to do at once. */
export interface Command {
  readonly thread: number;
  readonly ops: readonly Op[];
}

/** One script. Threads and semaphores have numbers from 1; thread 1 is there from the start. */
export interface ThreadCase {
  /** What each semaphore begins with. */
  readonly semaphores: readonly number[];
  readonly commands: readonly Command[];
}

const MOST_THREADS = 9;

/** A script; equal chance gives equal ones. */
export function randomThreadCase(random: Random): ThreadCase {
  const script = new Script(random);
  const commands = random.below(3) === 0 ? script.opening() : [];
  for (let count = 8 + random.below(25); count > 0; count--) commands.push(script.command());
  return { semaphores: script.semaphores, commands };
}

class Script {
  readonly semaphores: number[];
  readonly #random: Random;
  // The parent of each thread, as far as the commands are carried out.
  readonly #parents = new Map<number, number>([[1, 0]]);
  #hasPosted = false;

  constructor(random: Random) {
    this.#random = random;
    this.semaphores = Array.from({ length: 1 + random.below(2) }, () => random.of([0, 0, 1, 2]));
  }

  /** What chance alone seldom leads to. */
  opening(): Command[] {
    return this.#random.below(4) === 0 ? this.#killOfWoken() : this.#endOfPassedOver();
  }

  /** A child that waits in line is woken, and killed before it can run. */
  #killOfWoken(): Command[] {
    const semaphore = 1;
    this.#parents.set(2, 1);
    const take: Op = { op: "take", text: "semaphore 1", semaphore };
    const post: Op = { op: "post", text: "1 to semaphore 1", semaphore, n: 1 };
    return [
      { thread: 1, ops: [{ op: "spawn", text: "2", child: 2, ops: [take] }] },
      { thread: 1, ops: [post, { op: "kill", text: "2", thread: 2 }] },
    ];
  }

  /** Two children are waited on, one ends: what about the other's end? */
  #endOfPassedOver(): Command[] {
    const [a, b] = [this.#spawn(1), this.#spawn(1)];
    const wait: Op = { op: "wait", text: "2 3", threads: [2, 3] };
    const end: Op = { op: "end", text: "well", ok: true };
    const ended = this.#random.of([2, 3]);
    const commands = [{ thread: 1, ops: [a, b, wait] }, { thread: ended, ops: [end] }];
    if (this.#random.below(2) === 0) return commands;
    return [...commands, this.command(), { thread: 5 - ended, ops: [end] }];
  }

  command(): Command {
    const random = this.#random;
    const threads = [...this.#parents.keys()];
    const thread = random.below(3) === 0 ? 1 : random.of(threads);
    this.#hasPosted = false;
    const ops: Op[] = [];
    const spawns = this.#parents.size < MOST_THREADS ? random.of([0, 0, 1, 1, 2]) : 0;
    for (let count = spawns; count > 0; count--) {
      ops.push(this.#spawn(thread));
      ops.push(...this.#asides(thread));
    }
    ops.push(...this.#burst(thread, true));
    return { thread, ops };
  }

  #spawn(parent: number): Op {
    const child = this.#parents.size + 1;
    this.#parents.set(child, parent);
    return { op: "spawn", text: `${child}`, child, ops: this.#burst(child, false) };
  }

  /**
   * At most one that wakes others, then at most one that may wait. In JavaScript every `await` lets
   * the others run, so what comes after such an op would be ordered by the language, not by lasa.
   */
  #burst(thread: number, isLast: boolean): Op[] {
    const random = this.#random;
    const ops = this.#asides(thread);
    const waking = random.below(4);
    if (waking === 0 && !this.#hasPosted) {
      this.#hasPosted = true;
      ops.push(this.#post());
    } else if (waking === 1) {
      const victim = this.#someThread(thread);
      ops.push({ op: "kill", text: `${victim}`, thread: victim });
    }
    ops.push(...this.#asides(thread));
    const last = random.below(10);
    if (last < 3) ops.push(this.#take(isLast));
    else if (last < 6) ops.push(this.#wait(thread));
    // A post's waiter and the parent that waits for the end have no order between them.
    else if (last === 6 && !this.#hasPosted && thread !== 1) {
      const ok = random.below(3) > 0;
      ops.push({ op: "end", text: ok ? "well" : "with an error", ok });
    }
    return ops;
  }

  /** What wakes nobody and never waits. */
  #asides(thread: number): Op[] {
    const random = this.#random;
    return Array.from({ length: random.below(3) }, (): Op => {
      if (random.below(2) === 0) {
        const other = this.#someThread(thread);
        return { op: "status", text: `${other}`, thread: other };
      }
      const semaphore = this.#someSemaphore();
      return { op: "count", text: `semaphore ${semaphore}`, semaphore };
    });
  }

  #post(): Op {
    const semaphore = this.#someSemaphore();
    const n = 1 + this.#random.below(3);
    return { op: "post", text: `${n} to semaphore ${semaphore}`, semaphore, n };
  }

  #take(isLast: boolean): Op {
    const semaphore = this.#someSemaphore();
    // Only at the end of a command does the main thread wait until time has run out.
    const brief = isLast ? "take briefly" : "take";
    const op = this.#random.of(["try", "try", "take", "take", "take", brief] as const);
    return { op, text: `semaphore ${semaphore}`, semaphore };
  }

  #wait(thread: number): Op {
    const count = this.#random.of([1, 1, 2, 2, 3]);
    const threads = [
      ...new Set(Array.from({ length: count }, () => this.#someThread(thread))),
    ];
    return { op: "wait", text: threads.join(" "), threads };
  }

  #someSemaphore(): number {
    return 1 + this.#random.below(this.semaphores.length);
  }

  /** Mostly a child. */
  #someThread(of: number): number {
    const all = [...this.#parents.keys()];
    const children = all.filter((thread) => this.#parents.get(thread) === of);
    if (children.length === 0 || this.#random.below(8) === 0) return this.#random.of(all);
    return this.#random.of(children);
  }
}
