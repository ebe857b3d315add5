import { assert } from "@std/assert";
import { ownImportFlags } from "../../tools/child.ts";
import { pathOf } from "../support/sources.ts";

Deno.test("an idle session holds less than 10 KiB beyond its socket, also after a message", async () => {
  const script = pathOf(new URL("memory/idle_sessions.ts", import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--v8-flags=--expose-gc", ...ownImportFlags(), script, "5000"],
    ],
    stdin: "null",
  }).output();
  const bytes = Number(new TextDecoder().decode(stdout));
  assert(bytes > 0 && bytes < 10 * 1024, `${bytes} ${new TextDecoder().decode(stderr)}`);
});
