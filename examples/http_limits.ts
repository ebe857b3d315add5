/**
 * Many requests at once, and what a client lets through: connections, pipelines, the line, priorities.
 */
import { AbortedError, http, LimitError } from "@lasa/lasa";

let atOnce = 0;
let most = 0;
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  async (request) => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, 2));
    atOnce--;
    return new Response(new URL(request.url).pathname);
  },
);
const base = `http://127.0.0.1:${server.addr.port}`;

await using client = new http.Client({
  maxConn: 4, // in all
  maxConnPerTarget: 3, // to one server
  maxDialing: 2, // being opened at the same moment
  maxPipelinedRequests: 0, // each waits for the answer before it
  maxQueued: 100, // waiting; the next one is refused
  idleTimeoutMs: 5_000,
  // What is read of an answer's head before giving up.
  maxHeaderBytes: 16_384,
  maxHeaders: 100,
  maxLineBytes: 8_192,
  maxChunkLineBytes: 256,
  maxInformational: 4,
  maxBlankLines: 1,
  headers: { "User-Agent": "lasa-example" },
});

const all = await Promise.all(
  Array.from({ length: 60 }, (_, n) => client.get(`${base}/${n}`).then((each) => each.text())),
);
console.log(`${all.length} answers, at most ${most} requests in the server at once`);
console.log(`connections: ${client.totals().connectionsOpened}`);

// What waits is served in its order; what is urgent goes before it.
await using line = new http.Client({ maxConn: 1, maxPipelinedRequests: 0 });
const order: string[] = [];
const ask = async (name: string, priority: number) => {
  const answer = await line.get(`${base}/${name}`, { priority, pipeline: false });
  order.push(await answer.text());
};
await Promise.all([ask("first", 0), ask("later", -1), ask("usual", 0), ask("urgent", 9)]);
console.log(order.join(" "));

// A full line says so at once, instead of growing without end.
await using small = client.extend({ maxConn: 1, maxQueued: 1 });
const results = await Promise.allSettled([1, 2, 3].map((n) => small.get(`${base}/${n}`)));
for (const result of results) {
  if (result.status === "fulfilled") await result.value.discard();
  else if (result.reason instanceof LimitError) console.log(`refused by ${result.reason.limit}`);
}

// A signal ends a request wherever it is, and its place is free again.
const given = new AbortController();
const late = small.get(`${base}/late`, { signal: given.signal });
given.abort();
await late.catch((error) => console.log(error instanceof AbortedError, small.stats().queued));
