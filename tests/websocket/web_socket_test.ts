import { assertEquals, assertThrows } from "@std/assert";
import { serve } from "../../src/websocket/serve.ts";
import { WebSocket } from "../../src/websocket/web_socket.ts";

/** The next event of a kind. */
function next<T extends Event>(target: EventTarget, type: string): Promise<T> {
  return new Promise((resolve) => {
    target.addEventListener(type, (event) => resolve(event as T), { once: true });
  });
}

const LIMITS = { maxPayloadLen: 1 << 20, compression: true };

function echoServer() {
  return serve({ host: "127.0.0.1:0", protocols: ["chat"], ...LIMITS }, async (session) => {
    for await (const { type, data } of session) {
      if (data === "close") return await session.close(4000, "as you wish");
      if (type === "text") await session.sendText(data);
      else await session.sendBinary(data);
    }
  });
}

for (
  const [name, Made] of [["lasa's", WebSocket], ["the platform's", globalThis.WebSocket]] as const
) {
  Deno.test(`the standard's class, ${name}: events, states, messages`, async () => {
    await using server = echoServer();
    const ws = new Made(`ws://127.0.0.1:${server.address.port}/x`, ["chat"]);
    const told: string[] = [];
    for (const type of ["open", "error", "close"]) ws.addEventListener(type, () => told.push(type));
    assertEquals([ws.readyState, ws.url], [0, `ws://127.0.0.1:${server.address.port}/x`]);
    assertThrows(() => ws.send("early"), DOMException);
    await next(ws, "open");
    assertEquals([ws.readyState, ws.protocol], [Made.OPEN, "chat"]);
    ws.send("text");
    assertEquals((await next<MessageEvent>(ws, "message")).data, "text");
    ws.binaryType = "arraybuffer";
    const bytes = new Uint8Array([1, 2, 3]);
    ws.send(bytes.subarray(1));
    bytes.fill(9);
    assertEquals(
      new Uint8Array((await next<MessageEvent>(ws, "message")).data),
      new Uint8Array([2, 3]),
    );
    ws.binaryType = "blob";
    ws.send(new Blob(["blob"]));
    const { data } = await next<MessageEvent<Blob>>(ws, "message");
    assertEquals(await data.text(), "blob");
    assertThrows(() => ws.close(1001), DOMException);
    assertThrows(() => ws.close(3000, "x".repeat(124)), DOMException);
    ws.close(3000, "done");
    assertEquals(ws.readyState, Made.CLOSING);
    const { code, reason, wasClean } = await next<CloseEvent>(ws, "close");
    assertEquals([code, reason, wasClean, ws.readyState], [3000, "done", true, 3]);
    assertEquals(told, ["open", "close"]);
    ws.send("late");
  });

  Deno.test(`the standard's class, ${name}: closed by the server`, async () => {
    await using server = echoServer();
    const ws = new Made(`ws://127.0.0.1:${server.address.port}/`);
    ws.onopen = () => ws.send("close");
    const { code, reason, wasClean } = await next<CloseEvent>(ws, "close");
    assertEquals([code, reason, wasClean], [4000, "as you wish", true]);
  });

  Deno.test(`the standard's class, ${name}: nobody there`, async () => {
    const ws = new Made("ws://127.0.0.1:1/");
    const told: string[] = [];
    ws.onerror = () => told.push("error");
    const { code, wasClean } = await next<CloseEvent>(ws, "close");
    // The standard says 1006; the platform says 0.
    assertEquals(code, Made === WebSocket ? 1006 : 0);
    assertEquals([wasClean, ws.readyState, told], [false, 3, ["error"]]);
  });
}

Deno.test("an address or subprotocol that makes no sense is a SyntaxError at once", () => {
  for (const url of ["nonsense", "ftp://a/", "ws://a/#b"]) {
    assertEquals(assertThrows(() => new WebSocket(url), DOMException).name, "SyntaxError");
  }
  for (const protocols of [["a", "a"], "a b"]) {
    assertThrows(() => new WebSocket("ws://127.0.0.1:1/", protocols), DOMException);
  }
});

Deno.test("handlers can be replaced and taken away; a blob keeps its place in line", async () => {
  await using server = echoServer();
  const ws = new WebSocket(`http://127.0.0.1:${server.address.port}/`);
  await next(ws, "open");
  const heard: unknown[] = [];
  ws.onmessage = () => heard.push("replaced");
  ws.onmessage = ({ data }) => heard.push(data);
  ws.send(new Blob(["slow"]));
  ws.binaryType = "arraybuffer";
  ws.send("quick");
  await next(ws, "message");
  await next(ws, "message");
  assertEquals(heard.length, 2);
  assertEquals(heard[1], "quick");
  ws.onmessage = null;
  ws.send("unheard");
  await next(ws, "message");
  assertEquals([heard.length, ws.onmessage], [2, null]);
  ws.close();
  assertEquals((await next<CloseEvent>(ws, "close")).code, 1005);
});
