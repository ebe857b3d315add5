/** Deno's own datagram socket, the buffer given. @module */

import type { UdpTask } from "../udp_workloads.ts";
import { serve } from "./serve.mjs";

await serve(({ port, window, bytes }: UdpTask) => {
  const socket = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  const to = { hostname: "127.0.0.1", port, transport: "udp" } as const;
  const data = new Uint8Array(bytes);
  const buffer = new Uint8Array(2_048);
  return {
    async run(count: number) {
      for (let left = count; left > 0; left -= window || 1) {
        if (window === 0) {
          await socket.send(data, to);
          continue;
        }
        for (let n = 0; n < window; n++) await socket.send(data, to);
        for (let n = 0; n < window; n++) {
          const [{ length }] = await socket.receive(buffer);
          if (length !== bytes) throw new Error(`got ${length} bytes`);
        }
      }
    },
  };
});
