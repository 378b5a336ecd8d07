#!/usr/bin/env bash
# Runs are canceled: queued, running, many at once, by Ctrl-C, by their time limit.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 1, docker: '$docker_host'}]"

# held NAME: a folder whose build waits at a new gate.
held() {
    new_gate
    write_file "$work/$1/Dockerfile" "FROM $base" "RUN $gate"
}

quick=$work/quick
write_file "$quick/Dockerfile" "FROM $base" 'RUN echo built'

# ---- One queued and one running ----

for builder in buildkit classic; do
    held "$builder"
    submit --no-cache --builder "$builder" -t "$name/app:$builder" "$work/$builder"
    running=$run
    wait_at_gate "$running"
    submit -t "$name/app:queued" "$quick"
    queued=$run
    expect_exit "$builder: a queued run is canceled" 0 slipway runs cancel "$queued"
    expect_contains '  and the command says so' canceled "$output"
    expect_equal '  it has ended at once' Canceled "$(run_field "$queued" .status)"
    expect_match '  its log has the last line' "Run ID: $queued was canceled after .*" \
        "$(log_of_run "$queued" | tail -n 1)"
    expect_equal '  the running one goes on' Running "$(run_field "$running" .status)"

    began=$(milliseconds)
    expect_exit "$builder: a running run is canceled" 0 slipway runs cancel "$running"
    expect_contains '  and the command says that it is being stopped' stopping "$output"
    wait_for_end "$running"
    elapsed=$(($(milliseconds) - began))
    printf '        ended %s ms after the request\n' "$elapsed"
    expect_equal '  it is Canceled' Canceled "$status"
    expect '  within 60 s' test "$elapsed" -le 60000
    expect '  its step has left the machine' wait_until 60 nobody_waits_at "$gate_number"
    expect_equal '  nothing was pushed' '' "$(registry_digest "$registry" "$name/app" "$builder")"
    expect_equal '  no image is in its record' 0 "$(run_field "$running" '.outputImages // [] | length')"
    expect_not '  its name is not on the daemon' docker_image_exists "$registry/$name/app:$builder"
    expect_match '  its log ends with it' "Run ID: $running was canceled after .*" \
        "$(log_of_run "$running" | tail -n 1)"
    expect_exit '  following its log ends with the code for Canceled' 4 slipway logs -f "$running"
    expect_exit "$builder: canceling it again is no error" 0 slipway runs cancel "$running" "$queued"
    expect_contains '  and changes nothing' 'had ended already' "$output"
    expect_equal '  also as JSON' 'alreadyFinished alreadyFinished' \
        "$(slipway runs cancel "$running" "$queued" --output json | jq --raw-output '[.[].result] | join(" ")')"
done
api POST "runs/$running/cancel"
expect_equal 'the API answers 200 for a run that has ended' 200 "$api_status"
expect_exit 'a run that is not there can not be canceled' 3 slipway runs cancel ca999999
expect_exit 'without saying which, nothing is canceled' 64 slipway runs cancel
expect_exit 'a build after all that works' 0 slipway build -t "$name/app:after" "$quick"

# ---- Many ----

new_repository "$work/checkout"
write_file "$work/checkout/Dockerfile" 'FROM scratch' 'LABEL a=b'
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"
held many
submit --no-cache -t "$name/app:many" "$work/many"
running=$run
wait_at_gate "$running"
body=$(jq --null-input --arg source "$git_url/$name/app.git" \
    '{type: "DockerBuildRequest", sourceLocation: $source, imageNames: [], platform: {os: "Linux"}}')
for _ in {1..200}; do api POST scheduleRun "$body"; done
expect_equal '200 runs are queued' 200 "$(slipway runs list --status Queued --top 0 --output json | jq length)"
expect_exit 'a dry run tells what would be canceled' 0 slipway runs cancel --status Queued --dry-run
expect_equal '  all of it' 200 "$(grep -c 'would be canceled' <<<"$output")"
expect_equal '  and does nothing' 200 "$(slipway runs list --status Queued --top 0 --output json | jq length)"
began=$(milliseconds)
expect_exit 'one command cancels them' 0 slipway runs cancel --status Queued
elapsed=$(($(milliseconds) - began))
printf '        200 queued runs canceled in %s ms\n' "$elapsed"
expect_equal '  all of them' 200 "$(grep -c 'canceled' <<<"$output")"
expect '  within 60 s' test "$elapsed" -le 60000
expect_equal '  none is left' 0 "$(slipway runs list --status Queued --top 0 --output json | jq length)"
expect_equal '  the running one goes on' Running "$(run_field "$running" .status)"
submit -t "$name/app:queued" "$quick"
queued=$run
expect_exit 'a filter that means none is no error' 0 slipway runs cancel --status Queued --pool other
expect_equal '  and cancels none' Queued "$(run_field "$queued" .status)"
expect_exit 'all that has not ended is canceled' 0 slipway runs cancel --all
for run in "$running" "$queued"; do
    wait_for_end "$run"
    expect_equal "  $run is Canceled" Canceled "$status"
done

# ---- The time limit of a run ----

held limited
expect_run 'a run ends at its time limit' Timeout 'limit' --timeout 5 --no-cache -t "$name/app:limited" "$work/limited"
expect '  its step has left the machine' wait_until 60 nobody_waits_at "$gate_number"
expect_equal '  nothing was pushed' '' "$(registry_digest "$registry" "$name/app" limited)"

# ---- What waits for somebody who never answers ----

start_silent
silent=$service_address
start_server "registries: [{name: silent, loginServer: '$silent'}]
sources: {allow: ['http://$silent']}" silent
write_file "$work/scratch/Dockerfile" 'FROM scratch' 'LABEL a=b'
write_file "$work/silent-base/Dockerfile" "FROM $silent/base:1"

# is_canceled TEXT RUN: canceling it is quick enough.
is_canceled() {
    local began elapsed
    began=$(milliseconds)
    slipway runs cancel "$2" >/dev/null
    wait_for_end "$2"
    elapsed=$(($(milliseconds) - began))
    expect_equal "$1 is canceled" Canceled "$status"
    printf '        ended %s ms after the request\n' "$elapsed"
    expect '  within 60 s' test "$elapsed" -le 60000
}

submit -t app:1 "$work/scratch"
wait_for_log "$run" 'Pushing image'
is_canceled 'a push to a registry that does not answer' "$run"
submit --no-push "http://$silent/app.git"
wait_until 60 has_status "$run" Started Running || true
is_canceled 'a fetch from a git server that does not answer' "$run"
for builder in buildkit classic; do
    submit --no-push --builder "$builder" "$work/silent-base"
    wait_for_log "$run" 'Launching container with name: build'
    is_canceled "$builder: a build on a base whose registry does not answer" "$run"
done
expect_run 'a fetch from it ends at the time limit' Timeout 'limit' --timeout 3 --no-push "http://$silent/app.git"
expect_exit 'a build after all that works' 0 slipway build --no-push "$work/scratch"
use_server main

# ---- Ctrl-C at a build that is followed ----

# at_terminal KEYS FOLDER: follows a build in a terminal and types when it has come to the gate; shows what was to be
# seen, then the exit status.
at_terminal() { python3 "$scenario/terminal.py" "$1" "$bin/slipway" build --no-cache -t "$name/app:terminal" "$2"; }

held terminal
expect_exit 'Ctrl-C is answered' 0 at_terminal 'interrupt yes' "$work/terminal"
run=$(newest_run)
expect_contains '  with a question' "Cancel run $run? [y/N]" "$output"
expect_contains '  after yes the command ends with the code for Canceled' 'exit status 4' "$output"
wait_for_end "$run"
expect_equal '  and the run is Canceled' Canceled "$status"

held terminal
expect_exit 'Ctrl-C is answered again' 0 at_terminal 'interrupt no' "$work/terminal"
run=$(newest_run)
expect_contains '  after no the command ends with the code for that' 'exit status 130' "$output"
expect_contains '  and tells how to follow the run' "slipway logs -f $run" "$output"
expect_equal '  and the run goes on' Running "$(run_field "$run" .status)"
open_gate "$gate_number"
wait_for_end "$run"
expect_equal '  to its end' Succeeded "$status"

held terminal
expect_exit 'Ctrl-C twice' 0 at_terminal 'interrupt interrupt' "$work/terminal"
expect_contains '  leaves at once' 'exit status 130' "$output"
run=$(newest_run)
expect_equal '  and the run goes on' Running "$(run_field "$run" .status)"
slipway runs cancel "$run" >/dev/null

# Without a terminal there is nobody to ask.
held piped
"$bin/slipway" build --no-cache -t "$name/app:piped" "$work/piped" >"$work/piped.log" 2>&1 </dev/null &
process=$!
wait_until 120 grep -q 'the gate is shut' "$work/piped.log" || true
kill -INT "$process"
exit_status=0
wait "$process" || exit_status=$?
expect_equal 'without a terminal an interrupt leaves' 130 "$exit_status"
run=$(newest_run)
expect_equal '  and the run goes on' Running "$(run_field "$run" .status)"
slipway runs cancel --all >/dev/null
wait_for_end "$run"
