/** What a target's record makes of what happens to it, by itself. @module */

import { assertEquals } from "@std/assert";
import { PipeliningRecord } from "../../src/http/pipelining.ts";

/** A record that has been trusted at a time. */
function trusted(now = 0): PipeliningRecord {
  const record = new PipeliningRecord();
  record.onAnswer(5, now);
  record.onTrial();
  record.onTrialAnswered(now);
  return record;
}

function told({ state, isOpen }: PipeliningRecord): [string, boolean] {
  return [state, isOpen];
}

Deno.test("untried, trying, on trial, trusted", () => {
  const record = new PipeliningRecord();
  assertEquals(told(record), ["untried", false]);
  record.onAnswer(5, 0);
  assertEquals(told(record), ["trying", true]);
  record.onTrial();
  assertEquals(told(record), ["on trial", false]);
  // What comes on other connections meanwhile changes nothing.
  record.onAnswer(5, 1);
  record.onBroken(1);
  assertEquals(told(record), ["on trial", false]);
  record.onTrialAnswered(2);
  assertEquals(told(record), ["trusted", true]);
});

Deno.test("a trial that ends for another reason is made again", () => {
  const record = new PipeliningRecord();
  record.onAnswer(5, 0);
  record.onTrial();
  record.onTrialEnded();
  assertEquals(told(record), ["trying", true]);
});

Deno.test("a trial may take ten times the first answer, and a second at least", () => {
  const record = new PipeliningRecord();
  record.onAnswer(5, 0);
  assertEquals(record.trialMs, 2_000);
  const slow = new PipeliningRecord();
  slow.onAnswer(700, 0);
  slow.onAnswer(3, 1);
  assertEquals(slow.trialMs, 7_000);
});

Deno.test("a broken trial rests it for a minute, twice as long each time, for an hour at most", () => {
  const record = new PipeliningRecord();
  let now = 0;
  record.onAnswer(5, now);
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
    record.onTrial();
    record.onTrialBroken(now);
    now += minutes * 60_000 - 1;
    record.onAnswer(5, now);
    assertEquals(told(record), ["broken", false], `${minutes} min`);
    record.onAnswer(5, ++now);
    assertEquals(told(record), ["trying", true], `${minutes} min`);
  }
});

Deno.test("a break of a trusted target asks for a new trial only, however many connections it takes", () => {
  const record = trusted();
  for (let connection = 0; connection < 20; connection++) record.onBroken(100);
  assertEquals(told(record), ["trying", true]);
  record.onTrial();
  record.onTrialAnswered(200);
  assertEquals(told(record), ["trusted", true]);
});

Deno.test("a break, and a trial that breaks soon after, are one too many", () => {
  const record = trusted();
  record.onBroken(100);
  record.onTrial();
  record.onTrialBroken(10_099);
  assertEquals(told(record), ["broken", false]);
});

Deno.test("a trial that breaks long after the last trouble of a target that was trusted is made again", () => {
  const record = trusted();
  record.onBroken(100);
  record.onTrial();
  record.onTrialBroken(10_100);
  assertEquals(told(record), ["trying", true]);
  record.onTrial();
  record.onTrialBroken(10_200);
  assertEquals(told(record), ["broken", false]);
});

Deno.test("trust that breaks three times in one trouble is gone, trials between or not", () => {
  const record = trusted();
  for (const now of [1_000, 9_000]) {
    record.onBroken(now);
    record.onTrial();
    record.onTrialAnswered(now + 10);
    assertEquals(record.state, "trusted");
  }
  record.onBroken(17_000);
  assertEquals(record.state, "broken");
});

Deno.test("restarts that are further apart never add up", () => {
  const record = trusted();
  for (let now = 0; now < 1_000_000; now += 10_000) {
    record.onBroken(now);
    record.onTrial();
    record.onTrialAnswered(now + 10);
    assertEquals(record.state, "trusted");
  }
});

Deno.test("an hour of trust makes the next rest a short one again", () => {
  for (const [trustMs, restMs] of [[3_600_000, 60_000], [3_000_000, 120_000]]) {
    const record = new PipeliningRecord();
    record.onAnswer(5, 0);
    record.onTrial();
    record.onTrialBroken(0);
    record.onAnswer(5, 60_000);
    record.onTrial();
    record.onTrialAnswered(60_000);
    const now = 60_000 + trustMs;
    record.onBroken(now);
    record.onTrial();
    record.onTrialBroken(now);
    record.onAnswer(5, now + restMs - 1);
    assertEquals(record.state, "broken");
    record.onAnswer(5, now + restMs);
    assertEquals(record.state, "trying");
  }
});
