import { type LasaError, TimeoutError } from "../errors.ts";
import { ioError } from "../socket/io_error.ts";
import type { ByteStream } from "../socket/stream.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { clockNow } from "../thread/clock.ts";
import { runOutside } from "../thread/frame.ts";
import type { AddressBook } from "./address_book.ts";
import { reach } from "./reach.ts";
import type { Settings } from "./settings.ts";
import type { Target } from "./target.ts";

/** Milliseconds for what is done before a request can be sent. */
export interface DialTimeouts {
  /** Name, address and a proxy's tunnel, taken together. */
  readonly connect: number;
  /** Each TLS handshake. */
  readonly tls: number;
}

/** An attempt to open a connection, ended by its result, its time or the pool. */
export class Dialing extends Alarm {
  readonly target: Target;
  readonly #abort = new AbortController();
  readonly #timeouts: DialTimeouts;
  #phase: "connect" | "tls" = "connect";
  #isHandshaking = false;
  /** What is left for `connect` when a handshake is over. */
  #connectLeftMs: number;
  #cancelledBy: LasaError | null = null;

  /** Starts the attempt; exactly one of the callbacks is called, once. */
  constructor(
    target: Target,
    settings: Settings,
    addresses: AddressBook,
    timeouts: DialTimeouts,
    onOpen: (dialing: Dialing, stream: ByteStream) => void,
    onFailed: (dialing: Dialing, error: LasaError) => void,
  ) {
    super();
    this.target = target;
    this.#timeouts = timeouts;
    this.#connectLeftMs = timeouts.connect;
    if (timeouts.connect !== Infinity) setAlarm(this, timeouts.connect);
    const { signal } = this.#abort;
    const onPhase = (phase: "connect" | "tls") => this.#enter(phase);
    runOutside(() =>
      reach(target, { settings, addresses, signal, onPhase }).then(
        (stream) => {
          this.#end();
          if (!signal.aborted) return onOpen(this, stream);
          stream.close();
          onFailed(this, this.#cancelledBy ?? ioError(signal.reason, this.#doing));
        },
        (error) => {
          this.#end();
          onFailed(this, this.#cancelledBy ?? ioError(error, this.#doing));
        },
      )
    );
  }

  get #doing(): string {
    const { host, port, route } = this.target;
    const name = route.socketPath ?? `${host}:${port}`;
    return `connect to ${name}${route.proxy === null ? "" : ` through ${route.proxy.name}`}`;
  }

  /** Takes the attempt back. */
  cancel(error: LasaError): void {
    this.#end();
    this.#cancelledBy = error;
    this.#abort.abort(error);
  }

  /** @internal */
  override onAlarm(): void {
    const what = this.#phase === "tls" ? "no TLS handshake" : "no connection";
    this.cancel(
      new TimeoutError(
        `Cannot ${this.#doing}: ${what} within ${this.#timeouts[this.#phase]} ms`,
        { phase: this.#phase },
      ),
    );
  }

  /** Its phase is over. */
  #end(): void {
    clearAlarm(this);
    this.#setHandshaking(false);
  }

  #setHandshaking(isHandshaking: boolean): void {
    if (isHandshaking === this.#isHandshaking) return;
    this.#isHandshaking = isHandshaking;
    this.target.handshakes += isHandshaking ? 1 : -1;
  }

  #enter(phase: "connect" | "tls"): void {
    if (this.#cancelledBy !== null) return;
    if (this.#phase === "connect" && this.#connectLeftMs !== Infinity) {
      this.#connectLeftMs = Math.max(0, this.dueAt - clockNow());
    }
    this.#end();
    this.#phase = phase;
    this.#setHandshaking(phase === "tls");
    const ms = phase === "tls" ? this.#timeouts.tls : this.#connectLeftMs;
    if (ms !== Infinity) setAlarm(this, ms);
  }
}
