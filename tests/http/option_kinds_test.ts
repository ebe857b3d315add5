/** A value that makes no sense is refused where it is given, by the option's name. @module */

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { LocalProtocolError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";

const NOBODY = "http://127.0.0.1:1/";

const OF_CLIENT: readonly [options: Record<string, unknown>, message: string][] = [
  [{ maxConn: "5" }, 'Cannot set maxConn: "5" is not a whole number from 1 up'],
  [{ timeout: "5" }, 'Cannot set timeout: "5" is not a duration in milliseconds'],
  [{ idleTimeoutMs: null }, "Cannot set idleTimeoutMs: null is not a duration in milliseconds"],
  [{ timeouts: null }, "Cannot set timeouts: null is not an object"],
  [{ timeouts: { body: "5" } }, 'Cannot set timeouts.body: "5" is not a duration in milliseconds'],
  [{ clientIps: "127.0.0.1" }, 'Cannot set clientIps: "127.0.0.1" is not a list of IP addresses'],
  [{ headers: "x" }, 'Cannot set headers: "x" is not header fields: a Headers, pairs or an object'],
  [{ headers: { a: 5 } }, 'Cannot send the headers: the value of "a" is 5'],
  [{ headers: [["a"]] }, "Cannot send the headers: [object Array] is not a pair of name and value"],
  [{ hooks: { beforeRetry: 5 } }, "Cannot set hooks.beforeRetry: 5 is not a function"],
  [{ circuit: 5 }, "Cannot set circuit: 5 is not true, false or an object"],
  [{ retry: true }, "Cannot set retry: true is not an object"],
  [
    { retry: { statuses: "503" } },
    'Cannot set retry.statuses: "503" is not a list of status codes',
  ],
  [{ proxy: 5 }, 'Cannot set proxy: 5 is not a URL, proxy options with a url, "env" or false'],
  [{ cookies: 5 }, "Cannot set cookies: 5 is not a CookieJar, true or false"],
  [
    { cache: true },
    "Cannot set cache: true is not a cache: memoryCache(), fileCache() or kvCache()",
  ],
];

const OF_REQUEST: readonly [options: Record<string, unknown>, message: string][] = [
  [{ method: null }, "Cannot set method: null is not a text"],
  [{ headers: { a: undefined } }, 'Cannot send the headers: the value of "a" is undefined'],
  [{ body: 5 }, "Cannot send the body: 5 is not a body"],
  [{ json: () => 1 }, "Cannot send json: a function has no JSON form"],
  [{ json: 1n }, "Cannot send json: Do not know how to serialize a BigInt"],
  [{ form: null }, "Cannot set form: null is not names and values"],
  [{ timeout: "5" }, 'Cannot set timeout: "5" is not a duration in milliseconds'],
  [{ clientIp: 5 }, "Cannot set clientIp: 5 is not a text"],
  [{ retry: true }, "Cannot set retry: true is not an object or false"],
  [{ signal: {} }, "Cannot set signal: [object Object] is not an AbortSignal"],
  [{ idempotencyKey: 5 }, "Cannot set idempotencyKey: 5 is not a text, true or false"],
  [{ upgrade: {} }, "Cannot set upgrade: [object Object] is not a text"],
  [{ cookies: {} }, "Cannot set cookies: [object Object] is not a CookieJar, true or false"],
  [{ cache: {} }, "Cannot set cache: [object Object] is not a cache, a mode or false"],
];

Deno.test("a client refuses a value of the wrong kind, naming option and value", () => {
  for (const [options, message] of OF_CLIENT) {
    const error = assertThrows(() => new Client(options), Error);
    assertEquals(error.message, message);
    assertEquals(error instanceof TypeError || error instanceof RangeError, true);
    assertThrows(() => new Client().extend(options), Error, message);
  }
});

Deno.test("a request refuses a value of the wrong kind, naming option and value", async () => {
  await using client = new Client();
  for (const [options, message] of OF_REQUEST) {
    const error = await assertRejects(() => client.request(NOBODY, options), Error);
    assertEquals(error.message, message);
    assertEquals(error instanceof TypeError || error instanceof RangeError, true);
  }
  assertEquals(client.totals().connectionsOpened, 0);
});

Deno.test("what is no URL is refused as it was given", async () => {
  await using client = new Client();
  for (const url of [5, {}, ""] as unknown as string[]) {
    const error = await assertRejects(() => client.request({ url }));
    assertInstanceOf(error, LocalProtocolError);
    assertEquals(error.message.endsWith("is not a URL"), true);
  }
});

Deno.test("an option that is undefined was not given", () => {
  new Client({ headers: undefined, hooks: undefined, timeouts: undefined, cache: undefined });
});
