/** RFC 9111 §2 and §3: what is kept, under what key, with which fields. @module */

import { both, failure, hit, miss, privately, shared, wait } from "./harness.ts";

const fresh = "cache-control: max-age=60";

for (
  const status of [
    200,
    203,
    299,
    301,
    302,
    303,
    307,
    308,
    400,
    404,
    410,
    499,
    500,
    502,
    503,
    504,
    599,
  ]
) {
  privately(
    `9111 §3 a ${status} with a lifetime is kept, for as long as that is`,
    miss({ answer: { status, head: fresh } }),
    hit(),
    wait(61),
    miss({ answer: { status, head: fresh } }),
  );
}
privately(
  "9111 §3 a 204 with a lifetime is kept",
  miss({ answer: { status: 204, head: fresh } }),
  hit(),
);
both("9111 §5.2.2.5 no-store is not kept", miss("cache-control: no-store"), miss());
both(
  "9111 §5.2.2.5 no-store is not kept, in capitals or small",
  miss("cache-control: No-StOrE"),
  miss(),
);
both(
  "9111 §5.2.2.5 no-store is not kept, whatever lifetime stands beside it",
  miss("cache-control: max-age=600, no-store\nexpires: {+600}"),
  miss(),
);
both(
  "9111 §5.2.2.5 no-store on a line of its own is not kept",
  miss("cache-control: max-age=600\ncache-control: no-store"),
  miss(),
);
both(
  "9111 §5.2.2.3 must-understand keeps a known status in spite of no-store",
  miss("cache-control: max-age=60, no-store, must-understand"),
  hit(),
);
both(
  "9111 §5.2.2.3 must-understand keeps no unknown status",
  miss({ answer: { status: 599, head: "cache-control: max-age=60, must-understand" } }),
  miss(),
);
privately(
  "9111 §5.2.2.7 private is kept by a private cache",
  miss("cache-control: private, max-age=60"),
  hit(),
);
shared(
  "9111 §5.2.2.7 private is not kept by a shared cache",
  miss("cache-control: private, max-age=60"),
  miss(),
);
shared(
  "9111 §5.2.2.7 fields named by private are not kept by a shared cache",
  miss('cache-control: private="a, B", max-age=60\na: 1\nb: 2\nc: 3'),
  hit({ lacks: "a, b", has: "c: 3" }),
);
privately(
  "9111 §5.2.2.7 fields named by private are kept by a private cache",
  miss('cache-control: private="a", max-age=60\na: 1'),
  hit({ has: "a: 1" }),
);
both(
  "9111 §5.2.2.4 fields named by no-cache are not used again",
  miss('cache-control: no-cache="a, b", max-age=60\na: 1\nb: 2\nc: 3'),
  hit({ lacks: "a, b", has: "c: 3" }),
);
both(
  "9111 §3.3 an answer that breaks off is not kept",
  failure({ answer: { head: fresh, fault: "cut" } }),
  miss(fresh),
  hit(),
);
both(
  "9111 §3.3 a chunked answer that breaks off is not kept",
  failure({
    answer: { head: `${fresh}\ntransfer-encoding: chunked`, body: "4\r\nbody\r\n", fault: "cut" },
  }),
  miss(),
);
both(
  "9111 §3 a chunked answer is kept whole",
  miss({
    answer: {
      head: `${fresh}\ntransfer-encoding: chunked`,
      body: "4\r\nbody\r\n3\r\nies\r\n0\r\n\r\n",
    },
    text: "bodyies",
  }),
  hit({ text: "bodyies" }),
);
both("9111 §3 an empty body is kept", miss({ answer: { head: fresh, body: "" } }), hit());
privately(
  "9111 §7.3 a response that sets a cookie is kept",
  miss(`${fresh}\nset-cookie: a=b`),
  hit({ has: "set-cookie: a=b" }),
);
shared(
  "9111 §7.3 a shared cache gives nobody another's cookie",
  miss(`${fresh}\nset-cookie: a=b`),
  miss(),
);
shared(
  "9111 §7.3 a shared cache keeps a cookie that is said to be public",
  miss("cache-control: public, max-age=60\nset-cookie: a=b"),
  hit({ has: "set-cookie: a=b" }),
);
both("9111 §2 a request with a cookie gets what is kept", miss(fresh), hit({ ask: "cookie: a=b" }));
both("9111 §2 an attachment is kept", miss(`${fresh}\ncontent-disposition: attachment`), hit());

both(
  "9111 §2 another query is another key",
  miss({ path: "/?a=1", answer: fresh }),
  miss({ path: "/?a=2", answer: fresh }),
);
both(
  "9111 §2 the same query is the same key",
  miss({ path: "/?a=1", answer: fresh }),
  hit({ path: "/?a=1" }),
);
both(
  "9111 §2 an empty query is not none",
  miss({ path: "/?", answer: fresh }),
  miss({ path: "/", answer: fresh }),
);
both(
  "9111 §2 another path is another key",
  miss({ path: "/a", answer: fresh }),
  miss({ path: "/b", answer: fresh }),
);
both(
  "9111 §2 a path in other case is another key",
  miss({ path: "/a", answer: fresh }),
  miss({ path: "/A", answer: fresh }),
);
both(
  "9111 §2 a fragment is no part of the key",
  miss({ path: "/a#x", answer: fresh }),
  hit({ path: "/a#y" }),
);
both(
  "9111 §2 dots in a path are resolved first",
  miss({ path: "/a/../b", answer: fresh }),
  hit({ path: "/b" }),
);

for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "M-SEARCH"]) {
  both(
    `9111 §3 the answer to ${method} is not kept`,
    miss({ method, answer: fresh }),
    miss({ method, answer: fresh }),
    miss(),
  );
}
both(
  "9111 §3 the answer to POST is not kept",
  miss({ method: "POST", sends: "x", answer: fresh }),
  miss(),
);
both(
  "9110 §9.3.3 the answer to POST that is the content of its URL answers GET",
  miss({ method: "POST", sends: "x", answer: `${fresh}\ncontent-location: /` }),
  hit(),
);
both(
  "9110 §9.3.3 the answer to POST without a lifetime answers nothing",
  miss({ method: "POST", sends: "x", answer: "last-modified: {-1000}\ncontent-location: /" }),
  miss(),
);
both(
  "9110 §9.3.3 the answer to POST that is another URL's content answers nothing",
  miss({ method: "POST", sends: "x", answer: `${fresh}\ncontent-location: /other` }),
  miss(),
  miss({ path: "/other" }),
);
both(
  "9111 §4 what answered HEAD does not answer GET",
  miss({ method: "HEAD", answer: fresh }),
  miss(),
);
both(
  "9111 §4 what answered GET answers HEAD",
  miss(`${fresh}\na: 1`),
  hit({ method: "HEAD", has: "a: 1\ncontent-length: 6" }),
);

both(
  "9111 §3.1 fields named by Connection are not kept",
  miss(`${fresh}\nconnection: a, B\na: 1\nb: 2\nc: 3`),
  hit({ lacks: "connection, a, b", has: "c: 3" }),
);
for (
  const [name, value] of Object.entries({
    "keep-alive": "timeout=5",
    "proxy-authenticate": "Basic",
    "proxy-authentication-info": "x",
    "proxy-authorization": "x",
    "proxy-connection": "keep-alive",
    "te": "trailers",
    "trailer": "x",
    "upgrade": "h2c",
  })
) {
  privately(
    `9111 §3.1 ${name} is not kept`,
    miss(`${fresh}\n${name}: ${value}`),
    hit({ lacks: name }),
  );
}
privately(
  "9111 §3.1 a field without which nothing could be read again is kept, be it named by Connection",
  miss(`${fresh}\nconnection: cache-control, content-type, vary\ncontent-type: a/b\nvary: foo`),
  hit({ has: "content-type: a/b\nvary: foo" }),
  miss({ ask: "foo: 1" }),
);
for (
  const [name, value] of Object.entries({
    "content-type": "text/plain",
    "content-language": "de",
    "content-location": "/foo",
    "content-md5": "rL0Y20zC+Fzt72VPzMSk2A==",
    "content-security-policy": "default-src 'self'",
    "clear-site-data": "cookies",
    "content-encoding": "x-unknown",
    "etag": '"abcdef"',
    "last-modified": "Wed, 01 Jan 2020 00:00:00 GMT",
    "strict-transport-security": "max-age=1",
    "warning": '110 - "stale"',
    "www-authenticate": "Basic",
    "x-frame-options": "deny",
    "test-header": "a, b",
    "link": "</a>; rel=preload",
  })
) {
  privately(
    `9111 §3.1 ${name} is kept`,
    miss(`${fresh}\n${name}: ${value}`),
    hit({ has: `${name}: ${value}` }),
  );
}
both(
  "9111 §3.1 several lines of a field are kept",
  miss(`${fresh}\nfoo: 1\nfoo: 2`),
  hit({ has: "foo: 1, 2" }),
);
