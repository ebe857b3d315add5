import type { ClosedError } from "../errors.ts";
import { refusal, Waiter, type WaitPlace } from "../thread/wait.ts";
import type { RequestPlan } from "./plan.ts";
import type { Pool } from "./pool.ts";

/** A wait whose timeout is its good end. */
class RestWait extends Waiter<void> {
  protected override onTimeout(): void {
    this.wake();
  }
}

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
  const waiter = new RestWait(place, ms, plan.signal);
  const fail = (error: ClosedError) => void waiter.fail(error);
  pool.addRest(fail);
  try {
    await waiter.promise;
  } finally {
    pool.removeRest(fail);
  }
}
