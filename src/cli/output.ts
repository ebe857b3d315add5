import type { TextSink } from "./io.ts";

// Text that may wait for a slow reader before writers have to.
const HIGH_WATER_CHARS = 1 << 20;
const encoder = new TextEncoder();

/** Text on its way out: what comes while a write is under way leaves in the next one, together. */
export class Output {
  readonly #sink: TextSink;
  readonly #onError: () => void;
  #pending = "";
  #flushing: Promise<void> | null = null;
  #error: Error | null = null;

  /**
   * Makes an output into a sink.
   *
   * @param sink Where the text goes.
   * @param onError Told once where the reader is gone, for a writer that may not write again soon.
   */
  constructor(sink: TextSink, onError: () => void = () => {}) {
    this.#sink = sink;
    this.#onError = onError;
  }

  /** Whether a person reads it. */
  get isTerminal(): boolean {
    return this.#sink.isTerminal;
  }

  /** How many characters fit into a line. */
  get columns(): number {
    return this.#sink.columns();
  }

  /**
   * Writes text, without waiting for it to leave while little is pending.
   *
   * @throws Where the reader is gone, which may show only with a later text.
   */
  async write(text: string): Promise<void> {
    if (this.#error !== null) throw this.#error;
    this.#pending += text;
    this.#flushing ??= this.#flush();
    if (this.#pending.length > HIGH_WATER_CHARS) await this.flush();
  }

  /**
   * Waits until everything has left.
   *
   * @throws Where the reader is gone.
   */
  async flush(): Promise<void> {
    while (this.#flushing !== null) await this.#flushing;
    if (this.#error !== null) throw this.#error;
  }

  async #flush(): Promise<void> {
    // The rest of this turn's texts join in.
    await Promise.resolve();
    try {
      while (this.#pending !== "") {
        let bytes = encoder.encode(this.#pending);
        this.#pending = "";
        while (bytes.length > 0) bytes = bytes.subarray(await this.#sink.write(bytes));
      }
    } catch (error) {
      this.#pending = "";
      this.#error = error instanceof Error ? error : new Error(String(error));
      this.#onError();
    } finally {
      this.#flushing = null;
    }
  }
}
