/** RFC 9111 §4.2, §5.1, §5.2.2.1 and §5.3: how long a response lives and how old it is. @module */

import { both, hit, miss, privately, shared, validated, wait } from "./harness.ts";

const fresh = "cache-control: max-age=60";

both("9111 §4.2 a response without lifetime and validator is not used again", miss(), miss());
both("9111 §4.2.1 max-age gives a lifetime", miss(fresh), wait(59), hit());
both("9111 §4.2 what has outlived its lifetime is not used", miss(fresh), wait(60), miss());
both("9111 §5.2.2.1 max-age=0 lives no moment", miss("cache-control: max-age=0"), miss());
privately(
  "9111 §4.2.1 a private cache passes over s-maxage",
  miss("cache-control: s-maxage=600, max-age=1"),
  wait(2),
  miss(),
);
privately(
  "9111 §4.2.1 a private cache passes over s-maxage on a line of its own",
  miss("cache-control: s-maxage=600\ncache-control: max-age=1"),
  wait(2),
  miss(),
);
shared("9111 §4.2.1 s-maxage alone gives a lifetime", miss("cache-control: s-maxage=60"), hit());
shared(
  "9111 §4.2.1 s-maxage wins over a longer max-age in a shared cache",
  miss("cache-control: max-age=600, s-maxage=1"),
  wait(2),
  miss(),
);
shared(
  "9111 §4.2.1 s-maxage wins over a shorter max-age in a shared cache",
  miss("cache-control: s-maxage=600, max-age=1"),
  wait(2),
  hit(),
);
shared(
  "9111 §4.2.1 s-maxage wins over a past Expires",
  miss("cache-control: s-maxage=600\nexpires: {-60}"),
  hit(),
);
both(
  "9111 §4.2.1 max-age wins over a past Expires",
  miss(`${fresh}\nexpires: {-60}`),
  hit(),
);
both(
  "9111 §4.2.1 max-age wins over an Expires that is no date",
  miss(`${fresh}\nexpires: 0`),
  hit(),
);
both(
  "9111 §4.2.1 max-age=0 wins over a future Expires",
  miss("cache-control: max-age=0\nexpires: {+600}"),
  miss(),
);
both("9111 §5.3 a future Expires gives a lifetime", miss("expires: {+60}"), wait(59), hit());
both("9111 §5.3 an Expires that has come ends it", miss("expires: {+60}"), wait(60), miss());
both("9111 §5.3 a past Expires gives none", miss("expires: {-60}"), miss());
both("9111 §5.3 an Expires of now gives none", miss("expires: {+0}"), miss());
both(
  "9111 §4.2.1 Expires counts from Date, also of a slow clock",
  miss("date: {-100}\nexpires: {-40}\nage: 0"),
  miss(),
);
both(
  "9111 §4.2.1 Expires before Date gives none, whatever the clock here says",
  miss("date: {+400}\nexpires: {+300}"),
  miss(),
);
both(
  "9111 §4.2.1 Expires counts from the response's coming where Date is no date",
  miss("date: yesterday\nexpires: {+10}"),
  wait(9),
  hit(),
  wait(2),
  miss(),
);
both(
  "9111 §4.2.1 Expires counts from the response's coming where there is no Date",
  miss("date:\nexpires: {+10}"),
  wait(9),
  hit(),
);
both("9111 §5.3 Expires is read in RFC 850's form", miss("expires: {850+60}"), hit());
both("9111 §5.3 Expires is read in asctime's form", miss("expires: {asc+60}"), hit());

for (
  const [what, date] of Object.entries({
    "a weekday in capitals": "THU, 18 Aug 2050 02:01:18 GMT",
    "a month in capitals": "Thu, 18 AUG 2050 02:01:18 GMT",
    "a zone in small letters": "Thu, 18 Aug 2050 02:01:18 gmt",
    "more seconds than 32 bits hold": "Sun, 21 Nov 2286 04:46:39 GMT",
    "a leap second": "Thu, 18 Aug 2050 23:59:60 GMT",
  })
) privately(`9111 §5.3 Expires is read with ${what}`, miss(`expires: ${date}`), wait(3), hit());

for (
  const [what, date] of Object.entries({
    "0": "0",
    "-1": "-1",
    "another name of the zone": "Thu, 18 Aug 2050 02:01:18 UTC",
    "another zone": "Thu, 18 Aug 2050 02:01:18 AEST",
    "a year of two digits": "Thu, 18 Aug 50 02:01:18 GMT",
    "no comma": "Thu 18 Aug 2050 02:01:18 GMT",
    "two blanks": "Thu, 18  Aug  2050 02:01:18 GMT",
    "dashes": "Thu, 18-Aug-2050 02:01:18 GMT",
    "dots in the time": "Thu, 18 Aug 2050 02.01.18 GMT",
    "an hour of one digit": "Thu, 18 Aug 2050 2:01:18 GMT",
    "an hour that there is not": "Thu, 18 Aug 2050 24:01:18 GMT",
    "a day that there is not": "Thu, 31 Jun 2050 02:01:18 GMT",
    "two values": "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:19 GMT",
  })
) privately(`9111 §5.3 Expires with ${what} is in the past`, miss(`expires: ${date}`), miss());

both("9111 §4.2.3 Age counts", miss(`${fresh}\nage: 50`), wait(9), hit(), wait(2), miss());
both("9111 §4.2.3 an Age beyond max-age is stale at once", miss(`${fresh}\nage: 60`), miss());
both(
  "9111 §4.2.3 Age counts against Expires less Date, the clock being slow",
  miss("date: {-10}\nexpires: {+10}\nage: 25"),
  miss(),
);
both(
  "9111 §4.2.3 Age counts against Expires less Date, the clock being fast",
  miss("date: {+10}\nexpires: {+20}\nage: 15"),
  miss(),
);
both(
  "9111 §4.2.3 a Date in the past makes it older than Age says",
  miss(`${fresh}\ndate: {-120}`),
  miss(),
);
both(
  "9111 §4.2.3 a Date in the future makes nothing younger",
  miss(`${fresh}\ndate: {+60}`),
  wait(59),
  hit(),
);
for (
  const [what, age] of Object.entries({
    "a word": "abc",
    "a negative number": "-7200",
    "a decimal": "7200.0",
    "an empty value": "",
  })
) {
  privately(
    `9111 §5.1 Age of ${what} is passed over`,
    miss(`${fresh}\nage: ${age}`),
    wait(3),
    hit(),
  );
}
for (const age of ["2147483647", "2147483648", "2147483649", "99999999999999999999"]) {
  privately(`9111 §1.2.2 Age of ${age} is very old`, miss(`${fresh}\nage: ${age}`), miss());
}
privately(
  "9111 §5.1 of several ages the first counts, being old",
  miss(`${fresh}\nage: 7200, 0`),
  miss(),
);
privately(
  "9111 §5.1 of several ages the first counts, being young",
  miss(`${fresh}\nage: 0, 7200`),
  hit(),
);
privately(
  "9111 §5.1 of two Age lines the first counts, being old",
  miss(`${fresh}\nage: 7200\nage: 0`),
  miss(),
);
privately(
  "9111 §5.1 of two Age lines the first counts, being young",
  miss(`${fresh}\nage: 0\nage: 7200`),
  hit(),
);

both(
  "9111 §5.1 a stored response comes with its Age",
  miss(fresh),
  wait(7),
  hit({ has: "age: 7" }),
);
both(
  "9111 §5.1 Age grows from what it was",
  miss(`${fresh}\nage: 30`),
  wait(7),
  hit({ has: "age: 37" }),
);
both(
  "9111 §5.1 Age grows where Expires gives the lifetime",
  miss("expires: {+600}\nage: 30"),
  wait(7),
  hit({ has: "age: 37" }),
);
both(
  "9110 §6.6.1 Date stays that of the origin",
  miss(fresh),
  wait(7),
  hit({ has: "date: {-7}" }),
);
both(
  "9110 §6.6.1 what came without Date gets that of its coming",
  miss(`${fresh}\ndate:`),
  wait(7),
  hit({ has: "date: {-7}" }),
);
both(
  "9111 §5.3 Expires stays that of the origin",
  miss("expires: {+600}"),
  wait(7),
  hit({ has: "expires: {+593}" }),
);

for (const seconds of ["2147483647", "2147483648", "2147483649", "99999999999"]) {
  privately(
    `9111 §1.2.2 max-age=${seconds} is very long`,
    miss(`cache-control: max-age=${seconds}`),
    wait(1e6),
    hit(),
  );
}
for (
  const [what, control] of Object.entries({
    "capitals": "MaX-aGe=60",
    "quotes": 'max-age="60"',
    "leading zeros": "max-age=0060",
    "an unknown directive before it": "foobar, max-age=60",
    "an unknown directive behind it": "max-age=60, foo=bar",
    "empty members around it": ", ,max-age=60,,",
    "no blanks": "foo,max-age=60,bar",
    "an extension that quotes one": 'ext="max-age=1", max-age=60',
  })
) {
  privately(
    `9111 §5.2 max-age is read with ${what}`,
    miss(`cache-control: ${control}`),
    wait(3),
    hit(),
  );
}
for (
  const [what, control] of Object.entries({
    "a negative number": "max-age=-60",
    "letters before the number": "max-age=a60",
    "letters behind the number": "max-age=60a",
    "a decimal": "max-age=60.5",
    "single quotes": "max-age='60'",
    "a blank before the sign": "max-age =60",
    "a blank behind the sign": "max-age= 60",
    "no number": "max-age",
    "an empty value": "max-age=",
    "a shorter one behind it": "max-age=60, max-age=1",
    "a shorter one before it": "max-age=1, max-age=60",
    "a longer one quoted behind it": 'max-age=1, ext="max-age=60"',
    "a longer one quoted before it": 'ext="max-age=60", max-age=1',
    "a longer one quoted before it, quoted too": 'ext="max-age=60", max-age="1"',
    "a longer one in a quoted pair": 'ext="\\", max-age=60", max-age=1',
    "no end of a quoted text": 'ext=", max-age=60',
  })
) {
  privately(
    `9111 §4.2.1 max-age with ${what} is not trusted`,
    miss(`cache-control: ${control}`),
    wait(3),
    miss(),
  );
}

both(
  "9111 §4.2.2 a tenth of the time since the last change is taken for a lifetime",
  miss("last-modified: {-1000}"),
  wait(99),
  hit(),
);
both(
  "9111 §4.2.2 a guessed lifetime ends",
  miss("last-modified: {-1000}"),
  wait(101),
  validated(),
);
both(
  "9111 §4.2.2 no lifetime is guessed longer than a day",
  miss("last-modified: {-100000000}"),
  wait(86401),
  validated(),
);
both(
  "9111 §4.2.2 no lifetime is guessed from a change in the future",
  miss("last-modified: {+1000}"),
  validated(),
);
both(
  "9111 §4.2.2 nothing is guessed where the server said something",
  miss("last-modified: {-1000}\ncache-control: max-age=0"),
  validated(),
);
for (const status of [200, 203, 300, 301, 308, 404, 405, 410, 414, 501]) {
  privately(
    `9111 §4.2.2 a lifetime is guessed for status ${status}`,
    miss({ answer: { status, head: "last-modified: {-1000}" } }),
    wait(3),
    hit(),
  );
}
privately(
  "9111 §4.2.2 a lifetime is guessed for status 204",
  miss({ answer: { status: 204, head: "last-modified: {-1000}" } }),
  wait(3),
  hit(),
);
for (const status of [201, 202, 302, 307, 400, 403, 429, 500, 502, 503, 504, 599]) {
  privately(
    `9111 §4.2.2 no lifetime is guessed for status ${status}`,
    miss({ answer: { status, head: "last-modified: {-1000}" } }),
    miss({ answer: { status, head: "last-modified: {-1000}" } }),
  );
}
both(
  "9111 §5.2.2.9 a lifetime is guessed for any status where the response is public",
  miss({ answer: { status: 599, head: "last-modified: {-1000}\ncache-control: public" } }),
  wait(3),
  hit(),
);
