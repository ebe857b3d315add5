import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { RemoteProtocolError } from "../../src/errors.ts";
import { digestOf } from "../../src/http/digest_check.ts";
import { text } from "../support/bytes.ts";
import { failure, untilQuiet, withClient } from "../support/client.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

const BODY = "lorem ipsum ".repeat(1_000);

function digest(data: string | Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): string {
  const name = algorithm === "sha256" ? "sha-256" : "sha-512";
  return `${name}=:${createHash(algorithm).update(data).digest("base64")}:`;
}

Deno.test("a dictionary of digests is read for the strongest that is known", () => {
  const table: [string | null, string | null][] = [
    [null, null],
    ["", null],
    ["sha-256=:AAAA:", "sha-256 AAAA"],
    ["sha-256=:AAAA:, sha-512=:BBBB:", "sha-512 BBBB"],
    ["md5=:AAAA:", null],
    ["unixsum=:AA==:,  sha-256=:CC==:", "sha-256 CC=="],
    ["sha-256=AAAA", null],
    ["sha-256=:AAAA:, broken", null],
  ];
  for (const [value, expected] of table) {
    const found = digestOf(value);
    assertEquals([value, found && `${found.algorithm} ${found.base64}`], [value, expected]);
  }
});

Deno.test("a body is checked against its Content-Digest, which is that of its coded form", async () => {
  const requests: RawRequest[] = [];
  const gzip = gzipSync(BODY);
  await using server = await RawServer.start(answering((request) => {
    requests.push(request);
    switch (request.target) {
      case "/plain":
        return response(BODY, `Content-Digest: ${digest(BODY, "sha512")}, ${digest(BODY)}\r\n`);
      case "/gzip":
        return response(
          text(gzip),
          `Content-Encoding: gzip\r\nContent-Digest: ${digest(gzip)}\r\n`,
        );
      case "/wrong":
        return response(BODY, `Content-Digest: ${digest(gzip)}\r\n`);
      default:
        return response(BODY);
    }
  }));
  await withClient({}, async (client) => {
    const read = async (path: string, checkDigest: boolean | "require" = true) =>
      await (await client.get(server.url(path), { checkDigest })).text() === BODY;
    assertEquals([await read("/plain"), await read("/gzip"), await read("/none")], [
      true,
      true,
      true,
    ]);
    assertEquals(requests[0].headers["want-content-digest"], "sha-256=5, sha-512=10");
    const wrong = await failure(read("/wrong"), RemoteProtocolError);
    assertEquals(wrong.code, "digest mismatch");
    const missing = await failure(read("/none", "require"), RemoteProtocolError);
    assertEquals(missing.code, "digest missing");
    assertEquals(await read("/wrong", false), true);
    assertEquals("want-content-digest" in requests.at(-1)!.headers, false);
    await untilQuiet(client);
  });
});
