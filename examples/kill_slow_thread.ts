/**
 * Three ways not to wait for ever: kill the thread, set a deadline, take the first that ends.
 */
import { sleep, socket, thread, TimeoutError } from "@lasa/lasa";

// A server that takes calls and never says a word.
await using silent = socket.tcp();
silent.bind("127.0.0.1", 0);
const { port } = silent.localAddress!;

async function ask(): Promise<string> {
  await using server = await socket.connect("127.0.0.1", port);
  try {
    return await server.receive();
  } finally {
    // Runs however the thread ends; the socket is closed behind it.
    console.log("  the question is taken back");
  }
}

console.log("killed by its parent:");
const slow = thread.spawn(ask);
await sleep(20);
console.log(`  it waits on: ${thread.list().map((each) => each.waitingOn).join()}`);
console.log(`  killed: ${thread.kill(slow)}, its status: ${slow.status}`);
await sleep(0);

console.log("a deadline around it:");
try {
  await thread.deadline(20, ask);
} catch (error) {
  if (!(error instanceof TimeoutError)) throw error;
  console.log(`  ${error.name}, phase ${error.phase}`);
}

console.log("the first that ends:");
const asking = thread.spawn(ask);
const tired = thread.spawn(async () => {
  await sleep(20);
  return "nobody answered";
});
const first = await thread.wait(asking, tired);
if (first.ok) console.log(`  ${first.value}`);
thread.kill(asking);
await sleep(0);
