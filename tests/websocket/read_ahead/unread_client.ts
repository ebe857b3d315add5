/** Says hello and leaves its connection to the end of the program. @module */

import { Client } from "../../../src/websocket/client.ts";

const client = new Client();
await client.connect(Deno.args[0]);
await client.sendText("hello");
await new Promise((resolve) => setTimeout(resolve, 1));
