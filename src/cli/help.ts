/** What `--help` says. @module */
import { VERSION } from "./version.ts";

/** The text of `lasa --help`. */
export const HELP = `\
lasa ${VERSION}: light threads, cosockets and a pipelining HTTP/1.1 client

Usage
  lasa fetch [URL…] [options]   fetch many URLs over few connections
  lasa fetch --help             all options of fetch
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
terminal a progress bar stands there; Ctrl-C stops, with the summary so far, and a second one ends
at once.

Exit code
  0 all went well   1 something failed   2 the command line is wrong   130 stopped by Ctrl-C
`;
