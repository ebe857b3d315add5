/** Lasa: awaits a line, then takes those that came with it. @module */

import { connect } from "../../../src/socket/mod.ts";
import type { LineTask } from "../line_workloads.ts";
import { serve } from "./serve.mjs";

await serve(async ({ port, lines, length }: LineTask) => {
  const socket = await connect("127.0.0.1", port);
  return {
    async run(count: number) {
      await socket.send(`${count}\n`);
      for (let left = count * lines; left > 0;) {
        let line: string | null = await socket.receive();
        for (; line !== null; line = socket.tryReceive()) {
          if (line.length !== length) throw new Error(`got ${JSON.stringify(line)}`);
          left--;
        }
      }
    },
  };
});
