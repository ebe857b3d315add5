/** The seed's default for every wait of a socket, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** The timeouts of one socket, in milliseconds. */
export class SocketTimeouts {
  /** For connecting. */
  connectMs = DEFAULT_TIMEOUT_MS;
  /** For one send. */
  sendMs = DEFAULT_TIMEOUT_MS;
  /** For each wait for data. */
  readMs = DEFAULT_TIMEOUT_MS;
  /** For one accept; without end until a timeout is set, since a server may be idle for long. */
  acceptMs = Infinity;

  /** Sets all three; 0, less or nothing means the default. */
  set(connectMs?: number, sendMs?: number, readMs?: number): void {
    this.connectMs = orDefault(connectMs);
    this.sendMs = orDefault(sendMs);
    this.readMs = this.acceptMs = orDefault(readMs);
  }
}

function orDefault(ms: number | undefined): number {
  return ms !== undefined && ms > 0 ? ms : DEFAULT_TIMEOUT_MS;
}
