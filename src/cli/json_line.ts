import { LasaError, TimeoutError } from "../errors.ts";
import type { Outcome } from "./tally.ts";

/** How a URL ended, as one line of JSON with its line feed; what is not known is left out. */
export function jsonLine({ url, finalUrl, status, bytes, ms, sha256, error }: Outcome): string {
  return JSON.stringify({
    url,
    finalUrl,
    status,
    bytes,
    ms: Math.round(ms * 1000) / 1000,
    sha256,
    error: error && describe(error),
  }) + "\n";
}

function describe(error: Error) {
  const { name, message } = error;
  if (!(error instanceof LasaError)) return { name, message };
  const { code, sent } = error;
  return {
    name,
    code,
    message,
    phase: error instanceof TimeoutError ? error.phase : undefined,
    sent,
  };
}
