/** A body that is kept while it is read comes whole and in order, whatever the store does. @module */

import { assertEquals } from "@std/assert";
import { RecordedBody } from "../../../src/http/cache/recorded_body.ts";
import { Recording } from "../../../src/http/cache/recording.ts";
import type { CacheStore, EntryWriter } from "../../../src/http/cache/store.ts";
import type { ResponseBody } from "../../../src/http/response_body.ts";
import { NO_FIELDS } from "../../../src/protocol/http1/headers.ts";
import { nextTurn } from "../../../src/thread/turn.ts";

const TEXT = "abcdef";

/** A body that is all here, a letter a piece. */
function letters(): ResponseBody {
  let at = 0;
  return {
    isClaimed: true,
    hasEnded: true,
    error: null,
    trailers: NO_FIELDS,
    claim() {},
    takeWhole: () => null,
    cancel() {},
    whenOver: (callback) => callback(),
    read() {
      const letter = TEXT.slice(at++, at);
      return Promise.resolve(letter === "" ? null : new TextEncoder().encode(letter));
    },
  };
}

/** A store that takes so many pieces, each a turn later, and then fails. */
function failing(pieces: number): CacheStore {
  const writer: EntryWriter = {
    async write() {
      await new Promise<void>((resolve) => nextTurn(resolve));
      if (pieces-- === 0) throw new Error("disk full");
    },
    commit() {},
    abort() {},
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  nextTurn(resolve);
  return {
    maxEntryBytes: Infinity,
    write: () => promise.then(() => writer),
  } as Partial<CacheStore> as CacheStore;
}

for (let taken = 0; taken <= TEXT.length; taken++) {
  Deno.test(`a body stays in order where the store fails after ${taken} pieces`, async () => {
    const recording = new Recording({
      store: failing(taken),
      key: "key",
      replaced: [],
      before: null,
      after: null,
      headOf: () => {
        throw new Error("It is not kept");
      },
      onEnd() {},
      onCommitting(committing) {
        committing.catch(() => {});
      },
    });
    // All of it has come: the next turn draws it, in the middle of the reader's first read.
    const body = new RecordedBody(letters(), recording, () => true);
    let text = "";
    for (let piece = await body.read(); piece !== null; piece = await body.read()) {
      text += new TextDecoder().decode(piece);
    }
    assertEquals(text, TEXT);
  });
}
