/** Targets that may be sent requests behind one another. @module */

import type { Client } from "../../src/http/client.ts";
import type { Target } from "../../src/http/target.ts";

/** Has a target trusted as if it had answered a trial. */
export function trust({ pipelining }: Target): void {
  pipelining.onAnswer(1, 0);
  pipelining.onTrial();
  pipelining.onTrialAnswered(0);
}

/** Asks once, then twice at once, so that the target has answered a trial. */
export async function winTrust(client: Client, url: string): Promise<void> {
  await (await client.get(url)).text();
  await Promise.all([1, 2].map(async () => await (await client.get(url)).text()));
}
