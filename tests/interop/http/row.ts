/** One behaviour that must hold with every server. @module */

import type { Lack } from "./peers/peer.ts";
import type { Visit } from "./visit.ts";

/** A behaviour. */
export interface Row {
  /** What it is. */
  readonly name: string;
  /** Without this it is left out. */
  readonly needs?: Lack;
  /** Whether it is about the connections of the server itself, which a proxy may keep apart from ours. */
  readonly isHopOnly?: boolean;
  /** Throws where it does not hold. */
  run(visit: Visit): Promise<void>;
}
