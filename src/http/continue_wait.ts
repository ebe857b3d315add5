import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";

/** What becomes of a body that waited: it goes, it is given up, or it is kept for another time. */
export type ContinueResult = "go" | "give up" | "keep";

/**
 * A body's wait for 100 Continue (RFC 9110 §10.1.1). It ends once: with the server's word, with the
 * time, or for good where an answer comes first or nothing more is sent.
 */
export class ContinueWait extends Alarm {
  /** Settles when the wait is over. */
  readonly over: Promise<ContinueResult>;
  /** Whether it is over. */
  isOver = false;
  #settle!: (result: ContinueResult) => void;

  constructor() {
    super();
    this.over = new Promise((resolve) => this.#settle = resolve);
  }

  /** The head has left: a server that says nothing gets the body after so many milliseconds. */
  start(ms: number): void {
    if (!this.isOver) setAlarm(this, Math.min(ms, 2 ** 30));
  }

  /** Ends it; again does nothing. */
  end(result: ContinueResult): void {
    this.isOver = true;
    clearAlarm(this);
    this.#settle(result);
  }

  /** @internal */
  override onAlarm(): void {
    this.end("go");
  }
}
