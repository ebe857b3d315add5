/**
 * Answers that are kept: fresh ones cost no request, stale ones one question.
 */
import { http } from "@lasa/lasa";

const asked: string[] = [];
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (request.method === "POST") return new Response("changed");
    const isKnown = request.headers.get("if-none-match") === '"7"';
    return new Response(isKnown ? null : `the page ${pathname}`, {
      status: isKnown ? 304 : 200,
      headers: {
        etag: '"7"',
        "cache-control": pathname === "/news" ? "no-cache" : "max-age=3600",
      },
    });
  },
);
const base = `http://127.0.0.1:${server.addr.port}`;

await using cache = http.memoryCache({ maxBytes: 10_000_000 });
await using client = new http.Client({ cache });

/** Gets a page and says where it came from. */
async function show(path: string, options: http.RequestOptions = {}): Promise<void> {
  const before = asked.length;
  const response = await client.get(base + path, options);
  const text = await response.text();
  const place = response.fromCache ? "cache" : "server";
  console.log(`  ${text}: from the ${place}, requests: ${asked.length - before}`);
}

console.log("fresh for an hour:");
await show("/a");
await show("/a");

console.log("asked about each time, sent once:");
await show("/news");
await show("/news");

console.log("as Fetch has it:");
await show("/a", { cache: "reload" });
await show("/a", { cache: "no-store" });

console.log("what is changed is forgotten:");
await (await client.post(`${base}/a`, { body: "new" })).text();
await show("/a");

console.log("many at once ask once:");
const many = Array.from({ length: 100 }, async () => await (await client.get(`${base}/b`)).text());
console.log(`  answers: ${new Set(await Promise.all(many)).size}`);
console.log(`  requests: ${asked.filter((path) => path === "/b").length}`);

const { entries, hits, misses, validated } = await cache.stats();
console.log(`kept: ${entries}, hits: ${hits}, misses: ${misses}, validated: ${validated}`);
