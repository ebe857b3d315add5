/**
 * Timers: once, again and again, taken back, and called before their time at the end.
 */
import { Semaphore, shutdown, timer } from "@lasa/lasa";

const done = new Semaphore();

/** A timer's callback: `premature` says that the program ends before the time has come. */
function say(premature: boolean, text: string): void {
  console.log(premature ? `${text}, before its time` : text);
}

timer.at(0, say, "as soon as somebody waits");
timer.at(10, say, "in 10 ms");
const never = timer.at(15, say, "never");
timer.at(20, say, "in 20 ms");
console.log("taken back:", timer.kill(never), "and again:", timer.kill(never));

timer.at(30, () => done.post());
await done.wait();

// A callback runs in a light thread of its own, so it may wait like any other.
let count = 0;
const ticks = timer.every(10, () => {
  console.log(`tick ${++count}`);
  if (count < 3) return;
  timer.kill(ticks);
  done.post();
});
await done.wait();

// What is still to come is called at the shutdown, and told so: time to write down what must not
// be lost. Nothing later than now can be set from there.
timer.at(60_000, say, "in a minute");
timer.every(3_600_000, (premature) => {
  say(premature, "every hour");
  try {
    timer.at(1_000, say, "later still");
  } catch (error) {
    console.log((error as Error).message);
  }
});
await shutdown();
