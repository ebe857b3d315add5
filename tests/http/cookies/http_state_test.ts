import { assert, assertEquals } from "@std/assert";
import { CookieJar } from "../../../src/http/cookies/jar.ts";
import { testWithSharedData } from "../../support/shared_data.ts";

interface StateCase {
  readonly test: string;
  readonly received: readonly string[];
  readonly sent: readonly { name: string; value: string }[];
  readonly "sent-to"?: string;
}

const HOST = "http://home.example.org:8888";

testWithSharedData(
  "the IETF's http-state cases come out as they say, all 222",
  "cookie_parser.json",
  (text) => {
    const cases: StateCase[] = JSON.parse(text);
    assertEquals(cases.length, 222);
    for (const { test, received, sent, "sent-to": to } of cases) {
      const jar = new CookieJar();
      for (const line of received) jar.set(line, `${HOST}/cookie-parser?${test}`);
      const url = new URL(to ?? `/cookie-parser-result?${test}`, HOST);
      assertEquals(jar.get(url).map(({ name, value }) => ({ name, value })), [...sent], test);
    }
  },
);

testWithSharedData(
  "nobody sets a cookie for all below a public suffix, everybody for his own domain",
  "public_suffix_test.txt",
  (text) => {
    let count = 0;
    const cases = text.matchAll(/^checkPublicSuffix\('([^'.][^']*)', (?:null|'([^']*)')\);$/gm);
    for (const [line, host, registrable] of cases) {
      count++;
      const jar = new CookieJar();
      if (registrable === undefined) {
        assert(!jar.set(`a=b; Domain=${host}`, `http://below.${host}/`), line);
        assert(jar.set(`a=b; Domain=${host}`, `http://${host}/`), line);
        assertEquals(jar.all().map(({ hostOnly }) => hostOnly), [true], line);
      } else {
        assert(jar.set(`a=b; Domain=${registrable}`, `http://${host}/`), line);
        assertEquals(jar.get(`http://other.${registrable}/`).length, 1, line);
        const suffix = registrable.slice(registrable.indexOf(".") + 1);
        assert(!jar.set(`a=b; Domain=${suffix}`, `http://${host}/`), line);
      }
    }
    assert(count > 60, `only ${count} cases were found`);
  },
);
