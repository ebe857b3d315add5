/**
 * What is to run as soon as all that runs now has run: one trip through the event loop serves all who
 * ask in one turn, in their order.
 *
 * @module
 */

let waiting: (() => void)[] = [];

function runAll(): void {
  const ready = waiting;
  waiting = [];
  for (const callback of ready) callback();
}

/** Calls back in the next turn of the event loop. The callback must not throw. */
export function nextTurn(callback: () => void): void {
  if (waiting.push(callback) === 1) setImmediate(runAll);
}
