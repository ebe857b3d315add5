import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { findProgram } from "../../../examples/support/program.ts";
import { BrokenError, LocalProtocolError } from "../../../src/errors.ts";
import type { Cookie } from "../../../src/http/cookies/cookie.ts";
import { CookieFileError } from "../../../src/http/cookies/cookie_file.ts";
import { CookieJar, type CookieJarOptions } from "../../../src/http/cookies/jar.ts";
import { Random } from "../../support/random.ts";

const NOW = Date.UTC(2026, 0, 1) + 123;
const options: CookieJarOptions = { clock: () => NOW };

/** Runs a test with a folder of its own. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lasa-cookies-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const CHARS = "abcXYZ019!#$%&'*+-.^_`|~\"(),/:<>?@[\\]{} \u00e4\u00ff\u20ac\u20ac\u2028";
const HOSTS = ["example.org", "www.example.org", "a.b.example.org", "127.0.0.1", "[::1]", "x"];
const PATHS = ["/", "/a", "/a/b", "/\u00e4 b", '/"'];

/** A jar with whatever a jar can hold. */
function randomJar(random: Random, canHoldTabs: boolean): CookieJar {
  const jar = new CookieJar({ ...options, strict: random.below(4) === 0 });
  const chars = canHoldTabs ? `${CHARS}\t` : CHARS;
  for (let n = random.below(30); n > 0; n--) {
    const host = random.of(HOSTS);
    const parts = [
      `${random.text(chars, random.below(6))}=${random.text(`${CHARS}\t=`, random.below(9))}`,
    ];
    if (random.below(2) === 0) parts.push(`Path=${random.of(PATHS)}`);
    if (random.below(2) === 0) parts.push(`Domain=${host.replace(/^.*?(?=example)/, "")}`);
    if (random.below(2) === 0) parts.push("Secure");
    if (random.below(2) === 0) parts.push("HttpOnly");
    if (random.below(2) === 0) parts.push(`SameSite=${random.of(["Strict", "Lax", "None"])}`);
    if (random.below(2) === 0) parts.push(`Max-Age=${random.below(100_000)}`);
    jar.set(parts.join("; "), `https://${host}/a/b/c`, NOW - random.below(5));
  }
  jar.get("https://www.example.org/", NOW + random.below(100));
  return jar;
}

Deno.test("a jar saved as JSON and loaded is the same jar", async () => {
  await withFolder(async (folder) => {
    for (let seed = 0; seed < 150; seed++) {
      const jar = randomJar(new Random(seed), true);
      await jar.save(`${folder}/jar.json`);
      const loaded = await CookieJar.load(`${folder}/jar.json`, options);
      assertEquals(loaded.all(), jar.all(), `seed ${seed}`);
      await loaded.save(`${folder}/again`);
      assertEquals(
        await Deno.readTextFile(`${folder}/again`),
        await Deno.readTextFile(`${folder}/jar.json`),
      );
    }
  });
});

/** What Netscape's format has a place for. */
function inNetscape({ sameSite: _, created: _c, lastUsed: _l, expires, ...rest }: Cookie) {
  return { ...rest, expires: expires === null ? null : Math.floor(expires / 1_000) };
}

Deno.test("a jar saved as cookies.txt and loaded is the same but for what has no place there", async () => {
  await withFolder(async (folder) => {
    for (let seed = 0; seed < 150; seed++) {
      const jar = randomJar(new Random(seed), false);
      await jar.save(`${folder}/cookies.txt`);
      const loaded = await CookieJar.load(`${folder}/cookies.txt`, options);
      // A cookie of less than a second has none left.
      const expected = jar.all().filter(({ expires }) =>
        expires === null || Math.floor(expires / 1_000) * 1_000 > NOW
      );
      assertEquals(loaded.all().map(inNetscape), expected.map(inNetscape), `seed ${seed}`);
      for (const cookie of loaded.all()) {
        assertEquals([cookie.sameSite, cookie.created, cookie.lastUsed], [null, NOW, NOW]);
      }
      assertEquals(
        loaded.cookieHeader("https://www.example.org/a/b/").split("; ").sort(),
        jar.cookieHeader("https://www.example.org/a/b/").split("; ").sort(),
      );
    }
  });
});

Deno.test("cookies.txt is what others write and read", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/cookies.txt`;
    const jar = new CookieJar(options);
    jar.set("a=1", "https://example.org/x/y");
    jar.set("b=2; Domain=example.org; Path=/; Secure; Max-Age=60", "https://www.example.org/");
    jar.set("c=; HttpOnly", "http://example.org/");
    jar.set("d=4; Domain=example.org; HttpOnly", "http://example.org/");
    await jar.save(path);
    const seconds = Math.floor(NOW / 1_000) + 60;
    assertEquals(
      await Deno.readTextFile(path),
      `# Netscape HTTP Cookie File

example.org\tFALSE\t/x\tFALSE\t0\ta\t1
.example.org\tTRUE\t/\tTRUE\t${seconds}\tb\t2
#HttpOnly_example.org\tFALSE\t/\tFALSE\t0\tc\t
#HttpOnly_.example.org\tTRUE\t/\tFALSE\t0\td\t4
`,
    );
    await Deno.writeTextFile(
      path,
      `\ufeff# HTTP Cookie File\r\n# a comment\twith\ttabs\r\n\r\n   \r\n` +
        `.Example.org\ttrue\t/\tfalse\t${seconds}.75\ta\t1\r\n` +
        `example.org\tTRUE\t/\tFALSE\t0\tb\tone\ttwo\n` +
        `example.org\tFALSE\t/\tFALSE\t0\tempty\n` +
        `example.org\tFALSE\t/\tFALSE\t1\texpired\tx\n` +
        `#HttpOnly_example.org\tFALSE\t/\tFALSE\t0\tc\t"q"`,
    );
    const loaded = await CookieJar.load(path, options);
    assertEquals(loaded.cookieHeader("http://example.org/"), 'a=1; b=one\ttwo; empty=; c="q"');
    assertEquals(loaded.cookieHeader("http://www.example.org/"), "a=1; b=one\ttwo");
    assertEquals(loaded.all().map(({ httpOnly }) => httpOnly), [false, false, false, true]);
  });
});

Deno.test({
  name: "curl reads what is saved, and what curl writes is loaded",
  ignore: findProgram("curl") === null,
  async fn() {
    await withFolder(async (folder) => {
      const received: (string | null)[] = [];
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        (request) => {
          received.push(request.headers.get("cookie"));
          const headers = new Headers();
          headers.append("set-cookie", "fromcurl=1; HttpOnly");
          headers.append("set-cookie", "later=2; Max-Age=3600; Path=/");
          return new Response("", { headers });
        },
      );
      const url = `http://127.0.0.1:${server.addr.port}/`;
      const jar = new CookieJar();
      jar.set("ours=1; Path=/; Max-Age=600", url);
      jar.set("session=2; HttpOnly", url);
      await jar.save(`${folder}/in.txt`);
      const curl = await new Deno.Command("curl", {
        args: ["-s", "-b", `${folder}/in.txt`, "-c", `${folder}/out.txt`, url],
        stdin: "null",
      }).output();
      assert(curl.success);
      assertEquals(received[0]?.split("; ").sort(), ["ours=1", "session=2"]);
      const loaded = await CookieJar.load(`${folder}/out.txt`);
      assertEquals(loaded.cookieHeader(url).split("; ").sort(), [
        "fromcurl=1",
        "later=2",
        "ours=1",
        "session=2",
      ]);
    });
  },
});

Deno.test("the format goes by what is told, then by the name, then by the first character", async () => {
  await withFolder(async (folder) => {
    const jar = new CookieJar(options);
    jar.set("a=b", "http://example.org/");
    const firstOf = async (name: string, format?: "json" | "netscape") => {
      await jar.save(`${folder}/${name}`, { format });
      const loaded = await CookieJar.load(`${folder}/${name}`, options);
      assertEquals(loaded.all(), jar.all(), name);
      return (await Deno.readTextFile(`${folder}/${name}`))[0];
    };
    assertEquals(await firstOf("a"), "{");
    assertEquals(await firstOf("a.json"), "{");
    assertEquals(await firstOf("a.TXT"), "#");
    assertEquals(await firstOf("b", "netscape"), "#");
    const url = new URL(`file://${folder}/with%20space.json`);
    await jar.save(url);
    assertEquals((await CookieJar.load(`${folder}/with space.json`, options)).size, 1);
    assertEquals((await CookieJar.load(url, options)).size, 1);
    await assertRejects(
      () => jar.save(`${folder}/c`, { format: "xml" as "json" }),
      TypeError,
      'format is "xml"',
    );
    await Deno.writeTextFile(`${folder}/empty`, "");
    assertEquals((await CookieJar.load(`${folder}/empty`)).size, 0);
  });
});

Deno.test("cookies that end with the session can be left out, expired ones always are", async () => {
  await withFolder(async (folder) => {
    const jar = new CookieJar(options);
    jar.set("session=1", "http://example.org/");
    jar.set("kept=1; Max-Age=60", "http://example.org/");
    jar.set("gone=1; Max-Age=1", "http://example.org/", NOW - 5_000);
    for (const name of ["a.json", "a.txt"]) {
      await jar.save(`${folder}/${name}`, { sessionCookies: false });
      const loaded = await CookieJar.load(`${folder}/${name}`, { clock: () => NOW - 5_000 });
      assertEquals(loaded.all().map(({ name }) => name), ["kept"]);
      assertEquals((await CookieJar.load(`${folder}/${name}`, { clock: () => NOW * 2 })).size, 0);
    }
  });
});

Deno.test("a cookie that would fall apart in cookies.txt is not written there", async () => {
  await withFolder(async (folder) => {
    const jar = new CookieJar(options);
    jar.set("a\tb=c", "http://example.org/");
    await assertRejects(() => jar.save(`${folder}/c.txt`), LocalProtocolError, "holds a tab");
    await jar.save(`${folder}/c.json`);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["c.json"]);
  });
});

const GOOD =
  '{"name":"a","value":"b","domain":"x.org","path":"/","hostOnly":true,"secure":false,"httpOnly":false,"sameSite":null,"expires":null,"created":0,"lastUsed":0}';

/** Files that are broken: what they hold, the line, and what the error says of it. */
const BROKEN: Record<string, [text: string, line: number, says: string][]> = {
  "jar.json": [
    ["", 1, "Unexpected end of JSON input"],
    ["\n\n", 1, "Unexpected end of JSON input"],
    ["[]", 1, "no JSON object"],
    ["null", 1, "no JSON object"],
    ['{"cookies":[]}', 1, "version is"],
    ['{"version":2,"cookies":[]}', 1, "version is"],
    ['{"version":1,"cookies":{}}', 1, "no list"],
    ["# Netscape HTTP Cookie File\n", 1, "Unexpected token"],
    [`{"version":1,"cookies":[\n${GOOD},\n${GOOD.slice(0, 40)}`, 3, "Expected"],
    [`{"version":1,"cookies":[\n${GOOD},\n${GOOD}\n`, 3, "Expected"],
    [`{"version":1,"cookies":[\n${GOOD},\n${GOOD}}\n]}`, 3, "Expected"],
    [`{"version":1,"cookies":[\n${GOOD},\n7\n]}`, 1, "is no cookie"],
    [
      `{"version":1,"cookies":[\n${GOOD},\n${GOOD.replace("null", '"x"')}\n]}`,
      3,
      'sameSite is "\\"x\\""',
    ],
    [`{"version":1,"cookies":[\n${GOOD},\n\n{\n"name":5}]}`, 4, 'name is "5"'],
    [
      `{"version":1,"cookies":[\n${GOOD.replace('"path":"/",', "")}\n]}`,
      2,
      'path is "missing"',
    ],
    [`{"version":1,"cookies":[\n${GOOD.replace('"b"', '"b\\n"')}\n]}`, 2, "control"],
    [`{"version":1,"cookies":[\n${GOOD.replace('"b"', '"b;c"')}\n]}`, 2, "semicolon"],
    [`{"version":1,"cookies":[\n${GOOD.replace('"a"', '"a=c"')}\n]}`, 2, "neither = nor ;"],
    [`{"version":1,"cookies":[\n${GOOD.replace("x.org", "X.org")}\n]}`, 2, "the domain"],
    [`{"version":1,"cookies":[\n${GOOD.replace('"/"', '"x"')}\n]}`, 2, "the path"],
  ],
  "cookies.txt": [
    ["x.org\tFALSE\t/\tFALSE\t0\n", 1, "it has 5 fields"],
    ["# comment\n\nx.org FALSE / FALSE 0 a b\n", 3, "it has 1 fields"],
    ["x.org\tFALSE\t/\tFALSE\t0\ta\tb\r\nx.org\tFALSE\t/\tFALSE\tsoon\ta\tb\r\n", 2, '"soon"'],
    ["x.org\tFALSE\t/\tFALSE\t-5\ta\tb", 1, '"-5"'],
    ["x.org\tYES\t/\tFALSE\t0\ta\tb", 1, 'second field is "YES"'],
    ["x.org\tTRUE\t/\t\t0\ta\tb", 1, 'fourth field is ""'],
    ["x.org\tTRUE\tx\tFALSE\t0\ta\tb", 1, "the path"],
    ["\tTRUE\t/\tFALSE\t0\ta\tb", 1, "the domain"],
    ["x.org\tTRUE\t/\tFALSE\t0\t\t", 1, "name and value are empty"],
    ["x.org\tTRUE\t/\tFALSE\t0\ta;b\tc", 1, "neither = nor ;"],
    ["x.org\tTRUE\t/\tFALSE\t0\ta\tb\x01", 1, "control"],
    [`{"version":1,"cookies":[]}`, 1, "it has 1 fields"],
  ],
};

for (const [name, files] of Object.entries(BROKEN)) {
  Deno.test(`a broken ${name} is reported with its line and stays as it is`, async () => {
    await withFolder(async (folder) => {
      const path = `${folder}/${name}`;
      for (const [text, line, says] of files) {
        await Deno.writeTextFile(path, text);
        const error = await CookieJar.load(path).then(() => null, (error) => error);
        assertInstanceOf(error, CookieFileError, text);
        assertInstanceOf(error, BrokenError);
        assertEquals([error.path, error.line, error.code], [path, line, "cookie file"], text);
        const start = `Cannot load cookies from ${path}: line ${line} is "`;
        assertEquals([error.message.startsWith(start), error.message.includes(says)], [
          true,
          true,
        ], `${text}\n${error.message}`);
        assertEquals(await Deno.readTextFile(path), text);
      }
    });
  });
}

Deno.test("a jar whose file is not there, and a file whose folder is not, are errors of the system", async () => {
  await withFolder(async (folder) => {
    await assertRejects(() => CookieJar.load(`${folder}/none.json`), Deno.errors.NotFound);
    const jar = new CookieJar();
    await assertRejects(() => jar.save(`${folder}/none/jar.json`), Deno.errors.NotFound);
  });
});
