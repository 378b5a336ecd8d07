"""Loads a server with webhook deliveries and timers, over real HTTPS, and prints figures as load.py does.

    triggers.py deliveries SERVER-FOLDER [SECONDS [RATE]]
    triggers.py timers SERVER-FOLDER [COUNT]
"""

import asyncio
import datetime
import hashlib
import hmac
import json
import random
import sqlite3
import sys
import time

from load import Connection, Server, figure, percentile

REPOSITORY = "https://gitea.invalid/bench/app.git"
TASK = {
    "location": "local",
    "properties": {
        "status": "Enabled", "platform": {"os": "Linux", "architecture": "amd64"}, "agentPoolName": "load",
        "step": {"type": "Docker", "contextPath": REPOSITORY + "#main", "dockerFilePath": "Dockerfile", "imageNames": ["app:1"],
                 "isPushEnabled": False},
    },
}


def task(**trigger):
    document = json.loads(json.dumps(TASK))
    document["properties"]["trigger"] = trigger
    return document


async def deliveries(server, seconds=60, rate=500):
    """Sends deliveries at a steady rate, 30 % of them again, and waits until all have been worked on."""
    connection = Connection(server)
    made = await server.call(connection, "PUT", "tasks/hooked", task(sourceTriggers=[{
        "name": "s", "status": "Enabled", "sourceTriggerEvents": ["commit"],
        "sourceRepository": {"repositoryUrl": REPOSITORY, "branch": "main", "sourceControlType": "Github"}}]))
    hook = made["properties"]["triggerState"]["sources"][0]["hook"]
    path, secret = hook["url"].split(f":{server.port}", 1)[1], hook["secret"]

    chooser = random.Random(1)
    sent, plan = [], []
    for number in range(seconds * rate):
        if sent and chooser.random() < 0.3:
            plan.append(chooser.choice(sent[-2000:]))
        else:
            sent.append(number)
            plan.append(number)

    def request(number):
        commit = hashlib.sha1(str(number).encode()).hexdigest()
        page = REPOSITORY.removesuffix(".git")
        body = json.dumps({
            "ref": "refs/heads/main", "before": "1" * 40, "after": commit,
            "commits": [{"id": commit, "message": f"change {number}"}], "head_commit": {"id": commit, "message": f"change {number}"},
            "repository": {"full_name": "bench/app", "html_url": page, "clone_url": REPOSITORY, "default_branch": "main"},
        }).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        head = (f"POST {path} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nX-Gitea-Event: push\r\nX-Gitea-Delivery: bench-{number}\r\n"
                f"X-Gitea-Signature: {signature}\r\n\r\n")
        return head.encode() + body

    health = f"GET /healthz HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n\r\n".encode()
    peer = await at_rate(server, [health] * (5 * rate), rate)
    times = await at_rate(server, [request(number) for number in plan], rate)
    figure(f"deliveries sent, {rate}/s for {seconds} s, 30 % of them twice", len(plan))
    figure("  answered after, p50 / p99 / most, ms", " / ".join(
        f"{value * 1000:.0f}" for value in (percentile(times, 0.5), percentile(times, 0.99), max(times))))
    figure("  against a bare answer at that rate, p99", f"{percentile(times, 0.99) / percentile(peer, 0.99):.1f}")

    begin = time.monotonic()
    database = sqlite3.connect(f"file:{server.data}/db/slipway.sqlite?mode=ro", uri=True)
    while database.execute("SELECT count(*) FROM delivery WHERE state = 'pending'").fetchone()[0]:
        await asyncio.sleep(0.5)
    stored = database.execute("SELECT count(*), count(DISTINCT deliveryID) FROM delivery").fetchone()
    runs = database.execute(
        "SELECT count(*), count(DISTINCT json_extract(trigger, '$.source._0.commit')) FROM run WHERE task = 'hooked'").fetchone()
    figure("  all worked on, s after the last", f"{time.monotonic() - begin:.0f}")
    figure("  different ones sent / stored / runs", f"{len(sent)} / {stored[0]} / {runs[0]}")
    figure("  lost / doubled", f"{len(sent) - runs[1]} / {runs[0] - runs[1]}")
    connection.close()


async def at_rate(server, requests, rate, connections=64):
    """Sends requests when they are due, whatever became of those before; the times from due to answered."""
    queue, times = asyncio.Queue(), []
    begin = time.monotonic() + 1

    async def worker():
        connection = Connection(server)
        while (item := await queue.get()) is not None:
            due, bytes_ = item
            times.append(await send(connection, bytes_) - due)
        connection.close()

    workers = [asyncio.create_task(worker()) for _ in range(connections)]
    for number, bytes_ in enumerate(requests):
        due = begin + number / rate
        await asyncio.sleep(max(0, due - time.monotonic()))
        queue.put_nowait((due, bytes_))
    for _ in workers:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
    return times


async def send(connection, bytes_):
    if connection.writer is None:
        connection.reader, connection.writer = await asyncio.open_connection(
            connection.server.host, connection.server.port, ssl=connection.server.tls)
    connection.writer.write(bytes_)
    await connection.writer.drain()
    head = (await connection.reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.split(" ")[1] in ("200", "202"), head
    length = int(head.split("content-length: ")[1].split("\r\n")[0]) if "content-length: " in head else 0
    await connection.reader.readexactly(length)
    return time.monotonic()


async def timers(server, count=1000):
    """Makes timers that are all due in one minute, and looks when their runs were accepted."""
    connection = Connection(server)
    now = datetime.datetime.now(datetime.timezone.utc)
    due = (now + datetime.timedelta(seconds=60 + count / 20)).replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)
    schedule = f"{due.minute} {due.hour} {due.day} {due.month} *"
    for first in range(0, count, 10):
        await server.call(connection, "PUT", f"tasks/timed-{first}", task(timerTriggers=[
            {"name": f"t{number}", "status": "Enabled", "schedule": schedule} for number in range(min(10, count - first))]))
    assert datetime.datetime.now(datetime.timezone.utc) < due, "making the tasks took too long"
    database = sqlite3.connect(f"file:{server.data}/db/slipway.sqlite?mode=ro", uri=True)
    runs = "SELECT count(*), max(createTime), min(createTime) FROM run WHERE task LIKE 'timed-%'"
    limit = due.timestamp() + 120
    while database.execute(runs).fetchone()[0] < count and time.time() < limit:
        await asyncio.sleep(0.5)
    await asyncio.sleep(2)
    found, last, first = database.execute(runs).fetchone()
    figure(f"timers due in one minute, {count} / fired", found)
    figure("  first / last fired after, s", f"{first / 1000 - due.timestamp():.1f} / {last / 1000 - due.timestamp():.1f}")
    connection.close()


async def main():
    server = Server(sys.argv[2])
    await server.log_in()
    await {"deliveries": deliveries, "timers": timers}[sys.argv[1]](server, *map(int, sys.argv[3:]))


asyncio.run(main())
