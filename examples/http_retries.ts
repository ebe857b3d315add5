/**
 * A server that has bad days: timeouts by phase, retries that stay within a budget, a circuit that
 * opens, a key that lets an order be repeated.
 */
import { http, LasaError, TimeoutError } from "@lasa/lasa";

let asked = 0;
const orders = new Map<string, number>();
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  async (request) => {
    const { pathname } = new URL(request.url);
    asked++;
    if (pathname === "/busy" && asked < 3) {
      return new Response("later", { status: 503, headers: { "Retry-After": "0" } });
    }
    if (pathname === "/flaky" && asked < 3) return new Response("oops", { status: 500 });
    if (pathname === "/order") {
      const key = request.headers.get("idempotency-key")!;
      orders.set(key, (orders.get(key) ?? 0) + 1);
      await request.text();
      if (orders.get(key) === 1) return new Response("again", { status: 500 });
      return new Response(`one order, asked for ${orders.get(key)} times`);
    }
    if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 200));
    if (pathname === "/down") return new Response("down", { status: 502 });
    return new Response(`well after ${asked}`);
  },
);
const base = `http://127.0.0.1:${server.addr.port}`;

await using client = new http.Client({
  maxRetries: 3,
  retry: {
    backoffMs: 5,
    maxBackoffMs: 20,
    maxRetryAfterMs: 5_000, // who asks for more is not waited for
    budgetRatio: 0.2, // retries that each request pays for
    budgetReserve: 10, // retries that are there without any
  },
  circuit: { maxFailures: 3, openMs: 60_000 },
  timeout: 30_000, // the whole of each exchange
  timeouts: { queue: 5_000, connect: 2_000, tls: 2_000, send: 5_000, headers: 5_000, body: 5_000 },
  hooks: {
    beforeRetry: ({ attempt, response }) =>
      console.log(`  retry ${attempt} after ${response?.status}`),
  },
});

console.log("a server that says Retry-After:");
asked = 0;
console.log(`  ${await (await client.get(`${base}/busy`)).text()}`);

console.log("a status that is named:");
asked = 0;
const flaky = await client.get(`${base}/flaky`, { retry: { statuses: [500] } });
console.log(`  ${await flaky.text()}, retries: ${flaky.retryCount}`);

console.log("an order with a key:");
const order = await client.post(`${base}/order`, {
  json: { tea: 2 },
  idempotencyKey: true,
  retry: { statuses: [500] },
});
console.log(`  ${await order.text()}`);

console.log("a POST that does no harm twice may say so:");
asked = 0;
const search = await client.post(`${base}/busy`, {
  form: { q: "tea" },
  idempotent: true,
  maxRetries: 2,
});
console.log(`  ${await search.text()}`);

console.log("a slow answer:");
await client.get(`${base}/slow`, { timeouts: { headers: 20 }, maxRetries: 0 }).catch((error) => {
  if (error instanceof TimeoutError) console.log(`  timeout while waiting for ${error.phase}`);
});

console.log("a server that is down:");
for (let n = 0; n < 4; n++) {
  try {
    const answer = await client.get(`${base}/down`, { retry: false });
    await answer.discard();
    console.log(`  ${answer.status}`);
  } catch (error) {
    if (error instanceof LasaError) console.log(`  ${error.code}, sent: ${error.sent}`);
  }
}
console.log(`  circuit: ${client.circuit(base).state}`);
