/** Lasa's UDP socket. @module */

import { udp } from "../../../src/socket/mod.ts";
import type { UdpTask } from "../udp_workloads.ts";
import { serve } from "./serve.mjs";

await serve(async ({ port, window, bytes }: UdpTask) => {
  const socket = udp();
  await socket.setPeerName("127.0.0.1", port);
  socket.setTimeout(2_000);
  const data = new Uint8Array(bytes);
  return {
    async run(count: number) {
      for (let left = count; left > 0; left -= window || 1) {
        if (window === 0) {
          await socket.send(data);
          continue;
        }
        for (let n = 0; n < window; n++) await socket.send(data);
        for (let n = 0; n < window; n++) {
          const { length } = await socket.receive();
          if (length !== bytes) throw new Error(`got ${length} bytes`);
        }
      }
    },
  };
});
