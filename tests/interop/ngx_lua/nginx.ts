/**
 * The reference, live: an nginx of our own with Debian's Lua module in it.
 *
 * @module
 */

import { nginxPlan } from "../../support/nginx_plan.ts";
import { findProgram, ServerProcess } from "../../support/server_process.ts";

/** A Lua program behind each path of the server. */
export type LuaPrograms = Readonly<Record<string, string>>;

const MODULES = "/usr/lib/nginx/modules";
const LUA_LIBRARY = "/usr/share/lua/5.1";

// Where these three are, so is all else: they come from the three packages.
const NEEDED = [
  `${MODULES}/ndk_http_module.so`,
  `${MODULES}/ngx_http_lua_module.so`,
  `${LUA_LIBRARY}/resty/core.lua`,
];

/** Whether this machine has nginx with its Lua module. */
export function hasNginxWithLua(): boolean {
  return NEEDED.every(isThere) && findProgram("nginx") !== null;
}

/** A running nginx; {@linkcode start} makes it, disposal ends it. */
export class LuaNginx implements AsyncDisposable {
  readonly #process: ServerProcess;

  private constructor(process: ServerProcess) {
    this.#process = process;
  }

  /** Starts it and waits until it listens. */
  static async start(programs: LuaPrograms): Promise<LuaNginx> {
    const main = `
      load_module ${MODULES}/ndk_http_module.so;
      load_module ${MODULES}/ngx_http_lua_module.so;`;
    const plan = nginxPlan({ main, http: ({ ports: [port] }) => configuration(port, programs) });
    return new LuaNginx(await ServerProcess.start(plan));
  }

  /** Runs the program behind a path on a Lua value, written in Lua; gives the lines that it says. */
  async run(path: string, value: string): Promise<string[]> {
    const url = `http://127.0.0.1:${this.#process.port}${path}`;
    const answer = await fetch(url, { method: "POST", body: value });
    const text = await answer.text().catch(async (error) => {
      throw new Error(`nginx broke off: ${await this.#process.said()}`, { cause: error });
    });
    if (answer.status !== 200 || !text.endsWith("done\n")) {
      const told = await this.#process.said();
      throw new Error(`nginx answered ${answer.status} ${text}\n${told}`);
    }
    return text.split("\n").slice(0, -2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** Writes a text, a number, a boolean, a list or a record in Lua; a character is a byte. */
export function luaOf(value: unknown): string {
  if (typeof value === "string") {
    const escaped = value.replace(
      /[^ !#-[\]-~]/g,
      (char) => `\\${char.charCodeAt(0).toString().padStart(3, "0")}`,
    );
    return `"${escaped}"`;
  }
  if (Array.isArray(value)) return `{${value.map(luaOf).join(",")}}`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([name, item]) => `${name}=${luaOf(item)}`).join(",")}}`;
  }
  return String(value ?? "nil");
}

function configuration(port: number, programs: LuaPrograms): string {
  const locations = Object.entries(programs).map(([path, program]) =>
    `location = ${path} { content_by_lua_block {\n${program}\n} }`
  );
  return `
    lua_package_path "${LUA_LIBRARY}/?.lua;;";
    lua_socket_log_errors off;
    client_max_body_size 16m;
    client_body_buffer_size 16m;
    server {
      listen 127.0.0.1:${port};
      ${locations.join("\n")}
    }`;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
