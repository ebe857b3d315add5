import { assert, assertEquals } from "@std/assert";
import { type Import, impuritiesOf, misplacedImports } from "./support/layers.ts";
import { pathOf, readSource, root, sourcesIn } from "./support/sources.ts";

interface Graph {
  modules: {
    specifier: string;
    dependencies?: {
      specifier: string;
      code?: { specifier?: string };
      type?: { specifier?: string };
    }[];
  }[];
}

/** Every import of the project's by the project's, as Deno itself reads them. */
async function readImports(files: readonly string[]): Promise<Import[]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(new URL(file, root).href)};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    // The map keeps Deno from asking anybody for packages, whose insides are not looked at here.
    const map = `--import-map=${pathOf(new URL("tools/npm_imports.json", root))}`;
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", map, entry],
      cwd: root,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    return importsOf(JSON.parse(new TextDecoder().decode(stdout)));
  } finally {
    await Deno.remove(entry);
  }
}

function importsOf(graph: Graph): Import[] {
  const imports: Import[] = [];
  for (const { specifier, dependencies = [] } of graph.modules) {
    const from = fromRoot(specifier);
    if (from !== "mod.ts" && !from.startsWith("src/")) continue;
    for (const { specifier: written, code, type } of dependencies) {
      const target = code?.specifier ?? type?.specifier;
      const isOurs = written.startsWith(".") || written.startsWith("@lasa/");
      if (isOurs && target !== undefined) imports.push({ from, to: fromRoot(target) });
    }
  }
  return imports;
}

function fromRoot(url: string): string {
  return url.startsWith(root.href) ? url.slice(root.href.length) : url;
}

Deno.test("every file imports from a lower floor or from its own folder", async () => {
  const files = sourcesIn("src");
  const imports = await readImports(["mod.ts", ...files]);
  assert(imports.length > files.length / 2, "the import graph came out nearly empty");
  assertEquals(misplacedImports(imports), []);
});

Deno.test("an import upwards, sideways, of a folder's page or from outside src is reported", () => {
  const bad: Record<string, string> = {
    "src/thread/mod.ts -> src/socket/tcp.ts": "upward: floor 2 to 3",
    "src/bytes/byte_queue.ts -> src/codec/hmac.ts": "upward: floor 0 to 1",
    "src/bytes/byte_queue.ts -> src/errors.ts": "sideways on floor 0",
    "src/protocol/http1/events.ts -> src/thread/clock.ts": "sideways on floor 2",
    "src/protocol/http1/a.ts -> src/protocol/websocket/b.ts": "sideways on floor 2",
    "src/http/pool.ts -> src/socket/mod.ts": "files import files, not a folder's mod.ts",
    "src/http/pool.ts -> src/http/mod.ts": "files import files, not a folder's mod.ts",
    "src/http/mod.ts -> src/socket/mod.ts": "files import files, not a folder's mod.ts",
    "src/cli/main.ts -> mod.ts": "src imports nothing of the project's outside src",
    "src/http/pool.ts -> tools/imports.ts": "src imports nothing of the project's outside src",
    "src/attic/old.ts -> src/errors.ts": "src/attic/old.ts stands on no floor",
    "mod.ts -> tools/imports.ts": "mod.ts re-exports from src alone",
  };
  const good = [
    "mod.ts -> src/http/mod.ts",
    "mod.ts -> src/errors.ts",
    "src/http/mod.ts -> src/http/pool.ts",
    "src/http/pool.ts -> src/http/target.ts",
    "src/http/pool.ts -> src/thread/semaphore.ts",
    "src/protocol/mod.ts -> src/protocol/http1/events.ts",
    "src/protocol/mod.ts -> src/protocol/http1/mod.ts",
    "src/codec/hmac.ts -> src/errors.ts",
  ];
  const edges = [...Object.keys(bad), ...good].map((edge) => {
    const [from, to] = edge.split(" -> ");
    return { from, to };
  });
  assertEquals(
    misplacedImports(edges),
    Object.entries(bad).map(([edge, fault]) => `${edge}: ${fault}`),
  );
});

Deno.test("the protocol cores and the byte queues know no socket, no clock and no promise", () => {
  for (const file of [...sourcesIn("src/protocol"), ...sourcesIn("src/bytes")]) {
    assertEquals(impuritiesOf(readSource(file)), [], file);
  }
});

Deno.test("what makes a core impure is found in code and passed over in comments", () => {
  assertEquals(
    impuritiesOf("// Deno.connect\n/* async\n await */ const a = 1; // Date.now()\n"),
    [],
  );
  assertEquals(impuritiesOf("const conn = Deno.connect;"), ["Deno"]);
  assertEquals(impuritiesOf("export async function f() {}"), ["async"]);
  assertEquals(impuritiesOf("const now = Date.now();\nsetTimeout(f, 1);"), [
    "Date.now",
    "setTimeout",
  ]);
  assertEquals(impuritiesOf(`import { createHash } from "node:crypto";`), [`"node:`]);
});
