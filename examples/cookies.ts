/**
 * Cookies: a login that a redirect brings, kept from one run of a program to the next.
 */
import { http } from "@lasa/lasa";

await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  (request) => {
    const cookies = request.headers.get("cookie") ?? "";
    if (new URL(request.url).pathname !== "/login") {
      return new Response(/session=\w+/.test(cookies) ? "welcome back" : "who are you?");
    }
    const headers = new Headers({ location: "/" });
    headers.append("set-cookie", "session=7f3a; HttpOnly; SameSite=Lax; Max-Age=3600");
    headers.append("set-cookie", "theme=dark");
    // Refused: nobody sets cookies for a domain that is not his.
    headers.append("set-cookie", "spy=1; Domain=example.org");
    return new Response("", { status: 303, headers });
  },
);
const url = `http://127.0.0.1:${server.addr.port}/`;
const folder = await Deno.makeTempDir();

async function ask(client: http.Client, path: string): Promise<void> {
  const response = await client.get(new URL(path, url));
  console.log(`${path}: ${await response.text()}`);
}

{
  await using client = new http.Client({ cookies: true });
  await ask(client, "/");
  // The answer that redirects sets the cookies; the request that follows has them.
  await ask(client, "/login");

  const jar = client.jar()!;
  for (const { name, value, expires } of jar) {
    console.log(`${name}=${value}, ${expires === null ? "for this session" : "for an hour"}`);
  }
  // JSON keeps everything; a name that ends in .txt gives the cookies.txt that curl reads.
  await jar.save(`${folder}/jar.json`, { sessionCookies: false });
}

// The next run: the jar is given to the client, and the client keeps it up to date.
const jar = await http.CookieJar.load(`${folder}/jar.json`);
await using client = new http.Client({ cookies: jar });
await ask(client, "/");
console.log(`sent: ${jar.cookieHeader(url)}`);

// A request may go without.
const response = await client.get(url, { cookies: false });
console.log(`without cookies: ${await response.text()}`);

// A file that is broken says where, and stays as it is.
await Deno.writeTextFile(`${folder}/cookies.txt`, "# Netscape HTTP Cookie File\n127.0.0.1 a b\n");
try {
  await http.CookieJar.load(`${folder}/cookies.txt`);
} catch (error) {
  if (!(error instanceof http.CookieFileError)) throw error;
  console.log(`line ${error.line}: ${error.message.split(": ").at(-1)}`);
}
await Deno.remove(folder, { recursive: true });
await client.closeAll();
