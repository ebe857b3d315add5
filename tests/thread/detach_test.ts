import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ClosedError, LasaError, LocalProtocolError, UnsupportedError } from "../../src/errors.ts";
import { openThings } from "../../src/thread/lifetime.ts";
import {
  deadline,
  detach,
  type DetachedThread,
  type DetachOptions,
  kill,
  spawn,
} from "../../src/thread/mod.ts";
import { turns } from "../support/clock.ts";
import { runProgram, runRestricted } from "../support/program.ts";
import { pathOf, root } from "../support/sources.ts";

/** Runs detached code to its end and gives the value. */
async function valueOf(options: DetachOptions): Promise<unknown> {
  const thread = detach(options);
  const end = await thread.terminated;
  if (!end.ok) throw end.error;
  assertEquals(end.thread, thread);
  return end.value;
}

/** Runs detached code to its end and gives the error. */
async function errorOf(options: DetachOptions): Promise<Error> {
  const end = await detach(options).terminated;
  assert(!end.ok, "it ended well");
  assertInstanceOf(end.error, Error);
  return end.error;
}

Deno.test("the main function gets its name and arguments, and its value ends the thread", async () => {
  const content = `export default ({ name, args }: { name: string; args: unknown[] }) =>
    [name, ...args];`;
  const args = [1, "two", new Uint8Array([3]), { four: [4n] }];
  assertEquals(await valueOf({ name: "counter", content, args }), ["counter", ...args]);
  assertEquals(await valueOf({ content: "export default ({ name }) => name" }), "detached");
});

Deno.test("a module without a main function ends when it has been evaluated", async () => {
  assertEquals(await valueOf({ content: "await 1; export const a = 2;" }), undefined);
  assertEquals(await valueOf({ content: "export default 42" }), 42);
});

Deno.test("it runs on its own: memory is copied, and time passes here meanwhile", async () => {
  const shared = { n: 1 };
  const content = `export default async ({ args: [given], receive }) => {
    given.n++;
    await receive();
    return [given.n, typeof self.document, self.constructor.name];
  }`;
  const thread = detach({ content, args: [shared] });
  await turns(3);
  thread.send("go on");
  const end = await thread.terminated;
  assertEquals(end.ok && end.value, [2, "undefined", "DedicatedWorkerGlobalScope"]);
  assertEquals(shared.n, 1);
});

const ECHO = `export default async ({ messages, send }) => {
  for await (const message of messages) {
    if (message === "end") return "ended";
    send(message + message);
  }
};`;

Deno.test("messages go both ways, in order, and those sent before it is ready are kept", async () => {
  const thread = detach({ name: "echo", content: ECHO });
  for (const word of ["a", "b", "c"]) thread.send(word);
  assertEquals([await thread.receive(), await thread.receive()], ["aa", "bb"]);
  thread.send("d");
  thread.send("end");
  const rest: unknown[] = [];
  for await (const message of thread) rest.push(message);
  assertEquals(rest, ["cc", "dd"]);
  const end = await thread.terminated;
  assertEquals(end.ok && end.value, "ended");
  await assertRejects(() => thread.receive(), ClosedError);
  assertThrows(() => thread.send("late"), ClosedError, "it has ended");
});

Deno.test("its messages are waited for like any other: a deadline and a kill end the wait", async () => {
  const thread = detach({ content: ECHO });
  await assertRejects(() => deadline(5, () => thread.receive()), LasaError, "deadline");
  const waiter = spawn(() => thread.receive());
  kill(waiter);
  thread.send("x");
  assertEquals(await thread.receive(), "xx");
  thread.terminate();
});

Deno.test("what cannot be copied is refused, here and there", async () => {
  const thread = detach({ content: ECHO });
  assertThrows(() => thread.send(() => {}), DOMException, "could not be cloned");
  thread.send("end");
  assertEquals((await thread.terminated).ok, true);
  const before = openThings().length;
  assertThrows(() => detach({ content: ECHO, args: [() => {}] }), DOMException);
  assertEquals(openThings().length, before);
  const error = await errorOf({ content: "export default () => () => {}" });
  assertMatch(error.message, /could not be cloned/);
});

Deno.test("an error inside reaches the owner with its name, message, code and stack", async () => {
  const error = await errorOf({
    content: `import { BusyError } from ${JSON.stringify(new URL("src/errors.ts", root).href)};
      export default async function work() { throw new BusyError("too much"); }`,
  });
  assertEquals([error.name, error.message], ["BusyError", "too much"]);
  assertEquals((error as LasaError).code, "busy");
  assertMatch(error.stack!, /BusyError: too much\n\s+at .*work \(blob:.+:2:\d+\)/);
  const top = await errorOf({ content: "null.x" });
  assertEquals(top.name, "TypeError");
  const text = await errorOf({ content: "throw 'a text'" });
  assertEquals(text.message, "a text");
});

Deno.test("a syntax error, and a file that is not there, are errors like others", async () => {
  const syntax = await errorOf({ content: "const a b = 1" });
  assertStringIncludes(syntax.message, "SyntaxError");
  const missing = await errorOf({ file: "no/such/module.ts" });
  assertMatch(missing.message, /Module not found "file:.*no\/such\/module\.ts"/);
});

Deno.test("an uncaught error of a timer, and a rejection nobody handles, end it", async () => {
  const forever = "return new Promise(() => {})";
  const late = await errorOf({
    content: `export default () => {
      setTimeout(() => { throw new RangeError("late"); }, 1);
      ${forever};
    }`,
  });
  assertEquals([late.name, late.message], ["RangeError", "late"]);
  assertMatch(late.stack!, /blob:.+:2:/);
  const rejected = await errorOf({
    content: `export default () => { Promise.reject(new TypeError("unseen")); ${forever}; }`,
  });
  assertEquals([rejected.name, rejected.message], ["TypeError", "unseen"]);
});

Deno.test("one that closes itself has ended", async () => {
  for (const call of ["self.close()", "Deno.exit(3)"]) {
    const content = `export default () => {
      setTimeout(() => ${call}, 1);
      return new Promise(() => {});
    }`;
    assertEquals(await valueOf({ content }), undefined, call);
  }
});

async function terminatedOf(thread: DetachedThread): Promise<unknown> {
  const end = await thread.terminated;
  return end.ok ? end.value : (end.error as LasaError).code;
}

Deno.test("terminate ends it whatever it does, an endless loop included, and says true once", async () => {
  const looping = detach({ content: "export default ({ send }) => { send(1); for (;;); }" });
  assertEquals(await looping.receive(), 1);
  assertEquals([looping.terminate(), looping.terminate()], [true, false]);
  assertEquals(await terminatedOf(looping), "terminated");
  assertThrows(() => looping.send(1), ClosedError);
  await assertRejects(() => looping.receive(), ClosedError);
  // Before it has even loaded.
  const young = detach({ content: "export default 1" });
  young.terminate();
  assertEquals(await terminatedOf(young), "terminated");
  const done = detach({ content: "export default 1" });
  assertEquals(await terminatedOf(done), 1);
  assertEquals(done.terminate(), false);
});

Deno.test("a file runs, by its path and by its URL, imports of its own included", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/main #1?.ts`;
    await Deno.writeTextFile(`${folder}/half.ts`, "export const half = (n: number) => n / 2;");
    await Deno.writeTextFile(
      path,
      `import { half } from "./half.ts";
       export default ({ args }: { args: number[] }) => half(args[0]);`,
    );
    const url = new URL(`file://${folder}/main%20%231%3F.ts`);
    for (const file of [path, url, url.href]) {
      assertEquals(await valueOf({ file, args: [8] }), 4, String(file));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("either content or file is given, and a host without workers says what to do", () => {
  assertThrows(() => detach({}), LocalProtocolError, "either content or file");
  assertThrows(() => detach({ content: "1", file: "a.ts" }), LocalProtocolError);
  const { Worker } = globalThis;
  try {
    Object.assign(globalThis, { Worker: undefined });
    assertThrows(() => detach({ content: "1" }), UnsupportedError, "use thread.spawn");
  } finally {
    Object.assign(globalThis, { Worker });
  }
});

Deno.test("twenty at once come to their ends, and leave nothing behind", async () => {
  const before = openThings().length;
  const content = "export default ({ args: [n] }) => n * n";
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, n) => valueOf({ content, args: [n] })),
  );
  assertEquals(all, Array.from({ length: 20 }, (_, n) => n * n));
  assertEquals(openThings().length, before);
});

Deno.test("it may do what its owner may do, and no more", async () => {
  const program = `
    import { detach } from "@lasa/lasa/thread";
    const end = await detach({ content: \`
      const tries = {
        env: () => Deno.env.get("HOME"),
        net: () => Deno.listen({ port: 0 }).close(),
        read: () => Deno.readDirSync("/").next(),
        run: () => new Deno.Command(Deno.execPath()).outputSync(),
      };
      const told = {};
      for (const [name, attempt] of Object.entries(tries)) {
        try { attempt(); told[name] = "may"; } catch (error) { told[name] = error.name; }
      }
      export default () => told;
    \` }).terminated;
    console.log(JSON.stringify(end.ok ? end.value : end.error.message));
  `;
  const source = pathOf(new URL("src", root));
  const told = async (...permissions: string[]) => {
    const { code, out, err } = await runRestricted(program, permissions);
    assertEquals(code, 0, err);
    return JSON.parse(out);
  };
  const none = { env: "NotCapable", net: "NotCapable", read: "NotCapable", run: "NotCapable" };
  assertEquals(await told(`--allow-read=${source}`), none);
  assertEquals(await told(`--allow-read=${source}`, "--allow-env=HOME", "--allow-net"), {
    ...none,
    env: "may",
    net: "may",
  });
  assertStringIncludes(await told(), "run again with the --allow-read flag");
});

Deno.test("a program waits for a detached thread, and its errors end no one else", async () => {
  const { code, out, err } = await runProgram(`
    import { detach } from "@lasa/lasa/thread";
    detach({ content: "export default () => { console.log('detached'); throw new Error('no'); }" })
      .terminated.then((end) => console.log(end.ok, end.error.message));
  `);
  assertEquals([code, out, err], [0, "detached\nfalse no\n", ""]);
});
