/**
 * What is there as long as the program is, and what `shutdown` therefore has to end.
 *
 * @module
 */

/** What must be closed when everything ends: sockets, listeners, clients. */
export interface Closeable {
  /** Closes it, whoever uses it. */
  shutdownNow(): void | Promise<void>;
  /** Whether it may hand something to a thread by itself, as a detached thread does. */
  readonly canWake?: boolean;
}

/** A timer that has not called yet. */
export interface PendingTimer {
  /** Calls now. */
  fire(premature: boolean): unknown;
}

/** The timers that have not called yet, in the order in which they were set. */
export const pendingTimers: Set<PendingTimer> = new Set();

const open = new Set<Closeable>();
let shuttingDown = false;

/** Notes something that is open. */
export function registerOpen(closeable: Closeable): void {
  open.add(closeable);
}

/** Forgets something that was closed. */
export function forgetOpen(closeable: Closeable): void {
  open.delete(closeable);
}

/** What is open now. */
export function openThings(): Closeable[] {
  return [...open];
}

/** Whether everything is being ended. */
export function isShuttingDown(): boolean {
  return shuttingDown;
}

/** Notes that everything is being ended, or that it has been. */
export function setShuttingDown(value: boolean): void {
  shuttingDown = value;
}
