/**
 * What a client does, step by step, in the seed's marks: the client's own steps, and the messages.
 */
import { http } from "@lasa/lasa";

await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () => new Response("tea", { headers: { date: "today" } }),
);
const lines: string[] = [];
await using client = new http.Client({
  debug: {
    levels: ["client", "protocol"],
    write: (line) => void lines.push(line),
  },
});
const headers = { Authorization: "Bearer secret", "Accept-Encoding": "identity" };
await (await client.get(`http://127.0.0.1:${server.addr.port}/`, { headers })).text();

// Everything but the time and the port, which are never the same.
for (const line of lines) console.log(line.slice(10).replaceAll(/:\d{4,5}/g, ":PORT"));
