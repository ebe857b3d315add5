import { assert, assertEquals } from "@std/assert";
import { LimitError, RemoteProtocolError } from "../../src/errors.ts";
import { text } from "../support/bytes.ts";
import { withClient } from "../support/client.ts";
import { RawServer } from "../support/raw_server.ts";
import { testWithSharedData } from "../support/shared_data.ts";

interface Case {
  id: string;
  title: string;
  cls: string;
  input_b64: string;
  status: number;
  body_b64: string;
}

function decode(base64: string): string {
  return atob(base64);
}

testWithSharedData(
  "the graded responses of other parsers' tests, through the whole client",
  "http1_responses.json",
  async (json) => {
    const cases = (JSON.parse(json) as Case[]).filter((each) =>
      ["accept", "reject-head", "reject-body"].includes(each.cls)
    );
    assertEquals(cases.length, 52);
    for (const each of cases) {
      for (const isBytewise of [false, true]) {
        const what = `${each.id} ${each.title}`;
        const got = await outcome(decode(each.input_b64), isBytewise);
        if (each.cls === "accept") {
          assertEquals([got.status, got.body, got.error], [
            each.status,
            decode(each.body_b64),
            null,
          ], what);
        } else {
          const { error } = got;
          assert(
            error instanceof RemoteProtocolError || error instanceof LimitError,
            `${what}: ${error}`,
          );
          assertEquals(got.status === null, each.cls === "reject-head", what);
        }
      }
    }
  },
);

/** What a client makes of a server that sends these bytes and ends. */
async function outcome(input: string, isBytewise: boolean) {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    if (isBytewise) await peer.sendBytewise(input);
    else await peer.send(input);
    peer.end();
    await peer.ended();
  });
  let status: number | null = null;
  let body: string | null = null;
  let error: unknown = null;
  await withClient({ maxRetries: 0 }, async (client) => {
    try {
      const answer = await client.get(server.url(), { redirect: "manual", decompress: false });
      status = answer.status;
      body = text(await answer.bytes());
    } catch (thrown) {
      error = thrown;
    }
  });
  return { status: status as number | null, body: body as string | null, error };
}
