/**
 * Runs read scripts on lasa's cosockets.
 *
 * @module
 */

import { LasaError } from "../../../src/errors.ts";
import type { ManualClock } from "../../../src/thread/manual_clock.ts";
import type { UntilReader } from "../../../src/socket/tcp_reader.ts";
import { DenoStream } from "../../../src/socket/deno_stream.ts";
import { TcpSocket } from "../../../src/socket/tcp.ts";
import { bytes, text } from "../../support/bytes.ts";
import { turns, until } from "../../support/clock.ts";
import { PlannedStream } from "../../support/planned_stream.ts";
import { type Feeder, toHex } from "./feeder.ts";
import type { ReadCase, Step } from "./read_case.ts";

/** A stream that says whether the platform is reading from it. */
class WatchedStream extends PlannedStream {
  isBeingRead = false;

  override async read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    this.isBeingRead = true;
    try {
      return await super.read(into);
    } finally {
      this.isBeingRead = false;
    }
  }
}

/** Runs a script; tells how each call ended, in the words of the reference's side. */
export async function runOnLasa(
  script: ReadCase,
  feeder: Feeder,
  clock: ManualClock,
): Promise<string[]> {
  const { items } = script;
  const outcomes: string[] = [];
  const [near, far] = await feeder.connectedPair();
  using peer = far;
  const stream = new WatchedStream(new DenoStream(near));
  await using socket = TcpSocket.over(stream);
  let at = 0;
  let sent = 0;
  // A read that timed out is still pending with the platform, and takes the next piece alone.
  let isReadLeft = false;
  const feed = async () => {
    const item = items[at++];
    if (typeof item === "object") {
      await peer.send(item.piece);
      sent += item.piece.length;
    } else {
      await peer.conn.closeWrite();
    }
    if (stream.isBeingRead) {
      await until(() => !stream.isBeingRead || stream.delivered === sent);
      await turns();
    }
  };
  const readers = script.readers.map(({ pattern, inclusive }) =>
    socket.receiveUntil(bytes(pattern), { inclusive })
  );
  for (const step of script.steps) {
    for (let count = step.before; count > 0; count--) {
      if (at < items.length && items[at] !== "pause" && !isReadLeft) await feed();
    }
    let told: string | null = null;
    const call = outcomeOf(make(step, socket, readers)).then((outcome) => told = outcome);
    await turns();
    while (told === null) {
      const isParked = stream.isBeingRead && stream.delivered === sent;
      if (!isParked || at === items.length) {
        await turns();
      } else if (items[at] === "pause") {
        at++;
        isReadLeft = true;
        await clock.advance(30_000);
        await call;
      } else {
        isReadLeft = false;
        await feed();
      }
    }
    outcomes.push(told);
  }
  return outcomes;
}

function make(
  step: Step,
  socket: TcpSocket,
  readers: readonly UntilReader[],
): Promise<Uint8Array | null> {
  if (step.call === "until") return readers[step.reader! - 1](step.size);
  if (step.call === "any") return socket.receiveAny(step.size!);
  if (step.call === "size") return socket.receive(step.size!);
  return step.call === "all" ? socket.receive("*a") : socket.receive("*l", { as: "bytes" });
}

async function outcomeOf(reading: Promise<Uint8Array | null>): Promise<string> {
  try {
    const data = await reading;
    return data === null ? "nil" : `data ${toHex(text(data))}`;
  } catch (error) {
    if (!(error instanceof LasaError)) throw error;
    return `${error.code} ${toHex(text(error.partial as Uint8Array))}`;
  }
}
