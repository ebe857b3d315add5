/**
 * A download over a bad line: what has come is kept, and only the rest is asked for.
 */
import { http, socket, thread } from "@lasa/lasa";

const FILE = "0123456789".repeat(100_000);
const ETAG = '"first-edition"';

/** A server of one file, which knows ranges (RFC 9110 §14). */
function answer(request: Request): Response {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
  const isSame = request.headers.get("if-range") === ETAG;
  const headers = { etag: ETAG };
  if (from === 0 || !isSame) return new Response(FILE, { headers });
  console.log(`the server is asked for what comes behind byte ${from}`);
  return new Response(FILE.slice(from), {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${from}-${FILE.length - 1}/${FILE.length}` },
  });
}

/** A line to the server that breaks after so many bytes of each answer. */
async function badLine(near: socket.TcpSocket, port: number, bytes: number): Promise<void> {
  await using far = await socket.connect("127.0.0.1", port);
  const request = await near.receiveUntil("\r\n\r\n", { inclusive: true })();
  await far.send(request!);
  const head = await far.receiveUntil("\r\n\r\n", { inclusive: true })();
  await near.send(head!);
  for (let left = bytes; left > 0;) {
    const piece = await far.receiveAny(Math.min(left, 65_536));
    await near.send(piece);
    left -= piece.length;
  }
  near.close();
}

await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
await using listener = socket.tcp();
listener.bind("127.0.0.1", 0);
await using client = new http.Client();
await using lines = thread.scope();
lines.spawn(async () => {
  for (const bytes of [400_000, 350_000, 250_000]) {
    await badLine(await listener.accept(), server.addr.port, bytes);
  }
});

const folder = await Deno.makeTempDir();
const url = `http://127.0.0.1:${listener.localAddress!.port}/file.txt`;
const { bytes, resumptions } = await client.download(url, `${folder}/file.txt`);
console.log(`${bytes} bytes, gone on with ${resumptions} times`);
console.log(`as it was sent: ${await Deno.readTextFile(`${folder}/file.txt`) === FILE}`);
await lines.wait();
await client.closeAll();
await Deno.remove(folder, { recursive: true });
