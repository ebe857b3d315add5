import type { ClosedError } from "../errors.ts";
import { Sleep } from "../thread/sleep.ts";
import { refusal, type WaitPlace } from "../thread/wait.ts";
import type { RequestPlan } from "./plan.ts";
import type { Pool } from "./pool.ts";

/**
 * Rests before a request is sent again because its answer asked for it. It counts among those that
 * wait, and ends with its signal, its thread and its client.
 *
 * @throws {AbortedError} Where the signal fires, {@linkcode KilledError} where the thread is killed,
 *   {@linkcode ClosedError} where the client is closed.
 */
export async function rest(pool: Pool, plan: RequestPlan, ms: number): Promise<void> {
  const error = refusal(plan.signal);
  if (error !== null) throw error;
  const place: WaitPlace = {
    waitingOn: `the next attempt at ${plan.method} ${plan.url}`,
    withdraw() {},
  };
  const waiter = new Sleep(place, ms, plan.signal);
  const fail = (error: ClosedError) => void waiter.fail(error);
  pool.addRest(fail);
  try {
    await waiter.promise;
  } finally {
    pool.removeRest(fail);
  }
}
