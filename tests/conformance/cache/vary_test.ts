/** RFC 9111 §4.1: which of several stored responses; and queries that make no difference. @module */

import { both, hit, miss, privately, wait } from "./harness.ts";

const vary = (names: string, more = "") => `cache-control: max-age=60\nvary: ${names}${more}`;
const foo1 = "foo: 1";

both(
  "9111 §4.1 the same field gets the same response",
  miss({ ask: foo1, answer: vary("foo") }),
  hit({ ask: foo1 }),
);
both(
  "9111 §4.1 another value gets another response",
  miss({ ask: foo1, answer: vary("foo") }),
  miss({ ask: "foo: 2" }),
);
both("9111 §4.1 no field is not any field", miss({ ask: foo1, answer: vary("foo") }), miss());
both("9111 §4.1 any field is not none", miss({ answer: vary("foo") }), miss({ ask: foo1 }));
both("9111 §4.1 none is like none", miss({ answer: vary("foo") }), hit());
both("9111 §4.1 an empty field is not none", miss({ answer: vary("foo") }), miss({ ask: "foo:" }));
both(
  "9111 §4.1 other fields do not count",
  miss({ ask: "foo: 1\nother: 2", answer: vary("foo") }),
  hit({ ask: "foo: 1\nother: 3" }),
);
both(
  "9111 §4.1 several variants are kept side by side",
  miss({ ask: foo1, answer: { head: vary("foo"), body: "one" } }),
  miss({ ask: "foo: 2", answer: { head: vary("foo"), body: "two" } }),
  hit({ ask: foo1, text: "one" }),
  hit({ ask: "foo: 2", text: "two" }),
);
both(
  "9111 §4.1 all of several fields must be alike",
  miss({ ask: "foo: 1\nbar: a", answer: vary("foo, Bar") }),
  hit({ ask: "foo: 1\nbar: a" }),
  miss({ ask: "foo: 1\nbar: b" }),
);
both(
  "9111 §4.1 one of several fields may be missing in both",
  miss({ ask: "foo: 1\nbaz: c", answer: vary("foo, bar, baz") }),
  hit({ ask: "foo: 1\nbaz: c" }),
  miss({ ask: "foo: 1\nbar: b\nbaz: c" }),
);
both(
  "9111 §4.1 the order of fields does not count",
  miss({ ask: "foo: 1\nbar: a", answer: vary("foo, bar") }),
  hit({ ask: "bar: a\nfoo: 1" }),
);
both(
  "9111 §4.1 names are of one case",
  miss({ ask: "FoO: 1", answer: vary("fOO") }),
  hit({ ask: foo1 }),
);
both(
  "9111 §4.1 Vary may stand on several lines",
  miss({ ask: "foo: 1\nbar: a", answer: vary("foo\nvary: bar") }),
  miss({ ask: "foo: 1\nbar: b" }),
);
for (
  const [what, value] of Object.entries({
    "*": "*",
    "* twice": "*, *",
    "* on two lines": "*\nvary: *",
    "* behind nothing": ", *",
    "* on a line behind an empty one": "\nvary: *",
    "* before a field": "*, foo",
    "* behind a field": "foo, *",
  })
) {
  privately(
    `9111 §4.1 Vary of ${what} matches no request`,
    miss({ ask: foo1, answer: vary(value) }),
    miss({ ask: foo1 }),
  );
}
both(
  "9111 §4.1 blanks around commas do not count",
  miss({ ask: "foo: 1,2", answer: vary("foo") }),
  hit({ ask: "foo:  1 , 2 " }),
);
both(
  "9111 §4.1 lines of a field are one list",
  miss({ ask: "foo: 1, 2", answer: vary("foo") }),
  hit({ ask: "foo: 1\nfoo: 2" }),
);
both(
  "9111 §4.1 the order of a field's values counts, where nothing is known of it",
  miss({ ask: "foo: 1, 2", answer: vary("foo") }),
  miss({ ask: "foo: 2, 1" }),
);
both(
  "9111 §4.1 the case of a field's value counts, where nothing is known of it",
  miss({ ask: "foo: a", answer: vary("foo") }),
  miss({ ask: "foo: A" }),
);
both(
  "9111 §4.1 blanks in quotes count",
  miss({ ask: 'foo: "a, b"', answer: vary("foo") }),
  miss({ ask: 'foo: "a,b"' }),
);
const language = vary("accept-language");
both(
  "9111 §4.1 languages may stand in any order",
  miss({ ask: "accept-language: en, de", answer: language }),
  hit({ ask: "accept-language: de, en" }),
);
both(
  "9111 §4.1 languages are of one case",
  miss({ ask: "accept-language: en, de", answer: language }),
  hit({ ask: "accept-language: eN, De" }),
);
both(
  "9111 §4.1 languages may have blanks around them",
  miss({ ask: "accept-language: en, de", answer: language }),
  hit({ ask: "accept-language:  en ,   de" }),
);
both(
  "9111 §4.1 other weights are another wish",
  miss({ ask: "accept-language: en, de;q=0.5", answer: language }),
  miss({ ask: "accept-language: en, de;q=0.6" }),
);
both(
  "9111 §4.1 what is in the language that is wanted most will do",
  miss({ ask: "accept-language: en, de", answer: `${language}\ncontent-language: de` }),
  hit({ ask: "accept-language: fr;q=0.5, de;q=1.0" }),
  miss({ ask: "accept-language: fr, de;q=0.5", answer: language }),
);
both(
  "9111 §4.1 codings may stand in any order",
  miss({ ask: "accept-encoding: br, gzip", answer: vary("accept-encoding") }),
  hit({ ask: "accept-encoding: gzip,br" }),
);
both(
  "9111 §4.1 a cookie may make a difference",
  miss({ ask: "cookie: a=1", answer: vary("cookie") }),
  hit({ ask: "cookie: a=1" }),
  miss({ ask: "cookie: a=2" }),
);
both(
  "9111 §4.1 the newest of what matches is used",
  miss({ answer: { head: "cache-control: max-age=60", body: "old" } }),
  wait(61),
  miss({ ask: foo1, answer: { head: vary("foo"), body: "new" } }),
  hit({ ask: foo1, text: "new" }),
);

const loose = (value: string) => `cache-control: max-age=60\nno-vary-search: ${value}`;
both(
  "No-Vary-Search §5.1 a parameter that is named does not count",
  miss({ path: "/?a=1&b=2", answer: loose('params=("b")') }),
  hit({ path: "/?a=1&b=3" }),
  hit({ path: "/?a=1" }),
  miss({ path: "/?a=2" }),
);
both(
  "No-Vary-Search §5.1 no parameter counts",
  miss({ path: "/?a=1", answer: loose("params") }),
  hit({ path: "/?b=2" }),
  hit({ path: "/" }),
  miss({ path: "/x" }),
);
both(
  "No-Vary-Search §5.1 exceptions count",
  miss({ path: "/?a=1&b=2", answer: loose('params, except=("a")') }),
  hit({ path: "/?a=1&c=3" }),
  miss({ path: "/?a=2" }),
);
both(
  "No-Vary-Search §5.1 the order of parameters does not count",
  miss({ path: "/?a=1&b=2", answer: loose("key-order") }),
  hit({ path: "/?b=2&a=1" }),
  miss({ path: "/?b=2" }),
);
both(
  "No-Vary-Search §5.1 the order of what does count counts",
  miss({ path: "/?a=1&b=2&c=3", answer: loose('params=("c")') }),
  miss({ path: "/?b=2&a=1" }),
);
both(
  "No-Vary-Search §5.1 names are compared decoded",
  miss({ path: "/?%C3%BC=1", answer: loose('params=("%C3%BC")') }),
  hit({ path: "/?%c3%bc=2" }),
);
for (
  const value of [
    'params="a"',
    "params=(a)",
    'except=("a")',
    "params=1",
    'params=("a"',
    "key-order=?0",
  ]
) {
  privately(
    `No-Vary-Search §5.2 ${value} means nothing`,
    miss({ path: "/?a=1", answer: loose(value) }),
    hit({ path: "/?a=1" }),
    miss({ path: "/?a=2" }),
  );
}
both(
  "No-Vary-Search §6 Vary counts all the same",
  miss({ path: "/?a=1", ask: foo1, answer: `${loose("params")}\nvary: foo` }),
  hit({ path: "/", ask: foo1 }),
  miss({ path: "/" }),
);
