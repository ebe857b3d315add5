/** The command line cannot be obeyed as it is written; the message is one line and names the value. */
export class UsageError extends Error {
  override name = "UsageError";
}
