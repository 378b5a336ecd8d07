#!/usr/bin/env bash
# Runs wait for others: they say why, go by priority, and newer runs of a task take the places of older ones.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 1, docker: '$docker_host'}]"

quick=$work/quick
write_file "$quick/Dockerfile" "FROM $base" 'RUN echo built'
new_gate
write_file "$work/held/Dockerfile" "FROM $base" "RUN $gate"

# ---- Why a run waits ----

submit --no-cache --no-push "$work/held"
running=$run
wait_at_gate "$running"
submit --no-push "$quick"
low=$run
submit --priority 10 --no-push "$quick"
high=$run
expect_contains 'a waiting run says why' 'Waiting: 2nd in pool default; its agent is busy' "$(slipway runs show "$low")"
expect_contains '  one of a higher priority is in front of it' 'Waiting: 1st in pool default' "$(slipway runs show "$high")"
expect_equal '  and shows its priority' 10 "$(run_field "$high" .queue.priority)"
expect '  its log says so too' wait_for_log "$low" 'in pool default; its agent is busy'
expect_exit 'a priority has its limits' 64 slipway build --priority 101 --no-push "$quick"

# ---- Runs of one task ----

expect_exit 'a task may limit its runs' 0 slipway task create -n nightly -c /dev/null --cmd "$base echo said" \
    --concurrency 1 --supersede true --retry-on-agent-loss 1
expect_equal '  and shows that' '1 true 1' "$(slipway task show -n nightly --output json |
    jq --raw-output '.queue | "\(.concurrency) \(.supersedes) \(.retryOnAgentLoss)"')"
first=$(slipway task run -n nightly --no-wait --output json | jq --raw-output .runId)
second=$(slipway task run -n nightly --no-wait --output json | jq --raw-output .runId)
expect_equal 'a newer run cancels one that waits' Canceled "$(run_field "$first" .status)"
expect_match '  whose log names it' "Run ID: $first was canceled .*superseded by run $second" \
    "$(log_of_run "$first" | tail -n 1)"
expect_equal '  and waits in its turn' Queued "$(run_field "$second" .status)"

# ---- The order ----

open_gate "$gate_number"
for run in "$running" "$low" "$high" "$second"; do
    wait_for_end "$run"
    expect_equal "$run has ended well" Succeeded "$status"
done
expect 'the one of the higher priority began first' test \
    "$(run_field "$high" .startTime)" '<' "$(run_field "$low" .startTime)"

# ---- Who canceled what ----

new_gate
write_file "$work/held/Dockerfile" "FROM $base" "RUN $gate"
submit --no-cache --no-push "$work/held"
running=$run
wait_at_gate "$running"
submit --no-push "$quick"
expect_exit 'all are canceled' 0 slipway runs cancel --all
wait_for_end "$running"
expect_contains 'a run says who canceled it' 'Canceled by: ' "$(slipway runs show "$run")"
records=$(slipway runs cancels --output json)
expect_equal 'the cancel is on record' 'cancelRequested canceled' \
    "$(jq --raw-output '[.[0].runs[].result] | sort | join(" ")' <<<"$records")"
expect_equal '  with its filter and where it came from' ' 127.0.0.1' \
    "$(jq --raw-output '.[0] | "\(.filter) \(.address)"' <<<"$records")"
expect_exit '  also as a table' 0 slipway runs cancels
expect_contains '  with how many were meant' '2 of 2' "$output"
