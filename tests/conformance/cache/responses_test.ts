/** RFC 9111 §5.2.2 and §4.2.4, and RFC 5861: when a stored response may be used. @module */

import { both, failure, hit, miss, privately, shared, validated, wait } from "./harness.ts";

both(
  "9111 §5.2.2.4 no-cache is validated each time",
  miss('cache-control: no-cache\netag: "a"'),
  validated(),
  validated(),
);
both(
  "9111 §5.2.2.4 no-cache is validated, whatever lifetime stands beside it",
  miss('cache-control: max-age=600, no-cache\nexpires: {+600}\netag: "a"'),
  validated(),
);
both(
  "9111 §5.2.2.4 no-cache is asked for anew without a validator",
  miss("cache-control: max-age=600, no-cache"),
  miss(),
);
both(
  "9111 §5.2.2.4 No-CaChE is the same",
  miss('cache-control: max-age=600, No-CaChE\netag: "a"'),
  validated(),
);
both(
  "9111 §5.2.2.4 an empty list is the whole response",
  miss('cache-control: max-age=600, no-cache=""\netag: "a"'),
  validated(),
);
both(
  "9111 §5.2.2.2 must-revalidate is used while it is fresh",
  miss('cache-control: max-age=60, must-revalidate\netag: "a"'),
  hit(),
);
both(
  "9111 §5.2.2.2 must-revalidate is validated once it is stale",
  miss('cache-control: max-age=2, must-revalidate\netag: "a"'),
  wait(3),
  validated(),
);
both(
  "9111 §5.2.2.2 must-revalidate that cannot be validated is a 504",
  miss("cache-control: max-age=2, must-revalidate"),
  wait(3),
  miss({ answer: { fault: "close" }, status: 504, text: "" }),
);
both(
  "9111 §5.2.2.2 must-revalidate goes before stale-if-error",
  miss("cache-control: max-age=2, must-revalidate, stale-if-error=600"),
  wait(3),
  miss({ answer: { fault: "close" }, status: 504, text: "" }),
);
both(
  "9111 §5.2.2.2 must-revalidate goes before stale-while-revalidate",
  miss("cache-control: max-age=2, must-revalidate, stale-while-revalidate=600"),
  wait(3),
  miss(),
);
both(
  "9111 §5.2.2.4 no-cache that cannot be validated is a 504",
  miss('cache-control: no-cache\netag: "a"'),
  validated({ answer: { fault: "close" }, status: 504, text: "" }),
);
shared(
  "9111 §5.2.2.8 proxy-revalidate that cannot be validated is a 504",
  miss("cache-control: max-age=2, proxy-revalidate"),
  wait(3),
  miss({ answer: { fault: "close" }, status: 504, text: "" }),
);
shared(
  "9111 §5.2.2.10 s-maxage that cannot be validated is a 504",
  miss("cache-control: s-maxage=2"),
  wait(3),
  miss({ answer: { fault: "close" }, status: 504, text: "" }),
);
shared(
  "9111 §5.2.2.8 proxy-revalidate goes before max-stale",
  miss("cache-control: max-age=2, proxy-revalidate"),
  wait(3),
  miss({ ask: "cache-control: max-stale" }),
);
privately(
  "9111 §5.2.2.8 proxy-revalidate is not for a private cache",
  miss("cache-control: max-age=2, proxy-revalidate"),
  wait(3),
  hit({ ask: "cache-control: max-stale" }),
);
both(
  "9111 §4.2.4 nothing stale stands in for an error unasked",
  miss("cache-control: max-age=2"),
  wait(3),
  failure({ answer: { fault: "close" } }),
);
both(
  "9111 §4.2.4 nothing stale stands in for a 503 unasked",
  miss("cache-control: max-age=2"),
  wait(3),
  miss({ answer: { status: 503 } }),
);
both(
  "9111 §4 an older response is used where the newer one was no-store",
  miss("cache-control: max-age=60\na: 1"),
  miss({ ask: "cache-control: no-cache", answer: "cache-control: no-store\na: 2" }),
  hit({ text: "body 1", has: "a: 1" }),
);

both(
  "5861 §4 stale-if-error stands in for a lost connection",
  miss("cache-control: max-age=2, stale-if-error=60"),
  wait(3),
  miss({ answer: { fault: "close" } }),
);
for (const status of [500, 502, 503, 504]) {
  privately(
    `5861 §4 stale-if-error stands in for a ${status}`,
    miss("cache-control: max-age=2, stale-if-error=60"),
    wait(3),
    miss({ answer: { status, body: "x" }, status: 200, text: "body 1" }),
  );
}
for (const status of [404, 501]) {
  privately(
    `5861 §4 stale-if-error does not stand in for a ${status}`,
    miss("cache-control: max-age=2, stale-if-error=60"),
    wait(3),
    miss({ answer: { status } }),
  );
}
both(
  "5861 §4 stale-if-error ends",
  miss("cache-control: max-age=2, stale-if-error=60"),
  wait(63),
  miss({ answer: { status: 503 } }),
);
both(
  "5861 §4 stale-if-error may be asked for",
  miss("cache-control: max-age=2"),
  wait(3),
  miss({
    ask: "cache-control: stale-if-error=60",
    answer: { status: 503, body: "x" },
    status: 200,
    text: "body 1",
  }),
);
both(
  "5861 §4 stale-if-error does not go before no-cache",
  miss('cache-control: no-cache, stale-if-error=60\netag: "a"'),
  validated({ answer: { status: 503 } }),
);
both(
  "5861 §3 stale-while-revalidate ends",
  miss('cache-control: max-age=1, stale-while-revalidate=4\netag: "a"'),
  wait(6),
  validated(),
);
both(
  "9111 §5.5 no Warning is made",
  miss("cache-control: max-age=1"),
  wait(3),
  hit({ ask: "cache-control: max-stale", lacks: "warning" }),
);
