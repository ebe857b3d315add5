/**
 * An origin whose answer stays fresh for a day. Argument: the file of the body. Ends with its input.
 *
 * @module
 */

const body = Deno.readFileSync(Deno.args[0]);

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, () => new Response(body, { headers: { "cache-control": "max-age=86400" } }));

for await (const _ of Deno.stdin.readable);
Deno.exit(0);
