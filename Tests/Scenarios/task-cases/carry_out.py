"""Carries out one case of a task file with `slipway exec`, and says what differs from what the case expects.

    carry_out.py CASE.json REGISTRY FOLDER

REGISTRY stands for ${REGISTRY} of the case. FOLDER is made, and keeps what the program printed. The exit status is 0 if
nothing differs.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

case_path, registry, folder = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])


def local(value):
    """The value with the registry's address put in."""
    return json.loads(json.dumps(value).replace("${REGISTRY}", registry))


case = local(json.loads(case_path.read_text()))
expected = case["expect"]["run"]
problems = []


def check(what, is_right):
    if not is_right:
        problems.append(what)


def command():
    folder.mkdir(parents=True)
    workspace = folder / "workspace"
    workspace.mkdir()
    for path, text in case.get("files", {}).items():
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text(text)
    (folder / "run.json").write_text(json.dumps(case["run"]))
    (folder / "secrets.json").write_text(json.dumps(case.get("secrets", {})))
    words = [
        os.environ["SLIPWAY"], "exec", str(case_path.with_suffix(".yaml")), str(workspace),
        "--run", str(folder / "run.json"), "--secrets", str(folder / "secrets.json"),
        "--workspace-out", str(folder / "out"), "--json-result", str(folder / "result.json"),
    ]
    if case.get("values"):
        words += ["--values", str(case_path.parent / case["values"])]
    for setting in case.get("set", []):
        words += ["--set", setting]
    defaults = case.get("defaults", {})
    for entry in defaults.get("env", []):
        words += ["--default-env", entry]
    if defaults.get("workingDirectory"):
        words += ["--default-working-directory", defaults["workingDirectory"]]
    if defaults.get("network"):
        words += ["--default-network", defaults["network"]]
    if "docker-cli-image" in case.get("needs", []):
        words += ["--policy", "docker-socket"]
    return words


def things_of_daemon():
    """Containers, volumes and networks of any run on the daemon."""
    kinds = [["ps", "--all", "--no-trunc"], ["volume", "ls"], ["network", "ls", "--no-trunc"]]
    return {
        f"{kind[0]} {line}"
        for kind in kinds
        for line in subprocess.run(
            ["docker", *kind, "--quiet", "--filter", "label=slipway.run"], capture_output=True, text=True, check=True
        ).stdout.split()
    }


def in_registry(image):
    repository, tag = image.removeprefix(registry + "/").rsplit(":", 1)
    request = urllib.request.Request(
        f"http://{registry}/v2/{repository}/manifests/{tag}",
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def without_git(record):
    """A record with its digests as the cases write them, its build-time images in an order."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "<digest>", json.dumps(record))
    entries = json.loads(text)
    for entry in entries:
        entry.pop("git", None)
        if entry.get("buildtime-dependency"):
            entry["buildtime-dependency"].sort(key=json.dumps)
    return entries


words = command()
before = things_of_daemon()
start = time.monotonic()
done = subprocess.run(words, capture_output=True, timeout=300, stdin=subprocess.DEVNULL)
seconds = time.monotonic() - start
stdout, stderr = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
(folder / "stdout").write_text(stdout)
(folder / "stderr").write_text(stderr)
result = json.loads((folder / "result.json").read_text())
lines = stdout.split("\n")
steps = {step["id"]: step for step in result["steps"]}

check(f"status is {result['status']}", result["status"] == expected["status"])
check(f"exit status is {done.returncode}", (done.returncode == 0) == (expected["status"] == "succeeded"))
if "error" in expected:
    error = result.get("error") or {}
    for key, value in expected["error"].items():
        allowed = [value]
        if key == "exitCode" and "BuildKit it is 1" in case.get("note", ""):
            allowed.append(1)
        check(f"error.{key} is {error.get(key)}, not {value}", error.get(key) in allowed)
for step, status in expected.get("steps", {}).items():
    check(f"step {step} is {steps.get(step, {}).get('status')}, not {status}", steps.get(step, {}).get("status") == status)
for line in expected.get("outputLines", []):
    check(f"no line {line!r}", line in lines)
for text in expected.get("outputContains", []):
    check(f"{text!r} is not in the output", text in stdout)
for text in expected.get("outputOmits", []):
    check(f"{text!r} is in the output", text not in stdout)
for line, count in expected.get("outputCount", {}).items():
    check(f"{line!r} is there {lines.count(line)} times, not {count}", lines.count(line) == count)
for first, second in expected.get("outputOrder", []):
    check(f"{first!r} is not before {second!r}", -1 < stdout.find(first) < stdout.find(second))
for step, count in expected.get("launches", {}).items():
    check(f"launches of {step} are {steps[step]['launches']}, not {count}", steps[step]["launches"] == count)
for image, count in expected.get("pushAttempts", {}).items():
    attempts = len(re.findall(rf"Pushing image: {re.escape(image)}, attempt", stderr))
    check(f"{attempts} attempts at {image}, not {count}", attempts == count)
for path, text in expected.get("files", {}).items():
    found = folder / "out" / path
    check(f"{path} of the workspace is not as it should be", found.is_file() and found.read_text() == text)
for image in expected.get("pushed", []):
    check(f"{image} is not in the registry", in_registry(image))
    check(f"{image} is not in the result", image in result["pushed"])
if "dependencies" in expected:
    found = without_git(result["dependencies"])
    check(f"dependencies are {json.dumps(found)}", found == without_git(expected["dependencies"]))
# Only what a step itself takes: a bound from above would be about the machine.
check(f"it took {seconds:.2f} s", seconds >= expected.get("seconds", {}).get("min", 0))
left = things_of_daemon() - before
# Things of other runs on the same daemon go by themselves.
deadline = time.monotonic() + 60
while left and time.monotonic() < deadline:
    time.sleep(0.5)
    left &= things_of_daemon()
check(f"left on the daemon: {left}", not left)
print("\n".join(problems))
sys.exit(1 if problems else 0)
