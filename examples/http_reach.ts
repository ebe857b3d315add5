/**
 * Ways to a server: through a proxy, over a Unix socket, by addresses of one's own, over TLS with an
 * authority of one's own; and addresses that must not be called.
 */
import { http, socket, thread } from "@lasa/lasa";
import { ca, cert, key } from "./support/certificates.ts";

const folder = await Deno.makeTempDir();
const path = `${folder}/tea.sock`;
const say = (what: string) => () => new Response(what);
const quiet = { onListen() {} };
await using plain = Deno.serve({ hostname: "127.0.0.1", port: 0, ...quiet }, say("over TCP"));
await using _unix = Deno.serve({ path, ...quiet }, say("over a Unix socket"));
await using tls = Deno.serve(
  { hostname: "127.0.0.1", port: 0, cert, key, ...quiet },
  say("over TLS"),
);
// A proxy that is asked in absolute form answers for the server.
await using proxy = Deno.serve(
  { hostname: "127.0.0.1", port: 0, ...quiet },
  async (request) => {
    const answer = await http.fetch(`http://127.0.0.1:${plain.addr.port}/`);
    return new Response(`through a proxy for ${new URL(request.url).host}: ${await answer.text()}`);
  },
);

await using client = new http.Client({
  proxy: false, // "env" is what holds otherwise: HTTP_PROXY and its like
  resolve: { "tea.example": "127.0.0.1", localhost: ["127.0.0.1"] },
  dnsCacheMs: 10_000,
  happyEyeballs: 250, // milliseconds until the next address is tried beside the last
  tls: { caCerts: [ca] },
});
const show = async (answer: Promise<http.HttpResponse>) => console.log(await (await answer).text());

await show(client.get(`http://tea.example:${plain.addr.port}/`));
await show(client.get("http://localhost/", { socketPath: path }));
await show(client.get(`https://localhost:${tls.addr.port}/`));
await show(client.get("http://pot.example/", { proxy: `http://127.0.0.1:${proxy.addr.port}` }));

// `tunnel` asks the proxy for a connection instead, as is done for https; `noProxy` goes without.
const direct = { url: `http://127.0.0.1:${proxy.addr.port}`, tunnel: true, noProxy: ".example" };
await show(client.get(`http://tea.example:${plain.addr.port}/`, { proxy: direct }));

// A tunnel by hand: whoever takes CONNECT hands over the connection.
await using door = socket.tcp();
door.bind("127.0.0.1", 0);
const keeper = thread.spawn(async () => {
  await using peer = await door.accept();
  console.log(await peer.receive());
  while (await peer.receive() !== "") { /* the rest of the head */ }
  await peer.send("HTTP/1.1 200 Connected\r\n\r\nhello from the far end\n");
});
const opened = await client.request({
  url: `http://127.0.0.1:${door.localAddress!.port}/`,
  method: "CONNECT",
  requestTarget: "pot.example:443",
});
await using far = opened.socket!;
console.log(await far.receive());
await thread.wait(keeper);

// The certificate of a test machine may be anything; the name that is asked for is ours to choose.
const lax = { serverName: "localhost", verify: false };
await show(client.get(`https://tea.example:${tls.addr.port}/`, { tls: lax }));

// Whatever a URL or a redirect names: the address that it leads to is looked at before it is called.
await using guarded = client.extend({ allowAddress: (address) => !address.startsWith("127.") });
await guarded.get(`http://tea.example:${plain.addr.port}/`).catch((error) =>
  console.log(error.code)
);

await using only = client.extend({ socketPath: path });
await show(only.get("http://any.example/"));
await Deno.remove(folder, { recursive: true });
