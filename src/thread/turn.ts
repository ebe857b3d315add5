/**
 * What is to run as soon as all that runs now has run: one trip through the event loop serves all who
 * ask in one turn, in their order.
 *
 * @module
 */

import process from "node:process";

/** Something that is told of the next turn; saves whoever exists anyway a function of its own. */
export interface TurnTaker {
  /** Called in the next turn. Must not throw. */
  onTurn(): void;
}

let waiting: ((() => void) | TurnTaker)[] = [];

function runAll(): void {
  const ready = waiting;
  waiting = [];
  for (let n = 0; n < ready.length; n++) {
    const each = ready[n];
    if (typeof each === "function") each();
    else each.onTurn();
  }
}

/** Calls back in the next turn of the event loop. The callback must not throw. */
export function nextTurn(callback: (() => void) | TurnTaker): void {
  if (waiting.push(callback) === 1) setImmediate(runAll);
}

const DONE = Promise.resolve();

/**
 * Calls back when all that runs now has run, promises included, before the next event: a fifth of the
 * price of a turn of one's own.
 */
export function atTurnEnd(callback: () => void): void {
  // A tick that is asked for outside a promise comes before all promises, so ask from inside one.
  DONE.then(() => process.nextTick(callback));
}
