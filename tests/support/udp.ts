/** Datagrams within this machine, for tests. @module */

import { assertEquals, assertMatch } from "@std/assert";
import { udp, type UdpOptions, type UdpSocket } from "../../src/socket/mod.ts";
import { ownImportFlags } from "../../tools/child.ts";
import { pathOf } from "./sources.ts";

/** Whether datagrams are Deno's own here; else they are `node:dgram`'s. */
export const isDenos = typeof Deno.listenDatagram === "function";

/** A socket bound to loopback. */
export async function bound(options?: UdpOptions): Promise<UdpSocket & { port: number }> {
  const socket = udp(options);
  await socket.setSockName("127.0.0.1", 0);
  return Object.assign(socket, { port: socket.localAddress!.port });
}

/** Two sockets, each the other's peer. */
export async function pair(options?: UdpOptions): Promise<[UdpSocket, UdpSocket]> {
  const [a, b] = [await bound(options), await bound(options)];
  await a.setPeerName("127.0.0.1", b.port);
  await b.setPeerName("127.0.0.1", a.port);
  return [a, b];
}

/**
 * Has a file's tests run twice: over node:dgram, and in a process of their own over Deno's own
 * datagrams.
 */
export function testAgainOverDenos(file: string): void {
  Deno.test({
    name: "everything here holds over Deno.listenDatagram, too",
    ignore: isDenos,
    async fn() {
      const { code, report } = await testOverDenos(file);
      assertEquals(code, 0, report);
      assertMatch(report, /ok \| \d+ passed/);
    },
  });
}

/** Runs a test file again where datagrams are Deno's own; gives its report. */
async function testOverDenos(file: string): Promise<{ code: number; report: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--quiet",
      "--no-check",
      "--unstable-net",
      ...ownImportFlags(),
      pathOf(new URL(file)),
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, report: decoder.decode(stdout) + decoder.decode(stderr) };
}
