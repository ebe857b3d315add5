/**
 * Detached threads: a sum on another processor, while light threads go on with this one.
 */
import { detach, sleep, thread } from "@lasa/lasa";

// A light thread that adds without waiting would hold all others up. This one has its own processor.
const sum = detach({
  name: "sum",
  content: `
    export default ({ args: [upTo], send }) => {
      let sum = 0;
      for (let n = 1; n <= upTo; n++) {
        sum += n;
        if (n % (upTo / 4) === 0) send(n);
      }
      return sum;
    };
  `,
  args: [40_000_000],
});

let turns = 0;
const here = thread.spawn(async () => {
  for (;; turns++) await sleep(0);
});

for await (const done of sum) console.log(`${sum.name} has come to ${done}`);
const end = await sum.terminated;
console.log("the sum is", end.ok ? end.value : end.error);
thread.kill(here);
console.log("meanwhile a light thread had turns:", turns > 0);

// Messages go both ways, copied: what is sent may be changed here without harm there.
const sorter = detach({
  name: "sorter",
  content: `
    export default async ({ messages, send }) => {
      for await (const words of messages) {
        if (words === null) return "sorted all";
        send(words.sort());
      }
    };
  `,
});
for (const words of [["pear", "apple"], ["two", "three", "one"]]) {
  sorter.send(words);
  console.log(await sorter.receive(), "from", words);
}
sorter.send(null);
const sorted = await sorter.terminated;
console.log(sorted.ok && sorted.value);

// An error inside reaches whoever asks how it ended, and nobody else.
const broken = await detach({ content: `throw new RangeError("no such number")` }).terminated;
console.log(broken.ok ? broken.value : String(broken.error));

// Unlike a light thread, one that never waits can be ended as well.
const busy = detach({ name: "busy", content: `for (;;);` });
console.log("terminated:", busy.terminate());
const ended = await busy.terminated;
console.log(ended.ok ? ended.value : String(ended.error));
