/**
 * The reference, live: an nginx of our own with Debian's Lua module in it.
 *
 * @module
 */

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

/** Whether this machine has nginx with its Lua module; Debian keeps nginx in sbin. */
export function hasNginxWithLua(): boolean {
  return NEEDED.every(isThere) && nginxPath() !== null;
}

/** A running nginx; {@linkcode start} makes it, disposal ends it. */
export class LuaNginx implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(process: Deno.ChildProcess, folder: string, url: string) {
    this.#process = process;
    this.#folder = folder;
    this.#url = url;
  }

  /** Starts it and waits until it answers. */
  static async start(programs: LuaPrograms): Promise<LuaNginx> {
    const folder = await Deno.makeTempDir({ prefix: "lasa_nginx_" });
    const port = freePort();
    await Deno.writeTextFile(`${folder}/nginx.conf`, configuration(folder, port, programs));
    const process = new Deno.Command(nginxPath()!, {
      args: ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`],
      stdin: "null",
      stderr: "null",
    }).spawn();
    const nginx = new LuaNginx(process, folder, `http://127.0.0.1:${port}`);
    await nginx.#untilAnswered();
    return nginx;
  }

  /** Runs the program behind a path on a Lua value, written in Lua; gives the lines that it says. */
  async run(path: string, value: string): Promise<string[]> {
    const answer = await fetch(this.#url + path, { method: "POST", body: value });
    const text = await answer.text().catch(async (error) => {
      throw new Error(`nginx broke off: ${await this.#log()}`, { cause: error });
    });
    if (answer.status !== 200 || !text.endsWith("done\n")) {
      throw new Error(`nginx answered ${answer.status} ${text}\n${await this.#log()}`);
    }
    return text.split("\n").slice(0, -2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended by itself, and whoever asked it something was told.
    }
    await this.#process.status;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #untilAnswered(): Promise<void> {
    let hasEnded = false;
    void this.#process.status.then(() => hasEnded = true);
    while (!hasEnded) {
      const answer = await fetch(`${this.#url}/version`).catch(() => null);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const told = await this.#log();
    await this[Symbol.asyncDispose]();
    throw new Error(`nginx does not start: ${told}`);
  }

  async #log(): Promise<string> {
    return await Deno.readTextFile(`${this.#folder}/error.log`).catch(() => "");
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

function configuration(folder: string, port: number, programs: LuaPrograms): string {
  const locations = Object.entries(programs).map(([path, program]) =>
    `location = ${path} { content_by_lua_block {\n${program}\n} }`
  );
  return `
    daemon off;
    worker_processes 1;
    pid ${folder}/nginx.pid;
    ${Deno.uid() === 0 ? "user root;" : ""}
    load_module ${MODULES}/ndk_http_module.so;
    load_module ${MODULES}/ngx_http_lua_module.so;
    events { worker_connections 1024; }
    http {
      access_log off;
      lua_package_path "${LUA_LIBRARY}/?.lua;;";
      lua_socket_log_errors off;
      client_max_body_size 16m;
      client_body_buffer_size 16m;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port};
        location = /version { content_by_lua_block { ngx.say(ngx.config.ngx_lua_version) } }
        ${locations.join("\n")}
      }
    }
  `;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function nginxPath(): string | null {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => `${folder}/nginx`).find(isThere) ?? null;
}

/** A port that is free now; nginx cannot be asked which one it took. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
