/** A connection over a stream whose events come in an order that no real one promises. @module */

import { assertEquals } from "@std/assert";
import { BrokenError } from "../../src/errors.ts";
import { Connection } from "../../src/http/connection.ts";
import { Exchange } from "../../src/http/exchange.ts";
import type { RequestOptions } from "../../src/http/options.ts";
import { settingsOf } from "../../src/http/settings.ts";
import { planOf } from "../../src/http/plan.ts";
import { standardFields } from "../../src/http/request_fields.ts";
import { Target } from "../../src/http/target.ts";
import { newTotals } from "../../src/http/totals.ts";
import { failure } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { trust } from "../support/pipelining.ts";
import { HandStream } from "../support/hand_stream.ts";
import { response } from "../support/raw_server.ts";

const RESET = new Deno.errors.ConnectionReset("Connection reset by peer");
const BROKEN_PIPE = new Deno.errors.BrokenPipe("Broken pipe");

/** A connection, and what it tells the pool. */
class Bench {
  readonly stream = new HandStream();
  readonly settings = settingsOf({ maxRetries: 0 });
  readonly standard = standardFields(this.settings);
  readonly target = new Target(new URL("http://a.example/"), undefined, this.standard);
  /** The paths of those that are to be sent elsewhere. */
  readonly requeued: string[] = [];
  readonly connection = new Connection(this.target, this.stream, this.settings, newTotals(), {
    onRoom: () => {},
    onClosed: () => {},
  });

  send(path: string, options: RequestOptions = {}): Exchange {
    const url = new URL(path, "http://a.example/");
    const plan = planOf(url, this.target, options, this.settings, this.standard);
    const ignore = () => {};
    const exchange = new Exchange(plan, {
      enqueue: ignore,
      requeue: (exchange) => void this.requeued.unshift(exchange.plan.path),
      dequeue: ignore,
      rest: ignore,
      endRest: ignore,
      tryRetry: () => true,
      settings: settingsOf({}),
    }, null);
    exchange.waiter.promise.catch(ignore);
    this.connection.send(exchange);
    return exchange;
  }

  /** Ends what a test leaves behind. */
  end(...exchanges: Exchange[]): void {
    this.connection.close(new BrokenError("the test is over"));
    for (const exchange of exchanges) exchange.fail(new BrokenError("the test is over"));
  }
}

Deno.test("bytes that came before a request has left are no answer to it", async () => {
  const bench = new Bench();
  await turns();
  // They are there when the request is handed over, but nobody has looked at them yet.
  bench.stream.arrive(response("poison"));
  const exchange = bench.send("/1", { method: "POST" });
  await turns();
  assertEquals([bench.connection.isOpen, bench.requeued], [false, ["/1"]]);
  bench.end(exchange);
});

Deno.test("bytes that come while the request before is stuck are no answer to those behind it", async () => {
  const bench = new Bench();
  trust(bench.target);
  const first = bench.send("/1");
  await turns();
  bench.stream.holdWrites();
  const second = bench.send("/2");
  await turns();
  const third = bench.send("/3");
  // The second is on its way and may be answered; nobody has asked for the third yet.
  bench.stream.arrive(response("1") + response("2") + response("poison"));
  await turns();
  assertEquals(await (await first.waiter.promise).text(), "1");
  assertEquals(await (await second.waiter.promise).text(), "2");
  assertEquals([bench.connection.isOpen, bench.requeued], [false, ["/3"]]);
  bench.end(third);
});

Deno.test("a write that fails leaves the answer that had come before it", async () => {
  const bench = new Bench();
  bench.stream.failWrites(BROKEN_PIPE);
  const exchange = bench.send("/", { method: "POST", body: "x" });
  await turns();
  assertEquals(bench.connection.isOpen, true);
  bench.stream.arrive(response("no", "", "413 Content Too Large"));
  const answer = await exchange.waiter.promise;
  assertEquals([answer.status, await answer.text()], [413, "no"]);
  assertEquals(bench.connection.isOpen, false);
});

Deno.test("a write that fails without an answer is told once the read fails too", async () => {
  const bench = new Bench();
  bench.stream.failWrites(BROKEN_PIPE);
  const exchange = bench.send("/", { method: "POST", body: "x" });
  await turns();
  bench.stream.arrive(RESET);
  const error = await failure(exchange.waiter.promise, BrokenError);
  assertEquals([error.code, error.sent], ["connection reset by peer", "partial"]);
});

Deno.test("nothing is handed to a connection whose write has failed", async () => {
  const bench = new Bench();
  trust(bench.target);
  const first = bench.send("/1");
  await turns();
  bench.stream.failWrites(BROKEN_PIPE);
  const second = bench.send("/2");
  await turns();
  assertEquals(bench.connection.hasRoomFor(second.plan), false);
  bench.end(first, second);
});

Deno.test("a connection that dies puts all back in their order, each told how much had left", async () => {
  const bench = new Bench();
  trust(bench.target);
  const sent = [bench.send("/1"), bench.send("/2")];
  await turns();
  bench.stream.holdWrites();
  sent.push(bench.send("/3"));
  await turns();
  sent.push(bench.send("/4"));
  const states = sent.map((each) => bench.connection.sentOf(each));
  assertEquals(states, ["all", "all", "partial", "none"]);
  bench.stream.arrive(RESET);
  // The front has no retry left; those behind it were only in the wrong place.
  const error = await failure(sent[0].waiter.promise, BrokenError);
  assertEquals([error.sent, bench.requeued], ["all", ["/2", "/3", "/4"]]);
  bench.end(...sent);
});

Deno.test("what is on its way stays as it is while more is sent behind it", async () => {
  const bench = new Bench();
  trust(bench.target);
  const options = { method: "POST", idempotent: true };
  bench.stream.holdWrites();
  const sent = [
    bench.send("/1", { ...options, body: "one" }),
    bench.send("/2", { ...options, body: "two" }),
  ];
  await turns();
  sent.push(bench.send("/3", { ...options, body: "three" }));
  await turns();
  assertEquals(sent.map((each) => bench.connection.sentOf(each)), ["partial", "partial", "none"]);
  bench.stream.releaseWrites();
  await turns();
  assertEquals(sent.map((each) => bench.connection.sentOf(each)), ["all", "all", "all"]);
  assertEquals(
    bench.stream.written.match(/POST .[0-9]|one|two|three/g),
    ["POST /1", "one", "POST /2", "two", "POST /3", "three"],
  );
  bench.end(...sent);
});

Deno.test("a body that a reset cuts is told so, also where a write was told of the reset first", async () => {
  const bench = new Bench();
  trust(bench.target);
  const first = bench.send("/1");
  await turns();
  const second = bench.send("/2");
  bench.stream.failWrites(RESET);
  await turns();
  bench.stream.arrive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  const answer = await first.waiter.promise;
  const reading = answer.text();
  bench.stream.arrive(null);
  const error = await failure(reading, BrokenError);
  assertEquals([error.code, error.sent], ["connection reset by peer", "all"]);
  assertEquals(bench.requeued, ["/2"]);
  bench.end(second);
});
