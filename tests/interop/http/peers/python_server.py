"""The site, served by Python's standard library. Called with the JSON file that script.ts writes."""

import gzip
import json
import ssl
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

with open(sys.argv[1]) as file:
    setup = json.load(file)


class Handler(SimpleHTTPRequestHandler):
    protocol_version = setup["protocol"]
    # A head and a body in two packets would wait for one another's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    patience = 60.0

    def __init__(self, *args):
        super().__init__(*args, directory=setup["root"])

    def handle_one_request(self):
        super().handle_one_request()
        # The first request may take its time, the handshake being a part of it.
        self.connection.settimeout(self.patience)

    def handle_expect_100(self):
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def do_GET(self):
        way, _, path = self.path[1:].partition("/")
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/small.txt")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/headers":
            self.give(b"headers", setup["largeHeaders"])
        elif way == "chunked":
            self.give_in_chunks(self.read_file(path))
        elif way == "gzip":
            body = gzip.compress(self.read_file(path))
            self.give(body, [["Content-Encoding", "gzip"]])
        else:
            super().do_GET()

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while (size := int(self.rfile.readline(), 16)) > 0:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self.give(body, [])

    def give(self, body, fields):
        self.send_response(200)
        for name, value in [["Content-Length", str(len(body))], *fields]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def give_in_chunks(self, body):
        self.send_response(200)
        if self.protocol_version == "HTTP/1.0":
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 5000):
            chunk = body[start : start + 5000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def read_file(self, path):
        with open(setup["root"] + "/" + path, "rb") as file:
            return file.read()

    def log_message(self, *args):
        pass


class ImpatientHandler(Handler):
    patience = setup["briefMs"] / 1000


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def shutdown_request(self, request):
        # Without this the end of TLS would not be told from an attacker's (RFC 9112 section 9.8).
        if isinstance(request, ssl.SSLSocket):
            try:
                request.unwrap()
            except OSError:
                pass
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        # A caller that goes away in the middle is nothing to speak of.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(port, handler, is_tls):
    server = Server(("127.0.0.1", port), handler)
    if is_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(setup["cert"], setup["key"])
        # In the accepting thread a handshake would hold up all the others.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever).start()


serve(setup["plain"], Handler, False)
serve(setup["tls"], Handler, True)
serve(setup["briefPlain"], ImpatientHandler, False)
serve(setup["briefTls"], ImpatientHandler, True)
