/**
 * Programs that measure by themselves for a second and tell a rate: what the wire can do.
 *
 * @module
 */

import type { Task } from "./peers/serve.mjs";
import type { Contestant } from "./workload.ts";

// Neither of the two measures for less.
const SECONDS = 1;

/** Who takes longer hangs. */
const MOST_MS = 10_000;

/** `wrk`, which keeps as many requests in flight as the others do. */
export function wrk(task: Task, stack: AsyncDisposableStack): Contestant {
  const script = Deno.makeTempFileSync({ prefix: "lasa-bench-", suffix: ".lua" });
  stack.defer(() => Deno.removeSync(script));
  Deno.writeTextFileSync(
    script,
    `function init()
       local all = {}
       for n = 1, ${task.depth} do all[n] = wrk.format("GET") end
       together = table.concat(all)
     end
     function request() return together end`,
  );
  const args = ["-t1", `-c${task.connections}`, `-d${SECONDS}s`, "-s", script, task.url];
  return rateProgram("wrk", args, (said) => {
    const wrong = /Non-2xx.*|Socket errors.*/.exec(said)?.[0];
    if (wrong !== undefined) throw new Error(wrong);
    return Number(/Requests\/sec: +([\d.]+)/.exec(said)?.[1]);
  });
}

/** `openssl s_time`: one full handshake after the other. */
export function opensslTime(port: number): Contestant {
  const args = ["s_time", "-connect", `127.0.0.1:${port}`, "-new", "-time", String(SECONDS)];
  return rateProgram("openssl s_time", args, (said) => {
    const [, count, seconds] = /(\d+) connections in (\d+) real seconds/.exec(said) ?? [];
    // It counts whole seconds, begun ones too, as the one that it was told to.
    return Number(count) / Math.max(SECONDS, Number(seconds) - 1);
  });
}

function rateProgram(
  name: string,
  args: readonly string[],
  rateOf: (said: string) => number,
): Contestant {
  return {
    name,
    role: "limit",
    timesItself: true,
    async run(count) {
      const signal = AbortSignal.timeout(MOST_MS);
      const options = { args: [...args], stdin: "null", signal } satisfies Deno.CommandOptions;
      const { stdout, stderr } = await new Deno.Command(name.split(" ")[0], options).output();
      const decoder = new TextDecoder();
      const said = decoder.decode(stdout) + decoder.decode(stderr);
      const rate = rateOf(said);
      if (!(rate > 0)) throw new Error(`${name} told no rate: ${said.trim().split("\n").pop()}`);
      return 1000 * count / rate;
    },
  };
}
