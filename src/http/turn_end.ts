/**
 * What is done when a turn of the event loop has said all it has to say.
 *
 * Answers that come together have their callers send again together, over many connections. One
 * look at the turn's end serves all of them: a look for each connection cost a fifth of the client's
 * own time where each carries one request.
 *
 * @module
 */

import { runOutside } from "../thread/frame.ts";

/** What has something to write at the end of a turn. */
export interface Flushable {
  /** Writes what there is. */
  flush(): void;
}

const settled: Promise<void> = Promise.resolve();
let waiting: Flushable[] = [];
let requests = 0;

/** One more request has been made in this turn: perhaps another follows. */
export function noteRequest(): void {
  requests++;
}

/** Flushes it once no more requests come in this turn, in nobody's name. */
export function flushAtTurnEnd(one: Flushable): void {
  if (waiting.push(one) === 1) look();
}

/** Looks again as long as the last round of callbacks has brought requests. */
function look(): void {
  const seen = requests;
  settled.then(() => {
    if (requests !== seen) return look();
    const turns = waiting;
    waiting = [];
    runOutside(() => {
      for (const one of turns) one.flush();
    });
  });
}
