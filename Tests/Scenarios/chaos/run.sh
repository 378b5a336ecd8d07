#!/usr/bin/env bash
# A server and three hosts with an agent each, while server, agents and daemons are killed, networks cut and processes
# frozen: nothing that was accepted is lost, no step begins twice, no log has a gap (N1 to N8, F16).
# The faults come from a seed: SLIPWAY_TEST_CHAOS_SEED. SLIPWAY_TEST_CHAOS_SECONDS is how long runs are begun.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
run_cluster chaos.py --seed "${SLIPWAY_TEST_CHAOS_SEED:-1}" \
    --seconds "${SLIPWAY_TEST_CHAOS_SECONDS:-240}" --runs "${SLIPWAY_TEST_CHAOS_RUNS:-300}"
