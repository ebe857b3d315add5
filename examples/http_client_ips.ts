/**
 * Several client IPs: dealt in turn for each host, chosen for a request, rested when a server has had
 * enough of one.
 */
import { http } from "@lasa/lasa";

let tired = "";
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  (_request, { remoteAddr }) => {
    const { hostname } = remoteAddr;
    return hostname === tired
      ? new Response("enough", { status: 429, headers: { "Retry-After": "60" } })
      : new Response(hostname);
  },
);
const url = `http://127.0.0.1:${server.addr.port}/`;

await using client = new http.Client({
  clientIps: ["127.0.0.2", "127.0.0.3", "127.0.0.4"],
  clientIpRestMs: 1_000, // after a 429 or 503 that does not say for how long
});
const ask = async (clientIp?: string) => await (await client.get(url, { clientIp })).text();

console.log(await ask(), await ask(), await ask(), await ask());
console.log(await ask("127.0.0.9"));

tired = "127.0.0.3";
// The refused request goes from the next one, and the tired one is left out for its minute.
console.log(await ask(), await ask(), await ask(), await ask());
