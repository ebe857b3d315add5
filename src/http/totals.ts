/** What there is at this moment; all zeros once everything has ended. */
export interface ClientStats {
  /** Connections that stand. */
  connections: number;
  /** Those of them that carry nothing. */
  idle: number;
  /** Connections being opened. */
  dialing: number;
  /** Requests that wait for a connection, or rest before they are sent again. */
  queued: number;
  /** Requests on a connection. */
  inFlight: number;
}

/** What a client has done since it was made. */
export interface Totals {
  /** Connections that were opened. */
  connectionsOpened: number;
  /** Requests that were handed to a connection, those sent again included. */
  requestsSent: number;
  /** Heads of final responses that came. */
  responses: number;
  /** Requests that were sent again. */
  retries: number;
  /** Requests that would have been sent again, had the retry budget allowed it. */
  retriesDenied: number;
  /** Bytes of requests. */
  bytesSent: number;
  /** Bytes of responses, heads included, as they came over the wire or out of TLS. */
  bytesReceived: number;
}

/** All zeros. */
export function newTotals(): Totals {
  return {
    connectionsOpened: 0,
    requestsSent: 0,
    responses: 0,
    retries: 0,
    retriesDenied: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };
}
