import { assertEquals } from "@std/assert";
import { formatHttpDate, parseHttpDate } from "../../../src/protocol/http1/http_date.ts";
import { Random } from "../../support/random.ts";

const NOW = Date.UTC(2026, 0, 1);

Deno.test("9110 §5.6.7, 9111 §4.2 the three forms of one date, in any case, are one moment", () => {
  for (
    const text of [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
  ) {
    for (const each of [text, text.toLowerCase(), text.toUpperCase()]) {
      assertEquals(parseHttpDate(each, NOW), Date.UTC(1994, 10, 6, 8, 49, 37), each);
    }
  }
});

Deno.test("9110 §5.6.7 a year of two digits is not more than 50 years ahead", () => {
  const year = (digits: string) =>
    new Date(parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, NOW)!).getUTCFullYear();
  assertEquals([year("76"), year("77"), year("99"), year("00"), year("26")], [
    2076,
    1977,
    1999,
    2000,
    2026,
  ]);
});

Deno.test("what was written is read again, whatever the moment", () => {
  const random = new Random(9);
  for (let n = 0; n < 2_000; n++) {
    const time = 1000 * random.below(2 ** 32);
    assertEquals(parseHttpDate(formatHttpDate(time), NOW), time);
  }
});

Deno.test("what is no date is none", () => {
  const whole = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (let length = 0; length < whole.length; length++) {
    assertEquals(parseHttpDate(whole.slice(0, length), NOW), null);
  }
  for (
    const text of [
      " Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 29 Feb 1995 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "1994-11-06T08:49:37Z",
      "784111777",
    ]
  ) assertEquals(parseHttpDate(text, NOW), null, text);
  assertEquals(parseHttpDate(null, NOW), null);
});
