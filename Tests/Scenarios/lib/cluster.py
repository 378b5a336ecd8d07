"""For scenarios with agents on several hosts: a server, a registry and hosts in network namespaces of this machine.

A host has its own network, its own docker daemon and one agent. All of them are on one bridge, and can be cut off from it.
Only root can have these. Everything is below one folder and ends with `Cluster.close`.
"""

import base64
import contextlib
import glob
import http.server
import io
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

API_VERSION = "2025-03-01-preview"


def say(text):
    print(text, flush=True)


def run(*command, check=True, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if check and result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {result.stderr.strip()}")
    return result


def wait_until(seconds, what, condition):
    """Polls with a bound that is far above what is needed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise TimeoutError(f"{what}: not within {seconds} s")


class Process:
    """A program that is started again and again, with one log."""

    def __init__(self, command, log, env=None):
        self.command, self.log, self.env = command, log, env
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, start_new_session=True)

    @property
    def lives(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        if self.lives:
            self.process.send_signal(number)

    def kill(self):
        """As a crash: kill -9."""
        if self.lives:
            self.process.kill()
            self.process.wait()

    def stop(self, seconds=60):
        if self.lives:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()


def is_there(process):
    """Whether a process runs. One that has ended and that nobody has asked for does not."""
    try:
        return open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Ledger:
    """What happened, told by those who did it: steps by a request, the registry by its notifications."""

    def __init__(self, address):
        self.steps, self.pushes = [], []
        lock = self.lock = threading.Lock()
        ledger = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                _, kind, *names = self.path.split("/")
                if kind == "step":
                    with lock:
                        ledger.steps.append((tuple(names), time.time()))
                self.answer()

            def do_POST(self):
                events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["events"]
                with lock:
                    for event in events:
                        if event["action"] == "push" and event["target"].get("tag"):
                            ledger.pushes.append((event["target"]["repository"], event["target"]["tag"], event["timestamp"]))
                self.answer()

            def answer(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.server.daemon_threads = True
        self.address = f"{address}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Host:
    """A machine with a daemon and an agent."""

    def __init__(self, cluster, number):
        self.cluster, self.number = cluster, number
        self.name = f"{cluster.name}-{number}"
        self.address = f"{cluster.network}.{10 + number}"
        self.folder = f"{cluster.folder}/host-{number}"
        self.socket = f"{self.folder}/docker.sock"
        os.makedirs(self.folder)
        link = f"{cluster.name}v{number}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", link, "master", cluster.name, "up")
        for setting in (["addr", "add", f"{self.address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                        ["link", "set", "lo", "up"], ["route", "add", "default", "via", cluster.address]):
            run("ip", "-n", self.name, *setting)
        self.link = link
        self.daemon = Process(
            self.inside("dockerd", "--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec", "--pidfile",
                        f"{self.folder}/dockerd.pid", "--host", f"unix://{self.socket}", "--bip", "10.204.0.1/24",
                        "--insecure-registry", f"http://{cluster.registry_address}"),
            f"{self.folder}/dockerd.log")
        self.agent = None
        self.is_stopped = False

    def inside(self, *command):
        # Not `ip netns exec`, which hides the control groups from the daemon.
        return ["nsenter", f"--net=/run/netns/{self.name}", *command]

    def docker(self, *command, check=True, **options):
        return run("docker", "--host", f"unix://{self.socket}", *command, check=check, **options)

    def start_daemon(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{self.folder}/dockerd.pid")
        self.end_containerd()
        self.daemon.start()

    def wait_for_daemon(self):
        try:
            wait_until(90, f"the daemon of {self.name}", lambda: self.docker("version", check=False).returncode == 0)
        except TimeoutError:
            say("".join(open(f"{self.folder}/dockerd.log", errors="replace").readlines()[-20:]))
            raise

    def end_containerd(self):
        """Of a daemon that was killed. The next one takes it for running as long as anything of it is there."""
        self.end_processes(f"{self.folder}/exec/containerd/containerd.toml")
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{self.folder}/exec/containerd/containerd.pid")

    def end_processes(self, argument):
        ended = []
        for place in glob.glob("/proc/[0-9]*/cmdline"):
            with contextlib.suppress(OSError, ValueError):
                if argument.encode() in open(place, "rb").read():
                    ended.append(int(place.split("/")[2]))
                    os.kill(ended[-1], signal.SIGKILL)
        wait_until(30, f"processes of {argument} end", lambda: not any(map(is_there, ended)))

    def kill_daemon(self):
        self.daemon.kill()

    def make_agent(self, command):
        self.agent = Process(self.inside(*command), f"{self.folder}/agent.log")
        return self.agent

    def cut(self):
        run("ip", "link", "set", self.link, "down")

    def mend(self):
        run("ip", "link", "set", self.link, "up")

    def left_on_daemon(self):
        """What carries a label of ours."""
        left = []
        for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
            label = [] if kind[0] != "network" else ["--filter", "label=slipway.run"]
            left += self.docker(*kind, "--quiet", "--filter", "label=slipway.owner", *label).stdout.split()
        return left

    def close(self):
        if self.agent:
            self.agent.send(signal.SIGCONT)
            self.agent.kill()
        self.daemon.stop()
        self.end_processes(f"{self.folder}/")
        mounts = [line.split()[1] for line in open("/proc/mounts") if line.split()[1].startswith(self.folder + "/")]
        for mount in reversed(mounts):
            run("umount", "--lazy", mount, check=False)
        run("ip", "link", "delete", self.link, check=False)
        run("ip", "netns", "delete", self.name, check=False)


class Server:
    """slipway-server on the bridge, and its API."""

    def __init__(self, cluster, settings):
        self.folder = f"{cluster.folder}/server"
        os.makedirs(self.folder)
        self.address = f"{cluster.address}:{free_port(cluster.address)}"
        self.url = f"https://{self.address}"
        self.data = f"{self.folder}/data"
        with open(f"{self.folder}/config.yml", "w") as file:
            file.write(f"data: {self.data}\nlisten: {self.address}\n{settings}")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SLIPWAY_")}
        self.environment = dict(environment, SLIPWAY_LOCAL=f"{self.data}/local-client.json",
                                SLIPWAY_CONFIG_DIR=f"{self.folder}/client")
        self.bin = cluster.bin
        self.program = Process([f"{cluster.bin}/slipway-server", "--config", f"{self.folder}/config.yml"],
                               f"{self.folder}/server.log", environment)
        self.token = None

    def start(self):
        self.program.start()

    def wait(self):
        wait_until(60, "the server", lambda: not self.program.lives or self.is_ready())
        if not self.program.lives:
            raise RuntimeError("the server ended: " + open(self.program.log, errors="replace").read()[-2000:])

    def is_ready(self):
        try:
            return self.fetch("GET", "/readyz", timeout=5)[0] == 200
        except OSError:
            return False

    @property
    def tls(self):
        return ssl.create_default_context(cafile=f"{self.data}/tls/ca.pem")

    def fetch(self, method, path, body=None, headers=None, timeout=30):
        url = path if path.startswith("https:") else self.url + path
        request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=self.tls), urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def log_in(self):
        client = json.load(open(f"{self.data}/local-client.json"))
        form = urllib.parse.urlencode({
            "client_id": client["clientId"], "client_secret": client["clientSecret"], "grant_type": "client_credentials",
            "scope": client["server"] + "/.default"}).encode()
        status, body = self.fetch("POST", f"/{client['tenant']}/oauth2/v2.0/token", form)
        if status != 200:
            raise OSError(f"login: {status} {body!r}")
        self.token = json.loads(body)["access_token"]
        status, body = self.call("GET", "/subscriptions")
        subscription = body["value"][0]["subscriptionId"]
        status, body = self.call("GET", f"/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries")
        self.registry = body["value"][0]["id"]

    def call(self, method, path, body=None, timeout=30):
        if not path.startswith("/"):
            path = f"{self.registry}/{path}"
        separator = "&" if "?" in path else "?"
        status, answer = self.fetch(
            method, f"{path}{separator}api-version={API_VERSION}", None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}, timeout)
        return status, json.loads(answer) if answer[:1] in (b"{", b"[") else answer

    def slipway(self, *command, check=True):
        return run(f"{self.bin}/slipway", *command, check=check, env=self.environment)

    def upload(self, files):
        """Uploads a context; the path that requests name it by."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text))
        _, place = self.call("POST", "listBuildSourceUploadUrl", {})
        status, answer = self.fetch("PUT", place["uploadUrl"], packed.getvalue(),
                                    {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"})
        if status != 201:
            raise OSError(f"upload: {status} {answer!r}")
        return place["relativePath"]

    def log(self, run_id):
        return self.fetch("GET", f"{self.registry}/runs/{run_id}/log?api-version={API_VERSION}",
                          headers={"Authorization": f"Bearer {self.token}"})[1]

    def run_record(self, run_id):
        return self.call("GET", f"runs/{run_id}")[1]["properties"]

    def status(self, run_id):
        return self.run_record(run_id)["status"]


TERMINAL = {"Succeeded", "Failed", "Canceled", "Error", "Timeout"}


def free_port(address):
    with socket.socket() as listener:
        listener.bind((address, 0))
        return listener.getsockname()[1]


def task_request(text, values=(), **properties):
    return {"type": "EncodedTaskRunRequest", "encodedTaskContent": base64.b64encode(text.encode()).decode(),
            "platform": {"os": "Linux"}, "values": list(values), **properties}


class Cluster:
    """Hosts 1…count with their agents in the pool `default`, which has no agent inside the server."""

    def __init__(self, folder, bin_folder, hosts, settings=""):
        # What was begun is cleared away also when somebody stops the scenario.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(143))
        self.folder, self.bin = folder, bin_folder
        os.makedirs(folder, exist_ok=True)
        self.name = f"slip{random.SystemRandom().randrange(10_000)}"
        self.network = f"10.203.{random.SystemRandom().randrange(1, 250)}"
        self.address = f"{self.network}.1"
        self.hosts = []
        self.registry = self.server = None
        run("ip", "link", "add", self.name, "type", "bridge")
        try:
            run("ip", "addr", "add", f"{self.address}/24", "dev", self.name)
            run("ip", "link", "set", self.name, "up")
            self.ledger = Ledger(self.address)
            self.start_registry()
            for number in range(1, hosts + 1):
                self.hosts.append(Host(self, number))
                self.hosts[-1].start_daemon()
            self.server = Server(self, f"""\
registries: [{{name: tests, loginServer: "{self.registry_address}", endpoint: "http://{self.registry_address}"}}]
pools: [{{name: default, slots: 0}}]
sources: {{allow: ["http://{self.registry_address}"]}}
{settings}""")
            self.server.start()
            self.server.wait()
            self.server.log_in()
            for host in self.hosts:
                host.wait_for_daemon()
            self.base = f"{self.registry_address}/base/busybox:1"
            self.make_base()
        except BaseException:
            self.close()
            raise

    def start_registry(self):
        program = shutil.which("docker-registry") or shutil.which("registry")
        folder = f"{self.folder}/registry"
        os.makedirs(folder)
        self.registry_address = f"{self.address}:{free_port(self.address)}"
        with open(f"{folder}/config.yml", "w") as file:
            file.write(f"""\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: "{folder}/data"}}, delete: {{enabled: true}}}}
http: {{addr: "{self.registry_address}"}}
notifications:
  endpoints:
    - {{name: ledger, url: "http://{self.ledger.address}/registry", timeout: 5s, threshold: 100, backoff: 1s}}
""")
        environment = {key: value for key, value in os.environ.items() if key != "REGISTRY_HTTP_ADDR"}
        environment["OTEL_TRACES_EXPORTER"] = "none"
        self.registry = Process([program, "serve", f"{folder}/config.yml"], f"{folder}/log", environment)
        self.registry.start()

    def make_base(self):
        root = f"{self.folder}/base"
        busybox = shutil.which("busybox")
        for name in ("bin", "etc", "tmp"):
            os.makedirs(f"{root}/{name}")
        shutil.copy(busybox, f"{root}/bin/busybox")
        for command in run(busybox, "--list").stdout.split():
            if command != "busybox":
                os.symlink("busybox", f"{root}/bin/{command}")
        packed = run("tar", "--create", "--directory", root, "--owner=0", "--group=0", "--file", f"{root}.tar", ".")
        del packed
        for host in self.hosts:
            host.docker("import", "--change", "ENV PATH=/bin", "--change", 'CMD ["sh"]', f"{root}.tar", self.base)
        self.hosts[0].docker("push", "--quiet", self.base)

    def join(self, host, slots, *options):
        """Starts the host's agent with a join token of its own."""
        token = self.server.slipway("pool", "token", "create", "--name", "default").stdout.strip()
        path = f"{host.folder}/join-token"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(token)
        host.make_agent([
            f"{self.bin}/slipway-agent", "--server", self.server.url, "--ca-file", f"{self.server.data}/tls/ca.pem",
            "--join-token-file", path, "--pool", "default", "--slots", str(slots), "--docker", f"unix://{host.socket}",
            "--data", f"{host.folder}/agent", "--name", f"host-{host.number}", *options])
        host.agent.start()

    def agents(self):
        return {row["id"]: row for row in json.loads(
            self.server.slipway("pool", "agents", "--name", "default", "--output", "json").stdout)}

    def close(self):
        for host in self.hosts:
            with contextlib.suppress(Exception):
                host.close()
        for process in (self.server.program if self.server else None, self.registry):
            if process:
                process.kill()
        run("ip", "link", "delete", self.name, check=False)


class Checks:
    """One line for each check, as those of the other scenarios, which take over the count from a file."""

    def __init__(self, count_file):
        self.count_file, self.count, self.failed = count_file, 0, 0
        self.note()

    def note(self):
        with open(self.count_file, "w") as file:
            file.write(f"{self.count} {self.failed}\n")

    def expect(self, text, holds, *details):
        self.count += 1
        if holds:
            say(f"ok      {text}")
        else:
            self.failed += 1
            say(f"NOT ok  {text}")
            for detail in details:
                for line in str(detail).splitlines()[:40]:
                    say(f"          {line}")
        self.note()
        return holds
