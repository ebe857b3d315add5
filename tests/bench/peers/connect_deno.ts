/** `Deno.connect` and `Deno.connectTls`. @module */

import type { ConnectTask } from "../connect_workloads.ts";
import { serve } from "./serve.mjs";

await serve(({ port, hosts, ca }: ConnectTask) => {
  const caCerts = ca === null ? [] : [ca];
  let next = 0;
  return {
    async run(count: number) {
      for (; count > 0; count--) {
        if (ca === null) {
          (await Deno.connect({ hostname: hosts[next++ % hosts.length], port })).close();
        } else {
          const connection = await Deno.connectTls({ hostname: hosts[0], port, caCerts });
          await connection.handshake();
          connection.close();
        }
      }
    },
  };
});
