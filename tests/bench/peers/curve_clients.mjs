/**
 * What a client's connections and its waiting requests cost.
 *
 * @module
 */

import { memoryOf, memoryOfSync, serveCurve, timesFor } from "./curve.mjs";

const WARM_UP_ROUNDS = 20;
const WARM_UP_REQUESTS = 500;

/**
 * @param {string} what `connections` or `queued`.
 * @param {(connections: number, depth: number) => (url: string) => Promise<string>} makeClient Makes a
 *   client, and gives what fetches a text with it.
 */
export async function serveClient(what, makeClient) {
  await serveCurve(what === "connections" ? connections : queued);

  async function connections({ url, scale }) {
    const get = makeClient(scale, 1);
    const { heapBytes, residentBytes } = await memoryOf(() =>
      all(scale, () => get(`${url}/gate/${scale}`))
    );
    const times = timesFor(scale);
    const inTurn = async () => {
      for (let n = 0; n < times; n++) await get(`${url}/`);
    };
    const start = performance.now();
    await all(scale, inTurn);
    const microseconds = 1000 * (performance.now() - start) / (scale * times);
    return { heapBytes, residentBytes, microseconds };
  }

  async function queued({ url, scale }) {
    const get = makeClient(20, 11);
    const times = timesFor(scale);
    // Opens the connections, and has the compiler see all that there is to see; not so many at once
    // that the memory for them is there before it is looked at.
    for (let n = 0; n < WARM_UP_ROUNDS; n++) await all(WARM_UP_REQUESTS, () => get(url));
    const { made, heapBytes, residentBytes } = memoryOfSync(() => all(scale, () => get(url)));
    await made;
    const start = performance.now();
    for (let n = 0; n < times; n++) await all(scale, () => get(url));
    const microseconds = 1000 * (performance.now() - start) / (scale * times);
    return { heapBytes, residentBytes, microseconds };
  }
}

async function all(count, doOne) {
  await Promise.all(Array.from({ length: count }, doOne));
}
