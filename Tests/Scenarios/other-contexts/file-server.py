#!/usr/bin/env python3
"""Serves the files below a folder over HTTP on loopback, and what else a server may answer.

    file-server.py [--certificate PEM] [--login USER:PASSWORD] FOLDER

Prints "listening on 127.0.0.1:PORT" once it can be asked.

    /NAME           the file
    /private/NAME   the file, for whoever has the login
    /cut/NAME       half of the file, announced as a whole
    /to/URL         a redirect there; the URL is percent-encoded
    /status/CODE    that status, with the whole request as its reason
"""

import argparse
import base64
import http.server
import os
import ssl
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    options = None

    def do_GET(self):
        path = self.path.partition("?")[0]
        kind, _, rest = path.lstrip("/").partition("/")
        if kind == "to":
            self.answer(302, b"", [("Location", urllib.parse.unquote(rest))])
        elif kind == "status":
            self.answer(int(rest), f"refused: {self.path} {self.headers.get('Authorization', '')}\nmore\n".encode())
        elif kind == "cut":
            self.cut(self.content(rest))
        elif kind == "private" and self.headers.get("Authorization") != self.login():
            self.answer(401, b"who are you?\n")
        else:
            self.serve(rest if kind == "private" else kind)

    def login(self):
        return "Basic " + base64.b64encode(self.options.login.encode()).decode()

    def content(self, name):
        with open(os.path.join(self.options.folder, os.path.basename(name)), "rb") as file:
            return file.read()

    def serve(self, name):
        try:
            self.answer(200, self.content(name))
        except OSError:
            self.answer(404, f"There is no {name} here.\nReally.\n".encode())

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self, body):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate")
    parser.add_argument("--login", default=":")
    parser.add_argument("folder")
    Handler.options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if Handler.options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Handler.options.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


main()
