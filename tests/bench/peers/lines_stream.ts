/** The standard library's TextLineStream over Deno's own socket. @module */

import { TextLineStream } from "@std/streams/text-line-stream";
import type { LineTask } from "../line_workloads.ts";
import { serve } from "./serve.mjs";

await serve(async ({ port, lines, length }: LineTask) => {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const reader = connection.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  return {
    async run(count: number) {
      await connection.write(new TextEncoder().encode(`${count}\n`));
      for (let left = count * lines; left > 0; left--) {
        const { value } = await reader.read();
        if (value?.length !== length) throw new Error(`got ${JSON.stringify(value)}`);
      }
    },
  };
});
