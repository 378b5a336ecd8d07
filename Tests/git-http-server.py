#!/usr/bin/env python3
"""Serves the git repositories below a folder over HTTP on loopback, for reading, through `git http-backend`.

    git-http-server.py [--port N] [--old] [--private PREFIX --user USER --password-file FILE] FOLDER

Prints "listening on 127.0.0.1:PORT" once it can be asked. Paths that begin with PREFIX want a Basic login.
With --old it speaks version 0 of git's protocol alone.
"""

import argparse
import base64
import hmac
import http.server
import os
import subprocess
import sys
import threading
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    options = None
    login = None

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def do_HEAD(self):
        self.answer()

    def answer(self):
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        if ".." in path.split("/"):
            self.send_error(400)
            self.close_connection = True
            return
        if self.login and path.startswith(self.options.private) and not self.is_logged_in():
            self.close_connection = True
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()
            return
        self.run_backend(path, query)

    def is_logged_in(self):
        given = self.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), self.login.encode())

    def run_backend(self, path, query):
        environment = dict(
            os.environ,
            GATEWAY_INTERFACE="CGI/1.1",
            GIT_HTTP_EXPORT_ALL="1",
            GIT_PROJECT_ROOT=self.options.folder,
            # The repositories may belong to another user than the one who runs the tests.
            GIT_CONFIG_COUNT="1",
            GIT_CONFIG_KEY_0="safe.directory",
            GIT_CONFIG_VALUE_0="*",
            PATH_INFO=path,
            QUERY_STRING=query,
            REMOTE_ADDR=self.client_address[0],
            REQUEST_METHOD=self.command,
            SERVER_PROTOCOL=self.request_version,
            CONTENT_TYPE=self.headers.get("Content-Type", ""),
        )
        for header, name in (("Content-Encoding", "HTTP_CONTENT_ENCODING"), ("Git-Protocol", "GIT_PROTOCOL")):
            if header in self.headers and not (name == "GIT_PROTOCOL" and self.options.old):
                environment[name] = self.headers[header]
        if "Content-Length" in self.headers:
            environment["CONTENT_LENGTH"] = self.headers["Content-Length"]
        backend = subprocess.Popen(
            ["git", "http-backend"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        sender = threading.Thread(target=self.feed, args=(backend.stdin,))
        sender.start()
        try:
            self.relay(backend.stdout)
        except (BrokenPipeError, ConnectionResetError):
            backend.kill()
        finally:
            backend.stdout.close()
            backend.wait()
            sender.join()

    def feed(self, pipe):
        """Hands the request's body on, whichever way it is framed."""
        try:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                while True:
                    length = int(self.rfile.readline().split(b";")[0], 16)
                    if length == 0:
                        while self.rfile.readline().strip():
                            pass
                        break
                    pipe.write(self.rfile.read(length))
                    self.rfile.readline()
            else:
                left = int(self.headers.get("Content-Length") or 0)
                while left > 0:
                    part = self.rfile.read(min(left, 65536))
                    if not part:
                        break
                    left -= len(part)
                    pipe.write(part)
        except (BrokenPipeError, ConnectionResetError, ValueError):
            self.close_connection = True
        finally:
            try:
                pipe.close()
            except BrokenPipeError:
                pass

    def relay(self, pipe):
        """Sends the backend's answer on; its length is not known, so the connection ends with it."""
        status, headers = 200, []
        while True:
            line = pipe.readline().strip()
            if not line:
                break
            name, _, value = line.decode().partition(":")
            if name.lower() == "status":
                status = int(value.split()[0])
            else:
                headers.append((name, value.strip()))
        self.close_connection = True
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while True:
            part = pipe.read1(65536)
            if not part:
                break
            self.wfile.write(part)

    def log_message(self, format, *arguments):
        sys.stderr.write("%s %s\n" % (self.log_date_time_string(), format % arguments))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--old", action="store_true")
    parser.add_argument("--private", metavar="PREFIX")
    parser.add_argument("--user")
    parser.add_argument("--password-file")
    parser.add_argument("folder")
    options = parser.parse_args()
    options.folder = os.path.abspath(options.folder)
    Handler.options = options
    if options.private:
        with open(options.password_file, encoding="utf-8") as file:
            password = file.read().rstrip("\n")
        Handler.login = "Basic " + base64.b64encode(f"{options.user}:{password}".encode()).decode()
    server = Server(("127.0.0.1", options.port), Handler)
    print("listening on 127.0.0.1:%d" % server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
