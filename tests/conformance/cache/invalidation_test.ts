/** RFC 9111 §4.4: what an unsafe request makes outdated. @module */

import { both, hit, miss, privately } from "./harness.ts";

const fresh = "cache-control: max-age=60";

for (const method of ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"]) {
  const unsafe = { method, sends: "abc" };
  both(`9111 §4.4 ${method} makes its URL's response outdated`, miss(fresh), miss(unsafe), miss());
  privately(
    `9111 §4.4 a failed ${method} makes nothing outdated`,
    miss(fresh),
    miss({ ...unsafe, answer: { status: 500 } }),
    hit({ status: 200, text: "body 1" }),
  );
  privately(
    `9111 §4.4 a refused ${method} makes nothing outdated`,
    miss(fresh),
    miss({ ...unsafe, answer: { status: 404 } }),
    hit({ status: 200, text: "body 1" }),
  );
  for (const field of ["location", "content-location"]) {
    privately(
      `9111 §4.4 ${method} makes the response outdated that ${field} names`,
      miss({ path: "/other", answer: fresh }),
      miss({ ...unsafe, path: "/here", answer: { status: 201, head: `${field}: other` } }),
      miss({ path: "/other" }),
    );
  }
}
both(
  "9111 §4.4 a redirected POST makes its URL's response outdated",
  miss(fresh),
  miss({ method: "POST", sends: "x", answer: { status: 303, head: "location: /x" } }),
  miss(),
);
both(
  "9111 §4.4 other URLs are left alone",
  miss({ path: "/a", answer: fresh }),
  miss({ method: "POST", path: "/b", sends: "x" }),
  hit({ path: "/a", text: "body 1" }),
);
both(
  "9111 §4.4 another origin's response is left alone",
  miss({ path: "/a", answer: fresh }),
  miss({ method: "POST", path: "/b", sends: "x", answer: "location: http://127.0.0.1:9/a" }),
  hit({ path: "/a", text: "body 1" }),
);
for (const method of ["GET", "HEAD", "OPTIONS"]) {
  privately(
    `9110 §9.2.1 ${method} makes nothing outdated`,
    miss({ path: "/a", answer: fresh }),
    miss({ method, path: "/b", answer: "location: /a" }),
    hit({ path: "/a", text: "body 1" }),
  );
}
both(
  "9111 §4.4 all variants become outdated",
  miss({ ask: "foo: 1", answer: `${fresh}\nvary: foo` }),
  miss({ ask: "foo: 2", answer: `${fresh}\nvary: foo` }),
  miss({ method: "POST", sends: "x" }),
  miss({ ask: "foo: 1" }),
  miss({ ask: "foo: 2" }),
);
both(
  "9111 §4.4 responses become outdated whose query does not count",
  miss({ path: "/?a=1", answer: `${fresh}\nno-vary-search: params` }),
  hit({ path: "/?a=2" }),
  miss({ method: "POST", path: "/?a=3", sends: "x" }),
  miss({ path: "/?a=1" }),
);
