/**
 * Arrays that are handed out cannot be used again: each message, each piece of a body is new memory,
 * and old memory for the collector to find. Left alone, that costs more than moving the bytes.
 *
 * @module
 */

/** Smaller arrays bring as much garbage along with them, in promises and the like. */
const LEAST_BYTES = 4 * 1024;

/** Array memory for each element of garbage, which takes 8 bytes. */
const BYTES_PER_ELEMENT = 16;

/** Elements of one piece of garbage: larger ones leave V8's quick path (28 µs a MiB, not 3). */
const MOST_ELEMENTS = 8 * 1024;

/** As large as any message that is taken by default; glibc learns from none above 32 MiB. */
const LESSON_BYTES = 16 * 1024 * 1024;

let isTaught = false;

/**
 * Makes V8 look for dropped arrays before it holds too many; to be called where one of so many bytes is
 * made to be handed out.
 *
 * V8 looks through its young generation for them only when 64 MiB are there, but counts all of them
 * towards the limit of the old one, and a small heap is marked whole for every 30 MiB: 30 % of the CPU
 * time of an echo of 1 MiB. Half as much garbage on V8's own heap costs 3 to 20 µs a MiB and has the
 * young generation looked through long before that, in 50 µs. A third less memory is held, too.
 */
export function hurryCollector(bytes: number): void {
  if (bytes < LEAST_BYTES) return;
  for (let left = bytes / BYTES_PER_ELEMENT; left >= 1; left -= MOST_ELEMENTS) {
    new Array(Math.min(left, MOST_ELEMENTS) | 0);
  }
  if (!isTaught) teachAllocator();
}

/**
 * glibc gives freed memory back to the system where more of it lies at the end than twice the largest
 * piece that was ever mapped and freed, so that the next array comes from the system again, page by
 * page: 70 faults for a message of 1 MiB, and a quarter of the CPU time of its echo. With a larger piece
 * freed once there are none. Nobody touches it: the system gives it addresses and no memory.
 */
function teachAllocator(): void {
  isTaught = true;
  try {
    new ArrayBuffer(LESSON_BYTES).transfer(0);
  } catch {
    // Where even addresses are scarce, memory is better given back.
  }
}

/** Bytes of dropped arrays for which V8 is made to look. */
const LOOK_EVERY = 16 * 1024 * 1024;

/** More than V8 lets young buffers come to, and than any allocator takes off its heap. */
const NUDGE_BYTES = 128 * 1024 * 1024;

let sinceLook = 0;

/**
 * Counts the pieces of bodies, which are mostly dropped as soon as the next is there. V8 collects them
 * when 64 MiB are there, and as much comes until it is done. An allocation too large for the young
 * generation has it look through that at once: a download at full speed held 125 to 150 MiB so, 155 to
 * 220 without, and as much as `fetch`; with `hurryCollector` it was a third faster and held 170 to 190.
 * To look after every 4 MiB halved the speed, since each look may begin a marking. Nobody touches what
 * is allocated: the system gives it addresses and no memory.
 */
export function noteDropped(bytes: number): void {
  sinceLook += bytes;
  if (sinceLook < LOOK_EVERY) return;
  sinceLook = 0;
  try {
    new ArrayBuffer(NUDGE_BYTES);
  } catch {
    // Where even addresses are scarce, V8 collects often enough.
  }
}
