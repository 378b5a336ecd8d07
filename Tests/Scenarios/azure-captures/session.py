"""What stands in the server's place for what a capture was made with: names, ids, links, tokens."""

import base64
import json
import re
import ssl
import urllib.parse
import urllib.request

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
TENANT = "11111111-1111-1111-1111-111111111111"
CLIENT = "33333333-3333-3333-3333-333333333333"
DIGEST = "sha256:" + "a" * 64


class Answer:
    """An answer: status, headers by their name in lower case, body as it came and, where it is JSON, as that."""

    def __init__(self, status, headers, content):
        self.status, self.content = status, content
        self.headers = {name.lower(): value for name, value in headers}
        try:
            self.json = json.loads(content)
        except ValueError:
            self.json = None


class Session:
    """A client of the server, as the scenario's settings describe it."""

    def __init__(self, settings):
        self.settings = settings
        self.server = settings["server"]
        self.host = self.server.removeprefix("https://")
        self.registry = settings["registry"]
        self.login_server = settings["loginServer"]
        self.runs = {}        # captured run id: ours
        self.links = {}       # captured blob: our URL
        self.sources = {}     # captured relativePath: ours
        self.operation = None
        self.refresh_token = self.registry_token = ""
        context = ssl.create_default_context(cafile=settings["ca"])
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirects())
        self.token = self.fetch_token(self.server + "//.default")
        self.subscription = self._get("/subscriptions?api-version=2022-12-01")["value"][0]["subscriptionId"]
        registries = self._get(f"/subscriptions/{self.subscription}/providers/Microsoft.ContainerRegistry/registries")
        self.path = next(item["id"] for item in registries["value"] if item["name"] == self.registry)
        self.group = self.path.split("/")[4]

    def fetch_token(self, scope):
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": self.settings["clientId"],
            "client_secret": self.settings["clientSecret"], "scope": scope})
        answer = self.send("POST", self.server + "/adfs/oauth2/token", form.encode(),
                           {"Content-Type": "application/x-www-form-urlencoded"})
        return answer.json["access_token"]

    def _get(self, path):
        return self.send("GET", self.server + path, headers={"Authorization": f"Bearer {self.token}"}).json

    def send(self, method, url, body=None, headers=None):
        request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
        try:
            with self.opener.open(request, timeout=120) as answer:
                return Answer(answer.status, answer.getheaders(), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers.items(), error.read())

    # ---- From the capture's words to ours ----

    def translate(self, value):
        """The same JSON value with the server's own names in it."""
        if isinstance(value, dict):
            return {self.translate_text(key): self._of_key(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.translate(item) for item in value]
        return self.translate_text(value) if isinstance(value, str) else value

    def _of_key(self, key, item):
        if key in ("name", "runId") and isinstance(item, str) and re.fullmatch("ca[0-9]+", item):
            # A run of another day's work has the name of none of ours.
            return self.runs.get(item, item + "?")
        if key == "encodedTaskContent" and isinstance(item, str):
            return base64.b64encode(self.translate_text(base64.b64decode(item).decode()).encode()).decode()
        return self.translate(item)

    def translate_text(self, text):
        for captured, ours in self.sources.items():
            text = text.replace(captured, ours)
        for captured, ours in (
            (SUBSCRIPTION, self.subscription),
            (TENANT, self.settings["tenant"]),
            (CLIENT, self.settings["clientId"]),
            ("resourceGroups/MyGroup", "resourceGroups/" + self.group),
            ("resourceGroups/mygroup", "resourceGroups/" + self.group.lower()),
            ("https://git.example.test/team/app.git", self.settings["git"]),
            ("LOGIN_SERVER", self.login_server), ("SERVER", self.host), (DIGEST, self.settings["digest"]),
            ("<secret>", "a secret of the replay"), ("<git-token>", "a token of the replay"),
        ):
            text = text.replace(captured, ours)
        # Names in references to images keep away from those of others.
        text = re.sub(r"\bacme01\b", self.registry, text)
        text = re.sub(r"(?<![\w/.-])busybox (?=echo|sleep)", self.settings["base"] + " ", text)
        return re.sub(r"(?<=runs/)ca[0-9]+\b", lambda found: self.runs.get(found.group(), found.group()), text)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None
