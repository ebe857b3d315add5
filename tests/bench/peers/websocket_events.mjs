/**
 * A window of messages for sockets that tell by events what comes.
 *
 * @module
 */

/**
 * @param {number} window
 * @param {number} bytes Length of a message.
 * @param {() => void} send
 */
export function windowed(window, bytes, send) {
  let unsent = 0;
  let left = 0;
  let settle = () => {};
  return {
    onMessage(length) {
      if (length !== bytes) settle(new Error("got another message"));
      if (--left === 0) return settle();
      if (unsent-- > 0) send();
    },
    run: (count) =>
      new Promise((resolve, reject) => {
        settle = (error) => error ? reject(error) : resolve();
        left = unsent = count;
        for (; unsent > count - window; unsent--) send();
      }),
  };
}
