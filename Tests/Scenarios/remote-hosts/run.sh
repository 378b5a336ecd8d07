#!/usr/bin/env bash
# Two agents on hosts of their own serve one pool: builds, steps, a cancel, agents that are lost by kill -9 and by a cut
# network. Prints how long the things took that T4, T5 and T8 promise; with --all at the lease terms of production.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
run_cluster hosts.py --lease "${SLIPWAY_TEST_LEASE:-12}"
