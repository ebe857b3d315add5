import { type LasaError, TimeoutError } from "../errors.ts";
import { dial } from "../socket/dial.ts";
import { ioError } from "../socket/io_error.ts";
import type { ByteStream } from "../socket/stream.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { runOutside } from "../thread/frame.ts";
import type { Settings } from "./settings.ts";
import type { Target } from "./target.ts";

/** An attempt to open a connection, ended by its result, its time or the pool. */
export class Dialing extends Alarm {
  readonly target: Target;
  readonly #abort = new AbortController();
  readonly #timeoutMs: number;
  #phase: "connect" | "tls" = "connect";
  #cancelledBy: LasaError | null = null;

  /** Starts the attempt; exactly one of the callbacks is called, once. */
  constructor(
    target: Target,
    settings: Settings,
    timeoutMs: number,
    onOpen: (dialing: Dialing, stream: ByteStream) => void,
    onFailed: (dialing: Dialing, error: LasaError) => void,
  ) {
    super();
    this.target = target;
    this.#timeoutMs = timeoutMs;
    if (timeoutMs !== Infinity) setAlarm(this, timeoutMs);
    runOutside(() =>
      dial({ host: target.host, port: target.port }, {
        localAddress: target.clientIp,
        // Only HTTP/1.1 is spoken here, and a server that could do more is told so (RFC 7301).
        tls: target.scheme === "https" ? { alpn: ["http/1.1"], ...settings.tls } : undefined,
        signal: this.#abort.signal,
        onConnected: () => this.#phase = "tls",
      }).then(
        (stream) => {
          clearAlarm(this);
          if (!this.#abort.signal.aborted) return onOpen(this, stream);
          stream.close();
          onFailed(this, this.#cancelledBy ?? ioError(this.#abort.signal.reason, this.#doing));
        },
        (error) => {
          clearAlarm(this);
          onFailed(this, this.#cancelledBy ?? ioError(error, this.#doing));
        },
      )
    );
  }

  get #doing(): string {
    return `connect to ${this.target.host}:${this.target.port}`;
  }

  /** Takes the attempt back. */
  cancel(error: LasaError): void {
    clearAlarm(this);
    this.#cancelledBy = error;
    this.#abort.abort(error);
  }

  /** @internal */
  override onAlarm(): void {
    const what = this.#phase === "tls" ? "no TLS handshake" : "no connection";
    this.cancel(
      new TimeoutError(`Cannot ${this.#doing}: ${what} within ${this.#timeoutMs} ms`, {
        phase: this.#phase,
      }),
    );
  }
}
