/**
 * Waiting on several things at once: exactly one of them happens, the others stay as they were.
 */
import { after, Channel, select, Semaphore, socket, thread } from "@lasa/lasa";

await using listener = socket.tcp();
listener.bind("127.0.0.1", 0);
const { port } = listener.localAddress!;
const words = new Channel<string>();
const seats = new Semaphore(0);

// What there is to wait on comes from here, one thing after the other.
const script = thread.spawn(async () => {
  await words.send("hello");
  await using desk = await socket.connect("127.0.0.1", port);
  await desk.receive();
  seats.post();
  await words.send("bye");
});

console.log("whatever comes first:");
for (let isOpen = true; isOpen;) {
  const next = await select({
    word: words.receiving(),
    caller: listener.accepting(),
    seat: seats.waiting(),
    end: thread.ending(script),
  });
  // The key tells the type of the value.
  switch (next.key) {
    case "word":
      console.log(`  the word ${next.value.toUpperCase()}`);
      break;
    case "caller": {
      await using caller = next.value;
      await caller.send("welcome\r\n");
      console.log("  a caller");
      break;
    }
    case "seat":
      console.log("  a seat");
      break;
    case "end":
      console.log("  the end of the script:", next.value.ok);
      isOpen = false;
  }
}

console.log("no longer than a moment:");
const moment = await select({ word: words.receiving(), seat: seats.waiting(), late: after(10) });
console.log(`  ${moment.key}`);

console.log("who lost has taken nothing, and stands in no line:");
console.log("  somebody takes a word:", words.trySend("hello?"));
seats.post();
console.log("  seats free:", seats.count());

console.log("of what can be done at once, the first that is named:");
const box = new Channel<number>(1);
for (let n = 1; n <= 3; n++) {
  const did = await select({ put: box.sending(n), took: box.receiving() });
  console.log(`  ${did.key} ${did.key === "took" ? did.value : n}`);
}

console.log("a line, or another try later; no byte is lost:");
await using client = await socket.connect("127.0.0.1", port);
await using server = await listener.accept();
await server.send("half a li");
const first = await select({ line: client.receiving(), late: after(10) });
console.log(`  ${first.key}`);
await server.send("ne\r\n");
const second = await select({ line: client.receiving(), late: after(10_000) });
console.log(`  ${second.key}: ${second.value}`);
