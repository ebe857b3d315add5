/** Says hello and leaves its connection to the end of the program, read from by nobody. @module */

import { installClock } from "../../../src/thread/clock.ts";
import { ManualClock } from "../../../src/thread/manual_clock.ts";
import { Client } from "../../../src/websocket/client.ts";
import { QUIET_MS } from "../../../src/websocket/quiet_watch.ts";

const [url, when] = Deno.args;
const clock = new ManualClock();
if (when === "after the quiet time") installClock(clock);
const client = new Client();
await client.connect(url);
await client.sendText("hello");
await new Promise((resolve) => setTimeout(resolve, 1));
await clock.advance(QUIET_MS);
