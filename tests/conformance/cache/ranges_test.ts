/** RFC 9111 §3.3 and §3.4, RFC 9110 §14: parts of responses. @module */

import { both, hit, miss, privately, validated, wait } from "./harness.ts";

const whole = { head: "cache-control: max-age=60", body: "0123456789" };
const tagged = { head: 'cache-control: max-age=60\netag: "a"', body: "0123456789" };
const part = (range: string, body: string, more = "") => ({
  status: 206,
  head: `cache-control: max-age=60\ncontent-range: bytes ${range}${more}`,
  body,
});
const ask = (range: string) => `range: bytes=${range}`;
const etag = '\netag: "a"';

for (
  const [range, text, said] of [
    ["0-1", "01", "0-1"],
    ["1-", "123456789", "1-9"],
    ["-1", "9", "9-9"],
    ["-99", "0123456789", "0-9"],
    ["5-99", "56789", "5-9"],
    ["0-9", "0123456789", "0-9"],
  ]
) {
  both(
    `9111 §3.4 bytes=${range} is cut out of a whole`,
    miss({ answer: whole }),
    hit({
      ask: ask(range),
      status: 206,
      text,
      has: `content-range: bytes ${said}/10\ncontent-length: ${text.length}`,
    }),
  );
}
privately(
  "9111 §3.4 a cut has the whole's other fields",
  miss({ answer: { ...whole, head: `${whole.head}\na: 1` } }),
  hit({ ask: ask("0-1"), status: 206, text: "01", has: "a: 1\nage: 0" }),
);
privately(
  "9110 §14.2 what cannot be had is refused by the origin",
  miss({ answer: whole }),
  miss({ ask: ask("10-"), answer: { status: 416 } }),
);
for (const range of ["bytes=0-1,3-4", "bytes=4-2", "bytes=-", "lines=1-2", "bytes=a-b"]) {
  privately(
    `9110 §14.2 Range of ${range} is the origin's affair`,
    miss({ answer: whole }),
    miss({ ask: `range: ${range}`, answer: { status: 200 } }),
  );
}
privately(
  "9110 §14.2 HEAD has no range",
  miss({ answer: whole }),
  hit({ method: "HEAD", ask: ask("0-1"), status: 200, has: "content-length: 10" }),
);
privately(
  "9111 §4 a stale whole is validated before it is cut",
  miss({ answer: tagged }),
  wait(61),
  validated({ ask: ask("0-1"), status: 206, text: "01" }),
);
privately(
  "9110 §13.1.5 If-Range of the same tag gets the part",
  miss({ answer: tagged }),
  hit({ ask: `${ask("0-1")}\nif-range: "a"`, status: 206, text: "01" }),
);
privately(
  "9110 §13.1.5 If-Range of another tag gets the whole",
  miss({ answer: tagged }),
  hit({ ask: `${ask("0-1")}\nif-range: "b"`, status: 200, text: "0123456789" }),
);
privately(
  "9110 §13.1.5 If-Range of a weak tag gets the whole",
  miss({ answer: { ...whole, head: `${whole.head}\netag: W/"a"` } }),
  hit({ ask: `${ask("0-1")}\nif-range: W/"a"`, status: 200, text: "0123456789" }),
);
privately(
  "9110 §13.1.5 If-Range of the same date gets the part",
  miss({
    answer: { ...whole, head: `${whole.head}\nlast-modified: Wed, 01 Jan 2020 00:00:00 GMT` },
  }),
  hit({ ask: `${ask("0-1")}\nif-range: Wed, 01 Jan 2020 00:00:00 GMT`, status: 206, text: "01" }),
);

const five = miss({ ask: ask("-5"), answer: part("5-9/10", "56789"), sent: ask("-5") });
both(
  "9111 §3.3 a part answers the same question",
  five,
  hit({ ask: ask("-5"), status: 206, text: "56789", has: "content-range: bytes 5-9/10" }),
);
both(
  "9111 §3.4 bytes are cut out of a part",
  five,
  hit({ ask: ask("6-8"), status: 206, text: "678", has: "content-range: bytes 6-8/10" }),
);
both(
  "9111 §3.4 an open end is cut out of a part",
  five,
  hit({ ask: ask("6-"), status: 206, text: "6789" }),
);
both(
  "9111 §3.4 the last bytes are cut out of a part",
  five,
  hit({ ask: ask("-1"), status: 206, text: "9" }),
);
both(
  "9111 §3.3 bytes that are not in a part are asked for",
  five,
  miss({ ask: ask("4-8"), answer: part("4-8/10", "45678") }),
);
both("9111 §3.3 a part is not the whole", five, miss({ answer: whole }));
both(
  "9111 §3.3 a part with an unknown end has no last bytes",
  miss({ ask: ask("0-4"), answer: part("0-4/*", "01234") }),
  hit({ ask: ask("1-2"), status: 206, text: "12", has: "content-range: bytes 1-2/*" }),
  miss({ ask: ask("-1") }),
);
both(
  "9111 §3.3 a part that says no place is not kept",
  miss({ ask: ask("0-4"), answer: { status: 206, head: whole.head, body: "01234" } }),
  miss({ ask: ask("0-4") }),
);
both(
  "9111 §3.3 of a part that is shorter than it says nothing is cut",
  miss({ ask: ask("-5"), answer: part("4-9/10", "45678") }),
  hit({ ask: ask("-5"), status: 206, text: "45678" }),
  miss({ ask: ask("6-8"), answer: part("6-8/10", "678") }),
);
both(
  "9111 §3.3 several parts in one body are not kept",
  miss({
    ask: ask("0-1,3-4"),
    answer: {
      status: 206,
      head: `${whole.head}\ncontent-type: multipart/byteranges; boundary=x`,
      body: "--x--",
    },
  }),
  miss({ ask: ask("0-1,3-4") }),
);
both(
  "9111 §3.4 parts of one strong tag are put together",
  miss({ ask: ask("0-4"), answer: part("0-4/10", "01234", etag) }),
  miss({ ask: ask("5-9"), answer: part("5-9/10", "56789", etag) }),
  hit({ status: 200, text: "0123456789", has: "content-length: 10", lacks: "content-range" }),
);
both(
  "9111 §3.4 parts that overlap are put together",
  miss({ ask: ask("4-9"), answer: part("4-9/12", "456789", etag) }),
  miss({ ask: ask("2-6"), answer: part("2-6/12", "23456", etag) }),
  hit({ ask: ask("2-9"), status: 206, text: "23456789" }),
);
both(
  "9111 §3.4 a part within another changes no byte",
  miss({ ask: ask("0-7"), answer: part("0-7/12", "01234567", etag) }),
  validated({
    ask: `${ask("2-3")}\ncache-control: no-cache`,
    answer: part("2-3/12", "23", etag),
    sent: 'if-none-match: "a"',
  }),
  hit({ ask: ask("1-6"), status: 206, text: "123456" }),
);
for (
  const [what, one, other] of [
    ["weak tags", '\netag: W/"a"', '\netag: W/"a"'],
    ["other tags", '\netag: "a"', '\netag: "b"'],
    ["no tags", "", ""],
  ]
) {
  privately(
    `9111 §3.4 parts of ${what} are not put together`,
    miss({ ask: ask("0-4"), answer: part("0-4/10", "01234", one) }),
    miss({ ask: ask("5-9"), answer: part("5-9/10", "56789", other) }),
    miss({ answer: whole }),
  );
}
both(
  "9111 §3.4 parts with a gap between them are not put together",
  miss({ ask: ask("0-3"), answer: part("0-3/10", "0123", etag) }),
  miss({ ask: ask("5-9"), answer: part("5-9/10", "56789", etag) }),
  miss({ ask: ask("2-7"), answer: part("2-7/10", "234567") }),
);
both(
  "9111 §3.4 fields of the newer part hold",
  miss({ ask: ask("0-4"), answer: part("0-4/10", "01234", `${etag}\na: 1\nb: 1`) }),
  miss({ ask: ask("5-9"), answer: part("5-9/10", "56789", `${etag}\na: 2`) }),
  hit({ status: 200, text: "0123456789", has: "a: 2\nb: 1" }),
);

const begun = miss({ ask: ask("0-4"), answer: part("0-4/10", "01234", etag) });
both(
  "9111 §3.3 the rest of a beginning is asked for alone",
  begun,
  miss({
    ask: "",
    sent: 'range: bytes=5-\nif-range: "a"',
    answer: part("5-9/10", "56789", etag),
    status: 200,
    text: "0123456789",
    has: "content-length: 10",
    lacks: "content-range",
  }),
  hit({ status: 200, text: "0123456789" }),
);
both(
  "9111 §3.3 a whole that comes in place of the rest is taken",
  begun,
  miss({ ask: "", sent: "range: bytes=5-", answer: { ...whole, body: "abcdefghij" } }),
  hit({ text: "abcdefghij" }),
);
both(
  "9111 §3.3 without a strong tag the whole is asked for",
  miss({ ask: ask("0-4"), answer: part("0-4/10", "01234") }),
  miss({ unsent: "range", answer: whole }),
);
