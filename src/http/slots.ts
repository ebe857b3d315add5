/**
 * The slots that connections stand in: who opens one next, and who lets one go for whom.
 *
 * Targets that want a connection wait in one line. Each time a slot may be free the line is gone
 * through: the next target dials, where need be in the place of another's idle connection. A target
 * that is never out of requests lets a connection go after its turn, so that nobody waits for ever.
 *
 * @module
 */

import { ClosedError, type LasaError } from "../errors.ts";
import type { ByteStream } from "../socket/stream.ts";
import { AddressBook } from "./address_book.ts";
import type { Connection } from "./connection.ts";
import { Dialing } from "./dialing.ts";
import {
  idlestOfOthers,
  nextInLine,
  shouldYield,
  slotFor,
  wantsConnection,
} from "./pool_decisions.ts";
import type { Settings } from "./settings.ts";
import { tellStep } from "./steps.ts";
import type { Target } from "./target.ts";

/** Requests that a target may hand over while another waits for a slot; then it lets one go. */
const FAIR_TURNS = 8;

/** What becomes of an attempt to open a connection. */
export interface SlotsOwner {
  /** A connection stands. */
  onOpen(target: Target, stream: ByteStream): void;
  /** It could not be had. */
  onDialFailed(target: Target, error: LasaError): void;
}

/** The connection slots of one client. */
export class Slots {
  readonly #settings: Settings;
  readonly #connections: ReadonlySet<Connection>;
  readonly #owner: SlotsOwner;
  readonly #addresses: AddressBook;
  readonly #dialings = new Set<Dialing>();
  /** Attempts that were taken back and have not ended yet. */
  readonly #cancelled = new Set<Dialing>();
  /** Targets that want a connection, in the order in which they came. */
  readonly #line: Target[] = [];
  /** Targets of which an attempt has failed while others have not ended yet. */
  readonly #doubtful = new Set<Target>();
  /** Connections that take nothing more, since another target is to have their slots. */
  readonly #yielding = new Set<Connection>();
  #isServing = false;
  #onAllEnded: (() => void)[] = [];

  /** The slots that these connections stand in. */
  constructor(settings: Settings, connections: ReadonlySet<Connection>, owner: SlotsOwner) {
    this.#settings = settings;
    this.#connections = connections;
    this.#owner = owner;
    this.#addresses = new AddressBook(settings);
  }

  /** Connections being opened. */
  get dialing(): number {
    return this.#dialings.size;
  }

  /** Puts a target in line that wants another connection. */
  want(target: Target): void {
    if (!this.#wants(target)) return;
    if (!target.isInLine) this.#line.push(target);
    target.isInLine = true;
    this.serve();
  }

  /** Opens a connection for one target after the other, as long as there are slots. */
  serve(): void {
    // Closing an idle connection for its slot calls back; the slot is the first target's.
    if (this.#isServing) return;
    this.#isServing = true;
    const line = this.#line;
    while (line.length > 0) {
      const at = nextInLine(line);
      const target = line[at];
      const wantsOne = this.#wants(target);
      if (wantsOne && !this.#freeSlot(target)) break;
      line.splice(at, 1);
      if (wantsOne) this.#dial(target);
      target.isInLine = this.#wants(target);
      if (target.isInLine) line.push(target);
    }
    this.#isServing = false;
  }

  /** Takes back an attempt for a target that has more of them than requests in line. */
  cancelSpare(target: Target): void {
    if (target.dialing <= target.queue.size) return;
    for (const dialing of this.#dialings) {
      if (dialing.target !== target) continue;
      this.#cancel(dialing, new ClosedError("nobody wants the connection any more"));
      return this.serve();
    }
  }

  /** Counts what a target is served while others wait, and after its turn lets a connection go. */
  onHandedOver(connection: Connection): void {
    if (this.#line.length === 0) return;
    const { target } = connection;
    if (++target.turns < FAIR_TURNS) return;
    target.turns = 0;
    if (shouldYield(target, this.#line)) this.#yielding.add(connection);
  }

  /** Whether a connection takes nothing more. */
  isYielding(connection: Connection): boolean {
    return this.#yielding.size > 0 && this.#yielding.has(connection);
  }

  /** Lets a connection go that carries nothing, where its slot is another's now; says whether. */
  yieldSlot(connection: Connection): boolean {
    // The others may have been served meanwhile.
    if (!this.#yielding.delete(connection) || !shouldYield(connection.target, this.#line)) {
      return false;
    }
    connection.closeFor(new ClosedError("its slot was needed"));
    return true;
  }

  /** Forgets a connection that is gone. */
  onClosed(connection: Connection): void {
    this.#yielding.delete(connection);
  }

  /** Takes all attempts back, and waits until they have ended. */
  async cancelAll(error: LasaError): Promise<void> {
    for (const dialing of this.#dialings) this.#cancel(dialing, error);
    if (this.#cancelled.size === 0) return;
    await new Promise<void>((resolve) => this.#onAllEnded.push(resolve));
  }

  /**
   * Whether a target needs another connection and may have it. Where an attempt has failed, those under
   * way decide first: with a new one for each that fails, nobody in line would ever hear of it.
   */
  #wants(target: Target): boolean {
    return !this.#doubtful.has(target) && wantsConnection(target, this.#settings);
  }

  /** Takes a target out of the line. What stands may still serve it, and then puts it in again. */
  #leaveLine(target: Target): void {
    target.isInLine = false;
    const at = this.#line.indexOf(target);
    if (at >= 0) this.#line.splice(at, 1);
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
    const { tap } = this.#settings;
    if (tap.isOn) tellStep(tap, "dial", target, "");
    this.#dialings.add(
      new Dialing(
        target,
        this.#settings,
        this.#addresses,
        target.queue.first!.plan.timeouts,
        (dialing, stream) => this.#onOpen(dialing, stream),
        (dialing, error) => this.#onFailed(dialing, error),
      ),
    );
  }

  /** Takes an attempt back; its slot is free at once. */
  #cancel(dialing: Dialing, error: LasaError): void {
    this.#dialings.delete(dialing);
    this.#cancelled.add(dialing);
    if (--dialing.target.dialing === 0) this.#doubtful.delete(dialing.target);
    dialing.cancel(error);
  }

  #onOpen(dialing: Dialing, stream: ByteStream): void {
    this.#dialings.delete(dialing);
    dialing.target.dialing--;
    this.#doubtful.delete(dialing.target);
    this.#owner.onOpen(dialing.target, stream);
    // One less is being opened; where that was what others waited for, it is their turn.
    this.serve();
  }

  #onFailed(dialing: Dialing, error: LasaError): void {
    if (this.#cancelled.delete(dialing)) return this.#onCancelledEnded();
    const { target } = dialing;
    this.#dialings.delete(dialing);
    if (--target.dialing > 0) this.#doubtful.add(target);
    else this.#doubtful.delete(target);
    this.#leaveLine(target);
    const { tap } = this.#settings;
    if (tap.isOn) tellStep(tap, "dial failed", target, error.message);
    this.#owner.onDialFailed(target, error);
    this.serve();
  }

  #onCancelledEnded(): void {
    if (this.#cancelled.size > 0) return;
    const callbacks = this.#onAllEnded;
    this.#onAllEnded = [];
    for (const callback of callbacks) callback();
  }
}
