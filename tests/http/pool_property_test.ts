/**
 * What must hold of a pool whatever happens to it, in an order that nobody thought of: limits, no
 * idle hands, first come first served, and that everybody is served in the end.
 *
 * A model keeps account of requests; real servers hold them until they are told to answer.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { AbortedError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import {
  idlestOfOthers,
  leastLoaded,
  nextInLine,
  shouldYield,
  slotFor,
  wantsConnection,
} from "../../src/http/pool_decisions.ts";
import { NOTHING_LEFT } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { type RawPeer, RawServer, response } from "../support/raw_server.ts";

const TARGETS = 4;
const SEED = 9112;
/** Turns of the event loop in which a pool must have done all that it can. */
const MANY_TURNS = 20_000;

/** A server that holds what it gets until it is told to answer. */
class Holder {
  server!: RawServer;
  held: { readonly n: number; readonly answer: () => void }[] = [];

  static async start(): Promise<Holder> {
    const holder = new Holder();
    holder.server = await RawServer.start((peer) => holder.#serve(peer));
    return holder;
  }

  get connections(): number {
    return this.server.peers.filter((peer) => !peer.hasEnded).length;
  }

  async #serve(peer: RawPeer): Promise<void> {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      const go = Promise.withResolvers<void>();
      const held = { n: Number(next.target.slice(1)), answer: go.resolve };
      this.held.push(held);
      await Promise.race([go.promise, peer.ended()]);
      this.held = this.held.filter((each) => each !== held);
      if (peer.hasEnded) break;
      await peer.send(response(next.target));
    }
    peer.end();
  }
}

interface Limits {
  readonly maxConn: number;
  readonly maxConnPerTarget: number;
  readonly maxDialing: number;
}

/** Something that happens; `pick` says to whom, of those that there are. */
type Step =
  | { readonly kind: "ask"; readonly targets: readonly number[]; readonly priority: number }
  | { readonly kind: "answer"; readonly pick: number }
  | { readonly kind: "abort"; readonly pick: number };

interface Asked {
  readonly n: number;
  readonly target: number;
  readonly priority: number;
  readonly abort: AbortController;
  readonly end: Promise<void>;
}

/** A client, its servers, and what the model knows of them. */
class World {
  readonly #client: Client;
  readonly #limits: Limits;
  readonly #holders: readonly Holder[];
  readonly #open = new Map<number, Asked>();
  #sent = new Set<number>();
  #next = 0;

  constructor(limits: Limits, holders: readonly Holder[]) {
    this.#limits = limits;
    this.#holders = holders;
    this.#client = new Client({ ...limits, maxPipelinedRequests: 0, maxRetries: 0 });
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "ask":
        for (const target of step.targets) this.#ask(target, step.priority);
        break;
      case "answer": {
        const all = this.#holders.flatMap((holder) => holder.held);
        if (all.length === 0) return;
        const { n, answer } = all[step.pick % all.length];
        const { end } = this.#open.get(n)!;
        answer();
        await end;
        break;
      }
      case "abort": {
        const all = [...this.#open.values()];
        if (all.length === 0) return;
        const { abort, end } = all[step.pick % all.length];
        abort.abort();
        await end;
      }
    }
    await this.#settle();
  }

  /** Answers everybody, one after the other, and closes. */
  async finish(): Promise<void> {
    for (let left = 2 * this.#open.size; this.#open.size > 0; left--) {
      assert(left > 0, "somebody is never served");
      await this.take({ kind: "answer", pick: left });
    }
    await this.#client.closeAll();
    assertEquals(this.#client.stats(), NOTHING_LEFT);
    for (let left = MANY_TURNS; this.#holders.some((each) => each.connections > 0); left--) {
      assert(left > 0, "a connection stays");
      await turns();
    }
  }

  #ask(target: number, priority: number): void {
    const n = this.#next++;
    const abort = new AbortController();
    const url = this.#holders[target].server.url(`/${n}`);
    const end = this.#client.get(url, { priority, signal: abort.signal })
      .then((answer) => answer.text())
      .then((text) => assertEquals(text, `/${n}`), (error) => {
        assert(error instanceof AbortedError && abort.signal.aborted, String(error));
      }).finally(() => this.#open.delete(n));
    this.#open.set(n, { n, target, priority, abort, end });
  }

  /** Waits until the pool has done all that it can, and looks at whom it has served. */
  async #settle(): Promise<void> {
    let why = "";
    for (let left = MANY_TURNS; left > 0; left--) {
      this.#checkLimits();
      why = this.#whatIsOpen();
      if (why === "") break;
      await turns();
    }
    assertEquals(why, "");
    this.#checkOrder();
  }

  #checkLimits(): void {
    const { connections, dialing } = this.#client.stats();
    const { maxConn, maxDialing } = this.#limits;
    assert(connections + dialing <= maxConn, `${connections} and ${dialing} of ${maxConn}`);
    assert(dialing <= maxDialing, `${dialing} of ${maxDialing} are being opened`);
  }

  /** What could still be done; nothing where all is as it must be. */
  #whatIsOpen(): string {
    const { connections, dialing, queued, inFlight } = this.#client.stats();
    const { maxConn, maxConnPerTarget } = this.#limits;
    const held = this.#holders.map((holder) => holder.held.length);
    const opened = this.#holders.map((holder) => holder.connections);
    const sum = (all: number[]) => all.reduce((a, b) => a + b, 0);
    if (dialing > 0) return "a connection is being opened";
    if (inFlight !== sum(held)) return `${inFlight} are in flight, the servers hold ${held}`;
    if (connections !== sum(opened)) return `${connections} stand, the servers see ${opened}`;
    if (queued !== this.#open.size - inFlight) return `${queued} wait of ${this.#open.size}`;
    for (let at = 0; at < TARGETS; at++) {
      if (opened[at] > maxConnPerTarget) return `target ${at} has ${opened[at]} connections`;
      const waiting = [...this.#open.values()].filter(({ target }) => target === at).length -
        held[at];
      if (waiting === 0) continue;
      if (opened[at] > held[at]) return `target ${at} waits, and has an idle connection`;
      if (opened[at] === maxConnPerTarget) continue;
      if (connections < maxConn) return `target ${at} waits, and there is a slot`;
      if (connections > inFlight) return `target ${at} waits, and another's connection is idle`;
    }
    return "";
  }

  /** Whoever has been sent since was the most urgent of its target, and of those the first. */
  #checkOrder(): void {
    const sent = new Set(this.#holders.flatMap((holder) => holder.held.map(({ n }) => n)));
    const all = [...this.#open.values()];
    for (const one of all) {
      if (!sent.has(one.n) || this.#sent.has(one.n)) continue;
      const ahead = all.find((other) =>
        other.target === one.target && !sent.has(other.n) && other.n < one.n &&
        other.priority >= one.priority
      );
      assertEquals(ahead?.n, undefined, `${one.n} was sent, ${ahead?.n} was first`);
    }
    this.#sent = sent;
  }
}

const limits: fc.Arbitrary<Limits> = fc.record({
  maxConn: fc.integer({ min: 1, max: 6 }),
  maxConnPerTarget: fc.integer({ min: 1, max: 3 }),
  maxDialing: fc.integer({ min: 1, max: 3 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      targets: fc.array(fc.nat(TARGETS - 1), { minLength: 1, maxLength: 6 }),
      priority: fc.constantFrom(0, 0, 0, 1, -1),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("answer" as const), pick: fc.nat(1_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("abort" as const), pick: fc.nat(1_000) }) },
);

Deno.test("a pool keeps its limits, leaves nobody waiting whom it could serve, and serves in order", async () => {
  await using stack = new AsyncDisposableStack();
  const holders: Holder[] = [];
  for (let at = 0; at < TARGETS; at++) {
    holders.push(await Holder.start());
    stack.use(holders[at].server);
  }
  const property = fc.asyncProperty(
    limits,
    fc.array(step, { minLength: 10, maxLength: 50, size: "max" }),
    async (limits, steps) => {
      const world = new World(limits, holders);
      for (const each of steps) await world.take(each);
      await world.finish();
    },
  );
  await fc.assert(property, { numRuns: 200, seed: SEED });
});

interface View {
  readonly connections: { readonly length: number };
  readonly dialing: number;
  readonly queue: { readonly size: number; readonly priority: number };
}

function view(connections: number, dialing: number, size: number, priority: number): View {
  return { connections: { length: connections }, dialing, queue: { size, priority } };
}

const target = fc.tuple(fc.nat(5), fc.nat(3), fc.integer({ min: 1, max: 5 }), fc.nat(2))
  .map((numbers) => view(...numbers));

Deno.test("a pool that dials whenever it may reaches its limits and never goes over them", () => {
  fc.assert(
    fc.property(limits, fc.array(target, { minLength: 1 }), (limits, drawn) => {
      const line = drawn.map(({ queue }) =>
        view(0, 0, queue.size, queue.priority) as {
          connections: { length: number };
          dialing: number;
          queue: View["queue"];
        }
      );
      let dialing = 0;
      let connections = 0;
      for (;;) {
        const wanting = line.filter((each) => wantsConnection(each, limits));
        const at = nextInLine(wanting);
        if (at < 0 || slotFor(connections, dialing, limits) !== "dial") break;
        wanting[at].dialing++;
        dialing++;
        // What is being opened stands in the end, for another to begin.
        if (dialing < limits.maxDialing) continue;
        for (const each of line) {
          each.connections.length += each.dialing;
          each.queue = { ...each.queue, size: each.queue.size - each.dialing } as View["queue"];
          connections += each.dialing;
          each.dialing = 0;
        }
        dialing = 0;
      }
      const most = drawn.reduce(
        (sum, { queue }) => sum + Math.min(queue.size, limits.maxConnPerTarget),
        0,
      );
      assertEquals(connections + dialing, Math.min(limits.maxConn, most));
      for (const each of line) {
        assert(each.connections.length + each.dialing <= limits.maxConnPerTarget);
      }
    }),
    { seed: SEED },
  );
});

Deno.test("the next in line is the first of the most urgent", () => {
  fc.assert(
    fc.property(fc.array(target), (line) => {
      const at = nextInLine(line);
      if (line.length === 0) return assertEquals(at, -1);
      const most = Math.max(...line.map(({ queue }) => queue.priority));
      assertEquals(at, line.findIndex(({ queue }) => queue.priority === most));
    }),
    { seed: SEED },
  );
});

Deno.test("only an idle connection of another target is closed for its slot, and the idlest", () => {
  const connection = fc.record({ target: fc.nat(3), load: fc.nat(2), idleSince: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(connection), fc.nat(3), (connections, target) => {
      const may = connections.filter((each) => each.load === 0 && each.target !== target);
      const chosen = idlestOfOthers(connections, target);
      if (may.length === 0) return assertEquals(chosen, null);
      assert(chosen !== null && may.includes(chosen));
      assertEquals(chosen.idleSince, Math.min(...may.map((each) => each.idleSince)));
    }),
    { seed: SEED },
  );
});

Deno.test("a request goes to the connection that carries least, of those with room", () => {
  const connection = fc.record({ load: fc.nat(9), hasRoom: fc.boolean() });
  fc.assert(
    fc.property(fc.array(connection), (connections) => {
      const may = connections.filter((each) => each.hasRoom);
      const chosen = leastLoaded(connections, (each) => each.hasRoom);
      if (may.length === 0) return assertEquals(chosen, null);
      assert(chosen !== null && may.includes(chosen));
      assertEquals(chosen.load, Math.min(...may.map((each) => each.load)));
    }),
    { seed: SEED },
  );
});

Deno.test("slots that busy targets let go settle: nobody is left without, and none goes to and fro", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(sizes, (held) => {
      const slots = held.reduce((sum, each) => sum + each, 0);
      let moves = 0;
      for (;;) {
        // All of them always have more to send.
        const line = held.map((each) => view(each, 0, 100, 0));
        // Everybody's turn comes; the slots are shared where also the one who has most has enough.
        const most = Math.max(...held);
        const from = line.findIndex((holder) =>
          holder.connections.length === most && most > 0 && shouldYield(holder, line)
        );
        if (from < 0) break;
        const to = held.indexOf(Math.min(...held));
        held[from]--;
        held[to]++;
        // Where there are fewer slots than targets they are taken in turn, without an end.
        if (slots < held.length) break;
        assert(++moves <= slots * held.length, `slots wander: ${held}`);
      }
      if (slots < held.length) return;
      assert(Math.min(...held) > 0, `somebody is left without: ${held}`);
      assert(Math.max(...held) - Math.min(...held) <= 1, `not shared: ${held}`);
    }),
    { seed: SEED },
  );
});
