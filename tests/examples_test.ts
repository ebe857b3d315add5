import { assertEquals, assertMatch } from "@std/assert";
import { findProgram } from "../examples/support/program.ts";
import { spawnDeno } from "../tools/child.ts";
import { exampleNames } from "../tools/example.ts";
import { endOf } from "./support/lasa.ts";
import { runProgram } from "./support/program.ts";
import { root } from "./support/sources.ts";

/** What each example prints. */
const OUTPUTS: Record<string, string> = {
  cache: `fresh for an hour:
  the page /a: from the server, requests: 1
  the page /a: from the cache, requests: 0
asked about each time, sent once:
  the page /news: from the server, requests: 1
  the page /news: from the cache, requests: 1
as Fetch has it:
  the page /a: from the server, requests: 1
  the page /a: from the server, requests: 1
what is changed is forgotten:
  the page /a: from the server, requests: 1
many at once ask once:
  answers: 1
  requests: 1
kept: 3, hits: 100, misses: 6, validated: 1
`,
  chat: `ann heard:
  * ann is here, 1 in all
  * bob is here, 2 in all
  * eve is here, 3 in all
  ann: who wants tea?
  bob: I do
  * eve has left
  ann: more for us
  bob: sugar?
  * good night
bob heard:
  * bob is here, 2 in all
  * eve is here, 3 in all
  ann: who wants tea?
  bob: I do
  * eve has left
  ann: more for us
  bob: sugar?
  * good night
eve heard:
  * eve is here, 3 in all
  ann: who wants tea?
  bob: I do
threads left: 0
`,
  cookies: `/: who are you?
/login: welcome back
session=7f3a, for an hour
theme=dark, for this session
/: welcome back
sent: session=7f3a
without cookies: who are you?
line 2: it has 1 fields, not 7 parted by tabs
`,
  detach: `sum has come to 10000000
sum has come to 20000000
sum has come to 30000000
sum has come to 40000000
the sum is 800000020000000
meanwhile a light thread had turns: true
[ "apple", "pear" ] from [ "pear", "apple" ]
[ "one", "three", "two" ] from [ "two", "three", "one" ]
sorted all
RangeError: no such number
terminated: true
ClosedError: busy was terminated
`,
  dns: `four.test A: 127.0.0.9
six.test AAAA: 2001:db8::9
text.test TXT: "all is well"
text.test A: no such record
nobody.test A: no such name
over a bad line:
four.test A: 127.0.0.9
at once: 200
`,
  download: `the server is asked for what comes behind byte 400000
the server is asked for what comes behind byte 750000
1000000 bytes, gone on with 2 times
as it was sent: true
`,
  http_bodies: `POST | application/json | {"tea":"green"}
POST | application/x-www-form-urlencoded | tea=green
PUT | text/plain | plain
PATCH | text/xml | <tea/>
POST | multipart/form-data | 187 characters
POST | 8890 characters
POST | gzip | 8890 characters
POST | 8890 characters
8890 bytes went before the trailer
3 bytes in a piece
`,
  http_client_ips: `127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.2
127.0.0.9
127.0.0.4 127.0.0.2 127.0.0.4 127.0.0.2
`,
  http_debug: `#1         +RQ      http://127.0.0.1:PORT GET http://127.0.0.1:PORT/
#1         +WAIT_CO http://127.0.0.1:PORT GET http://127.0.0.1:PORT/
           +DIAL    http://127.0.0.1:PORT
      @1   +CO      http://127.0.0.1:PORT
      @1   +READY   http://127.0.0.1:PORT
#1         -WAIT_CO http://127.0.0.1:PORT GET http://127.0.0.1:PORT/
      @1   -READY   http://127.0.0.1:PORT
#1    @1   +SEND_RQ http://127.0.0.1:PORT GET http://127.0.0.1:PORT/
#1    @1   =>       GET / HTTP/1.1
#1    @1   ->       Host: 127.0.0.1:PORT
#1    @1   ->       Authorization: (not shown)
#1    @1   ->       Accept-Encoding: identity
#1    @1   ->       User-Agent: lasa/0.1.0
#1    @1   ->       Accept: */*
#1    @1   +WAIT_RS http://127.0.0.1:PORT
#1    @1   -WAIT_RS http://127.0.0.1:PORT
#1    @1   <=       HTTP/1.1 200 OK
#1    @1   <-       content-type: text/plain;charset=UTF-8
#1    @1   <-       content-length: 3
#1    @1   <-       date: today
#1    @1   +READ_RS http://127.0.0.1:PORT
#1    @1   <<       3 bytes
#1    @1   -READ_RS http://127.0.0.1:PORT
      @1   +READY   http://127.0.0.1:PORT
`,
  http_limits: `60 answers, at most 3 requests in the server at once
connections: 3
/urgent /first /usual /later
refused by maxQueued
true 0
`,
  http_reach: `over TCP
over a Unix socket
over TLS
through a proxy for pot.example: over TCP
over TCP
CONNECT pot.example:443 HTTP/1.1
hello from the far end
over TLS
address not allowed
over a Unix socket
`,
  http_redirects: `  1: /new
PUT /new kept; redirected: true
  1: /newer
  2: /new
GET /new
301 /newer, 308 /new
  1: /
with no credentials
  1: /round
  2: /round
Cannot GET /round: more than 2 redirects, in a loop
301 /newer
LocalProtocolError
`,
  http_retries: `a server that says Retry-After:
  retry 1 after 503
  retry 2 after 503
  well after 3
a status that is named:
  retry 1 after 500
  retry 2 after 500
  well after 3, retries: 2
an order with a key:
  retry 1 after 500
  one order, asked for 2 times
a POST that does no harm twice may say so:
  retry 1 after 503
  retry 2 after 503
  well after 3
a slow answer:
  timeout while waiting for headers
a server that is down:
  502
  502
  circuit open, sent: none
  circuit open, sent: none
  circuit: open
`,
  http_upgrade: `103 </tea.css>; rel=preload
101
hello
GREEN
bye
`,
  kill_slow_thread: `killed by its parent:
  it waits on: data
  killed: true, its status: dead
  the question is taken back
a deadline around it:
  the question is taken back
  TimeoutError, phase deadline
the first that ends:
  nobody answered
  the question is taken back
`,
  line_protocol: `ann: 2, 2, ? DANCE, BYE
bob: 3, 4, ? DANCE, BYE
eve: 4, 6, ? DANCE, BYE
true closed
threads left: 0
`,
  many_urls: `500 pages, 4390 bytes
500 requests over 4 connections
threads left: 0
`,
  proxy_protocol: `the caller itself asks the time (version 1)
the caller itself asks the time (version 2)
Cannot read the PROXY header: it starts with "the time\\r\\n"
`,
  quickstart: `200 application/json { path: "/hello" }
{"path":"/a"}
{"path":"/b"}
{"path":"/c"}
BrokenError: connection refused; of the request was sent: none
`,
  redis: `PING: PONG
GET greeting: "grüß Gott\\r\\n"
GET nothing: null
INCR, many: 100000 replies, the last is 100000
in order: true
3
error: ERR value is not an integer or out of range
[ "a", "b", "c" ]
BLPOP: [ "jobs", "sweep the floor" ]
`,
  seed_output: `read chunk: [hell]
read chunk: [o, w]
read chunk: [orld]
read chunk: [! -a]
read chunk: [gent]
read chunk: [zh]
read done
`,
  select: `whatever comes first:
  the word HELLO
  a caller
  a seat
  the word BYE
  the end of the script: true
no longer than a moment:
  late
who lost has taken nothing, and stands in no line:
  somebody takes a word: false
  seats free: 1
of what can be done at once, the first that is named:
  put 1
  took 1
  put 3
a line, or another try later; no byte is lost:
  late
  line: half a line
`,
  smtp: `a whole dialogue:
  < 220 here.example at your service
  > EHLO client.example
  < 250-here.example
  < 250-8BITMIME
  < 250 HELP
  > MAIL FROM:<eve@there.example>
  < 250 OK
  > RCPT TO:<ann@here.example>
  < 250 OK
  > RCPT TO:<bob@here.example>
  < 250 OK
  > DATA
  < 354 go on, a dot alone ends it
  > Subject: dots
  >
  > The next line starts with a dot, and the last is one:
  > ..profile
  > ..
  > .
  < 250 delivered
  > QUIT
  < 221 bye
what ann@here.example and bob@here.example got:
  Subject: dots

  The next line starts with a dot, and the last is one:
  .profile
  .
a reply that is no:
  550 nobody here is eva@here.example
a hundred at once:
  delivered: 100
`,
  starttls: `in the open, then not:
  220 here.example
  EHLO client.example: 250-here.example | 250 STARTTLS
  AUTH PLAIN c2VjcmV0: 538 not in the open
  STARTTLS: 220 go ahead
  EHLO client.example: 250-here.example | 250 AUTH PLAIN
  AUTH PLAIN c2VjcmV0: 235 welcome
  QUIT: 221 bye
whoever does not know the authority hangs up:
  220 here.example
  STARTTLS: 220 go ahead
  client: TlsError
  server: TlsError
a command smuggled in behind STARTTLS:
  220 here.example
  STARTTLS + EHLO smuggler.example: 220 go ahead
  server: LocalProtocolError
  Cannot start TLS: 23 bytes were received that nobody took
`,
  timers: `taken back: true and again: false
as soon as somebody waits
in 10 ms
in 20 ms
tick 1
tick 2
tick 3
in a minute, before its time
every hour, before its time
Cannot set a timer: process exiting
`,
  ws_audio: `2 s of sound: 64806 bytes on the wire
heard: {"fragments":100,"loudest":"0.71"}
`,
  ws_chat: `* ann is here, 1 in all
* bob is here, 2 in all
ann: who wants tea?
bob: I do
* bob has left
closed with 1001
threads left: 0
`,
  ws_echo_wss: `without the authority: tls
protocol: echo | extensions: permessage-deflate
3000 characters left as fewer than 100 bytes: true
they came back: true
`,
};

/** The servers, beside Deno's own, that examples talk to. */
const NEEDS: Record<string, string | undefined> = { dns: "dnsmasq", redis: "redis-server" };

/** Runs a script of this project with colours off. */
function run(script: string, args: readonly string[] = []) {
  return endOf(spawnDeno(new URL(script, root), args, {
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }));
}

Deno.test("every example has an output to be compared with", () => {
  assertEquals(exampleNames(), Object.keys(OUTPUTS));
});

for (const [name, out] of Object.entries(OUTPUTS)) {
  const needs = NEEDS[name];
  const isMissing = needs !== undefined && findProgram(needs) === null;
  Deno.test({
    name: `the example ${name} prints what it should and ends` +
      (isMissing ? ` (${needs} is not installed)` : ""),
    ignore: isMissing,
    fn: async () => assertEquals(await run(`examples/${name}.ts`), { code: 0, out, err: "" }),
  });
}

Deno.test("an example whose server is missing says what to install, and ends well", async () => {
  const program = new URL("examples/support/program.ts", root);
  const ending = await runProgram(`
    import { Program } from ${JSON.stringify(program.href)};
    await using server = new Program("no-such-server", "its-package", () => []);
    console.log("started");
  `);
  assertEquals(ending, {
    code: 0,
    out: "This example talks to no-such-server, which is not installed here.\n" +
      "On Debian: apt-get install its-package\n",
    err: "",
  });
});

Deno.test("the task runs an example by its name and lists them for a name that is none", async () => {
  assertEquals(await run("tools/example.ts", ["many_urls"]), {
    code: 0,
    out: OUTPUTS.many_urls,
    err: "",
  });
  const { code, out } = await run("tools/example.ts", ["nothing"]);
  assertEquals(code, 2);
  assertMatch(out, /^There is no example "nothing"/);
  for (const name of exampleNames()) assertMatch(out, new RegExp(`^  ${name} +\\w+`, "m"));
  assertEquals((await run("tools/example.ts")).code, 0);
});
