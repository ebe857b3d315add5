import type { UpgradeRequest } from "./server_options.ts";
import type { SessionOptions } from "./options.ts";
import { Session } from "./session.ts";

/** A server's end of a connection. */
export class ServerSession extends Session {
  /** What asked for it. */
  readonly request: UpgradeRequest;

  /** @internal Sessions are made by servers. */
  constructor(options: SessionOptions, request: UpgradeRequest) {
    super(options);
    this.request = request;
  }
}
