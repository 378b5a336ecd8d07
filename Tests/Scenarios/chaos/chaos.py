"""Breaks a cluster at random, from a seed, while runs go on, and then checks that nothing is lost."""

import argparse
import collections
import datetime
import json
import random
import re
import signal
import sqlite3
import time

from cluster import TERMINAL, Checks, Cluster, run, say, task_request, wait_until

SECRET = "planted-" + "x7Kq2vZ9pLm4"
LINES = 40


class Clients:
    """Those who ask for runs. What they were told with a 2xx is in `accepted`."""

    def __init__(self, cluster, random_source):
        self.server, self.base, self.ledger = cluster.server, cluster.base, cluster.ledger
        self.random = random_source
        self.accepted = {}
        self.canceled = set()
        self.context = None

    def step(self, name, seconds):
        return (f"{self.base} sh -c 'timeout 5 wget -q -O /dev/null http://{self.ledger.address}/step/{{{{.Run.ID}}}}/{name} || true; "
                f"i=0; while [ $i -lt {LINES} ]; do echo \"@@ {{{{.Run.ID}}}} {name} $i\"; i=$((i+1)); done; sleep {seconds}'")

    def task(self):
        seconds = self.random.choice([0, 0, 0.5, 1, 3])
        parallel = self.random.random() < 0.3
        text = "version: v1.1.0\nsteps:\n"
        for number, name in enumerate(["one", "two", "three"][: self.random.randint(1, 3)]):
            text += f"  - id: {name}\n    cmd: >-\n      {self.step(name, seconds)}\n"
            if parallel and number:
                text += '    when: ["-"]\n'
        if self.random.random() < 0.3:
            text += f"  - cmd: {self.base} echo the secret is {{{{.Values.token}}}}\n"
        return "task", task_request(text, [{"name": "token", "value": SECRET, "isSecret": True}])

    def build(self):
        return "build", {
            "type": "DockerBuildRequest", "sourceLocation": self.context, "dockerFilePath": "Dockerfile",
            "imageNames": ["chaos:{{.Run.ID}}"], "isPushEnabled": True, "platform": {"os": "Linux"},
            "arguments": [{"name": "NUMBER", "value": str(self.random.random()), "isSecret": False}]}

    def submit(self):
        kind, request = self.task() if self.random.random() < 0.75 else self.build()
        try:
            status, answer = self.server.call("POST", "scheduleRun", request, timeout=10)
        except OSError:
            return
        if status == 200:
            self.accepted[answer["properties"]["runId"]] = kind

    def cancel(self):
        if not self.accepted:
            return
        chosen = self.random.sample(sorted(self.accepted), min(3, len(self.accepted)))
        try:
            status, answer = self.server.call("POST", "runs/cancel", {"runIds": chosen}, timeout=10)
        except OSError:
            return
        if status == 200:
            self.canceled |= {item["runId"] for item in answer["value"] if item["result"] in ("canceled", "cancelRequested")}


class Faults:
    """Breaks one thing at a time, and mends it some time later. Each host has one fault at most."""

    def __init__(self, cluster, random_source, checks):
        self.cluster, self.random, self.checks = cluster, random_source, checks
        self.mending = []
        self.counts = collections.Counter()
        # When a host's network was mended, or its agent woke: what its daemon had in flight arrives then.
        self.resumed = collections.defaultdict(list)
        self.kinds = [
            (self.kill_server, 3), (self.kill_agent, 4), (self.cut, 4), (self.freeze, 2), (self.kill_daemon, 1),
            (self.stop_server, 1)]

    def do(self):
        names, weights = zip(*self.kinds)
        self.random.choices(names, weights)[0]()

    def later(self, seconds, what, host=None):
        self.mending.append((time.monotonic() + seconds, what, host))

    def mend(self, everything=False):
        for entry in list(self.mending):
            due, what, _ = entry
            if everything or due <= time.monotonic():
                self.mending.remove(entry)
                what()

    def host(self):
        busy = {host for _, _, host in self.mending}
        free = [host for host in self.cluster.hosts if host not in busy]
        return self.random.choice(free) if free else None

    def note(self, text):
        self.counts[text.split(" ")[0]] += 1
        say(f"        {time.strftime('%H:%M:%S')} {text}")

    def note_resumed(self, host):
        self.resumed[f"host-{host.number}"].append(time.time())

    def was_in_flight(self, agent, moment):
        """Whether a push of that host may have been sent before its network was cut, or while its agent was frozen: the
        kernel, or the daemon by itself, brings it to its end, whatever the agent has broken off. Nobody but the registry
        could refuse it then."""
        return any(-15 < moment - resumed < 20 for resumed in self.resumed[agent])

    def kill_server(self):
        if not self.cluster.server.program.lives:
            return
        pause = self.random.choice([0, 0, 1, 3, 8])
        self.note(f"server killed, back after {pause} s")
        self.cluster.server.program.kill()
        self.later(pause, self.cluster.server.start)

    def stop_server(self):
        if not self.cluster.server.program.lives:
            return
        self.note("server-stop and start again")
        self.cluster.server.program.stop(40)
        self.later(0, self.cluster.server.start)

    def kill_agent(self):
        if host := self.host():
            pause = self.random.choice([0, 1, 3, 9])
            self.note(f"agent of {host.number} killed, back after {pause} s")
            host.agent.kill()
            self.later(pause, host.agent.start, host)

    def cut(self):
        if host := self.host():
            pause = self.random.choice([1, 2, 4, 9, 14])
            self.note(f"network of {host.number} cut for {pause} s")
            host.cut()
            self.later(pause, lambda: (host.mend(), self.note_resumed(host)), host)

    def freeze(self):
        if host := self.host():
            pause = self.random.choice([1, 4, 9])
            self.note(f"agent-freeze of {host.number} for {pause} s")
            host.agent.send(signal.SIGSTOP)
            self.later(pause, lambda: (host.agent.send(signal.SIGCONT), self.note_resumed(host)), host)

    def kill_daemon(self):
        if host := self.host():
            self.note(f"daemon of {host.number} killed")
            host.kill_daemon()
            self.later(1, host.start_daemon, host)


def check(cluster, clients, faults, checks):
    server, ledger = cluster.server, cluster.ledger
    database = sqlite3.connect(f"{server.data}/db/slipway.sqlite")
    rows = {row[0]: row[1:] for row in database.execute("SELECT id, status, finishTime, epoch, errorMessage, agent FROM run")}
    lost = [one for one in clients.accepted if one not in rows]
    checks.expect(f"N1 every accepted run is there ({len(clients.accepted)})", not lost, lost)
    open_runs = [(one, row[0]) for one, row in rows.items() if row[0] not in TERMINAL]
    checks.expect("N1 and has ended", not open_runs, open_runs)
    say(f"        {dict(collections.Counter(row[0] for row in rows.values()))}")
    say(f"        handed out more than once: {sum(1 for row in rows.values() if row[2] > 1)}")

    for message, count in collections.Counter(re.sub(r"\b(ca\w+|\d\S*)", "…", row[3] or "")[:150] for row in rows.values()
                                              if row[0] in ("Failed", "Error")).most_common():
        say(f"        {count} × {message}")

    begun = collections.Counter(names for names, _ in ledger.steps)
    checks.expect(f"N2 no step began twice ({len(begun)} begun)", all(count == 1 for count in begun.values()),
                  [names for names, count in begun.items() if count > 1])

    wrong = []
    for one in rows:
        text = server.log(one)
        if problem := log_problem(one, rows[one][0], text):
            wrong.append(f"{one} {rows[one][0]}: {problem}")
        if SECRET.encode() in text:
            wrong.append(f"{one}: the secret")
    checks.expect(f"N3 logs have no gap and nothing twice ({len(rows)})", not wrong, "\n".join(wrong))

    late = []
    for repository, tag, moment in ledger.pushes:
        if tag in rows and rows[tag][0] in ("Canceled", "Timeout", "Error"):
            pushed = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", moment).replace("Z", "+00:00")).timestamp()
            if pushed * 1000 > rows[tag][1] and faults.was_in_flight(rows[tag][4], pushed):
                say(f"        {tag} was pushed after {rows[tag][0]}: it was in flight while its host was cut off or frozen")
            elif pushed * 1000 > rows[tag][1]:
                late.append(f"{repository}:{tag} {pushed * 1000 - rows[tag][1]:.0f} ms after {rows[tag][0]}")
    checks.expect(f"N4 nothing was pushed after a run was stopped but what was in flight ({len(ledger.pushes)} pushes)", not late, "\n".join(late))
    pushed = {tag for _, tag, _ in ledger.pushes}
    unlisted = [one for one, kind in clients.accepted.items() if kind == "build" and rows[one][0] == "Succeeded" and one not in pushed]
    checks.expect("D9 what a run lists as pushed is in the registry", not unlisted, unlisted)

    places = run("grep", "--recursive", "--files-with-matches", "--text", "--fixed-strings", SECRET, server.folder,
                 *[f"{host.folder}/agent" for host in cluster.hosts], *[f"{host.folder}/agent.log" for host in cluster.hosts],
                 check=False).stdout.split()
    checks.expect("N8 the planted secret is nowhere in the clear", not places, places)


def log_problem(one, status, text):
    """What is wrong with the lines of steps in a log; None if nothing is."""
    if b"\x00" in text:
        return "it has bytes that nobody wrote"
    if re.search(rb"(?<!\r)\n", text):
        return "a line without CR"
    next_line = collections.Counter()
    for found, name, number in re.findall(rb"@@ (\w+) (\w+) (\d+)\r\n", text):
        if found.decode() != one:
            return f"a line of {found.decode()}"
        if int(number) != next_line[name]:
            return f"step {name.decode()}: line {number.decode()} instead of {next_line[name]}"
        next_line[name] += 1
    if status == "Succeeded" and any(count != LINES for count in next_line.values()):
        return f"a step's output is not whole: {dict(next_line)}"
    return None


def main():
    parser = argparse.ArgumentParser()
    for name, kind in (("folder", str), ("bin", str), ("count", str), ("seed", int), ("seconds", int), ("runs", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    options = parser.parse_args()
    checks = Checks(options.count)
    cluster = Cluster(options.folder, options.bin, 3,
                      "leases: {duration: 6s, renewEvery: 1s, allowShort: true}\nlimits: {requestsPerSecond: 1000}\n")
    try:
        for host in cluster.hosts:
            cluster.join(host, 4, "--min-free-disk", "0")
        wait_until(60, "agents", lambda: sum(row["state"] == "connected" for row in cluster.agents().values()) == 3)
        clients = Clients(cluster, random.Random(options.seed))
        clients.context = cluster.server.upload(
            {"Dockerfile": f"FROM {cluster.base}\nARG NUMBER\nRUN echo $NUMBER >/number && sleep 1\n".encode()})
        faults = Faults(cluster, random.Random(options.seed + 1), checks)
        say(f"        seed {options.seed}: up to {options.runs} runs in {options.seconds} s")
        work(clients, faults, options)
        say(f"        {len(clients.accepted)} runs accepted; faults: {dict(faults.counts)}")
        settle(cluster, clients, checks)
        check(cluster, clients, faults, checks)
    finally:
        if checks.failed:
            for host in cluster.hosts:
                say(f"---- the end of the log of agent {host.number}")
                say("".join(open(f"{host.folder}/agent.log", errors="replace").readlines()[-30:]))
        cluster.close()


def work(clients, faults, options):
    """Submits, cancels and breaks things, all from one thread and one clock: the seed decides in what order."""
    start = time.monotonic()
    timing = random.Random(options.seed + 2)
    due = {"submit": 0.0, "cancel": 5.0, "fault": 8.0}
    pause = {"submit": lambda: timing.expovariate(options.runs / options.seconds), "cancel": lambda: timing.uniform(3, 9),
             "fault": lambda: timing.uniform(2, 6)}
    actions = {"submit": clients.submit, "cancel": clients.cancel, "fault": faults.do}
    while time.monotonic() - start < options.seconds and len(clients.accepted) < options.runs:
        faults.mend()
        now = time.monotonic() - start
        for name, action in actions.items():
            if now >= due[name]:
                action()
                due[name] = now + pause[name]()
        time.sleep(0.02)
    faults.mend(everything=True)


def settle(cluster, clients, checks):
    """Everything is mended: what goes on comes to its end."""
    cluster.server.wait()
    for host in cluster.hosts:
        host.wait_for_daemon()
        if not host.agent.lives:
            host.agent.start()

    def open_runs():
        try:
            status, answer = cluster.server.call("GET", "runs?$top=1000")
        except OSError:
            return None
        return [one for one in answer["value"] if one["properties"]["status"] not in TERMINAL] if status == 200 else None

    try:
        wait_until(240, "all runs end", lambda: open_runs() == [])
    except TimeoutError:
        checks.expect("all runs end once nothing is broken any more", False,
                      "\n".join(json.dumps(one["properties"])[:400] for one in open_runs() or []))
    try:
        wait_until(60, "hosts are clean", lambda: not any(host.left_on_daemon() for host in cluster.hosts))
        checks.expect("N7 nothing of ours is left on the hosts", True)
    except TimeoutError:
        checks.expect("N7 nothing of ours is left on the hosts", False,
                      *[host.docker("ps", "--all").stdout for host in cluster.hosts])
    def states():
        return {name: row["state"] for name, row in cluster.agents().items()}

    try:
        wait_until(60, "agents", lambda: set(states().values()) == {"connected"})
        checks.expect("all agents are back", True)
    except TimeoutError:
        checks.expect("all agents are back", False, states())


if __name__ == "__main__":
    main()
