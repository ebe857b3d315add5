import { TimeoutError } from "../errors.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import type { Link } from "./link.ts";

/** Pings a peer now and then, and takes it for lost where nothing comes of it. */
export class KeepAlive extends Alarm {
  readonly #link: Link;
  readonly #intervalMs: number;
  #readCount = 0;
  #isAsked = false;

  /** Starts it. */
  constructor(link: Link, intervalMs: number) {
    super();
    this.#link = link;
    this.#intervalMs = intervalMs;
    setAlarm(this, intervalMs);
  }

  /** Ends it. */
  stop(): void {
    clearAlarm(this);
  }

  /** @internal */
  override onAlarm(): void {
    const link = this.#link;
    if (link.state !== "open" || !link.core.isOpen) return;
    const isSilent = this.#isAsked && link.readCount === this.#readCount;
    if (isSilent) {
      const ms = this.#intervalMs;
      return link.close(
        new TimeoutError(`Cannot receive: timeout, the peer has not answered a ping in ${ms} ms`, {
          phase: "read",
        }),
      );
    }
    setAlarm(this, this.#intervalMs);
    // Unread bytes lie here: the peer lives, and its answer could not be seen behind them.
    this.#isAsked = link.core.isBetweenFrames;
    if (!this.#isAsked) return;
    this.#readCount = link.readCount;
    link.core.send("ping", "");
    link.flush();
    link.startRead();
  }
}
