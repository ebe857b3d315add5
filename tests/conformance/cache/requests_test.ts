/** RFC 9111 §5.2.1 and §5.4, and Fetch's modes: what a request asks of the cache. @module */

import { both, failure, hit, miss, privately, validated, wait } from "./harness.ts";

const fresh = "cache-control: max-age=60";
const tagged = `${fresh}\netag: "a"`;

both(
  "9111 §5.2.1.1 max-age=0 takes nothing that is stored",
  miss(fresh),
  wait(3),
  miss({ ask: "cache-control: max-age=0" }),
);
both(
  "9111 §5.2.1.1 max-age takes nothing older",
  miss(fresh),
  wait(3),
  miss({ ask: "cache-control: max-age=2" }),
);
both(
  "9111 §5.2.1.1 max-age takes what is younger",
  miss(fresh),
  wait(3),
  hit({ ask: "cache-control: max-age=4" }),
);
both(
  "9111 §5.2.1.1 max-age counts Age",
  miss("cache-control: max-age=3600\nage: 1800"),
  miss({ ask: "cache-control: max-age=600" }),
);
both(
  "9111 §5.2.1.1 max-age that is no number takes nothing",
  miss(fresh),
  wait(1),
  miss({ ask: "cache-control: max-age=x" }),
);
both(
  "9111 §5.2.1.2 max-stale takes what is stale for less long",
  miss("cache-control: max-age=1"),
  wait(3),
  hit({ ask: "cache-control: max-stale=10" }),
  wait(9),
  miss({ ask: "cache-control: max-stale=10" }),
);
both(
  "9111 §5.2.1.2 max-stale without a value takes anything stale",
  miss("cache-control: max-age=1"),
  wait(1e6),
  hit({ ask: "cache-control: max-stale" }),
);
both(
  "9111 §5.2.1.2 max-stale counts Age",
  miss("cache-control: max-age=1500\nage: 2000"),
  hit({ ask: "cache-control: max-stale=1000" }),
);
both(
  "9111 §5.2.1.2 max-stale does not go before must-revalidate",
  miss("cache-control: max-age=1, must-revalidate"),
  wait(3),
  miss({ ask: "cache-control: max-stale=10" }),
);
both(
  "9111 §5.2.1.2 max-stale does not go before no-cache",
  miss('cache-control: no-cache\netag: "a"'),
  validated({ ask: "cache-control: max-stale=10" }),
);
both(
  "9111 §5.2.1.3 min-fresh takes nothing that is stale sooner",
  miss(fresh),
  wait(3),
  miss({ ask: "cache-control: min-fresh=58" }),
);
both(
  "9111 §5.2.1.3 min-fresh takes what stays fresh",
  miss(fresh),
  wait(3),
  hit({ ask: "cache-control: min-fresh=57" }),
);
both(
  "9111 §5.2.1.3 min-fresh counts Age",
  miss("cache-control: max-age=1500\nage: 1000"),
  miss({ ask: "cache-control: min-fresh=1000" }),
);
both(
  "9111 §5.2.1.4 no-cache has a fresh response validated",
  miss(tagged),
  validated({ ask: "cache-control: no-cache" }),
  hit(),
);
both(
  "9111 §5.2.1.4 no-cache has one with a date validated",
  miss(`${fresh}\nlast-modified: {-1000}`),
  validated({ ask: "cache-control: no-cache" }),
);
both(
  "9111 §5.2.1.4 no-cache asks anew without a validator",
  miss(fresh),
  miss({ ask: "cache-control: no-cache", answer: fresh }),
  hit({ text: "body 2" }),
);
both(
  "9111 §5.2.1.5 no-store takes nothing that is stored",
  miss(fresh),
  miss({ ask: "cache-control: no-store" }),
);
both(
  "9111 §5.2.1.5 no-store stores nothing",
  miss({ ask: "cache-control: no-store", answer: fresh }),
  miss(),
);
both(
  "9111 §5.2.1.5 no-store leaves what is stored",
  miss(fresh),
  miss({ ask: "cache-control: no-store", answer: fresh }),
  hit({ text: "body 1" }),
);
both(
  "9111 §5.2.1.7 only-if-cached gets a 504 where nothing is stored",
  hit({ ask: "cache-control: only-if-cached", status: 504, text: "" }),
);
both(
  "9111 §5.2.1.7 only-if-cached gets what is fresh",
  miss(fresh),
  hit({ ask: "cache-control: only-if-cached" }),
);
both(
  "9111 §5.2.1.7 only-if-cached gets a 504 where what is stored is stale",
  miss(fresh),
  wait(61),
  hit({ ask: "cache-control: only-if-cached", status: 504, text: "" }),
);
both(
  "9111 §5.2.1.7 only-if-cached gets what is stale where it may be",
  miss(fresh),
  wait(61),
  hit({ ask: "cache-control: only-if-cached, max-stale" }),
);
both(
  "9111 §5.2.1 directives are of one case",
  miss(fresh),
  wait(1),
  miss({ ask: "cache-control: No-Cache" }),
);
both(
  "9111 §5.2.3 directives that are not known are passed over",
  miss(fresh),
  hit({ ask: 'cache-control: foo, bar="no-cache"' }),
);
both("9111 §5.4 Pragma: no-cache alone asks anew", miss(fresh), miss({ ask: "pragma: no-cache" }));
both(
  "9111 §5.4 Pragma means nothing beside Cache-Control",
  miss(fresh),
  hit({ ask: "pragma: no-cache\ncache-control: max-age=60" }),
);
both("9111 §5.4 Pragma with anything else means nothing", miss(fresh), hit({ ask: "pragma: foo" }));
both("9111 §5.4 Pragma in a response means nothing", miss(`${fresh}\npragma: no-cache`), hit());
both(
  "9111 §5.4 Pragma in a response keeps no lifetime from being guessed",
  miss("last-modified: {-1000}\npragma: no-cache"),
  hit(),
);

privately(
  "Fetch no-store goes past the cache",
  miss(fresh),
  miss({ mode: "no-store", answer: fresh, sent: "cache-control: no-cache\npragma: no-cache" }),
  hit({ text: "body 1" }),
);
privately(
  "Fetch reload asks anew and stores",
  miss(tagged),
  miss({ mode: "reload", answer: fresh, sent: "cache-control: no-cache" }),
  hit({ text: "body 2" }),
);
privately(
  "Fetch no-cache validates",
  miss(tagged),
  validated({ mode: "no-cache", sent: "cache-control: max-age=0" }),
  hit(),
);
privately(
  "Fetch force-cache takes what is stale",
  miss(fresh),
  wait(1e6),
  hit({ mode: "force-cache" }),
);
privately(
  "Fetch force-cache asks for what is not stored",
  miss({ mode: "force-cache", answer: fresh }),
  hit(),
);
privately(
  "Fetch only-if-cached takes what is stale",
  miss(fresh),
  wait(1e6),
  hit({ mode: "only-if-cached" }),
);
privately(
  "Fetch only-if-cached fails where nothing is stored",
  failure({ mode: "only-if-cached" }),
);
privately(
  "8246 §2 what is immutable is not validated while it is fresh",
  miss('cache-control: max-age=60, immutable\netag: "a"'),
  wait(3),
  hit({ mode: "no-cache" }),
);
privately(
  "8246 §2 what is immutable is validated once it is stale",
  miss('cache-control: max-age=2, immutable\netag: "a"'),
  wait(3),
  validated({ mode: "no-cache", sent: "cache-control: max-age=0" }),
);
privately(
  "8246 §2 a reload asks for what is immutable too",
  miss('cache-control: max-age=60, immutable\netag: "a"'),
  miss({ mode: "reload" }),
);
