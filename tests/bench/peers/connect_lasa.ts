/** Lasa's TCP socket, with and without TLS. @module */

import { connect } from "../../../src/socket/mod.ts";
import type { ConnectTask } from "../connect_workloads.ts";
import { serve } from "./serve.mjs";

await serve(({ port, hosts, ca }: ConnectTask) => {
  const tls = ca === null ? null : { caCerts: [ca] };
  let next = 0;
  return {
    async run(count: number) {
      for (; count > 0; count--) {
        const socket = await connect(hosts[next++ % hosts.length], port);
        if (tls !== null) await socket.sslHandshake(tls);
        socket.close();
      }
    },
  };
});
