"""Two agents on hosts of their own: what they do together, and what becomes of runs whose agent is lost."""

import argparse
import signal
import time

from cluster import TERMINAL, Checks, Cluster, say, task_request, wait_until

LONG = "sh -c 'trap \"echo asked to end; exit 0\" TERM; echo it goes on; i=0; while [ $i -lt 600 ]; do sleep 1 & wait $!; i=$((i+1)); done'"


class Scenario:
    def __init__(self, cluster, checks, lease):
        self.cluster, self.server, self.checks, self.lease = cluster, cluster.server, checks, lease

    def submit(self, request):
        status, answer = self.server.call("POST", "scheduleRun", request)
        assert status == 200, answer
        return answer["properties"]["runId"]

    def ends(self, run_id, seconds=120):
        return wait_until(seconds, f"run {run_id} ends", lambda: (
            lambda record: record if record["status"] in TERMINAL else None)(self.server.run_record(run_id)))

    def shows(self, run_id, text, seconds=60):
        try:
            wait_until(seconds, f"the log of {run_id} has '{text}'", lambda: text.encode() in self.server.log(run_id))
        except TimeoutError:
            say(self.server.log(run_id).decode(errors="replace"))
            raise

    def long_run(self):
        """A run whose step goes on until it is stopped; its id and its host."""
        run_id = self.submit(task_request(f"version: v1.1.0\nsteps:\n  - id: long\n    cmd: {self.cluster.base} {LONG}\n"))
        self.shows(run_id, "it goes on")
        name = self.server.run_record(run_id)["agent"]
        return run_id, next(host for host in self.cluster.hosts if f"host-{host.number}" == name)

    def agent(self, host):
        return self.cluster.agents().get(f"host-{host.number}", {"state": "absent"})

    def is_clean(self, host):
        return not host.left_on_daemon()

    # ---- What they do ----

    def both_work(self):
        context = self.server.upload({"Dockerfile": f"FROM {self.cluster.base}\nARG N\nRUN echo $N && sleep 2\n".encode()})
        builds = [self.submit({
            "type": "DockerBuildRequest", "sourceLocation": context, "imageNames": [f"app:{number}"], "isPushEnabled": True,
            "platform": {"os": "Linux"}, "arguments": [{"name": "N", "value": str(number), "isSecret": False}]})
            for number in range(4)]
        records = [self.ends(one) for one in builds]
        self.checks.expect("four builds are built and pushed", all(
            record["status"] == "Succeeded" and record["outputImages"] for record in records), records)
        self.checks.expect("  by both agents", len({record["agent"] for record in records}) == 2,
                           [record.get("agent") for record in records])
        steps = self.submit(task_request(
            f"version: v1.1.0\nsteps:\n  - id: write\n    cmd: {self.cluster.base} sh -c 'echo from one step > /workspace/file'\n"
            f"  - id: read\n    cmd: {self.cluster.base} cat /workspace/file\n    when: [write]\n"))
        self.checks.expect("a run of several steps", self.ends(steps)["status"] == "Succeeded", self.server.log(steps))
        self.checks.expect("  whose steps share a workspace", b"from one step" in self.server.log(steps))

    def cancel(self):
        run_id, host = self.long_run()
        begin = time.monotonic()
        self.server.call("POST", f"runs/{run_id}/cancel")
        record = self.ends(run_id)
        self.checks.expect("T8 a run under way is canceled", record["status"] == "Canceled", record)
        say(f"        after {time.monotonic() - begin:.1f} s (T8: 15 s)")
        self.checks.expect("  its step was asked to end first", b"asked to end" in self.server.log(run_id))
        self.checks.expect("  and nothing of it is left", bool(wait_until(30, "clean", lambda: self.is_clean(host))))

    def waiting(self):
        runs = [self.long_run()[0] for _ in range(4)]
        waiting = self.submit(task_request(f"version: v1.1.0\nsteps:\n  - cmd: {self.cluster.base} echo done\n"))
        reason = self.server.run_record(waiting).get("waitReason", "")
        self.checks.expect(f"a waiting run says why: {reason}", "agents are busy" in reason, reason)
        self.shows(waiting, "agents are busy")
        self.server.call("POST", "runs/cancel", {"runIds": runs})
        self.checks.expect("  and goes on when there is room", self.ends(waiting)["status"] == "Succeeded")
        for one in runs:
            self.ends(one)

    # ---- Agents that are lost ----

    def killed(self):
        run_id, host = self.long_run()
        host.agent.kill()
        begin = time.monotonic()
        if self.lease > 30:
            wait_until(60, "unreachable", lambda: self.agent(host)["state"] == "unreachable")
            say(f"        shown as unreachable after {time.monotonic() - begin:.1f} s (T4: 30 s)")
        record = self.ends(run_id, self.lease + 60)
        self.checks.expect("T5 a run of an agent that was killed ends as Error", record["status"] == "Error", record)
        say(f"        after {time.monotonic() - begin:.1f} s, with a lease of {self.lease} s; it says: {record['runErrorMessage']}")
        self.checks.expect("  no earlier than its lease", time.monotonic() - begin > self.lease - 11)
        host.agent.start()
        wait_until(60, "the agent is back", lambda: self.agent(host)["state"] == "connected")
        self.checks.expect("  and when it is back it cleans up", bool(wait_until(60, "clean", lambda: self.is_clean(host))))

    def restarted(self):
        run_id, host = self.long_run()
        host.agent.kill()
        host.agent.start()
        wait_until(60, "the agent is back", lambda: self.agent(host)["state"] in ("connected", "busy"))
        record = self.server.run_record(run_id)
        if record["status"] not in TERMINAL:
            self.server.call("POST", f"runs/{run_id}/cancel")
            record = self.ends(run_id)
        say(f"        {record['status']}: {record.get('runErrorMessage')}")
        self.checks.expect("F4 a run of an agent that was restarted at once goes on, or says why not",
                           record["status"] in ("Canceled", "Error"), record)
        self.checks.expect("  and leaves nothing", bool(wait_until(60, "clean", lambda: self.is_clean(host))))

    def cut_short(self):
        """F3: shorter than the lease."""
        run_id, host = self.long_run()
        host.cut()
        time.sleep(self.lease / 3)
        host.mend()
        wait_until(60, "the agent is heard", lambda: self.agent(host)["state"] in ("connected", "busy"))
        self.checks.expect("F3 a short cut of the network has no effect", self.server.status(run_id) == "Running")
        self.server.call("POST", f"runs/{run_id}/cancel")
        self.checks.expect("  and the run can be canceled", self.ends(run_id)["status"] == "Canceled")

    def cut_long(self):
        run_id, host = self.long_run()
        host.cut()
        begin = time.monotonic()
        self.server.call("POST", f"runs/{run_id}/cancel")
        record = self.ends(run_id, self.lease + 60)
        took = time.monotonic() - begin
        self.checks.expect("T9 a run that can't be reached is Canceled at the verdict", record["status"] == "Canceled", record)
        say(f"        after {took:.1f} s, with a lease of {self.lease} s")
        self.checks.expect("  not before", took > self.lease - 11)
        host.mend()
        self.checks.expect("F5 the agent that comes back stops it", bool(wait_until(60, "clean", lambda: self.is_clean(host))))
        wait_until(60, "the agent is back", lambda: self.agent(host)["state"] == "connected")

    def frozen(self):
        run_id, host = self.long_run()
        host.agent.send(signal.SIGSTOP)
        record = self.ends(run_id, self.lease + 60)
        host.agent.send(signal.SIGCONT)
        self.checks.expect("F5 a run of an agent that hangs ends as Error", record["status"] == "Error", record)
        self.checks.expect("  and is stopped when it wakes up", bool(wait_until(60, "clean", lambda: self.is_clean(host))))

    def server_away(self):
        """F1, F2: a server that is killed and comes back."""
        run_id, host = self.long_run()
        self.server.program.kill()
        time.sleep(self.lease + 3)
        self.server.start()
        self.server.wait()
        wait_until(60, "the agent is heard", lambda: self.agent(host)["state"] in ("connected", "busy"))
        self.checks.expect("F2 a run goes on while the server is away", self.server.status(run_id) == "Running",
                           self.server.run_record(run_id))
        self.server.call("POST", f"runs/{run_id}/cancel")
        self.checks.expect("  and is canceled by the one that is back", self.ends(run_id)["status"] == "Canceled")


def main():
    parser = argparse.ArgumentParser()
    for name, kind in (("folder", str), ("bin", str), ("count", str), ("lease", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    options = parser.parse_args()
    checks = Checks(options.count)
    short = options.lease < 45
    cluster = Cluster(options.folder, options.bin, 2, (
        f"leases: {{duration: {options.lease}s, renewEvery: {max(1, options.lease // 9)}s{', allowShort: true' if short else ''}}}\n"))
    try:
        for host in cluster.hosts:
            cluster.join(host, 2, "--min-free-disk", "0")
        wait_until(60, "agents", lambda: sum(row["state"] == "connected" for row in cluster.agents().values()) == 2)
        scenario = Scenario(cluster, checks, options.lease)
        for part in (scenario.both_work, scenario.cancel, scenario.waiting, scenario.cut_short, scenario.killed,
                     scenario.restarted, scenario.cut_long, scenario.frozen, scenario.server_away):
            part()
    except TimeoutError as error:
        checks.expect(str(error), False, cluster.agents())
    finally:
        if checks.failed:
            for host in cluster.hosts:
                say(f"---- the end of the log of agent {host.number}")
                say("".join(open(f"{host.folder}/agent.log", errors="replace").readlines()[-30:]))
            say("".join(open(f"{cluster.server.folder}/server.log", errors="replace").readlines()[-30:]))
        cluster.close()


if __name__ == "__main__":
    main()
