/** What must hold with every server, plain and over TLS. @module */

import type { Row } from "./row.ts";
import { answerRows } from "./rows/answers.ts";
import { connectionRows } from "./rows/connections.ts";
import { pipelineRows } from "./rows/pipelines.ts";
import { uploadRows } from "./rows/uploads.ts";

/** All of them. */
export const ROWS: readonly Row[] = [
  ...answerRows,
  ...uploadRows,
  ...pipelineRows,
  ...connectionRows,
];
