/** RFC 9111 §4.3: asking whether what is stored still holds, and answering those who ask. @module */

import { both, hit, miss, privately, validated, wait } from "./harness.ts";

const tagged = 'cache-control: max-age=2\netag: "a"';
const dated = "cache-control: max-age=2\nlast-modified: Wed, 01 Jan 2020 00:00:00 GMT";
const since = "if-modified-since: Wed, 01 Jan 2020 00:00:00 GMT";
const long = "cache-control: max-age=60";

both(
  "9111 §4.3.1 a strong tag is asked about",
  miss(tagged),
  wait(3),
  validated({ sent: 'if-none-match: "a"' }),
);
both(
  "9111 §4.3.1 a weak tag is asked about",
  miss('cache-control: max-age=2\netag: W/"a"'),
  wait(3),
  validated({ sent: 'if-none-match: W/"a"' }),
);
both(
  "9111 §4.3.1 a date of change is asked about",
  miss(dated),
  wait(3),
  validated({ sent: since, unsent: "if-none-match" }),
);
both(
  "9111 §4.3.1 both are asked about",
  miss(`${dated}\netag: "a"`),
  wait(3),
  validated({ sent: `${since}\nif-none-match: "a"` }),
);
both(
  "9111 §4.3.1 nothing is asked about without either",
  miss("cache-control: max-age=2"),
  wait(3),
  miss(),
);
both(
  "9111 §4.3.1 the request's fields go along",
  miss({ ask: "abc: 123", answer: `${tagged}\nvary: abc` }),
  wait(3),
  validated({ ask: "abc: 123", sent: "abc: 123" }),
);
both(
  "9111 §4.3.1 another variant is not asked about",
  miss({ ask: "abc: 123", answer: `${tagged}\nvary: abc` }),
  miss({ ask: "abc: 456", unsent: "if-none-match" }),
);
both(
  "9111 §4.3.1 the caller's tags are asked about beside the stored one",
  miss(tagged),
  wait(3),
  validated({ ask: 'if-none-match: "x", "y"', sent: 'if-none-match: "a", "x", "y"' }),
);
both(
  "9111 §4.3.1 what is not stored is asked for as the caller does",
  miss({
    ask: 'if-none-match: "x"',
    sent: 'if-none-match: "x"',
    answer: { status: 304 },
    status: 304,
  }),
);

both(
  "9111 §4.3.3 a 304 gives the stored body",
  miss({ answer: { head: tagged, body: "kept" } }),
  wait(3),
  validated({ text: "kept" }),
);
both(
  "9111 §4.3.3 a 200 takes its place",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 200, head: `${long}\netag: "b"`, body: "new" } }),
  hit({ text: "new" }),
);
both(
  "9111 §4.3.3 an error goes to the caller",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 500 } }),
);
both(
  "9111 §4.3.3 an error leaves what is stored",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 500, body: "x" } }),
  validated({ status: 200, text: "body 1" }),
);
both(
  "9111 §4.3.4 a 304 gives a new lifetime",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 304, head: 'cache-control: max-age=60\netag: "a"' } }),
  wait(59),
  hit(),
);
both(
  "9111 §4.3.4 a 304 that says nothing gives the old lifetime once more",
  miss(tagged),
  wait(3),
  validated(),
  wait(1),
  hit(),
  wait(2),
  validated(),
);
both(
  "9111 §4.3.4 a 304 counts from its own age",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 304, head: "age: 1" } }),
  hit({ has: "age: 1" }),
  wait(1),
  validated(),
);
both(
  "9111 §4.3.4 a 304 of a weak tag renews what has it",
  miss('cache-control: max-age=2\netag: W/"a"'),
  wait(3),
  validated({ answer: { status: 304, head: 'etag: W/"a"' } }),
  hit(),
);
both(
  "9111 §4.3.4 a tag that has become weak is the same",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 304, head: 'etag: W/"a"' } }),
  hit(),
);

const updated = (name: string, before: string, after: string) => [
  miss(`cache-control: max-age=2\netag: "a"\n${name}: ${before}`),
  wait(3),
  validated({
    answer: { status: 304, head: `etag: "a"\n${name}: ${after}` },
    has: `${name}: ${after}`,
  }),
  hit({ has: `${name}: ${after}` }),
];
for (
  const [name, before, after] of [
    ["test-header", "1", "2"],
    ["content-foo", "1", "2"],
    ["content-type", "text/plain", "text/html"],
    ["content-location", "/foo", "/bar"],
    ["content-security-policy", "default-src 'self'", "default-src *"],
    ["expires", "Fri, 01 Jan 2038 01:01:01 GMT", "Mon, 11 Jan 2038 11:11:11 GMT"],
    ["set-cookie", "a=b", "a=c"],
    ["x-frame-options", "deny", "sameorigin"],
    ["vary", "foo", "bar"],
  ]
) privately(`9111 §3.2 a 304 updates ${name}`, ...updated(name, before, after));
both(
  "9111 §3.2 a 304 leaves fields that it does not have",
  miss(`${tagged}\nb: 1`),
  wait(3),
  validated({ has: "b: 1" }),
);
both(
  "9111 §3.2 a 304 adds fields",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 304, head: "b: 1" }, has: "b: 1" }),
  hit({ has: "b: 1" }),
);
both(
  "9111 §3.2 a 304 replaces all lines of a field",
  miss(`${tagged}\nb: 1\nb: 2`),
  wait(3),
  validated({ answer: { status: 304, head: "b: 3" }, has: "b: 3" }),
);
both(
  "9111 §3.2 a 304 does not change Content-Length",
  miss(tagged),
  wait(3),
  validated({ answer: { status: 304, head: "content-length: 99" }, has: "content-length: 6" }),
);
both(
  "9111 §3.2 a 304 does not change Content-Encoding",
  miss(`${tagged}\ncontent-encoding: x-a`),
  wait(3),
  validated({
    answer: { status: 304, head: "content-encoding: x-b" },
    has: "content-encoding: x-a",
  }),
);
both(
  "9111 §3.1 a 304 brings no field of one hop in",
  miss(tagged),
  wait(3),
  validated({
    answer: { status: 304, head: "connection: b\nb: 1\nkeep-alive: 5" },
    lacks: "b, keep-alive, connection",
  }),
);

privately(
  "9111 §4.3.2 who has a fresh response's strong tag is told so",
  miss(`${long}\netag: "a"`),
  hit({ ask: 'if-none-match: "a"', status: 304, has: 'etag: "a"' }),
);
privately(
  "9111 §4.3.2 who has a fresh response's weak tag is told so",
  miss(`${long}\netag: W/"a"`),
  hit({ ask: 'if-none-match: W/"a"', status: 304 }),
);
privately(
  "9111 §4.3.2 tags are compared weakly",
  miss(`${long}\netag: W/"a"`),
  hit({ ask: 'if-none-match: "a"', status: 304 }),
);
for (const tags of ['"a", "1", "2"', '"1", "a", "2"', '"1", "2", "a"', '"1,2","a"', "*"]) {
  privately(
    `9111 §4.3.2 the tag may be among ${tags}`,
    miss(`${long}\netag: "a"`),
    hit({ ask: `if-none-match: ${tags}`, status: 304 }),
  );
}
privately(
  "9111 §4.3.2 who has another tag gets the response",
  miss(`${long}\netag: "a"`),
  hit({ ask: 'if-none-match: "b"', status: 200 }),
);
privately(
  "9111 §4.3.2 tags are compared to the letter",
  miss(`${long}\netag: "a"`),
  hit({ ask: 'if-none-match: "A"', status: 200 }),
);
privately(
  "9111 §4.3.2 a tag goes before a date",
  miss(`${long}\netag: "a"\nlast-modified: {-5000}`),
  hit({ ask: 'if-none-match: "b"\nif-modified-since: {-1}', status: 200 }),
  hit({ ask: 'if-none-match: "a"\nif-modified-since: {-9000}', status: 304 }),
);
privately(
  "9111 §4.3.2 who has what was changed then is told so",
  miss(`${long}\nlast-modified: {-3000}`),
  hit({ ask: "if-modified-since: {-3000}", status: 304 }),
);
privately(
  "9111 §4.3.2 who has something newer is told so",
  miss(`${long}\nlast-modified: {-3000}`),
  hit({ ask: "if-modified-since: {-2000}", status: 304 }),
);
privately(
  "9111 §4.3.2 who has something older gets the response",
  miss(`${long}\nlast-modified: {-3000}`),
  hit({ ask: "if-modified-since: {-4000}", status: 200 }),
);
privately(
  "9111 §4.3.2 a date in an old form is read",
  miss(`${long}\nlast-modified: {-3000}`),
  hit({ ask: "if-modified-since: {850-3000}", status: 304 }),
);
privately(
  "9111 §4.3.2 what is no date asks nothing",
  miss(`${long}\nlast-modified: {-3000}`),
  hit({ ask: "if-modified-since: lately", status: 200 }),
);
privately(
  "9111 §4.3.2 without a date of change that of the response counts",
  miss(long),
  hit({ ask: "if-modified-since: {-3000}", status: 200 }),
  hit({ ask: "if-modified-since: {+0}", status: 304 }),
);
privately(
  "9110 §15.4.5 a 304 made here has no fields of the body",
  miss(`${long}\netag: "a"\ncontent-type: a/b\nb: 1`),
  hit({
    ask: 'if-none-match: "a"',
    status: 304,
    lacks: "content-type, content-length",
    has: "b: 1",
  }),
);
privately(
  "9111 §4.3.2 what is stale is asked about first",
  miss(dated),
  wait(3),
  validated({ ask: since, status: 304 }),
);
privately(
  "9111 §4.3.2 a condition holds for a 200 alone",
  miss({ answer: { status: 404, head: `${long}\netag: "a"` } }),
  hit({ ask: 'if-none-match: "a"', status: 404 }),
);
for (const name of ["if-match", "if-unmodified-since"]) {
  privately(
    `9111 §4.3.2 ${name} is for the origin`,
    miss(`${long}\netag: "a"`),
    miss({ ask: `${name}: "a"`, sent: `${name}: "a"`, answer: { status: 412 } }),
  );
}

both(
  "9111 §4.3.5 HEAD is asked where what is stored is stale",
  miss("cache-control: max-age=2"),
  wait(3),
  miss({ method: "HEAD" }),
);
both(
  "9111 §4.3.5 the answer to HEAD updates what is stored",
  miss('cache-control: max-age=2\netag: "a"\nb: 1'),
  wait(3),
  miss({ method: "HEAD", answer: `${long}\netag: "a"\nb: 2\ncontent-length: 6` }),
  hit({ has: "b: 2", text: "body 1" }),
);
both(
  "9111 §4.3.5 an answer to HEAD without validators updates what has none",
  miss("cache-control: max-age=2\nb: 1"),
  wait(3),
  miss({ method: "HEAD", answer: `${long}\ncontent-length: 6` }),
  hit({ has: "b: 1", text: "body 1" }),
);
both(
  "9111 §4.3.5 an answer to HEAD with another tag casts doubt on what is stored",
  miss(`${long}\netag: "a"`),
  miss({ method: "HEAD", ask: "cache-control: no-cache", answer: 'etag: "b"\ncontent-length: 6' }),
  validated(),
);
both(
  "9111 §4.3.5 an answer to HEAD of another length casts doubt on what is stored",
  miss(`${long}\netag: "a"`),
  miss({ method: "HEAD", ask: "cache-control: no-cache", answer: 'etag: "a"\ncontent-length: 7' }),
  validated(),
);
both(
  "9111 §4.3.5 an error that answers HEAD changes nothing",
  miss(`${long}\netag: "a"`),
  miss({
    method: "HEAD",
    ask: "cache-control: no-cache",
    answer: { status: 500, head: "content-length: 7" },
  }),
  hit({ status: 200, text: "body 1" }),
);
