/**
 * Responses and the events that they must give: every form that RFC 9112 allows and lasa reads, and
 * those that it refuses, each with its section.
 *
 * @module
 */

/** An event, in short: what the reader tells, data joined. */
export type Told =
  | { informational: number; fields?: [string, string][] }
  | { response: number; reason?: string; fields?: [string, string][]; keepsAlive?: boolean }
  | { data: string }
  | { end: [string, string][] }
  | { tunnel: string }
  | "closed"
  | "error";

/** One vector. */
export interface ResponseVector {
  readonly name: string;
  /** The methods of the requests that were sent, GET alone unless told; `+` in front: with upgrade. */
  readonly methods?: readonly string[];
  readonly input: string;
  /** Whether the connection ends behind the input. */
  readonly ends?: boolean;
  readonly events: readonly Told[];
  /** What bytes behind it come to, where they do not belong to it. */
  readonly trailing?: readonly Told[];
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";
const END: Told = { end: [] };

export const responseVectors: readonly ResponseVector[] = [
  {
    name: "content-length",
    input: OK + "Content-Length: 5\r\n\r\nhello",
    events: [
      { response: 200, reason: "OK", fields: [["content-length", "5"]], keepsAlive: true },
      { data: "hello" },
      END,
    ],
  },
  {
    name: "content-length of 0",
    input: OK + "Content-Length: 0\r\n\r\n",
    events: [{ response: 200, keepsAlive: true }, END],
  },
  {
    name: "content-length said twice, and in a list, with equal values (§6.3 rule 5)",
    input: OK + "Content-Length: 3, 3\r\nX: y\r\ncontent-length: 03\r\n\r\nabc",
    events: [{ response: 200 }, { data: "abc" }, END],
  },
  {
    name: "content-length with blanks around it (§5.1)",
    input: OK + "Content-Length: \t 3 \t\r\n\r\nabc",
    events: [{ response: 200, fields: [["content-length", "3"]] }, { data: "abc" }, END],
  },
  {
    name: "an empty reason (§4)",
    input: "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
    events: [{ response: 404, reason: "" }, END],
  },
  {
    name: "a missing reason and its missing space",
    input: "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
    events: [{ response: 404, reason: "" }, END],
  },
  {
    name: "a reason of several words, a tab and bytes beyond ASCII (§4)",
    input: "HTTP/1.1 500 Nicht \t gef\xfcnden  \r\nContent-Length: 0\r\n\r\n",
    events: [{ response: 500, reason: "Nicht \t gef\xfcnden  " }, END],
  },
  {
    name: "a status that nobody registered (RFC 9110 §15)",
    input: "HTTP/1.1 799 Strange\r\nContent-Length: 1\r\n\r\nx",
    events: [{ response: 799, reason: "Strange" }, { data: "x" }, END],
  },
  {
    name: "a later minor version (RFC 9110 §2.5)",
    input: "HTTP/1.7 200 OK\r\nContent-Length: 1\r\n\r\nx",
    events: [{ response: 200, keepsAlive: true }, { data: "x" }, END],
  },
  {
    name: "a blank line before the status line (§2.2)",
    input: "\r\n" + OK + "Content-Length: 1\r\n\r\nx",
    events: [{ response: 200 }, { data: "x" }, END],
  },
  {
    name: "fields: order, repetition, empty values, inner blanks, obs-text, every token character",
    input: OK + "B: 1\r\nA: \r\nb:2\r\nX: a \t b\r\nO: \xe4\xff\r\n!#$%&'*+-.^_`|~09aZ: v\r\n" +
      "Content-Length: 0\r\n\r\n",
    events: [
      {
        response: 200,
        fields: [
          ["b", "1"],
          ["a", ""],
          ["b", "2"],
          ["x", "a \t b"],
          ["o", "\xe4\xff"],
          ["!#$%&'*+-.^_`|~09az", "v"],
          ["content-length", "0"],
        ],
      },
      END,
    ],
  },
  {
    name: "a reply to HEAD has no body (§6.3 rule 1)",
    methods: ["HEAD"],
    input: OK + "Content-Length: 1000\r\n\r\n",
    events: [{ response: 200, keepsAlive: true }, END],
  },
  {
    name: "a reply to HEAD that says chunked has none either",
    methods: ["HEAD", "GET"],
    input: CHUNKED + OK + "Content-Length: 1\r\n\r\nx",
    events: [{ response: 200 }, END, { response: 200 }, { data: "x" }, END],
  },
  {
    name: "204 and 304 have no body, whatever they say",
    methods: ["GET", "GET", "GET"],
    input: "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" +
      "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    events: [{ response: 204, keepsAlive: true }, END, { response: 304 }, END, { response: 304 }, END],
  },
  {
    name: "1xx responses before the final one (RFC 9110 §15.2)",
    input: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK +
      "Content-Length: 1\r\n\r\nx",
    events: [
      { informational: 100, fields: [] },
      { informational: 103, fields: [["link", "</a>"]] },
      { response: 200 },
      { data: "x" },
      END,
    ],
  },
  {
    name: "chunked (§7.1)",
    input: CHUNKED + "5\r\nhello\r\n1\r\n,\r\n00B\r\n wide world\r\n0\r\n\r\n",
    events: [{ response: 200, keepsAlive: true }, { data: "hello, wide world" }, END],
  },
  {
    name: "chunked with no data at all",
    input: CHUNKED + "0\r\n\r\n",
    events: [{ response: 200 }, END],
  },
  {
    name: "chunked with hexadecimal digits of both cases and leading zeros",
    input: CHUNKED + "a\r\n0123456789\r\n0000000000A\r\nabcdefghij\r\n000\r\n\r\n",
    events: [{ response: 200 }, { data: "0123456789abcdefghij" }, END],
  },
  {
    name: "chunked said in another case, with blanks",
    input: OK + "transfer-encoding:\tCHUNKED \r\n\r\n1\r\nx\r\n0\r\n\r\n",
    events: [{ response: 200 }, { data: "x" }, END],
  },
  {
    name: "chunk extensions: names, values, quoted values with a semicolon, a quote and a backslash",
    input: CHUNKED + '1;a\r\nx\r\n1;a=b;c="d; \\"e\\" \\\\ \xe4"\r\ny\r\n0;last\r\n\r\n',
    events: [{ response: 200 }, { data: "xy" }, END],
  },
  {
    name: "chunk data that looks like chunks",
    input: CHUNKED + "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n",
    events: [{ response: 200 }, { data: "0\r\n\r\n\r\n" }, END],
  },
  {
    name: "trailers (§7.1.2)",
    input: CHUNKED + "1\r\nx\r\n0\r\nDigest: abc\r\nX: y\r\n\r\n",
    events: [{ response: 200 }, { data: "x" }, { end: [["digest", "abc"], ["x", "y"]] }],
  },
  {
    name: "a body until the end of the connection (§6.3 rule 8)",
    input: OK + "\r\nall of this\r\n\r\n",
    ends: true,
    events: [{ response: 200, keepsAlive: false }, { data: "all of this\r\n\r\n" }, END, "closed"],
  },
  {
    name: "an empty body until the end of the connection",
    input: OK + "\r\n",
    ends: true,
    events: [{ response: 200, keepsAlive: false }, END, "closed"],
  },
  {
    name: "HTTP/1.0 closes",
    input: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    events: [{ response: 200, keepsAlive: false }, { data: "x" }, END, "closed"],
    trailing: [],
  },
  {
    name: "HTTP/1.0 with keep-alive goes on (§9.3)",
    methods: ["GET", "GET"],
    input: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx" +
      "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\ny",
    events: [
      { response: 200, keepsAlive: true },
      { data: "x" },
      END,
      { response: 200, keepsAlive: false },
      { data: "y" },
      END,
      "closed",
    ],
    trailing: [],
  },
  {
    name: "Connection: close, and what follows is not a response (§9.6)",
    methods: ["GET", "GET"],
    input: OK + "Connection: foo, Close\r\nContent-Length: 1\r\n\r\nx" + OK +
      "Content-Length: 1\r\n\r\ny",
    events: [{ response: 200, keepsAlive: false }, { data: "x" }, END, "closed"],
    trailing: [],
  },
  {
    name: "Connection with close wins over keep-alive",
    input: OK + "Connection: keep-alive\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    events: [{ response: 200, keepsAlive: false }, END, "closed"],
    trailing: [],
  },
  {
    name: "several responses in a row (§9.3.2)",
    methods: ["GET", "HEAD", "POST", "GET"],
    input: OK + "Content-Length: 2\r\n\r\nab" + OK + "Content-Length: 2\r\n\r\n" +
      "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\nT: t\r\n\r\n" +
      "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    events: [
      { response: 200 },
      { data: "ab" },
      END,
      { response: 200 },
      END,
      { response: 201 },
      { data: "c" },
      { end: [["t", "t"]] },
      { response: 404 },
      END,
    ],
  },
  {
    name: "101 to a request that asked for it: another protocol from here on (RFC 9110 §15.2.2)",
    methods: ["+GET"],
    input: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi",
    events: [{ response: 101 }, { tunnel: "\x81\x02hi" }],
  },
  {
    name: "an upgrade that is declined is a response like others",
    methods: ["+GET", "GET"],
    input: OK + "Content-Length: 1\r\n\r\nx" + OK + "Content-Length: 0\r\n\r\n",
    events: [{ response: 200 }, { data: "x" }, END, { response: 200 }, END],
  },
  {
    name: "2xx to CONNECT: a tunnel right behind the head (§6.3 rule 2)",
    methods: ["CONNECT"],
    input: "HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x01",
    events: [{ response: 200 }, { tunnel: "\x16\x03\x01" }],
  },
  {
    name: "2xx to CONNECT: a length means nothing (RFC 9110 §9.3.6)",
    methods: ["CONNECT"],
    input: OK + "Content-Length: 5\r\n\r\nabc",
    events: [{ response: 200 }, { tunnel: "abc" }],
  },
  {
    name: "CONNECT that failed is a response like others",
    methods: ["CONNECT", "GET"],
    input: "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno" + OK +
      "Content-Length: 0\r\n\r\n",
    events: [{ response: 407 }, { data: "no" }, END, { response: 200 }, END],
  },
  {
    name: "a connection that ends between responses",
    methods: ["GET", "GET"],
    input: OK + "Content-Length: 0\r\n\r\n",
    ends: true,
    events: [{ response: 200 }, END, "closed"],
  },
  { name: "a connection that ends before any byte", input: "", ends: true, events: ["closed"] },
];

/** Names with the section that says so, and what must not pass. */
export const rejectedResponses: readonly (readonly [name: string, input: string])[] = [
  ["§6.3 rule 3: both Transfer-Encoding and Content-Length", OK + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"],
  ["§6.3 rule 3: the same the other way round", OK + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["§6.3 rule 5: differing lengths in two fields", OK + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  ["§6.3 rule 5: differing lengths in one list", OK + "Content-Length: 1, 2\r\n\r\n"],
  ["§6.3 rule 5: a length with a sign", OK + "Content-Length: +1\r\n\r\n"],
  ["§6.3 rule 5: a negative length", OK + "Content-Length: -1\r\n\r\n"],
  ["§6.3 rule 5: a length in hexadecimal", OK + "Content-Length: 0x1\r\n\r\n"],
  ["§6.3 rule 5: a length with a blank inside", OK + "Content-Length: 1 1\r\n\r\n"],
  ["§6.3 rule 5: an empty length", OK + "Content-Length: \r\n\r\n"],
  ["§6.3 rule 5: an empty entry in the list", OK + "Content-Length: 1,\r\n\r\n"],
  ["§6.3 rule 5: a length with a fraction", OK + "Content-Length: 1.0\r\n\r\n"],
  ["§6.3 rule 5: a length with an underscore", OK + "Content-Length: 1_0\r\n\r\n"],
  ["§6.2: a length that no number holds", OK + "Content-Length: 9007199254740992\r\n\r\n"],
  ["§6.1: a coding that is not chunked", OK + "Transfer-Encoding: gzip\r\n\r\n"],
  ["§6.1: chunked that is not last", OK + "Transfer-Encoding: chunked, gzip\r\n\r\n"],
  ["§6.1: a coding below chunked that nobody asked for", OK + "Transfer-Encoding: gzip, chunked\r\n\r\n"],
  ["§6.1: chunked twice", OK + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["§6.1: identity, which is no coding any more", OK + "Transfer-Encoding: identity\r\n\r\n"],
  ["§6.1: an empty Transfer-Encoding", OK + "Transfer-Encoding:\r\n\r\n"],
  ["§6.1: chunked with a vertical tab", OK + "Transfer-Encoding: \x0bchunked\r\n\r\n"],
  ["§6.1: chunked with a parameter", OK + "Transfer-Encoding: chunked;q=1\r\n\r\n"],
  ["§6.1: Transfer-Encoding under HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["§5.2: a folded field line", OK + "X: a\r\n b\r\n\r\n"],
  ["§5.2: a field line folded by a tab", OK + "X: a\r\n\tb\r\n\r\n"],
  ["§2.2: a blank between the status line and the first field", OK + " X: a\r\n\r\n"],
  ["§5.1: a blank between name and colon", OK + "Content-Length : 1\r\n\r\n"],
  ["§5.1: a tab between name and colon", OK + "Content-Length\t: 1\r\n\r\n"],
  ["§5: a field without a name", OK + ": x\r\n\r\n"],
  ["§5: a line without a colon", OK + "nothing\r\n\r\n"],
  ["RFC 9110 §5.1: a name that is no token", OK + "X(y): z\r\n\r\n"],
  ["RFC 9110 §5.1: a name beyond ASCII", OK + "X\xe4: z\r\n\r\n"],
  ["RFC 9110 §5.5: NUL in a value", OK + "X: a\0b\r\n\r\n"],
  ["RFC 9110 §5.5: DEL in a value", OK + "X: a\x7fb\r\n\r\n"],
  ["RFC 9110 §5.5: another control in a value", OK + "X: a\x0bb\r\n\r\n"],
  ["§2.2: a bare CR in a value", OK + "X: a\rb\r\n\r\n"],
  ["§2.2: a bare CR in front of a line's end", OK + "X: a\r\r\n\r\n"],
  ["§2.2: a bare LF as a line's end", OK + "X: a\n\r\n"],
  ["§2.2: a bare LF as the head's end", OK + "X: a\r\n\n"],
  ["§2.2: a bare LF behind the status line", "HTTP/1.1 200 OK\n\r\n"],
  ["§2.2: a bare CR behind the status line", "HTTP/1.1 200 OK\rX: y\r\n\r\n"],
  ["§4: NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"],
  ["§2.3: another protocol's name", "HTTQ/1.1 200 OK\r\n\r\n"],
  ["§2.3: the name in lower case", "http/1.1 200 OK\r\n\r\n"],
  ["§2.3: another major version", "HTTP/2.0 200 OK\r\n\r\n"],
  ["§2.3: two digits of minor version", "HTTP/1.10 200 OK\r\n\r\n"],
  ["§2.3: no minor version", "HTTP/1 200 OK\r\n\r\n"],
  ["§2.3: no version (HTTP/0.9)", "<html>hello</html>"],
  ["§4: two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["§4: a tab before the status", "HTTP/1.1\t200 OK\r\n\r\n"],
  ["§4: a blank before the status line", " HTTP/1.1 200 OK\r\n\r\n"],
  ["§4: a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["§4: a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["§4: a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n"],
  ["§4: a status with a fraction", "HTTP/1.1 2.0 OK\r\n\r\n"],
  ["§4: a status with letters", "HTTP/1.1 2OO OK\r\n\r\n"],
  ["RFC 9110 §15: a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["§4: a reason right behind the status", "HTTP/1.1 200OK\r\n\r\n"],
  ["RFC 9110 §15.2.2: 101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
  ["§7.1: an empty chunk size", CHUNKED + "\r\nx\r\n"],
  ["§7.1: a chunk size that is no number", CHUNKED + "zz\r\n"],
  ["§7.1: a chunk size with a sign", CHUNKED + "+1\r\nx\r\n"],
  ["§7.1: a negative chunk size", CHUNKED + "-1\r\nx\r\n"],
  ["§7.1: a chunk size with 0x", CHUNKED + "0x1\r\nx\r\n"],
  ["§7.1: a blank before the chunk size", CHUNKED + " 1\r\nx\r\n"],
  ["§7.1: a blank behind the chunk size", CHUNKED + "1 \r\nx\r\n"],
  ["§7.1: an underscore in the chunk size", CHUNKED + "1_0\r\n"],
  ["§7.1: a chunk size that no number holds", CHUNKED + "10000000000000000\r\n"],
  ["§7.1: a chunk size line that ends in a bare LF", CHUNKED + "1\nx\r\n"],
  ["§7.1: a chunk size line with a bare CR", CHUNKED + "1\r\rx\r\n"],
  ["§7.1: chunk data that is longer than its size", CHUNKED + "1\r\nxy\r\n"],
  ["§7.1: chunk data that ends in a bare LF", CHUNKED + "1\r\nx\n0\r\n\r\n"],
  ["§7.1: chunk data that ends in a bare CR", CHUNKED + "1\r\nx\r0\r\n\r\n"],
  ["§7.1.1: an extension without a name", CHUNKED + "1;\r\nx\r\n"],
  ["§7.1.1: an extension without its value", CHUNKED + "1;a=\r\nx\r\n"],
  ["§7.1.1: an extension with an open quote", CHUNKED + '1;a="b\r\nx\r\n'],
  ["§7.1.1: an extension with a control", CHUNKED + "1;a\0\r\nx\r\n"],
  ["§7.1.1: an extension behind blanks", CHUNKED + "1 ;a\r\nx\r\n"],
  ["§7.1.1: text behind a quoted value", CHUNKED + '1;a="b"c\r\nx\r\n'],
  ["§7.1.2: a folded trailer", CHUNKED + "0\r\nX: a\r\n b\r\n\r\n"],
  ["§7.1.2: a trailer with NUL", CHUNKED + "0\r\nX: \0\r\n\r\n"],
  ["§7.1: data behind the last chunk's size line", CHUNKED + "0\r\nabc\r\n\r\n"],
  ["RFC 9110 §6.5.1: a length in the trailers", CHUNKED + "1\r\nx\r\n0\r\nContent-Length: 1\r\n\r\n"],
  ["RFC 9110 §6.5.1: a coding in the trailers", CHUNKED + "1\r\nx\r\n0\r\ntransfer-encoding: chunked\r\n\r\n"],
  ["§6.3 rule 3: both in an informational response", "HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["§6.3 rule 5: differing lengths in two fields, one of them signed", OK + "Content-Length: 1\r\nContent-Length: +1\r\n\r\n"],
  ["§6.3 rule 5: a length behind a no-break space", OK + "Content-Length: \xa01\r\n\r\n"],
  ["§6.3 rule 5: a length behind a vertical tab", OK + "Content-Length: \x0b1\r\n\r\n"],
  ["§6.3 rule 5: a length with a digit that is not ASCII", OK + "Content-Length: \xb2\r\n\r\n"],
  ["§6.1: chunked twice in one list", OK + "Transfer-Encoding: chunked, chunked\r\n\r\n"],
  ["§6.1: chunked and an empty entry", OK + "Transfer-Encoding: chunked,\r\n\r\n"],
  ["§6.1: chunked in one field, identity in the next", OK + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"],
  ["§6.1: chunked in quotes", OK + 'Transfer-Encoding: "chunked"\r\n\r\n'],
  ["§6.1: chunked with a NUL behind it", OK + "Transfer-Encoding: chunked\0\r\n\r\n"],
  ["§6.1: almost chunked", OK + "Transfer-Encoding: xchunked\r\n\r\n"],
  ["§5.2: a folded Transfer-Encoding", OK + "Transfer-Encoding:\r\n chunked\r\n\r\n"],
  ["§5.1: a NUL between name and colon", OK + "Content-Length\0: 1\r\n\r\n"],
  ["§2.2: a bare LF before the status line", "\n" + OK + "Content-Length: 0\r\n\r\n"],
  ["§2.2: a bare CR before the status line", "\r" + OK + "Content-Length: 0\r\n\r\n"],
  ["§2.2: LF CR as a line's end", OK + "X: a\n\rY: b\r\n\r\n"],
  ["§2.2: a bare CR between two fields", OK + "X: a\rContent-Length: 1\r\n\r\n"],
  ["§2.3: HTTP/2's preface (RFC 9113 §3.4)", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["§2.3: HTTP/2's first frame (RFC 9113 §6.5)", "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"],
  ["§2.3: a TLS alert", "\x15\x03\x01\0\x02\x02\x0a"],
  ["§2.3: Shoutcast's name", "ICY 200 OK\r\n\r\n"],
  ["§2.3: a byte order mark before the name", "\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n"],
  ["§2.3: a request", "GET / HTTP/1.1\r\n\r\n"],
  ["§4: a status in digits that are not ASCII", "HTTP/1.1 2\xb20 OK\r\n\r\n"],
  ["§7.1: a chunk size of nothing but an extension", CHUNKED + ";a=b\r\nx\r\n"],
  ["§7.1: a tab behind the chunk size", CHUNKED + "1\t\r\nx\r\n"],
  ["§7.1: chunk data that is shorter than its size", CHUNKED + "3\r\nx\r\n1\r\ny\r\n"],
  ["§7.1: a chunk size that wraps around in 32 bits", CHUNKED + "100000000000001\r\nx\r\n"],
];

/** Names, and what ends too early. */
export const incompleteResponses: readonly (readonly [name: string, input: string])[] = [
  ["in the status line", "HTTP/1.1 20"],
  ["in the fields", OK + "Content-Le"],
  ["before the empty line", OK + "Content-Length: 5\r\n"],
  ["behind the CR of the empty line", OK + "\r"],
  ["behind an informational response's first line", "HTTP/1.1 100 Continue\r\n"],
  ["in a body with a length (§8)", OK + "Content-Length: 5\r\n\r\nhell"],
  ["before a body with a length", OK + "Content-Length: 5\r\n\r\n"],
  ["in a chunk size (§8)", CHUNKED + "1"],
  ["in a chunk", CHUNKED + "5\r\nhell"],
  ["behind a chunk's data", CHUNKED + "1\r\nx"],
  ["behind a chunk", CHUNKED + "1\r\nx\r\n"],
  ["in the last chunk", CHUNKED + "0\r\n"],
  ["in the trailers", CHUNKED + "0\r\nX: y\r\n"],
];
