/** Whether a process ends by itself: programs in processes of their own. @module */

import { assertEquals } from "@std/assert";
import { runProgram } from "../support/program.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { until } from "../support/clock.ts";

function program(url: string, body: string): string {
  return `
    import { Client } from "@lasa/lasa/http";
    const client = new Client();
    const url = ${JSON.stringify(url)};
    ${body}
  `;
}

Deno.test("a process ends although a connection is kept", async () => {
  await using server = await RawServer.start(answering(() => response("ok")));
  const { code, out, err } = await runProgram(program(
    server.url(),
    `console.log(await (await client.get(url)).text(), client.stats().idle);`,
  ));
  assertEquals([code, out, err], [0, "ok 1\n", ""]);
});

Deno.test("a process ends although a connection from a client IP is kept", async () => {
  await using server = await RawServer.start(answering(() => response("ok")));
  const { code, out, err } = await runProgram(program(
    server.url(),
    `console.log(await (await client.get(url, { clientIp: "127.0.0.1" })).text());`,
  ));
  assertEquals([code, out, err], [0, "ok\n", ""]);
});

Deno.test("a process ends although nobody has read a body that is still to come", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    await peer.ended();
  });
  const { code, out, err } = await runProgram(program(
    server.url(),
    `console.log((await client.get(url)).status);`,
  ));
  assertEquals([code, out, err], [0, "200\n", ""]);
});

Deno.test("a process goes on while an answer or a body is due", async () => {
  let isAnswerDue = false;
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    isAnswerDue = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await peer.send("te");
    await peer.ended();
  });
  const running = runProgram(program(
    server.url(),
    `client.get(url, { timeouts: { headers: 0, body: 0 } })
       .then((answer) => answer.text()).then((text) => console.log(text));`,
  ));
  await until(() => isAnswerDue);
  const { code, out, err } = await running;
  assertEquals([code, out, err], [0, "late\n", ""]);
});
