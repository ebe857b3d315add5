/** A client for a test, and what must hold when the test is over. @module */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { Client } from "../../src/http/client.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import type { LasaError } from "../../src/errors.ts";
import { until } from "./clock.ts";

/** What `stats()` says when nothing is left. */
export const NOTHING_LEFT = { connections: 0, idle: 0, dialing: 0, queued: 0, inFlight: 0 };

/** Runs a test with a client of its own; all of its places must be free in the end. */
export async function withClient(
  options: ClientOptions,
  test: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client(options);
  try {
    await test(client);
  } finally {
    await client.closeAll();
  }
  assertEquals(client.stats(), NOTHING_LEFT);
}

/** Waits until the client carries nothing, waits for nothing and opens nothing. */
export async function untilQuiet(client: Client): Promise<void> {
  await until(() => {
    const { dialing, queued, inFlight } = client.stats();
    return dialing + queued + inFlight === 0;
  });
}

/** The error that a promise fails with, which must be of a kind. */
export async function failure<E extends LasaError>(
  promise: Promise<unknown>,
  // deno-lint-ignore no-explicit-any
  Kind: new (...args: any[]) => E,
): Promise<E> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    assertInstanceOf(error, Kind);
    return error;
  }
  throw new Error(`It did not fail; it gave ${value}`);
}
