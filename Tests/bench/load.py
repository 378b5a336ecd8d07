"""Loads a server as many clients and agents would, over real HTTPS, and prints figures.

    load.py WHAT SERVER-FOLDER …     WHAT is submits, claims, latency, lists, logs, cancel or memory

The folder is one of the scenarios' servers: its data folder has the login. Agents are simulated: they speak the agents' protocol
and carry nothing out. Each figure is a line "LABEL<tab>VALUE".
"""

import asyncio
import json
import os
import re
import secrets
import sqlite3
import ssl
import statistics
import sys
import tempfile
import time
import urllib.parse

API_VERSION = "2025-03-01-preview"
REQUEST = {"type": "DockerBuildRequest", "sourceLocation": "https://git.example.com/app.git", "imageNames": ["app:1"],
           "dockerFilePath": "Dockerfile", "platform": {"os": "Linux"}}


class Connection:
    """One connection that is kept, for one request at a time."""

    def __init__(self, server):
        self.server, self.reader, self.writer = server, None, None

    async def ask(self, method, path, body=b"", bearer=None):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                self.server.host, self.server.port, ssl=self.server.tls, limit=1 << 20)
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.server.host}:{self.server.port}\r\nContent-Length: {len(body)}\r\n"
        head += f"Authorization: Bearer {bearer}\r\nContent-Type: application/json\r\n\r\n"
        self.writer.write(head.encode() + body)
        await self.writer.drain()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split(" ", 2)[1])
        length = re.search(r"content-length: (\d+)", head, re.I)
        if length:
            answer = await self.reader.readexactly(int(length[1]))
        elif re.search(r"transfer-encoding: chunked", head, re.I):
            answer = b""
            while size := int(await self.reader.readline(), 16):
                answer += await self.reader.readexactly(size)
                await self.reader.readline()
            await self.reader.readline()
        else:
            answer = b""
        return status, answer

    def close(self):
        if self.writer:
            self.writer.close()
            self.writer = None


class Server:
    def __init__(self, folder):
        self.data = f"{folder}/data"
        self.login = json.load(open(f"{self.data}/local-client.json"))
        address = urllib.parse.urlsplit(self.login["server"])
        self.host, self.port = address.hostname, address.port
        self.tls = ssl.create_default_context(cafile=f"{self.data}/tls/ca.pem")

    async def log_in(self):
        connection = Connection(self)
        form = urllib.parse.urlencode({
            "client_id": self.login["clientId"], "client_secret": self.login["clientSecret"],
            "grant_type": "client_credentials", "scope": self.login["server"] + "/.default"}).encode()
        status, answer = await connection.ask("POST", f"/{self.login['tenant']}/oauth2/v2.0/token", form)
        assert status == 200, answer
        self.token = json.loads(answer)["access_token"]
        subscriptions = await self.call(connection, "GET", "/subscriptions")
        subscription = subscriptions["value"][0]["subscriptionId"]
        registries = await self.call(
            connection, "GET", f"/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries")
        self.registry = registries["value"][0]["id"]
        connection.close()

    async def call(self, connection, method, path, body=None):
        path = path if path.startswith("/") else f"{self.registry}/{path}"
        path += ("&" if "?" in path else "?") + f"api-version={API_VERSION}"
        status, answer = await connection.ask(method, path, b"" if body is None else json.dumps(body).encode(), self.token)
        assert status == 200, (method, path, status, answer)
        return json.loads(answer) if answer else None


class Agent:
    """Speaks the agents' protocol."""

    def __init__(self, server, number, slots):
        self.server, self.name, self.slots = server, f"load-{number}", slots
        self.key = secrets.token_hex(32)
        self.bearer = f"agent.{self.name}.{self.key}"

    async def join(self, connection, token):
        body = {"id": self.name, "pool": "load", "host": "load", "slots": self.slots, "version": "0", "key": self.key}
        status, answer = await connection.ask("POST", "/agent/v1/agents", json.dumps(body).encode(), token)
        assert status == 200, answer

    async def next(self, connection, wait=0):
        status, answer = await connection.ask("POST", f"/agent/v1/runs/next?wait={wait}", b"", self.bearer)
        assert status in (200, 204), (status, answer)
        # The server watches for the end of a connection that waits for a run, and ends it with the answer.
        connection.close()
        return json.loads(answer) if status == 200 else None

    async def lease(self, connection, lease, method, what, body=b""):
        status, answer = await connection.ask(method, f"/agent/v1/leases/{lease}/{what}", body, self.bearer)
        assert status in (200, 204), (method, what, status, answer)
        return answer

    async def finish(self, connection, lease, log=0, status="Succeeded"):
        await self.lease(connection, lease, "PUT", "outcome", json.dumps({"status": status, "logLength": log}).encode())


def figure(label, value):
    print(f"{label}\t{value}", flush=True)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def in_parallel(count, workers, work):
    """Calls work(worker, number) for each number, from that many workers; the times of all calls, and of the whole."""
    numbers, times = iter(range(count)), []

    async def worker(index):
        for number in numbers:
            begin = time.monotonic()
            await work(index, number)
            times.append(time.monotonic() - begin)

    begin = time.monotonic()
    await asyncio.gather(*(worker(index) for index in range(workers)))
    return times, time.monotonic() - begin


async def submit(server, count, workers=16):
    connections = [Connection(server) for _ in range(workers)]
    result = await in_parallel(
        count, workers,
        lambda worker, _: server.call(connections[worker], "POST", "scheduleRun", dict(REQUEST, agentPoolName="load")))
    for connection in connections:
        connection.close()
    return result


async def claim(server, agent, count, workers=16):
    """The leases of that many runs."""
    connections, leases = [Connection(server) for _ in range(workers)], []

    async def take(worker, _):
        leases.append((await agent.next(connections[worker], 30))["lease"])

    result = await in_parallel(count, workers, take)
    for connection in connections:
        connection.close()
    return leases, *result


def bare_commits(count):
    """What the disk and SQLite alone do: rows of the same kind, each synced, per second."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        database = sqlite3.connect(f"{folder}/peer.sqlite", isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE run (sequence INTEGER PRIMARY KEY, status TEXT, request TEXT)")
        database.execute("CREATE INDEX runByStatus ON run (status, sequence)")
        begin = time.monotonic()
        for _ in range(count):
            database.execute("INSERT INTO run (status, request) VALUES ('Queued', ?)", ("x" * 600,))
        return count / (time.monotonic() - begin)


async def measure_submits(server, agent, connection):
    await submit(server, 50)
    times, whole = await submit(server, 2000)
    figure("submits per second", round(2000 / whole))
    figure("submit, p99, ms", round(percentile(times, 0.99) * 1000))
    figure("peer: rows per second of bare SQLite, synced", round(bare_commits(2000)))
    leases, _, whole = await claim(server, agent, 2050)
    figure("claims per second", round(2050 / whole))
    connections = [Connection(server) for _ in range(16)]
    _, whole = await in_parallel(
        len(leases), 16, lambda worker, number: agent.finish(connections[worker], leases[number]))
    figure("finishes per second", round(2050 / whole))


async def measure_latency(server, agent, connection):
    waiting, times = Connection(server), []
    for _ in range(200):
        task = asyncio.create_task(agent.next(waiting, 30))
        await asyncio.sleep(0.01)
        begin = time.monotonic()
        await server.call(connection, "POST", "scheduleRun", dict(REQUEST, agentPoolName="load"))
        lease = (await task)["lease"]
        times.append(time.monotonic() - begin)
        await agent.finish(waiting, lease)
    figure("asked for to assignment at an idle agent, median, ms", round(statistics.median(times) * 1000, 1))
    figure("the same, p99, ms", round(percentile(times, 0.99) * 1000, 1))


async def measure_lists(server, agent, connection):
    newest = (await server.call(connection, "GET", "runs?$top=1"))["value"][0]["properties"]
    filters = {
        "no filter": "", "status": "Status eq 'Failed'", "task": "TaskName eq 'none'", "agent pool": "AgentPoolName eq 'load'",
        "run type": "RunType eq 'AutoBuild'", "created": f"CreateTime ge {newest['createTime']}",
        "archived": "IsArchiveEnabled eq true", "image": "contains(OutputImageManifests, 'sha256:0')",
        "run id": f"RunId eq '{newest['runId']}'"}
    for label, text in filters.items():
        times = []
        for _ in range(30):
            begin = time.monotonic()
            query = "runs?$top=100" + ("&$filter=" + urllib.parse.quote(text) if text else "")
            try:
                await server.call(connection, "GET", query)
            except AssertionError as error:
                figure(f"list, {label}", f"refused: {str(error)[:80]}")
                break
            times.append(time.monotonic() - begin)
        else:
            figure(f"list of 100, {label}, p95, ms", round(percentile(times, 0.95) * 1000, 1))


async def running(server, agent, count):
    await submit(server, count)
    leases, *_ = await claim(server, agent, count, 32)
    connections = [Connection(server) for _ in range(32)]
    await in_parallel(len(leases), 32, lambda worker, number: agent.lease(
        connections[worker], leases[number], "PUT", "events/1", json.dumps({"began": True}).encode()))
    return leases


async def measure_logs(server, agent, connection):
    leases = await running(server, agent, 200)
    chunk, total, lengths = os.urandom(48 << 10).hex().encode()[: 64 << 10], 0, []
    end = time.monotonic() + 15

    async def stream(lease):
        own, offset = Connection(server), 0
        while time.monotonic() < end:
            await agent.lease(own, lease, "PUT", f"log?offset={offset}", chunk)
            offset += len(chunk)
        lengths.append((lease, offset))
        own.close()

    begin = time.monotonic()
    await asyncio.gather(*(stream(lease) for lease in leases))
    whole = time.monotonic() - begin
    total = sum(length for _, length in lengths)
    figure("log over 200 streams, MiB per second", round(total / whole / (1 << 20), 1))
    figure("peer: the same written and synced to 200 files, MiB per second", round(bare_files(len(chunk), 10), 1))
    for lease, length in lengths:
        await agent.finish(connection, lease, length)


def bare_files(size, seconds):
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        files = [open(f"{folder}/{number}", "wb", buffering=0) for number in range(200)]
        total, begin = 0, time.monotonic()
        while time.monotonic() - begin < seconds:
            for file in files:
                file.write(b"x" * size)
                os.fdatasync(file.fileno())
                total += size
        return total / (time.monotonic() - begin) / (1 << 20)


async def measure_cancel(server, agent, connection):
    leases = await running(server, agent, 50)

    async def hold(lease):
        own = Connection(server)
        while b"held" in await agent.lease(own, lease, "POST", "renewal?wait=10"):
            pass
        await agent.finish(own, lease, status="Canceled")
        own.close()

    holders = [asyncio.create_task(hold(lease)) for lease in leases]
    await submit(server, 1000)
    begin = time.monotonic()
    answer = await server.call(connection, "POST", "runs/cancel", {"filter": "AgentPoolName eq 'load'"})
    figure("cancel of 1,000 queued and 50 running, answered after ms", round((time.monotonic() - begin) * 1000))
    await asyncio.gather(*holders)
    figure("the same, all shown as Canceled after ms", round((time.monotonic() - begin) * 1000))
    assert len(answer["value"]) == 1050, len(answer["value"])


async def measure_memory(server, agent, connection):
    process = int(sys.argv[3])
    figure("memory of the server before, MiB", resident(process))
    leases = await running(server, agent, 1000)
    stop = asyncio.Event()

    async def hold(lease):
        own, offset = Connection(server), 0
        while not stop.is_set():
            await agent.lease(own, lease, "POST", "renewal?wait=10")
            await agent.lease(own, lease, "PUT", f"log?offset={offset}", b"x" * 100)
            offset += 100
        await agent.finish(own, lease, offset)
        own.close()

    holders = [asyncio.create_task(hold(lease)) for lease in leases]
    before, begin = processor_time(process), time.monotonic()
    await asyncio.sleep(40)
    figure("memory with 1,000 runs under way, MiB", resident(process))
    figure("processors that takes", round((processor_time(process) - before) / (time.monotonic() - begin), 2))
    stop.set()
    await asyncio.gather(*holders)


def resident(process):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{process}/status").read())[1]) // 1024


def processor_time(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main():
    server = Server(sys.argv[2])
    await server.log_in()
    connection, agent = Connection(server), Agent(server, secrets.token_hex(4), 64)
    await agent.join(connection, open(os.environ["BENCH_JOIN_TOKEN_FILE"]).read().strip())
    await globals()[f"measure_{sys.argv[1]}"](server, agent, connection)


if __name__ == "__main__":
    asyncio.run(main())
