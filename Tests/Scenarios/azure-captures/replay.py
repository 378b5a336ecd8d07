"""Sends the captured requests of the Azure CLI to a server and compares the answers.

    replay.py CAPTURES SETTINGS [NAME…]

SETTINGS is a JSON file: server, ca, tenant, clientId, clientSecret, registry, loginServer, git (URL of a repository),
base (an image with busybox), digest (of the image x:y in the registry). With names, only those captures.
Writes a line for each capture, "ok NAME" or "FAIL NAME: what differs".
"""

import base64
import json
import pathlib
import re
import sys
import time
import urllib.parse

import blobs
import shape
from session import Answer, Session
from table import ALSO_ACCEPTED, NOT_COMPARED, NOT_REPLAYED, REPLAYED, unread

# What the client sends itself or what the library here sets.
NOT_SENT = {"authorization", "content-length", "host", "connection"}


class Replay:
    """One capture."""

    def __init__(self, session, capture):
        self.session, self.capture = session, capture
        self.exchanges = capture["exchanges"]
        self.leave_out = NOT_COMPARED.get(capture["operation"], set())
        self.followed = False
        self.found = []

    def run(self):
        self._prepare()
        for index, exchange in enumerate(self.exchanges):
            try:
                self._exchange(index, exchange["request"], exchange["response"])
            except (ValueError, KeyError, OSError, TypeError) as error:
                self.found.append(f"{self._title(exchange['request'])}: {type(error).__name__} {error}")
                break
        return self.found

    def _title(self, request):
        return f"{request['method']} {re.sub(r'^.*/registries/[^/]+(?=/)', 'P', request['path'])}"

    # ---- What has to be there ----

    def _prepare(self):
        """Puts the tasks, pools and task runs that this capture reads as it found them."""
        if "/taskRuns" in self.exchanges[-1]["request"]["path"] or self.capture["operation"] == "taskrun-logs":
            self._make_task_run("tr1")
        written = set()
        for exchange in self.exchanges:
            request, body = exchange["request"], exchange["response"]["body"]
            found = re.fullmatch(r".*/registries/acme01/(tasks|agentPools)/([^/]+)(/listDetails)?", request["path"])
            if not found or exchange["response"]["status"] >= 300 or found.group(2) in written:
                continue
            if request["method"] in ("GET", "POST", "PATCH") and isinstance(body, dict) and "properties" in body:
                written.add(found.group(2))
                self._put(found.group(1), found.group(2), body)

    def _make_task_run(self, name):
        """Makes a task run, as no command of the client does, and waits for its end."""
        text = f"version: v1.1.0\nsteps:\n  - cmd: {self.session.settings['base']} echo hi\n"
        request = {"type": "EncodedTaskRunRequest", "encodedTaskContent": base64.b64encode(text.encode()).decode(),
                   "platform": {"os": "linux"}}
        path = f"{self.session.path}/taskRuns/{name}?api-version=2025-03-01-preview"
        body = {"location": "local", "properties": {"runRequest": request, "forceUpdateTag": "replay"}}
        answer = self._send("PUT", path, body)
        for _ in range(240):
            properties = (answer.json or {}).get("properties")
            if answer.status not in (200, 201) or not properties:
                self.found.append(f"PUT taskRuns/{name} answers {answer.status}: {answer.content[:200]!r}")
                return
            if properties["provisioningState"] in ("Succeeded", "Failed", "Canceled"):
                self.session.runs["ca1"] = properties["runResult"]["properties"]["runId"]
                return
            time.sleep(0.25)
            answer = self._send("GET", path)
        self.found.append(f"taskRuns/{name} does not end")

    def _put(self, kind, name, body):
        captured = json.loads(json.dumps(body))
        for key in ("id", "name", "type", "systemData"):
            captured.pop(key, None)
        for key in ("provisioningState", "creationDate"):
            captured["properties"].pop(key, None)
        identity = captured.get("identity") or {}
        for key in ("principalId", "tenantId"):
            identity.pop(key, None)
        if identity.get("userAssignedIdentities"):
            identity["userAssignedIdentities"] = {name: {} for name in identity["userAssignedIdentities"]}
        answer = self._send("PUT", f"{self.session.path}/{kind}/{name}?api-version=2025-03-01-preview", captured)
        if answer.status not in (200, 201):
            self.found.append(f"PUT {kind}/{name}, which this needs, answers {answer.status}: {answer.content[:200]!r}")

    def _send(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.session.token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(self.session.translate(body)).encode()
        return self.session.send(method, self.session.server + path, content, headers)

    # ---- One exchange ----

    def _exchange(self, index, request, captured):
        path = request["path"]
        if path.startswith("/blobs/src/log-"):
            self._log(index, path)
        elif path.startswith("/blobs/"):
            self._upload(index, request)
        elif path.startswith("/operations/"):
            self._operation()
        else:
            answer = self._api(request)
            if request["method"] == "GET" and "/agentPools/" in path and captured["status"] == 404:
                answer = self._until_gone(request, answer)
            self._compare(request, captured, answer)
            self._remember(request, captured, answer)

    def _api(self, request):
        session, path = self.session, urllib.parse.quote(self.session.translate_text(request["path"]))
        is_registry = re.match(r"/(v2|acr|oauth2)/", path)
        url = (f"https://{session.login_server}" if is_registry else session.server) + path
        if request["query"]:
            url += "?" + urllib.parse.urlencode(session.translate(request["query"]), quote_via=urllib.parse.quote)
        headers = {name: value for name, value in request["headers"].items() if name.lower() not in NOT_SENT}
        headers.update(self._authorization(request["headers"].get("Authorization", ""), is_registry))
        body = request["body"]
        if isinstance(body, str):
            body = self._form(body).encode()
        elif body is not None:
            body = json.dumps(session.translate(body)).encode()
        elif request["method"] in ("POST", "PUT", "PATCH"):
            body = b""
        return session.send(request["method"], url, body, headers)

    def _authorization(self, captured, is_registry):
        if captured.startswith("Basic"):
            login = f"00000000-0000-0000-0000-000000000000:{self.session.refresh_token}"
            return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
        if captured.startswith("Bearer"):
            return {"Authorization": "Bearer " + (self.session.registry_token if is_registry else self.session.token)}
        return {}

    def _form(self, text):
        """A captured form, as text with placeholders in it, with what belongs there."""
        fields = dict(field.split("=", 1) for field in text.split("&"))
        for name, value in fields.items():
            fields[name] = self.session.translate_text(urllib.parse.unquote_plus(value))
        if "client_secret" in fields:
            fields["client_secret"] = self.session.settings["clientSecret"]
        if fields.get("grant_type") == "access_token":
            fields["access_token"] = self.session.fetch_token("https://containerregistry.azure.net/.default")
        if "refresh_token" in fields:
            fields["refresh_token"] = self.session.refresh_token
        return urllib.parse.urlencode(fields)

    def _compare(self, request, captured, answer):
        title = self._title(request)
        accepted = next(
            (statuses for (method, part), statuses in ALSO_ACCEPTED.items()
             if method == request["method"] and part in request["path"] and captured["status"] < 300),
            {captured["status"]})
        if answer.status not in accepted:
            self.found.append(f"{title} answers {answer.status}, not {captured['status']}: {answer.content[:300]!r}")
            return
        if isinstance(captured["body"], (dict, list)):
            comparison = shape.Comparison(
                self.leave_out | unread(request["path"]), shows_secrets=request["path"].endswith("/listDetails"))
            self.found += [
                f"{title}: {line}" for line in
                comparison.differences(self.session.translate(captured["body"]), answer.json, "answer")]
        challenge = captured["headers"].get("WWW-Authenticate")
        if challenge:
            self._compare_challenge(title, answer.headers.get("www-authenticate", ""))

    def _compare_challenge(self, title, challenge):
        """The scheme, a blank, and then a list without any blank: what comes after a second one is not read."""
        form = r'Bearer realm="https://[^" ]+/oauth2/token",service="%s"' % re.escape(self.session.login_server)
        if not re.match(form + r"(,[^ ]+)?$", challenge):
            self.found.append(f"{title}: WWW-Authenticate is {challenge!r}")

    def _remember(self, request, captured, answer):
        """Ids, links and tokens for the requests that follow."""
        body, ours = captured["body"], answer.json
        if not isinstance(body, dict) or not isinstance(ours, dict):
            return
        if request["path"].endswith("/scheduleRun") and "properties" in ours:
            self.session.runs[body["properties"]["runId"]] = ours["properties"]["runId"]
        if request["path"].endswith("/runs") and body["value"] and ours.get("value"):
            self.session.runs[body["value"][0]["name"]] = ours["value"][0]["name"]
        for link in ("uploadUrl", "logLink"):
            if body.get(link):
                self.session.links[urllib.parse.urlsplit(body[link]).path] = ours[link]
        if "relativePath" in body:
            self.session.sources[body["relativePath"]] = ours["relativePath"]
        if "refresh_token" in body:
            self.session.refresh_token = ours["refresh_token"]
        if "access_token" in body and re.match("/oauth2/token", request["path"]):
            self.session.registry_token = ours["access_token"]
        self.session.operation = answer.headers.get("azure-asyncoperation")
        if self.capture["operation"] == "check-health-repository" and request["path"] == "/oauth2/token":
            self._look_into(ours["access_token"])

    def _look_into(self, token):
        """This one command reads a token that is otherwise opaque: what it allows with a repository."""
        claims = token.split(".")[1]
        access = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["access"]
        actions = next((item["actions"] for item in access if (item["type"], item["name"]) == ("repository", "x")), [])
        if not {"pull", "push"} <= set(actions):
            self.found.append(f"the token allows {access}")

    # ---- Blobs and operations ----

    def _upload(self, index, request):
        if request["query"].get("comp") == "block":
            return
        url = self.session.links[request["path"]]
        headers = {name: value for name, value in request["headers"].items() if name.lower() not in NOT_SENT}
        if request["query"].get("comp") == "blocklist":
            content = blobs.context({**self._files(index), "noise": blobs.noise(65 << 20)})
            statuses = blobs.upload_in_blocks(self.session, url, content, request["body"], headers)
            if set(statuses) != {201}:
                self.found.append(f"PUT of blocks answers {statuses}")
            return
        answer = self.session.send("PUT", url, blobs.context(self._files(index)), headers)
        if answer.status != 201:
            self.found.append(f"PUT of the context answers {answer.status}: {answer.content[:300]!r}")

    def _files(self, index):
        """A context for the request that comes after the upload."""
        base = self.session.settings["base"]
        request = next(
            exchange["request"]["body"] for exchange in self.exchanges[index:]
            if exchange["request"]["path"].endswith("/scheduleRun"))
        what = "nothing.txt" if self.capture["operation"] == "build-failed" else "hello.txt"
        dockerfile = f"FROM scratch AS stage1\nCOPY {what} /\nFROM stage1 AS t\nFROM t AS z\n".encode()
        task = f"version: v1.1.0\nsteps:\n  - cmd: {base} echo hi\n".encode()
        files = {"Dockerfile": dockerfile, "hello.txt": b"hello\n", "task.yaml": task}
        return {**files, request.get("dockerFilePath", "Dockerfile"): dockerfile}

    def _log(self, index, path):
        """All of the log at once, where the capture begins to read it."""
        if self.followed:
            return
        self.followed = True
        later = [exchange for exchange in self.exchanges[index:]]
        expected = next(
            exchange["response"]["headers"]["x-ms-meta-Complete"] for exchange in reversed(later)
            if "x-ms-meta-Complete" in exchange["response"]["headers"])
        cancels = [exchange for exchange in later if exchange["request"]["path"].endswith("/cancel")]
        when_shown = (lambda: self._cancel(cancels[0])) if cancels else None
        ended = blobs.follow(self.session, self.session.links[path], 240, when_shown)
        if ended != expected.lower():
            self.found.append(f"the log ends as {ended}, not {expected}: {self._why(path)}")

    def _cancel(self, exchange):
        answer = self._api(exchange["request"])
        self._compare(exchange["request"], exchange["response"], answer)

    def _why(self, path):
        run = self.session.runs.get(path.removeprefix("/blobs/src/log-"))
        record = self._send("GET", f"{self.session.path}/runs/{run}?api-version=2025-03-01-preview").json
        return (record or {}).get("properties", {}).get("runErrorMessage", record)

    def _operation(self):
        """Polls what goes on, where the server answered that something does."""
        url, self.session.operation = self.session.operation, None
        if not url:
            return
        for _ in range(300):
            answer = self.session.send("GET", url, headers={"Authorization": f"Bearer {self.session.token}"})
            if answer.json and answer.json.get("status") in ("Succeeded", "Failed", "Canceled"):
                if answer.json["status"] != "Succeeded":
                    self.found.append(f"the operation ends as {answer.json}")
                return
            if "retry-after" not in answer.headers:
                self.found.append("an operation's poll has no Retry-After, so that the client waits for 30 s")
                return
            time.sleep(0.2)
        self.found.append("an operation goes on without end")

    def _until_gone(self, request, answer):
        """A pool may still be there for a while after it was deleted."""
        for _ in range(300):
            if answer.status != 200:
                break
            time.sleep(0.2)
            answer = self._api(request)
        return answer


def main():
    folder, settings = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
    there = {path.stem for path in folder.glob("*.json")}
    for name in sorted(there - set(REPLAYED) - set(NOT_REPLAYED)):
        print(f"FAIL {name}: is in neither table of table.py")
    for name in sorted((set(REPLAYED) | set(NOT_REPLAYED)) - there):
        print(f"FAIL {name}: there is no such capture")
    for name in sorted(set(REPLAYED) & set(NOT_REPLAYED)):
        print(f"FAIL {name}: is in both tables of table.py")
    session = Session(settings)
    for name in sys.argv[3:] or REPLAYED:
        if name in there:
            found = Replay(session, json.loads((folder / f"{name}.json").read_text())).run()
            print(f"FAIL {name}: {' | '.join(found)}" if found else f"ok {name}", flush=True)
    for name, reason in NOT_REPLAYED.items():
        print(f"ok {name} is not replayed: {reason}")


if __name__ == "__main__":
    main()
