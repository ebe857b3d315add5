import { assertEquals } from "@std/assert";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { LocalProtocolError } from "../../src/errors.ts";
import { bytes, text } from "../support/bytes.ts";
import { failure, withClient } from "../support/client.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

const PAGE = "lorem ipsum ".repeat(20_000);
const DECODERS = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
} as const;

Deno.test("a body is sent under the coding that is asked for, whatever kind of body it is", async () => {
  const requests: RawRequest[] = [];
  await using server = await RawServer.start(answering((request) => {
    requests.push(request);
    return response("ok");
  }));
  await withClient({}, async (client) => {
    for (const compress of Object.keys(DECODERS) as (keyof typeof DECODERS)[]) {
      const blob = new Blob([PAGE]);
      for (const body of ["short", PAGE, blob, () => blob.stream(), blob.stream()]) {
        await (await client.post(server.url(), { body, compress })).discard();
        const { headers, body: sent } = requests.at(-1)!;
        assertEquals([headers["content-encoding"], "content-length" in headers], [compress, false]);
        const plain = text(DECODERS[compress](bytes(sent)));
        assertEquals(plain === (body === "short" ? "short" : PAGE), true);
      }
    }
    await (await client.post(server.url(), { json: { a: 1 }, compress: "gzip" })).discard();
    assertEquals(requests.at(-1)!.headers["content-type"], "application/json");
    await (await client.get(server.url(), { compress: "gzip" })).discard();
    assertEquals("content-encoding" in requests.at(-1)!.headers, false);
  });
});

Deno.test("a coded body is sent again where it can be made again, and its source's failure is told", async () => {
  const bodies: string[] = [];
  await using server = await RawServer.start(answering(({ target, method, headers, body }) => {
    if (target === "/from") return response("", "Location: /to\r\n", "307 Moved");
    if (target === "/other") return response("", "Location: /to\r\n", "303 Moved");
    bodies.push(
      method === "GET" ? `GET ${"content-encoding" in headers}` : text(gunzipSync(bytes(body))),
    );
    return response("ok");
  }));
  await withClient({}, async (client) => {
    const options = { body: "again", compress: "gzip" } as const;
    await (await client.put(server.url("/from"), options)).discard();
    await (await client.post(server.url("/other"), options)).discard();
    assertEquals(bodies, ["again", "GET false"]);
    const mine = new Error("mine");
    const broken = async function* () {
      yield bytes("begun");
      throw mine;
    };
    let thrown: unknown;
    await client.post(server.url(), { body: broken(), compress: "gzip" }).catch((e) => thrown = e);
    assertEquals(thrown, mine);
  });
});

Deno.test("a coding that is none, or said twice, is refused", async () => {
  await withClient({}, async (client) => {
    const headers = { "Content-Encoding": "br" };
    const url = "http://127.0.0.1:1/";
    await failure(client.post(url, { body: "x", compress: "gzip", headers }), LocalProtocolError);
    let thrown: unknown;
    await client.post(url, { body: "x", compress: "lzw" as "gzip" }).catch((error) =>
      thrown = error
    );
    assertEquals(thrown instanceof TypeError, true);
  });
});
