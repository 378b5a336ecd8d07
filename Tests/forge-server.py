#!/usr/bin/env python3
"""A small forge on loopback: git repositories over HTTP, read and pushed to, with hooks and commit statuses.

    forge-server.py --kind github|gitlab|gitea --token-file FILE [--ca FILE] [--port N] FOLDER

It speaks as much of a forge's API as Slipway uses, as its documentation has it, and calls the hooks that were made there
when something is pushed. Prints "listening on 127.0.0.1:PORT". For tests:

    GET /_state          hooks, statuses and deliveries as JSON
    POST /_pull?repository=O/R&number=N&ref=REF&action=A[&fork=1]   tells of a pull request
    POST /_redeliver     sends the last delivery again, with the same id
    POST /_forget        loses all hooks
"""

import argparse
import hashlib
import hmac
import http.server
import importlib.util
import json
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid

here = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("git_http_server", here / "git-http-server.py")
git_http = importlib.util.module_from_spec(spec)
spec.loader.exec_module(git_http)

ZERO = "0" * 40


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.hooks = {}  # by repository: a list of documents as the API shows them
        self.secrets = {}  # by hook id
        self.statuses = []
        self.deliveries = []  # [{hook, id, event, status, body}]
        self.last = None
        self.number = 0


class Kind:
    """What differs between forges."""

    def __init__(self, server):
        self.server = server

    def repository(self, path):
        owner, name = path.split("/")
        page = f"{self.server.url}/{path}"
        return {
            "name": name, "full_name": path, "html_url": page, "clone_url": page + ".git",
            "ssh_url": f"git@127.0.0.1:{path}.git", "default_branch": self.server.default_branch(path),
            "owner": {"login": owner},
        }


class GitHub(Kind):
    prefix = "/api/v3"
    routes = r"/repos/(?P<repository>[^/]+/[^/]+)/(?P<what>hooks|statuses)(?:/(?P<id>\w+))?"

    def may(self, headers):
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        return scheme.lower() in ("token", "bearer") and hmac.compare_digest(given, self.server.token)

    def hook(self, number, body):
        secret = body["config"].get("secret")
        config = {k: v for k, v in body["config"].items() if k != "secret"}
        config["secret"] = "********"
        return {"id": number, "type": "Repository", "name": "web", "active": body.get("active", True),
                "events": body["events"], "config": config}, secret

    def url(self, hook):
        return hook["config"]["url"]

    def status(self, body):
        return {"state": body["state"], "context": body["context"], "url": body.get("target_url"),
                "description": body.get("description")}

    def delivery(self, event, body, raw, secret, identity):
        name = {"push": "push", "pull": "pull_request", "ping": "ping"}[event]
        signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return self.headers(name, identity, signature)

    def headers(self, name, identity, signature):
        return {"X-GitHub-Event": name, "X-GitHub-Delivery": identity, "X-Hub-Signature-256": "sha256=" + signature}

    def push(self, path, ref, before, after, message):
        deleted = after == ZERO
        commit = None if deleted else {"id": after, "message": message}
        return {"ref": ref, "before": before, "after": after, "created": before == ZERO, "deleted": deleted,
                "forced": False, "commits": [commit] if commit else [], "head_commit": commit,
                "repository": self.repository(path), "pusher": {"name": "somebody"}}

    def pull(self, path, number, head, branch, action, is_fork):
        base = self.repository(path)
        source = dict(base, full_name="stranger/app", html_url=self.server.url + "/stranger/app") if is_fork else base
        source = dict(source, id=2 if is_fork else 1, fork=is_fork)
        return {"action": action, "number": int(number), "repository": base,
                "pull_request": {"number": int(number), "title": "a change", "state": "open",
                                 "head": {"ref": "change", "sha": head, "repo": source},
                                 "base": {"ref": branch, "sha": self.server.head(path, branch), "repo": dict(base, id=1)}}}

    def ping(self, path, hook):
        return {"zen": "Tests are calm.", "hook_id": hook["id"], "repository": self.repository(path)}


class Gitea(GitHub):
    prefix = "/api/v1"

    def hook(self, number, body):
        document, secret = super().hook(number, body)
        document["type"] = body["type"]
        document["config"].pop("secret")
        return document, secret

    def headers(self, name, identity, signature):
        return {"X-Gitea-Event": name, "X-Gitea-Event-Type": name, "X-Gitea-Delivery": identity,
                "X-Gitea-Signature": signature}

    def ping(self, path, hook):
        return None


class GitLab(Kind):
    prefix = "/api/v4"
    routes = r"/projects/(?P<repository>[^/]+)/(?P<what>hooks|statuses)(?:/(?P<id>\w+))?"

    def may(self, headers):
        given = headers.get("PRIVATE-TOKEN") or headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given, self.server.token)

    def hook(self, number, body):
        document = {k: v for k, v in body.items() if k != "token"}
        return dict(document, id=number, project_id=1), body.get("token")

    def url(self, hook):
        return hook["url"]

    def status(self, body):
        return {"state": body["state"], "context": body.get("name") or body.get("context"),
                "url": body.get("target_url"), "description": body.get("description")}

    def delivery(self, event, body, raw, secret, identity):
        name = {"push": "Push Hook", "tag": "Tag Push Hook", "pull": "Merge Request Hook"}[event]
        return {"X-Gitlab-Event": name, "X-Gitlab-Token": secret, "X-Gitlab-Event-UUID": identity,
                "Idempotency-Key": identity}

    def project(self, path):
        page = f"{self.server.url}/{path}"
        return {"id": 1, "name": path.split("/")[-1], "path_with_namespace": path, "web_url": page,
                "git_http_url": page + ".git", "git_ssh_url": f"git@127.0.0.1:{path}.git",
                "default_branch": self.server.default_branch(path)}

    def push(self, path, ref, before, after, message):
        is_tag = ref.startswith("refs/tags/")
        kind = "tag_push" if is_tag else "push"
        return {"object_kind": kind, "event_name": kind, "ref": ref, "before": before, "after": after,
                "checkout_sha": None if after == ZERO else after, "project": self.project(path),
                "commits": [] if after == ZERO else [{"id": after, "message": message}],
                "total_commits_count": 0 if after == ZERO else 1}

    def pull(self, path, number, head, branch, action, is_fork):
        names = {"opened": "open", "synchronize": "update", "reopened": "reopen", "closed": "close"}
        attributes = {"id": 90 + int(number), "iid": int(number), "title": "a change", "target_branch": branch,
                      "source_branch": "change", "source_project_id": 2 if is_fork else 1, "target_project_id": 1,
                      "last_commit": {"id": head, "message": "a change"}, "action": names.get(action, action)}
        if action == "synchronize":
            attributes["oldrev"] = ZERO.replace("0", "1")
        return {"object_kind": "merge_request", "event_type": "merge_request", "project": self.project(path),
                "object_attributes": attributes}

    def ping(self, path, hook):
        return None


class Handler(git_http.Handler):
    @property
    def forge(self):
        return self.server.forge

    def do_PATCH(self):
        self.answer()

    def do_PUT(self):
        self.answer()

    def do_DELETE(self):
        self.answer()

    def answer(self):
        path = self.path.partition("?")[0]
        if path.startswith("/_"):
            self.answer_test(path, dict(urllib.parse.parse_qsl(self.path.partition("?")[2])))
        elif path.startswith(self.forge.prefix):
            self.answer_api(path[len(self.forge.prefix):])
        elif path.endswith("/git-receive-pack") and self.command == "POST":
            repository = re.sub(r"(\.git)?/git-receive-pack$", "", path).strip("/")
            before = self.server.refs(repository)
            super().answer()
            self.server.tell_of_push(repository, before)
        else:
            super().answer()

    def reply(self, status, document=None):
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def read(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def answer_api(self, path):
        body = self.read()
        found = re.fullmatch(self.forge.routes, path)
        if not self.forge.may(self.headers):
            return self.reply(401, {"message": "Bad credentials"})
        if not found:
            return self.reply(404, {"message": "Not Found"})
        repository = urllib.parse.unquote(found["repository"])
        if not self.server.path(repository).exists():
            return self.reply(404, {"message": "Not Found"})
        state = self.server.state
        with state.lock:
            if found["what"] == "statuses":
                if self.command != "POST":
                    return self.reply(405)
                state.statuses.append(dict(self.forge.status(body), commit=found["id"], repository=repository))
                return self.reply(201, {"id": len(state.statuses)})
            hooks = state.hooks.setdefault(repository, [])
            known = next((h for h in hooks if str(h["id"]) == found["id"]), None)
            if found["id"] and not known:
                return self.reply(404, {"message": "Not Found"})
            if self.command == "GET":
                return self.reply(200, known or hooks)
            if self.command == "DELETE":
                hooks.remove(known)
                return self.reply(204)
            if known:  # PATCH, PUT
                changed, secret = self.forge.hook(known["id"], {**known, **body})
                hooks[hooks.index(known)] = changed
                if secret and set(secret) != {"*"}:
                    state.secrets[known["id"]] = secret
                return self.reply(200, changed)
            state.number += 1
            made, secret = self.forge.hook(state.number, body)
            hooks.append(made)
            state.secrets[made["id"]] = secret or ""
        self.reply(201, made)
        ping = self.forge.ping(repository, made)
        if ping:
            self.server.send(made, "ping", ping)

    def answer_test(self, path, query):
        server = self.server
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/_state":
            with server.state.lock:
                return self.reply(200, {"hooks": server.state.hooks, "statuses": server.state.statuses,
                                        "deliveries": server.state.deliveries})
        if path == "/_forget":
            with server.state.lock:
                server.state.hooks.clear()
        elif path == "/_redeliver":
            server.send(*server.state.last)
        elif path == "/_pull":
            repository = query["repository"]
            head = server.git(repository, "rev-parse", query["ref"])
            document = self.forge.pull(repository, query["number"], head, query.get("branch", "main"),
                                       query["action"], "fork" in query)
            for hook in list(server.state.hooks.get(repository, [])):
                server.send(hook, "pull", document)
        self.reply(200, {})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def start(self, options, token):
        self.folder, self.token, self.state = pathlib.Path(options.folder), token, State()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.forge = {"github": GitHub, "gitlab": GitLab, "gitea": Gitea}[options.kind](self)
        self.context = ssl.create_default_context(cafile=options.ca) if options.ca else None

    def path(self, repository):
        return self.folder / (repository.removesuffix(".git") + ".git")

    def git(self, repository, *arguments):
        return subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", str(self.path(repository)), *arguments], check=True,
            capture_output=True, text=True).stdout.strip()

    def refs(self, repository):
        lines = self.git(repository, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags")
        return dict(line.split(" ") for line in lines.splitlines())

    def default_branch(self, repository):
        return self.git(repository, "symbolic-ref", "--short", "HEAD")

    def head(self, repository, branch):
        return self.git(repository, "rev-parse", "refs/heads/" + branch)

    def tell_of_push(self, repository, before):
        after = self.refs(repository)
        for ref in sorted(set(before) | set(after)):
            old, new = before.get(ref, ZERO), after.get(ref, ZERO)
            if old == new:
                continue
            message = "" if new == ZERO else self.git(repository, "log", "-1", "--format=%B", new)
            document = self.forge.push(repository, ref, old, new, message)
            event = "tag" if document.get("object_kind") == "tag_push" else "push"
            for hook in list(self.state.hooks.get(repository, [])):
                self.send(hook, event, document)

    def send(self, hook, event, document, identity=None):
        raw = json.dumps(document).encode()
        identity = identity or str(uuid.uuid4())
        self.state.last = (hook, event, document, identity)
        headers = self.forge.delivery(event, document, raw, self.state.secrets.get(hook["id"]) or "", identity)
        request = urllib.request.Request(
            self.forge.url(hook), data=raw, headers={**headers, "Content-Type": "application/json"}, method="POST")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(request, timeout=10) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        except OSError as error:
            status, text = 0, str(error)
        with self.state.lock:
            self.state.deliveries.append({"id": identity, "event": event, "status": status, "answer": text})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=["github", "gitlab", "gitea"], required=True)
    parser.add_argument("--token-file", required=True)
    parser.add_argument("--ca", help="the certificate that hooks are called with")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("folder")
    options = parser.parse_args()
    Handler.options = argparse.Namespace(folder=options.folder, private=None, old=False)
    Handler.login = None
    server = Server(("127.0.0.1", options.port), Handler)
    server.start(options, pathlib.Path(options.token_file).read_text().strip())
    print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
