"""Is told how runs go: `receiver.py PORT LEDGER STATUS-FILE`.

Appends a line of JSON to the ledger for each call: path, headers, body. Answers with the status in the file, or 204.
"""

import http.server
import json
import sys

port, ledger, status_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with open(ledger, "a") as lines:
            lines.write(json.dumps({"path": self.path, "headers": headers, "body": body}) + "\n")
        try:
            with open(status_file) as status:
                self.send_response(int(status.read()))
        except FileNotFoundError:
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
