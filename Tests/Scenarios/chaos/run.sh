#!/usr/bin/env bash
# A server and three hosts with an agent each, while server, agents and daemons are killed, networks cut and processes
# frozen: nothing that was accepted is lost, no step begins twice, no log has a gap (N1 to N8, F16).
# The faults come from a seed: SLIPWAY_TEST_CHAOS_SEED. SLIPWAY_TEST_CHAOS_SECONDS is how long runs are begun.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_packages "for hosts of their own" ip:iproute2 nsenter:util-linux busybox-static
[ "$(id -u)" -eq 0 ] || skip "only root can make hosts of its own"
ip netns add "slip-try-$$" 2>/dev/null || skip "no network namespace can be made here"
ip netns delete "slip-try-$$"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/Tests/Scenarios/lib python3 "$scenario/chaos.py" --folder "$work/cluster" --bin "$bin" \
    --seed "${SLIPWAY_TEST_CHAOS_SEED:-1}" --seconds "${SLIPWAY_TEST_CHAOS_SECONDS:-240}" --runs "${SLIPWAY_TEST_CHAOS_RUNS:-300}"
