/**
 * A server's view of what a client wrote: the smallest strict reader of requests that will do.
 *
 * @module
 */

/** One request as it was read. */
export interface ReadRequest {
  readonly line: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
}

/** Reads all requests in a text, one character a byte; throws where it is not requests to its end. */
export function readRequests(text: string): ReadRequest[] {
  const requests: ReadRequest[] = [];
  let at = 0;
  const line = (): string => {
    const end = text.indexOf("\r\n", at);
    if (end < 0) throw new Error(`No line at ${at}`);
    const read = text.slice(at, end);
    at = end + 2;
    return read;
  };
  const take = (size: number): string => {
    if (at + size > text.length) throw new Error(`No ${size} bytes at ${at}`);
    at += size;
    return text.slice(at - size, at);
  };
  const section = (): [string, string][] => {
    const fields: [string, string][] = [];
    for (let read = line(); read !== ""; read = line()) {
      const match = /^([^\s:]+): (.*)$/s.exec(read);
      if (match === null || /[\r\n\0]/.test(read)) throw new Error(`Not a field: ${read}`);
      fields.push([match[1], match[2]]);
    }
    return fields;
  };
  while (at < text.length) {
    const first = line();
    const fields = section();
    const named = (name: string) =>
      fields.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
    const [length, ...lengths] = named("content-length");
    const [coding, ...codings] = named("transfer-encoding");
    if (lengths.length + codings.length > 0 || (length !== undefined && coding !== undefined)) {
      throw new Error("Framed twice");
    }
    let body = "";
    let trailers: [string, string][] = [];
    if (coding !== undefined) {
      for (;;) {
        const size = parseInt(line(), 16);
        if (size === 0) break;
        body += take(size);
        if (take(2) !== "\r\n") throw new Error("A chunk without its end");
      }
      trailers = section();
    } else if (length !== undefined) {
      body = take(Number(length));
    }
    requests.push({ line: first, fields, body, trailers });
  }
  return requests;
}
