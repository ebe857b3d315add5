// The site, served by Node. Called with the JSON file that script.ts writes.

import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { argv } from "node:process";
import { createGzip } from "node:zlib";

const setup = JSON.parse(readFileSync(argv[2], "utf8"));

function answer(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/echo") {
    response.setHeader("Content-Type", "text/plain");
    if (request.headers["content-length"] !== undefined) {
      response.setHeader("Content-Length", request.headers["content-length"]);
    }
    request.pipe(response);
  } else if (pathname === "/moved" || pathname === "/dir") {
    const isMoved = pathname === "/moved";
    response.writeHead(isMoved ? 302 : 301, { Location: isMoved ? "/small.txt" : "/dir/" }).end();
  } else if (pathname === "/headers") {
    for (const [name, value] of setup.largeHeaders) response.setHeader(name, value);
    response.end("headers");
  } else if (pathname.startsWith("/chunked/")) {
    send(pathname.slice("/chunked".length), request, response, "chunked");
  } else if (pathname.startsWith("/gzip/")) {
    send(pathname.slice("/gzip".length), request, response, "gzip");
  } else {
    send(pathname === "/dir/" ? "/dir/index.html" : pathname, request, response, "whole");
  }
}

function send(path, request, response, way) {
  const file = setup.root + path;
  if (!existsSync(file)) return response.writeHead(404).end("no such file\n");
  const { size, mtimeMs } = statSync(file);
  const etag = `"${size}-${mtimeMs}"`;
  response.setHeader("ETag", etag);
  if (request.headers["if-none-match"] === etag) return response.writeHead(304).end();
  response.setHeader("Content-Type", path.endsWith(".txt") ? "text/plain" : "text/html");
  if (way === "gzip") {
    response.setHeader("Content-Encoding", "gzip");
    return void createReadStream(file).pipe(createGzip()).pipe(response);
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const [start, end] = range === null ? [0, size - 1] : [Number(range[1]), Number(range[2])];
  if (way === "whole") response.setHeader("Content-Length", end - start + 1);
  if (range !== null) {
    response.statusCode = 206;
    response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  }
  if (request.method === "HEAD") return void response.end();
  createReadStream(file, { start, end }).pipe(response);
}

const identity = { cert: readFileSync(setup.cert), key: readFileSync(setup.key) };
const plain = [setup.plain, setup.briefPlain].map((port) => [createServer(answer), port]);
const tls = [setup.tls, setup.briefTls].map((port) => [createTlsServer(identity, answer), port]);
for (const [server, port] of [...plain, ...tls]) {
  const isBrief = port === setup.briefPlain || port === setup.briefTls;
  server.keepAliveTimeoutBuffer = 0;
  server.keepAliveTimeout = isBrief ? setup.briefMs : 60_000;
  server.listen(port, "127.0.0.1");
}
