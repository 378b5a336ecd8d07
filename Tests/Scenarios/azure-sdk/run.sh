#!/usr/bin/env bash
# Azure's SDK for Python builds, reads and cancels runs, and keeps tasks and pools: the newest one, which has tasks in a
# package of their own, and an old one, to which every change is a long-running operation.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_azure sdk-15 sdk-10
start_server
azure_environment
export REQUESTS_CA_BUNDLE=$ACRT_CA

for version in sdk-15 sdk-10; do
    timeout 300 "$azure_folder/venv-$version/bin/python" "$scenario/client.py" "$base" \
        >"$work/$version.results" 2>"$work/$version.log" ||
        not_ok "$version: comes to its end" "$(tail -n 15 "$work/$version.log")"
    take_results < <(sed "s/^\(ok\|FAIL\) /\1 $version /" "$work/$version.results")
done
slipway runs cancel --all >/dev/null 2>&1
