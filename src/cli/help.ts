/** What `--help` says. @module */
import { VERSION } from "../version.ts";

/** The text of `lasa --help`. */
export const HELP = `\
lasa ${VERSION}: light threads, cosockets and a pipelining HTTP/1.1 client

Usage
  lasa fetch [URL…] [options]   fetch many URLs over few connections
  lasa run FILE [ARG…]          run a TypeScript or JavaScript program in a light thread
  lasa run -e CODE [ARG…]       the same with the code itself
  lasa fetch --help             all options of fetch
  lasa run --help               all options of run
  lasa --version                the version
  lasa --help                   this text
`;

/** The text of `lasa fetch --help`. */
export const FETCH_HELP = `\
Fetches URLs with light threads over pipelined HTTP/1.1 connections and tells how it went.

Usage
  lasa fetch [URL…] [--input FILE] [options]

Examples
  lasa fetch https://example.com/ https://example.org/
  lasa fetch --input list.txt --out pages --max-conn 4
  generate-urls | lasa fetch --input - --json > results.jsonl

What to fetch
  URL…                       http and https URLs
  -i, --input FILE           a list with one URL a line, - for standard input; it is read as it is
                             worked off. Blank lines and lines that begin with # are skipped

What to do with the bodies (without either they are read and dropped)
  -o, --out DIR              write each to a file in DIR, which is made if need be. A file is named
                             after its URL: https://a.org/b/c?d=1 goes to "https,a.org,b,c~3fd=1".
                             Pages with a status from 400 up are not kept
      --json                 write a line of JSON for each URL to standard output, as they end:
                             url, finalUrl, status, bytes, ms, sha256, or what is known and error
      --report FILE          write the summary to FILE as well, as JSON

How to fetch
      --max-conn N           connections in all (50)
      --max-conn-per-target N
                             connections to one scheme, host, port and client address (20)
      --max-pipelined N      requests on the way behind the one being answered, on each connection
                             (10); 0 turns pipelining off
      --client-ip IP         call from this local address; may be repeated, they take turns
      --timeout MS           milliseconds that one URL may take, waiting in line included (none)
      --retries N            how often a request that may be repeated is sent again (3)
  -H, --header "NAME: VALUE" send this header; may be repeated
      --cacert FILE          also trust the certificate authorities in this PEM file
      --fail-fast            stop at the first URL that fails

  -h, --help                 this text

A URL fails where it ends in an error or in a status from 400 up. While standard error is a
terminal a progress bar stands there; Ctrl-C or SIGTERM stops, with the summary so far, and a second
one ends at once.

Exit code
  0 all went well   1 something failed   2 the command line is wrong
  130 stopped by Ctrl-C   143 stopped by SIGTERM
`;

/** The text of `lasa run --help`. */
export const RUN_HELP = `\
Runs a program in a light thread of its own, with all of lasa's names at hand.

Usage
  lasa run [options] FILE [ARG…]
  lasa run [options] -e CODE [ARG…]

Examples
  lasa run server.ts 8080
  lasa run -e 'console.log(lasa.md5("hello"))'
  lasa run -e 'export default (a, b) => console.log(a + b)' one two

The program
  It is a module in TypeScript or JavaScript. The global "lasa" has everything that
  import * as lasa from "@lasa/lasa" would give, and lasa.args, the ARGs. A function that the module
  exports as its default is called with the ARGs; a number that it returns is the exit code. What
  stands behind FILE or CODE is the program's, options included

Options
  -e, --eval CODE            run this code instead of a file; it imports by full URLs
      --lib NAME=MODULE      load a module before the program, which finds it as the global NAME;
                             may be repeated
  -h, --help                 this text

Ctrl-C and SIGTERM kill the program's threads: their finally blocks run, pending timers are called
with premature = true, sockets are closed. A second one ends at once, and so does what is not done
after three seconds.

Exit code
  the program's own   1 it cannot be loaded, or threw   2 the command line is wrong
  130 stopped by Ctrl-C   143 stopped by SIGTERM
`;
