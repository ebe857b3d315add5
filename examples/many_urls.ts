/**
 * Many URLs, few connections: workers take URLs from a channel, the client fills the pipelines.
 */
import { Channel, http, thread } from "@lasa/lasa";

const PAGES = 500;
const WORKERS = 40;

await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  (request) => new Response(`page ${new URL(request.url).pathname}`),
);
const base = `http://127.0.0.1:${server.addr.port}`;

// 4 connections; on each, up to 9 requests on their way behind the one being answered.
await using client = new http.Client({ maxConnPerTarget: 4, maxPipelinedRequests: 9 });

const urls = new Channel<string>();
let pages = 0;
let bytes = 0;

async function worker(): Promise<void> {
  for await (const url of urls) {
    const response = await client.get(url);
    const body = await response.bytes();
    bytes += body.length;
    pages++;
  }
}

{
  // No worker outlives this block; the first that fails ends the others.
  await using workers = thread.scope();
  for (let n = 0; n < WORKERS; n++) workers.spawn(worker);
  for (let n = 0; n < PAGES; n++) await urls.send(`${base}/${n}`);
  urls.close();
  await workers.wait();
}

const { connectionsOpened, requestsSent } = client.totals();
console.log(`${pages} pages, ${bytes} bytes`);
console.log(`${requestsSent} requests over ${connectionsOpened} connections`);
console.log(`threads left: ${thread.list().length}`);
