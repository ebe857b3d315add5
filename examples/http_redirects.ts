/**
 * Redirects: followed, told, refused, and left to the caller; credentials stay where they belong.
 */
import { http } from "@lasa/lasa";

await using elsewhere = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  (request) => new Response(`with ${request.headers.get("authorization") ?? "no credentials"}`),
);
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  async (request) => {
    const { pathname } = new URL(request.url);
    const to = (status: number, location: string) =>
      new Response(null, { status, headers: { location } });
    switch (pathname) {
      case "/old":
        return to(301, "/newer");
      case "/newer":
        return to(308, "/new");
      case "/away":
        return to(302, `http://127.0.0.1:${elsewhere.addr.port}/`);
      case "/round":
        return to(302, "/round");
      default:
        return new Response(`${request.method} ${pathname} ${await request.text()}`.trim());
    }
  },
);
const base = `http://127.0.0.1:${server.addr.port}`;
const path = (url: string) => new URL(url).pathname;

await using client = new http.Client({
  maxRedirects: 5,
  allowInsecureRedirect: false, // from https: to http:
  hooks: {
    beforeRedirect: ({ redirectCount, url }) => console.log(`  ${redirectCount}: ${path(url)}`),
  },
});

const answer = await client.put(`${base}/newer`, { body: "kept" });
console.log(`${await answer.text()}; redirected: ${answer.redirected}`);

const chain = await client.get(`${base}/old`);
console.log(await chain.text());
console.log(chain.redirects.map(({ status, location }) => `${status} ${location}`).join(", "));

const headers = { Authorization: "Bearer secret" };
console.log(await (await client.get(`${base}/away`, { headers, maxRedirects: 1 })).text());

await client.get(`${base}/round`, { maxRedirects: 2 }).catch((error) =>
  console.log(error.message.replace(base, ""))
);

const left = await client.get(`${base}/old`, { redirect: "manual", allowInsecureRedirect: false });
console.log(left.status, left.headers.get("location"));
await left.discard();

await client.get(`${base}/old`, { redirect: "error" }).catch((error) => console.log(error.name));
