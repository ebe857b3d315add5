/**
 * Everything that can be measured on this machine.
 *
 * @module
 */

import { bulkWorkloads } from "./bulk_workloads.ts";
import { cacheWorkloads } from "./cache_workloads.ts";
import { connectWorkloads } from "./connect_workloads.ts";
import type { Curve } from "./curve.ts";
import { curves } from "./curves.ts";
import { decodeWorkloads } from "./decode_workloads.ts";
import { frameWorkloads } from "./frame_workloads.ts";
import { getWorkloads } from "./get_workloads.ts";
import { lineWorkloads } from "./line_workloads.ts";
import type { Machine } from "./machine.ts";
import { threadWorkloads } from "./thread_workloads.ts";
import { udpWorkloads } from "./udp_workloads.ts";
import { webSocketWorkloads } from "./websocket_workloads.ts";
import type { Workload } from "./workload.ts";

/** How large the large things are. */
export interface Sizes {
  /** Bytes of a download and of an upload. */
  readonly bulkBytes: number;
  /** Bytes of a text that is decoded. */
  readonly textBytes: number;
  /** How many of the steps of a curve are left out at its upper end. */
  readonly curveCut: number;
}

/** As the names say. */
export const FULL: Sizes = { bulkBytes: 256 * 2 ** 20, textBytes: 64 * 2 ** 20, curveCut: 0 };

/** Small ones, to see whether it works. */
export const QUICK: Sizes = { bulkBytes: 16 * 2 ** 20, textBytes: 4 * 2 ** 20, curveCut: 2 };

/** The workloads whose figures are rates, in the order of the tables. */
export function allWorkloads(machine: Machine, sizes: Sizes): Workload[] {
  return [
    ...getWorkloads(machine),
    ...bulkWorkloads(machine, sizes),
    ...decodeWorkloads(machine, sizes.textBytes),
    ...webSocketWorkloads(machine),
    ...frameWorkloads(machine),
    ...lineWorkloads(machine),
    ...udpWorkloads(machine),
    ...connectWorkloads(machine),
    ...cacheWorkloads(),
    ...threadWorkloads(),
  ];
}

/** Those that show how costs grow. */
export function allCurves(machine: Machine, sizes: Sizes): Curve[] {
  return curves(machine, sizes.curveCut);
}
