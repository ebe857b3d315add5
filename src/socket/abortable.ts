/**
 * Waits for a promise until a signal fires; what it would have brought is nobody's then.
 *
 * @throws The signal's reason, or what the promise fails with.
 */
export function abortable<T>(promise: PromiseLike<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = () => signal.removeEventListener("abort", onAbort);
    promise.then((value) => {
      settle();
      resolve(value);
    }, (error) => {
      settle();
      reject(error);
    });
  });
}

/**
 * Does something with what can be closed, and closes it where that fails or is taken back: closing is
 * the one thing that ends a pending read.
 */
export async function closingOnFailure<T>(
  thing: { close(): void },
  signal: AbortSignal | undefined,
  use: () => Promise<T>,
): Promise<T> {
  const close = () => thing.close();
  signal?.addEventListener("abort", close, { once: true });
  try {
    // It may have fired while nobody listened, and a peer may keep silent for ever.
    if (signal?.aborted) throw signal.reason;
    return await use();
  } catch (error) {
    thing.close();
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener("abort", close);
  }
}
