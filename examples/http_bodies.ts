/**
 * Bodies both ways: JSON, forms, streams, trailers, a word before the body, codings and digests.
 */
import { http } from "@lasa/lasa";

await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  async (request) => {
    const { headers } = request;
    const coding = headers.get("content-encoding");
    const body = coding === "gzip"
      ? request.body!.pipeThrough(new DecompressionStream("gzip"))
      : request.body;
    const text = await new Response(body).text();
    const shown = text.length > 40 ? `${text.length} characters` : text;
    const type = headers.get("content-type")?.split(";")[0];
    return new Response([request.method, type, coding, shown].filter(Boolean).join(" | "));
  },
);
const url = `http://127.0.0.1:${server.addr.port}/`;
await using client = new http.Client({
  decompress: true,
  maxDecodedBytes: 64 * 1024 * 1024,
  maxDecodedRatio: 300, // bytes out for a byte in
  maxBufferedBytes: 256 * 1024, // kept here while nobody reads
  maxDrainBytes: 64 * 1024, // read of an answer that nobody wants
});
const show = async (answer: http.HttpResponse) => console.log(await answer.text());

await show(await client.post(url, { json: { tea: "green" } }));
await show(await client.post(url, { form: { tea: "green" } }));
await show(await client.put(url, { body: "plain" }));
await show(await client.patch(url, { body: new Blob(["<tea/>"], { type: "text/xml" }) }));

const form = new FormData();
form.append("leaf", new File(["green"], "leaf.txt"));
await show(await client.post(url, { body: form }));

// A generator is pulled as the server takes it; a function can be asked again after a redirect.
async function* lines(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < 1_000; n++) yield new TextEncoder().encode(`line ${n}\n`);
}
await show(await client.post(url, { body: lines() }));
await show(await client.post(url, { body: () => lines(), compress: "gzip" }));

// The body waits for the server's word, and fields that are only known at its end follow it.
let sent = 0;
const counted = async function* () {
  for await (const line of lines()) {
    sent += line.length;
    yield line;
  }
};
const trailers = () => ({ "X-Bytes": String(sent) });
await show(await client.post(url, { body: counted(), trailers, expectContinue: 500 }));
console.log(`${sent} bytes went before the trailer`);

// What comes back: all at once, as a stream, piece by piece, or not at all.
const streamed = await client.get(url, { decompress: false, checkDigest: true });
for await (const piece of streamed.chunks()) console.log(`${piece.length} bytes in a piece`);
await (await client.get(url, { close: true })).discard();
