#!/usr/bin/env python3
"""A registry that can remove tags, which distribution 2 can't: passes everything on to one and removes the tag's folder
in its store itself. With --greedy the manifest goes with the tag, as some registries have it.

    untagging_registry.py HOST:PORT STORE [--greedy]

Prints "listening on 127.0.0.1:PORT" once it can be asked.
"""

import http.client
import http.server
import re
import shutil
import sys

target, store, greedy = sys.argv[1], sys.argv[2], "--greedy" in sys.argv
tag_path = re.compile(r"/v2/(.+)/manifests/([^:/]+)$")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.pass_on()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_GET

    def do_DELETE(self):
        match = tag_path.match(self.path)
        if not match:
            return self.pass_on()
        folder = f"{store}/docker/registry/v2/repositories/{match[1]}/_manifests"
        with open(f"{folder}/tags/{match[2]}/current/link") as link:
            digest = link.read()
        shutil.rmtree(f"{folder}/tags/{match[2]}")
        if greedy:
            shutil.rmtree(f"{folder}/revisions/{digest.replace(':', '/')}", ignore_errors=True)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def pass_on(self):
        connection = http.client.HTTPConnection(target)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                connection.putheader(name, value)
        body = self.body()
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else len(data)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
