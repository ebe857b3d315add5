import { assertEquals } from "@std/assert";
import { pathOf, root } from "../support/sources.ts";
import { runProgram } from "../support/program.ts";

// What makes lasa load a part of Node's, or of its own, where it is first needed.
const LOADING: Record<string, string> = {
  "a call from a local address": `
    await connect("127.0.0.1", port, { localAddress: "127.0.0.2" }).then((one) => one.close());`,
  "a TLS handshake over node:tls": `
    const one = await connect("127.0.0.1", port);
    await one.sslHandshake({ verify: false }).catch(() => {});`,
  "datagrams": `
    const one = udp();
    await one.setPeerName("localhost", 9);
    await one.send("x");
    one.close();`,
  "the log": `log("info", "tag", "a line"); await flushLog();`,
  "a program that is run": `await run({ code: "lasa.sleep(1)" });`,
};

for (const [what, code] of Object.entries(LOADING)) {
  Deno.test(`after ${what} in a thread, what begins elsewhere is not that thread's`, async () => {
    const { code: exit, out, err } = await runProgram(`
      import { connect, udp } from "@lasa/lasa/socket";
      import { current, kill, sleep, spawn, yield as yieldNow } from "@lasa/lasa/thread";
      import { log, run } from "@lasa/lasa";
      import { flushLog } from ${JSON.stringify(`file://${pathOf(new URL("src/log.ts", root))}`)};
      const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
        const name = current()?.name ?? "nobody";
        return new Response(name + await sleep(0).then(() => " waits", (error) => error.message));
      });
      const { port } = server.addr;
      let isThrough = false;
      const thread = spawn(async function caller() {
        ${code}
        isThrough = true;
        await sleep(60_000);
      });
      while (!isThrough) await new Promise((resolve) => setTimeout(resolve, 1));
      kill(thread);
      console.log(await (await fetch("http://127.0.0.1:" + port)).text());
      await server.shutdown();
    `);
    assertEquals([exit, out], [0, "nobody waits\n"], err);
  });
}
