/** RFC 9111 §3.5 and RFC 9213: a cache for many users; and what a private one owes its user. @module */

import { both, hit, miss, privately, shared, validated, wait } from "./harness.ts";

const fresh = "cache-control: max-age=60";
const ann = "authorization: Bearer ann";
const bob = "authorization: Bearer bob";

shared(
  "9111 §3.5 what was asked for with credentials is not kept",
  miss({ ask: ann, answer: fresh }),
  miss({ ask: ann }),
  miss(),
);
shared(
  "9111 §3.5 what was asked for with credentials is not kept for Expires either",
  miss({ ask: ann, answer: "expires: {+60}" }),
  miss(),
);
for (const directive of ["public", "s-maxage=60", "must-revalidate"]) {
  shared(
    `9111 §3.5 ${directive} lets it be kept for all`,
    miss({ ask: ann, answer: `cache-control: max-age=60, ${directive}` }),
    hit(),
    hit({ ask: bob }),
  );
}
shared(
  "9111 §3.5 what was asked for without credentials is for all",
  miss(fresh),
  hit({ ask: ann }),
);
shared(
  "9111 §3.5 private goes before public",
  miss({ ask: ann, answer: "cache-control: private, public, max-age=60" }),
  miss(),
);
privately(
  "9111 §3.5 a private cache keeps what was asked for with credentials",
  miss({ ask: ann, answer: fresh }),
  hit({ ask: ann }),
);
privately(
  "9111 §7.2 a private cache gives it to nobody with others",
  miss({ ask: ann, answer: fresh }),
  miss({ ask: bob, answer: fresh }),
  miss({ answer: fresh }),
  hit({ ask: ann, text: "body 1" }),
  hit({ ask: bob, text: "body 2" }),
  hit({ text: "body 3" }),
);

const cdn = (control: string, own: string) =>
  `cache-control: ${control}\ncdn-cache-control: ${own}`;
shared(
  "9213 §2.2 a longer lifetime for the CDN holds",
  miss(cdn("max-age=1", "max-age=60")),
  wait(3),
  hit(),
);
shared(
  "9213 §2.2 a shorter lifetime for the CDN holds",
  miss(cdn("max-age=60", "max-age=1")),
  wait(3),
  miss(),
);
shared("9213 §2.2 max-age=0 for the CDN holds", miss(cdn("max-age=60", "max-age=0")), miss());
shared(
  "9213 §2.2 the CDN passes over no-store that is not for it",
  miss(cdn("no-store", "max-age=60")),
  hit(),
);
shared(
  "9213 §2.2 the CDN passes over private that is not for it",
  miss(cdn("private", "max-age=60")),
  hit(),
);
shared(
  "9213 §2.2 the CDN passes over Expires",
  miss(`expires: {-60}\ncdn-cache-control: max-age=60`),
  hit(),
);
shared(
  "9213 §2.2 the CDN does not take a lifetime from Expires",
  miss(`expires: {+60}\ncdn-cache-control: foo`),
  miss(),
);
shared("9213 §2.2 no-store for the CDN holds", miss(cdn("max-age=60", "no-store")), miss());
shared("9213 §2.2 private for the CDN holds", miss(cdn("max-age=60", "private")), miss());
shared(
  "9213 §2.2 no-cache for the CDN holds",
  miss(`${cdn("max-age=60", "no-cache")}\netag: "a"`),
  validated(),
);
shared("9213 §2.1 an empty field is none", miss(cdn("max-age=60", "")), hit());
shared(
  "9213 §2.1 a field that does not parse is none",
  miss(cdn("max-age=1", "max-age=60,, !")),
  wait(3),
  miss(),
);
shared(
  "9213 §2.1 names are in small letters",
  miss(cdn("max-age=1", "MaX-aGe=60")),
  wait(3),
  miss(),
);
shared("9213 §2.1 a text is no lifetime", miss(cdn("max-age=60", 'max-age="60"')), wait(3), miss());
shared(
  "9213 §2.1 a decimal is no lifetime",
  miss(cdn("max-age=1", "max-age=60.5")),
  wait(3),
  miss(),
);
shared(
  "9213 §2.1 parameters are passed over",
  miss(cdn("max-age=1", "max-age=60;foo=bar")),
  wait(3),
  hit(),
);
shared(
  "9213 §2.1 the last one of a name counts",
  miss(cdn("max-age=1", "max-age=1, max-age=60")),
  wait(3),
  hit(),
);
shared(
  "9213 §2.1 directives that are not known are passed over",
  miss(cdn("max-age=1", "foo, bar=(1 2), max-age=60")),
  wait(3),
  hit(),
);
shared(
  "9213 §2.1 a directive may be said not to be meant",
  miss(cdn("max-age=1", "no-store=?0, max-age=60")),
  wait(3),
  hit(),
);
shared(
  "9213 §2.2 s-maxage for the CDN goes before max-age",
  miss(cdn("max-age=1", "max-age=1, s-maxage=60")),
  wait(3),
  hit(),
);
shared(
  "9213 §3.1 the field goes on to the caller",
  miss(cdn("max-age=60", "max-age=60")),
  hit({ has: "cdn-cache-control: max-age=60" }),
);
privately(
  "9213 §3.1 a private cache passes over the CDN's field",
  miss(cdn("max-age=1", "max-age=60")),
  wait(3),
  miss(),
);
both("9111 §5.2.2.9 public alone gives no lifetime", miss("cache-control: public"), miss());
