#!/usr/bin/env bash
# Two agents on hosts of their own serve one pool: builds, steps, a cancel, agents that are lost by kill -9 and by a cut
# network. Prints how long the things took that T4, T5 and T8 promise; with --all at the lease terms of production.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_packages "for hosts of their own" ip:iproute2 nsenter:util-linux busybox-static
[ "$(id -u)" -eq 0 ] || skip "only root can make hosts of its own"
ip netns add "slip-try-$$" 2>/dev/null || skip "no network namespace can be made here"
ip netns delete "slip-try-$$"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/Tests/Scenarios/lib python3 "$scenario/hosts.py" --folder "$work/cluster" \
    --bin "$bin" --lease "${SLIPWAY_TEST_LEASE:-12}"
