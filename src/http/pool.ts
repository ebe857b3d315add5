/**
 * Who gets which connection, and who waits.
 *
 * Holds the limits: connections in all and to one target, requests in line. For each request that
 * comes, and each time a connection has room or is gone, it decides in one pass: hand over to one
 * that is ready, else ask for another slot, else leave in line.
 *
 * @module
 */

import { ClosedError, type LasaError, LimitError } from "../errors.ts";
import type { ByteStream } from "../socket/stream.ts";
import { turnNow } from "../thread/clock.ts";
import { type Closeable, forgetOpen, registerOpen } from "../thread/lifetime.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { Exchange, ExchangeOwner } from "./exchange.ts";
import { IdleAlarm } from "./idle_alarm.ts";
import type { RequestPlan } from "./plan.ts";
import { leastLoaded } from "./pool_decisions.ts";
import { RetryBudget } from "./retry_budget.ts";
import type { Settings } from "./settings.ts";
import { Slots, type SlotsOwner } from "./slots.ts";
import { tellStep } from "./steps.ts";
import type { Target } from "./target.ts";
import type { ClientStats, Totals } from "./totals.ts";

/** The connections of one client. */
export class Pool implements ConnectionOwner, ExchangeOwner, SlotsOwner, Closeable {
  readonly #settings: Settings;
  readonly #totals: Totals;
  readonly #targets: () => Iterable<Target>;
  readonly #connections = new Set<Connection>();
  readonly #slots: Slots;
  readonly #budgets = new WeakMap<Target, RetryBudget>();
  /** Requests that wait: in a target's queue, or resting before they are sent again. */
  #waiting = 0;
  #requests = 0;
  readonly #rests = new Set<(error: ClosedError) => void>();
  readonly #idleAlarm: IdleAlarm;

  constructor(settings: Settings, totals: Totals, targets: () => Iterable<Target>) {
    this.#settings = settings;
    this.#totals = totals;
    this.#targets = targets;
    this.#slots = new Slots(settings, this.#connections, this);
    this.#idleAlarm = new IdleAlarm(this.#connections);
  }

  /** Takes a new request. */
  submit(exchange: Exchange): void {
    const { target, priority } = exchange.plan;
    target.requestCount++;
    exchange.id = ++this.#requests;
    this.#tell("request", exchange);
    // Those in line come first, also where this one could be served at once.
    const isFirst = target.queue.size === 0 || priority > target.queue.priority;
    const connection = isFirst ? this.#ready(target, exchange.plan) : null;
    if (connection !== null) return this.#handOver(connection, exchange);
    this.enqueue(exchange);
    // Whom a connection is being opened for does not wait for anybody else's.
    const { maxQueued } = this.#settings;
    if (exchange.state !== "queued" || this.#waiting - this.#slots.dialing <= maxQueued) return;
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
    this.#tell("queued", exchange);
    exchange.onQueued();
    target.queue.push(exchange);
    this.#onWait();
    this.#serve(target);
  }

  /** Puts a request of a connection that is closing back; `onClosed` serves all of them at once. */
  requeue(exchange: Exchange): void {
    this.#tell("queued", exchange);
    exchange.onQueued();
    exchange.plan.target.queue.unshift(exchange);
    this.#onWait();
  }

  /** Takes a request out of the line for good, and back what was being opened for it. */
  dequeue(exchange: Exchange): void {
    this.#take(exchange);
    this.#slots.cancelSpare(exchange.plan.target);
  }

  /** Counts a request that rests among those that wait. */
  rest(exchange: Exchange): void {
    exchange.plan.target.resting.add(exchange);
    this.#onWait();
  }

  /** A request has rested, or is given up. */
  endRest(exchange: Exchange): void {
    exchange.plan.target.resting.delete(exchange);
    this.#onWaitOver();
  }

  /** How requests are sent again. */
  get settings(): Settings {
    return this.#settings;
  }

  /** Whether a target's budget allows one more retry, which is paid for and counted then. */
  tryRetry(target: Target, isFree = false): boolean {
    if (isFree) {
      this.#totals.retries++;
      return true;
    }
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
    this.#onWait();
  }

  /** Such a request rests no longer. */
  removeRest(fail: (error: ClosedError) => void): void {
    if (this.#rests.delete(fail)) this.#onWaitOver();
  }

  /** Hands the line's next to a connection that has room again. */
  onRoom(connection: Connection): void {
    const { target } = connection;
    if (connection.load === 0 && this.#slots.yieldSlot(connection)) return;
    if (connection.load === 0 && !connection.isIdle) {
      connection.isIdle = true;
      connection.idleSince = turnNow();
      target.idle.push(connection);
      this.#tellConnection("ready", connection);
    }
    if (target.queue.size > 0) this.#serve(target);
    if (connection.load > 0 || !connection.isOpen) return;
    // Idle: another target may want its slot.
    this.#slots.serve();
    if (connection.isOpen) this.#idleAlarm.set(connection);
  }

  /** Forgets a connection; its slot may be somebody's. */
  onClosed(connection: Connection): void {
    const { target } = connection;
    this.#connections.delete(connection);
    remove(target.connections, connection);
    if (connection.isIdle) remove(target.idle, connection);
    connection.isIdle = false;
    this.#slots.onClosed(connection);
    // Its own target goes to the end of the line: others may have waited for longer.
    if (target.queue.size > 0) this.#serve(target);
    else this.#slots.serve();
    if (this.#connections.size === 0) this.#idleAlarm.clear();
  }

  /** @internal A connection stands. */
  onOpen(target: Target, stream: ByteStream): void {
    const connection = new Connection(target, stream, this.#settings, this.#totals, this);
    connection.id = ++this.#totals.connectionsOpened;
    this.#connections.add(connection);
    this.#forgetIfQuiet();
    target.connections.push(connection);
    this.#tellConnection("connected", connection);
    this.onRoom(connection);
  }

  /** @internal A connection could not be had. */
  onDialFailed(target: Target, error: LasaError): void {
    this.#forgetIfQuiet();
    // While another connection stands or is on its way, those in line may still be served.
    if (target.connections.length > 0 || target.dialing > 0) return;
    const failed: Exchange[] = [];
    for (let next = target.queue.first; next !== null; next = target.queue.first) {
      this.#take(next);
      failed.push(next);
    }
    for (const exchange of failed) exchange.drop(error, "none", "own");
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
      dialing: this.#slots.dialing,
      queued: this.#waiting,
      inFlight,
    };
  }

  /** Ends everything: waiting requests fail, connections are closed. */
  async closeAll(why = "the client was closed"): Promise<void> {
    const error = new ClosedError(why, { sent: "none" });
    this.#idleAlarm.clear();
    for (const target of this.#targets()) {
      for (let next = target.queue.first; next !== null; next = target.queue.first) {
        this.#take(next);
        next.fail(new ClosedError(error.message, { sent: "none" }));
      }
      for (const exchange of target.resting) {
        exchange.fail(new ClosedError(error.message, { sent: "none" }));
      }
    }
    for (const fail of this.#rests) fail(error);
    const allCancelled = this.#slots.cancelAll(error);
    for (const connection of this.#connections) {
      connection.closeFor(new ClosedError(why));
    }
    await allCancelled;
    this.#forgetIfQuiet();
  }

  /** @internal Ends everything with all else that is open: who waits here would open it anew. */
  shutdownNow(): Promise<void> {
    return this.closeAll("everything was shut down");
  }

  #onWait(): void {
    if (this.#waiting++ === 0) registerOpen(this);
  }

  #onWaitOver(): void {
    this.#waiting--;
    this.#forgetIfQuiet();
  }

  /** What waits for nothing is not kept alive by the list of what is open; its connections are in it. */
  #forgetIfQuiet(): void {
    if (this.#waiting === 0 && this.#slots.dialing === 0) forgetOpen(this);
  }

  #tell(
    type: "request" | "queued" | "dequeued" | "send",
    exchange: Exchange,
    connection: Connection | null = null,
  ): void {
    const { tap } = this.#settings;
    if (!tap.isOn) return;
    const { target, method, url } = exchange.plan;
    tellStep(tap, type, target, `${method} ${url}`, exchange, connection);
  }

  #tellConnection(type: "ready" | "taken" | "connected", connection: Connection): void {
    const { tap } = this.#settings;
    if (tap.isOn) tellStep(tap, type, connection.target, "", null, connection);
  }

  #take(exchange: Exchange): void {
    this.#tell("dequeued", exchange);
    exchange.plan.target.queue.remove(exchange);
    this.#onWaitOver();
  }

  #handOver(connection: Connection, exchange: Exchange): void {
    if (connection.isIdle) {
      connection.isIdle = false;
      const { idle } = connection.target;
      if (idle[idle.length - 1] === connection) idle.pop();
      else remove(idle, connection);
      this.#tellConnection("taken", connection);
    }
    this.#tell("send", exchange, connection);
    connection.send(exchange);
    this.#slots.onHandedOver(connection);
  }

  /** The connection that can take the request now: an idle one, else the least loaded with room. */
  #ready(target: Target, plan: RequestPlan): Connection | null {
    const { idle, connections } = target;
    while (idle.length > 0) {
      const connection = idle[idle.length - 1];
      if (connection.isOpen) return connection;
      connection.isIdle = false;
      idle.pop();
    }
    if (!plan.mayPipeline || !target.pipelining.mayPipeline) return null;
    return leastLoaded(
      connections,
      (each) => each.hasRoomFor(plan) && !this.#slots.isYielding(each),
    );
  }

  /** One pass over a target's queue: hand over what can be, then ask for connections for the rest. */
  #serve(target: Target): void {
    for (let next = target.queue.first; next !== null; next = target.queue.first) {
      const connection = this.#ready(target, next.plan);
      if (connection === null) break;
      this.#take(next);
      this.#handOver(connection, next);
    }
    this.#slots.want(target);
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
