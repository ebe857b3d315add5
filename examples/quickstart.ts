/**
 * A first look: one client, three requests at once, two connections.
 */
import { http, thread } from "@lasa/lasa";

// Somebody to talk to.
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  (request) => Response.json({ path: new URL(request.url).pathname }),
);
const base = `http://127.0.0.1:${server.addr.port}`;

await using client = new http.Client({ maxConnPerTarget: 2 });

// One request, read from top to bottom.
const response = await client.get(`${base}/hello`);
console.log(response.status, response.headers.get("content-type"), await response.json());

// Three at once: a light thread each, and the results in the order of the threads.
const jobs = ["/a", "/b", "/c"].map((path) =>
  thread.spawn(async () => (await client.get(base + path)).text())
);
for (const end of await thread.waitAll(...jobs)) console.log(end.ok ? end.value : end.error);

// What goes wrong has a name and a code.
try {
  await client.get("http://127.0.0.1:1/nobody-listens-here", { maxRetries: 0 });
} catch (error) {
  const { name, code, sent } = error as Error & { code: string; sent: string };
  console.log(`${name}: ${code}; of the request was sent: ${sent}`);
}
