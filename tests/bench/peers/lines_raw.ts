/** Bare sockets: counts bytes, and looks for no line. @module */

import type { LineTask } from "../line_workloads.ts";
import { serve } from "./serve.mjs";

await serve(async ({ port, bytes }: LineTask) => {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(256 * 1024);
  return {
    async run(count: number) {
      await connection.write(new TextEncoder().encode(`${count}\n`));
      let left = count * bytes;
      while (left > 0) left -= await connection.read(buffer) ?? NaN;
      if (left !== 0) throw new Error("got another number of bytes");
    },
  };
});
