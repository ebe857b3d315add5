import { assertEquals } from "@std/assert";
import { type ByteStream, writeAll } from "../../src/socket/stream.ts";
import { bytes, text } from "../support/bytes.ts";
import { testStreamContract } from "../support/stream_contract.ts";
import { TRANSPORTS } from "../support/transports.ts";

for (const transport of TRANSPORTS) testStreamContract(transport);

Deno.test("writing all tells of each part that was taken before the last", async () => {
  const events: string[] = [];
  const write = (rest: Uint8Array<ArrayBuffer>) => {
    events.push(text(rest));
    return Promise.resolve(Math.min(3, rest.length));
  };
  const stream = { write } as Partial<ByteStream> as ByteStream;
  await writeAll(stream, bytes("abcdefgh"), () => events.push("part"));
  await writeAll(stream, bytes("xyz"), () => events.push("part"));
  await writeAll(stream, bytes(""));
  assertEquals(events, ["abcdefgh", "part", "defgh", "part", "gh", "xyz"]);
});
