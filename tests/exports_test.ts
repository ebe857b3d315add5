import { assertEquals } from "@std/assert";
import { readSource, root } from "./support/sources.ts";

const { exports, imports, name }: {
  exports: Record<string, string>;
  imports: Record<string, string>;
  name: string;
} = JSON.parse(readSource("deno.json"));

// What `import * as lasa` gives, sorted. A name that comes or goes is a change of the public surface.
const SURFACE = `
AbortedError BrokenError BusyError Channel ClosedError DnsError KilledError LasaError LimitError
LocalProtocolError RemoteProtocolError Semaphore TimeoutError TlsError UnsupportedError after
decodeBase64 detach encodeBase64 escapeUri hmacSha1 http log md5 md5Bin monotonicTime now run
select setMinLevel sha1 sha1Bin shutdown sleep socket thread timer unescapeUri uuid
websocket
`.trim().split(/\s+/);

for (const [entry, target] of Object.entries(exports)) {
  Deno.test(`the entry point ${JSON.stringify(entry)} imports, under the package's name too`, async () => {
    const module = await import(new URL(target, root).href);
    assertEquals(imports[name + entry.slice(1)], target);
    assertEquals(Object.keys(await import(name + entry.slice(1))), Object.keys(module));
  });
}

Deno.test("mod.ts exports exactly the names that are expected of it", async () => {
  const surface = await import(new URL(exports["."], root).href);
  assertEquals(Object.keys(surface).sort(), SURFACE);
});
