/**
 * `node:net` and `node:tls`, in Deno and in Node.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { serve } from "./serve.mjs";

await serve(({ port, hosts, ca }) => {
  let next = 0;
  return {
    async run(count) {
      for (; count > 0; count--) {
        const host = hosts[next++ % hosts.length];
        const socket = ca === null ? connect({ host, port }) : connectTls({ host, port, ca });
        await once(socket, ca === null ? "connect" : "secureConnect");
        socket.destroy();
      }
    },
  };
});
