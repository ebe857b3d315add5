import { Duplex } from "node:stream";
import { Buffer } from "node:buffer";
import { NodeStream } from "./node_stream.ts";
import { type ByteStream, writeAll } from "./stream.ts";

const READ_BYTES = 64 * 1024;

/** A connection in the form that Node's TLS stands upon. */
export function duplexOver(stream: ByteStream): Duplex {
  if (stream instanceof NodeStream) return stream.socket;
  const room = new Uint8Array(READ_BYTES);
  return new Duplex({
    read() {
      stream.read(room).then(
        (count) => this.push(count === null ? null : Buffer.from(room.slice(0, count))),
        (error) => this.destroy(error),
      );
    },
    write(chunk, _encoding, done) {
      writeAll(stream, chunk).then(() => done(), done);
    },
    final(done) {
      stream.closeWrite().then(() => done(), done);
    },
    destroy(error, done) {
      stream.close();
      done(error);
    },
  });
}
