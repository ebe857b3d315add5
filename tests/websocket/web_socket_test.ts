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

Deno.test("bufferedAmount counts messages alone, and for good what is sent too late", async () => {
  await using server = echoServer();
  const ws = new WebSocket(`ws://127.0.0.1:${server.address.port}/`);
  await next(ws, "open");
  const counts: number[] = [];
  const messages = ["x".repeat(300), new Uint8Array(50), "äöü𐍈", "\ud800", new Blob(["four"]), "x"];
  for (const message of messages) {
    ws.send(message);
    counts.push(ws.bufferedAmount);
  }
  assertEquals(counts, [300, 350, 360, 363, 367, 368]);
  for (const _ of messages) await next(ws, "message");
  assertEquals(ws.bufferedAmount, 0);
  ws.close();
  ws.send("late");
  assertEquals(ws.bufferedAmount, 4);
  await next(ws, "close");
  ws.send(new Uint8Array(3));
  assertEquals(ws.bufferedAmount, 7);
});

Deno.test("values are converted as the standard has it", async () => {
  await using server = echoServer();
  const ws = new WebSocket(`ws://127.0.0.1:${server.address.port}/`, new Set(["chat"]));
  assertEquals(String(ws), "[object WebSocket]");
  ws.binaryType = "nodebuffer" as BinaryType;
  assertEquals(ws.binaryType, "blob");
  await next(ws, "open");
  for (const value of [12, null, { toString: () => "thing" }]) {
    ws.send(value as unknown as string);
    assertEquals((await next<MessageEvent>(ws, "message")).data, String(value));
  }
  ws.close(3000.4, 5 as unknown as string);
  const { code, reason } = await next<CloseEvent>(ws, "close");
  assertEquals([code, reason], [3000, "5"]);
});

Deno.test("a handler that takes another's place is called in that one's turn", async () => {
  await using server = echoServer();
  const ws = new WebSocket(`ws://127.0.0.1:${server.address.port}/`);
  await next(ws, "open");
  const called: string[] = [];
  ws.onmessage = () => called.push("first");
  ws.addEventListener("message", () => called.push("listener"));
  ws.onmessage = () => called.push("second");
  ws.send("x");
  await next(ws, "message");
  ws.onmessage = null;
  ws.onmessage = () => called.push("third");
  ws.send("x");
  await next(ws, "message");
  assertEquals(called, ["second", "listener", "listener", "third"]);
  ws.close();
  await next(ws, "close");
});

Deno.test("who asks for subprotocols is not content with a server that chooses none", async () => {
  await using server = echoServer();
  const ws = new WebSocket(`ws://127.0.0.1:${server.address.port}/`, ["unknown"]);
  const told: string[] = [];
  for (const type of ["open", "error"]) ws.addEventListener(type, () => told.push(type));
  const { code, wasClean } = await next<CloseEvent>(ws, "close");
  assertEquals([code, wasClean, told], [1006, false, ["error"]]);
});
