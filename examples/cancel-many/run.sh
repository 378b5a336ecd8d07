#!/usr/bin/env bash
# Queues many builds, lists them by status, and cancels them with one command.
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"
start_server 'pools: [{name: default, slots: 1}]'

# A build that goes on until it is stopped holds the only slot.
new_gate
write_file "$work/long/Dockerfile" "FROM $base" "RUN $gate"
write_file "$work/short/Dockerfile" "FROM $base"
submit "$work/long" -t "$name/long:1"
long=$run
wait_at_gate "$long"
for number in $(seq 1 20); do submit "$work/short" -t "$name/short:$number"; done

slipway runs list --top 5
expect_equal 'one run is running' "$long" "$(slipway runs list --status Running -o tsv | cut -f 1)"
expect_equal 'twenty wait' 20 "$(slipway runs list --status Queued --top 0 -o tsv | wc -l)"

expect_exit 'a dry run tells what a filter means' 0 slipway runs cancel --status Queued --dry-run
expect_equal 'twenty of them' 20 "$(grep -c 'would be canceled' <<<"$output")"
expect_exit 'all that wait are canceled' 0 slipway runs cancel --status Queued
printf '%s\n' "$output"
expect_equal 'twenty of them' 20 "$(grep -c 'Queued  *canceled' <<<"$output")"
expect_equal 'none waits any more' '' "$(slipway runs list --status Queued -o tsv)"
expect_equal 'the other one goes on' Running "$(run_field "$long" .status)"

expect_exit 'the one that runs is canceled by its id' 0 slipway runs cancel "$long"
printf '%s\n' "$output"
wait_for_end "$long"
expect_equal 'it ends as Canceled' Canceled "$status"
expect_equal 'nothing of it is in the registry' '' "$(registry_digest "$registry" "$name/long" 1)"
expect_exit 'canceling what has ended changes nothing' 0 slipway runs cancel "$long"
printf '%s\n' "$output"
