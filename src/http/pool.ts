/**
 * Who gets which connection, and who waits.
 *
 * Holds the limits: connections in all and to one target, requests in line. For each request that
 * comes, and each time a connection has room or is gone, it decides in one pass: hand over to one
 * that is ready, else open another where both limits allow, else leave in line. A target that waits
 * for a free slot takes that of another's idle connection.
 *
 * @module
 */

import { ClosedError, type LasaError, LimitError } from "../errors.ts";
import type { ByteStream } from "../socket/stream.ts";
import { turnNow } from "../thread/clock.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { Dialing } from "./dialing.ts";
import type { Exchange, ExchangeOwner } from "./exchange.ts";
import { IdleAlarm } from "./idle_alarm.ts";
import type { RequestPlan } from "./plan.ts";
import {
  idlestOfOthers,
  leastLoaded,
  nextInLine,
  shouldYield,
  slotFor,
  wantsConnection,
} from "./pool_decisions.ts";
import { RetryBudget } from "./retry_budget.ts";
import type { Settings } from "./settings.ts";
import type { Target } from "./target.ts";
import type { ClientStats, Totals } from "./totals.ts";

/** Requests that a target may hand over while another waits for a slot; then it lets one go. */
const FAIR_TURNS = 8;

/** The connections of one client. */
export class Pool implements ConnectionOwner, ExchangeOwner {
  readonly #settings: Settings;
  readonly #totals: Totals;
  readonly #connections = new Set<Connection>();
  readonly #dialings = new Set<Dialing>();
  /** Attempts that were taken back and have not ended yet. */
  readonly #cancelled = new Set<Dialing>();
  /** Targets that want a connection, in the order in which they came. */
  readonly #line: Target[] = [];
  /** Connections that take nothing more, since another target is to have their slots. */
  readonly #yielding = new Set<Connection>();
  readonly #budgets = new WeakMap<Target, RetryBudget>();
  #isServingLine = false;
  /** Requests that wait: in a target's queue, or resting before they are sent again. */
  #waiting = 0;
  readonly #rests = new Set<(error: ClosedError) => void>();
  readonly #idleAlarm: IdleAlarm;
  #onAllEnded: (() => void)[] = [];

  constructor(settings: Settings, totals: Totals) {
    this.#settings = settings;
    this.#totals = totals;
    this.#idleAlarm = new IdleAlarm(this.#connections, settings.idleTimeoutMs);
  }

  /** Takes a new request. */
  submit(exchange: Exchange): void {
    const { target, priority } = exchange.plan;
    target.requestCount++;
    // Those in line come first, also where this one could be served at once.
    const isFirst = target.queue.size === 0 || priority > target.queue.priority;
    const connection = isFirst ? this.#ready(target, exchange.plan) : null;
    if (connection !== null) return this.#handOver(connection, exchange);
    this.enqueue(exchange);
    // Whom a connection is being opened for does not wait for anybody else's.
    const { maxQueued } = this.#settings;
    if (exchange.state !== "queued" || this.#waiting - this.#dialings.size <= maxQueued) return;
    this.dequeue(exchange);
    exchange.fail(
      new LimitError(
        `Cannot ${exchange.plan.method} ${exchange.plan.url}: ` +
          `${maxQueued} requests wait already (maxQueued)`,
        { limit: "maxQueued", sent: "none" },
      ),
    );
  }

  /** Puts a request in line and opens what may be opened for it. */
  enqueue(exchange: Exchange): void {
    const { target } = exchange.plan;
    exchange.onQueued();
    target.queue.push(exchange);
    this.#waiting++;
    this.#serve(target);
  }

  /** Puts a request of a connection that is closing back; `onClosed` serves all of them at once. */
  requeue(exchange: Exchange): void {
    exchange.onQueued();
    exchange.plan.target.queue.unshift(exchange);
    this.#waiting++;
  }

  /** Takes a request out of the line for good, and back what was being opened for it. */
  dequeue(exchange: Exchange): void {
    const { target } = exchange.plan;
    this.#take(exchange);
    if (target.dialing <= target.queue.size) return;
    for (const dialing of this.#dialings) {
      if (dialing.target !== target) continue;
      this.#cancel(dialing, new ClosedError("nobody wants the connection any more"));
      return this.#serveLine();
    }
  }

  /** Counts a request that rests among those that wait. */
  rest(exchange: Exchange): void {
    exchange.plan.target.resting.add(exchange);
    this.#waiting++;
  }

  /** A request has rested, or is given up. */
  endRest(exchange: Exchange): void {
    exchange.plan.target.resting.delete(exchange);
    this.#waiting--;
  }

  /** How requests are sent again. */
  get settings(): Settings {
    return this.#settings;
  }

  /** Whether a target's budget allows one more retry, which is paid for and counted then. */
  tryRetry(target: Target): boolean {
    let budget = this.#budgets.get(target);
    if (budget === undefined) {
      const { budgetRatio, budgetReserve } = this.#settings.retry;
      budget = new RetryBudget(target, budgetRatio, budgetReserve);
      this.#budgets.set(target, budget);
    }
    const isAllowed = budget.tryTake(turnNow());
    if (isAllowed) this.#totals.retries++;
    else this.#totals.retriesDenied++;
    return isAllowed;
  }

  /** Counts a request that rests without being in anybody's hands; `fail` ends its rest. */
  addRest(fail: (error: ClosedError) => void): void {
    this.#rests.add(fail);
    this.#waiting++;
  }

  /** Such a request rests no longer. */
  removeRest(fail: (error: ClosedError) => void): void {
    if (this.#rests.delete(fail)) this.#waiting--;
  }

  /** Hands the line's next to a connection that has room again. */
  onRoom(connection: Connection): void {
    const { target } = connection;
    if (connection.load === 0 && this.#yielding.delete(connection)) {
      // The others may have been served meanwhile.
      if (shouldYield(target, this.#line)) {
        return connection.closeFor(new ClosedError("its slot was needed"));
      }
    }
    if (connection.load === 0 && !target.idle.includes(connection)) {
      connection.idleSince = turnNow();
      target.idle.push(connection);
    }
    if (target.queue.size > 0) this.#serve(target);
    if (connection.load > 0 || !connection.isOpen) return;
    // Idle: another target may want its slot.
    this.#serveLine();
    if (connection.isOpen) this.#idleAlarm.set();
  }

  /** Forgets a connection; its slot may be somebody's. */
  onClosed(connection: Connection): void {
    const { target } = connection;
    this.#connections.delete(connection);
    remove(target.connections, connection);
    remove(target.idle, connection);
    this.#yielding.delete(connection);
    // Its own target goes to the end of the line: others may have waited for longer.
    if (target.queue.size > 0) this.#serve(target);
    else this.#serveLine();
    if (this.#connections.size === 0) this.#idleAlarm.clear();
  }

  /** What there is now. */
  stats(): ClientStats {
    let idle = 0;
    let inFlight = 0;
    for (const connection of this.#connections) {
      if (connection.load === 0) idle++;
      inFlight += connection.load;
    }
    return {
      connections: this.#connections.size,
      idle,
      dialing: this.#dialings.size,
      queued: this.#waiting,
      inFlight,
    };
  }

  /** Ends everything: waiting requests fail, connections are closed. */
  async closeAll(targets: Iterable<Target>): Promise<void> {
    const error = new ClosedError("the client was closed", { sent: "none" });
    this.#idleAlarm.clear();
    for (const target of targets) {
      for (let next = target.queue.first; next !== null; next = target.queue.first) {
        this.#take(next);
        next.fail(error);
      }
      for (const exchange of target.resting) exchange.fail(error);
    }
    for (const fail of this.#rests) fail(error);
    for (const dialing of this.#dialings) this.#cancel(dialing, error);
    for (const connection of this.#connections) {
      connection.closeFor(new ClosedError("the client was closed"));
    }
    if (this.#cancelled.size === 0) return;
    await new Promise<void>((resolve) => this.#onAllEnded.push(resolve));
  }

  #take(exchange: Exchange): void {
    exchange.plan.target.queue.remove(exchange);
    this.#waiting--;
  }

  #handOver(connection: Connection, exchange: Exchange): void {
    if (connection.load === 0) {
      const { idle } = connection.target;
      if (idle[idle.length - 1] === connection) idle.pop();
      else remove(idle, connection);
    }
    connection.send(exchange);
    if (this.#line.length > 0) this.#takeTurn(connection);
  }

  /** Counts what a target is served while others wait, and after its turn lets a connection go. */
  #takeTurn(connection: Connection): void {
    const { target } = connection;
    if (++target.turns < FAIR_TURNS) return;
    target.turns = 0;
    if (shouldYield(target, this.#line)) this.#yielding.add(connection);
  }

  /** Whether a connection takes requests of its target at all. */
  #serves(connection: Connection): boolean {
    return this.#yielding.size === 0 || !this.#yielding.has(connection);
  }

  /** The connection that can take the request now: an idle one, else the least loaded with room. */
  #ready(target: Target, plan: RequestPlan): Connection | null {
    const { idle, connections } = target;
    while (idle.length > 0) {
      const connection = idle[idle.length - 1];
      if (connection.isOpen) return connection;
      idle.pop();
    }
    if (!plan.mayPipeline || target.pipelining !== "trusted") return null;
    return leastLoaded(connections, (each) => each.hasRoomFor(plan) && this.#serves(each));
  }

  /** One pass over a target's queue: hand over what can be, then ask for connections for the rest. */
  #serve(target: Target): void {
    for (let next = target.queue.first; next !== null; next = target.queue.first) {
      const connection = this.#ready(target, next.plan);
      if (connection === null) break;
      this.#take(next);
      this.#handOver(connection, next);
    }
    if (!wantsConnection(target, this.#settings)) return;
    if (!target.isInLine) this.#line.push(target);
    target.isInLine = true;
    this.#serveLine();
  }

  /** Opens a connection for one target after the other, as long as there are slots. */
  #serveLine(): void {
    // Closing an idle connection for its slot calls back; the slot is the first target's.
    if (this.#isServingLine) return;
    this.#isServingLine = true;
    const line = this.#line;
    while (line.length > 0) {
      const at = nextInLine(line);
      const target = line[at];
      const wantsOne = wantsConnection(target, this.#settings);
      if (wantsOne && !this.#freeSlot(target)) break;
      line.splice(at, 1);
      if (wantsOne) this.#dial(target);
      target.isInLine = wantsConnection(target, this.#settings);
      if (target.isInLine) line.push(target);
    }
    this.#isServingLine = false;
  }

  /** Whether one more connection may be opened, an idle one of another target closed for it. */
  #freeSlot(target: Target): boolean {
    const decision = slotFor(this.#connections.size, this.#dialings.size, this.#settings);
    if (decision !== "close an idle one") return decision === "dial";
    const idlest = idlestOfOthers(this.#connections, target);
    if (idlest === null) return false;
    idlest.closeFor(new ClosedError("its slot was needed"));
    return true;
  }

  #dial(target: Target): void {
    target.dialing++;
    const timeoutMs = target.queue.first!.plan.timeouts.connect;
    this.#dialings.add(
      new Dialing(
        target,
        this.#settings,
        timeoutMs,
        (dialing, stream) => this.#onOpen(dialing, stream),
        (dialing, error) => this.#onDialFailed(dialing, error),
      ),
    );
  }

  /** Takes an attempt back; its slot is free at once. */
  #cancel(dialing: Dialing, error: LasaError): void {
    this.#dialings.delete(dialing);
    this.#cancelled.add(dialing);
    dialing.target.dialing--;
    dialing.cancel(error);
  }

  #onOpen(dialing: Dialing, stream: ByteStream): void {
    const { target } = dialing;
    this.#dialings.delete(dialing);
    target.dialing--;
    const connection = new Connection(target, stream, this.#settings, this.#totals, this);
    this.#totals.connectionsOpened++;
    this.#connections.add(connection);
    target.connections.push(connection);
    this.onRoom(connection);
    // One less is being opened; where that was what others waited for, it is their turn.
    this.#serveLine();
  }

  #onDialFailed(dialing: Dialing, error: LasaError): void {
    if (this.#cancelled.delete(dialing)) return this.#onCancelledEnded();
    const { target } = dialing;
    this.#dialings.delete(dialing);
    target.dialing--;
    // While another connection stands or is on its way, those in line may still be served.
    if (target.connections.length === 0 && target.dialing === 0) {
      const failed: Exchange[] = [];
      for (let next = target.queue.first; next !== null; next = target.queue.first) {
        this.#take(next);
        failed.push(next);
      }
      for (const exchange of failed) exchange.drop(error, "none", false);
    }
    this.#serveLine();
  }

  #onCancelledEnded(): void {
    if (this.#cancelled.size > 0) return;
    const callbacks = this.#onAllEnded;
    this.#onAllEnded = [];
    for (const callback of callbacks) callback();
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
