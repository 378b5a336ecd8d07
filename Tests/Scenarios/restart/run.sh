#!/usr/bin/env bash
# The server is killed, stopped and started twice: no run is lost, none is built a second time.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 1, docker: '$docker_host'}]"

new_repository "$work/checkout"
write_file "$work/checkout/Dockerfile" "FROM $base" 'RUN echo built'
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"
quick=$git_url/$name/app.git

# held FOLDER-NAME: a folder whose build waits at a new gate.
held() {
    new_gate
    write_file "$work/$1/Dockerfile" "FROM $base" "RUN $gate"
}

executions() { log_of_run "$1" | grep -c 'Executing step ID: build'; }

# has_one_end ID STATUS: the run has ended once, and its record stays as it is.
has_one_end() {
    expect_equal "  $1 ended as $2" "$2" "$(run_field "$1" .status)"
    expect_equal "  its log has one last line, at its end" "1 1" \
        "$(log_of_run "$1" | grep -c "^Run ID: $1 ") $(log_of_run "$1" | tail -n 1 | grep -c "^Run ID: $1 ")"
}

# ---- Killed while a build runs ----

submit -t "$name/app:before" "$quick"
before=$run
wait_for_end "$before"
expect_equal 'a build before it all ends well' Succeeded "$status"
record=$(slipway runs show "$before" --output json)

held first
submit --no-cache -t "$name/app:killed" "$work/first"
killed=$run killed_gate=$gate_number
submit -t "$name/app:queued-git" "$quick"
queued_git=$run
submit -t "$name/app:queued-folder" "$work/checkout"
queued_folder=$run
wait_at_gate "$killed"
expect_equal 'one run is running' Running "$(run_field "$killed" .status)"
expect_equal 'the next one is queued behind it' Queued "$(run_field "$queued_git" .status)"
expect_match 'and says what it waits for' '.*agent.*' "$(run_field "$queued_git" '.waitReason // ""')"
kill_server_hard
began=$(milliseconds)
restart_server main
printf '        ready again after %s ms\n' $(($(milliseconds) - began))
wait_for_end "$killed"
has_one_end "$killed" Error
expect_contains '  and says why' 'slipway-server' "$(run_field "$killed" .runErrorMessage)"
expect_contains '  what the build printed before is still in its log' 'the gate is shut' "$(log_of_run "$killed")"
for run in "$queued_git" "$queued_folder"; do
    wait_for_end "$run"
    has_one_end "$run" Succeeded
    expect_equal '  it was built once' 1 "$(executions "$run")"
done
expect_equal 'the killed one was not built again' 1 "$(executions "$killed")"
expect_equal 'and its end did not move' "$(run_field "$killed" .finishTime)" "$(run_field "$killed" .finishTime)"
expect_equal 'it pushed nothing' '' "$(registry_digest "$registry" "$name/app" killed)"
expect 'its step has left the machine' wait_until 60 nobody_waits_at "$killed_gate"
expect_not 'its name is not on the daemon' docker_image_exists "$registry/$name/app:killed"
expect_equal 'the record of the first build is as it was' "$record" "$(slipway runs show "$before" --output json)"
expect_exit 'the next build works' 0 slipway build -t "$name/app:after" "$quick"
expect_equal 'run ids go on' 1 "$([[ $(newest_run) > $queued_folder ]] && printf 1)"

# ---- Killed again and again ----

held again
submit --no-cache -t "$name/app:again" "$work/again"
again=$run
wait_at_gate "$again"
ids=()
for number in 1 2 3; do
    submit -t "$name/app:again-$number" "$quick"
    ids+=("$run")
    kill_server_hard
    restart_server main
done
for run in "${ids[@]}"; do
    wait_for_end "$run"
    expect_match "$run, accepted just before a kill -9, has an end" 'Succeeded|Error' "$status"
done
has_one_end "$again" Error

# ---- Killed while one run waits for a name that another one writes ----

start_server '' two
held holder
submit --no-cache -t "$name/app:name" "$work/holder"
holder=$run holder_gate=$gate_number
wait_at_gate "$holder"
submit -t "$name/app:name" "$quick"
waiter=$run
wait_for_log "$waiter" "run $holder is writing"
expect_equal 'a run that waits for a name has not begun' Started "$(run_field "$waiter" .status)"
"$bin/slipway" logs -f "$holder" >"$work/follower.log" 2>&1 </dev/null &
follower=$!
wait_until 60 grep -q 'the gate is shut' "$work/follower.log" || true
kill_server_hard
restart_server two
wait_for_end "$holder"
has_one_end "$holder" Error
wait_for_end "$waiter"
has_one_end "$waiter" Succeeded
expect_equal '  it was built once, by a second hand-out' 1 "$(executions "$waiter")"
expect 'the step of the first has left the machine' wait_until 60 nobody_waits_at "$holder_gate"
exit_status=0
wait "$follower" || exit_status=$?
expect_equal 'who followed the log of the first learns that it failed' 1 "$exit_status"
expect_contains '  in words' 'error: ' "$(cat "$work/follower.log")"
stop_server two
use_server main

# ---- A second server on the same data ----

sed "s/^listen: .*/listen: 127.0.0.1:$(free_port)/" "$work/servers/main/config.yml" >"$work/second.yml"
expect_exit 'a second server on the same data folder does not start' 1 \
    timeout 60 "$bin/slipway-server" --config "$work/second.yml"
expect_contains 'and says who has it' 'Another slipway-server' "$output"
expect_contains 'and where' "$data" "$output"
expect 'the first one goes on' server_is_ready

# ---- Stopped with SIGTERM while a build runs ----

held stopped
submit --no-cache -t "$name/app:stopped" "$work/stopped"
stopped=$run stopped_gate=$gate_number
submit -t "$name/app:behind" "$quick"
behind=$run
wait_at_gate "$stopped"
began=$(milliseconds)
kill -TERM "$server_process"
exit_status=0
wait "$server_process" || exit_status=$?
elapsed=$(($(milliseconds) - began))
printf '        ended %s ms after SIGTERM\n' "$elapsed"
expect 'SIGTERM ends the server within 40 s' test "$elapsed" -le 40000
expect_equal '  with exit status 0' 0 "$exit_status"
expect_lacks '  and without an error' 'slipway-server: ' "$(tail -n 5 "$server_log")"
restart_server main
wait_for_end "$stopped"
has_one_end "$stopped" Error
expect_contains '  and says why and what to do' 'again' "$(run_field "$stopped" .runErrorMessage)"
expect 'its step has left the machine' wait_until 60 nobody_waits_at "$stopped_gate"
wait_for_end "$behind"
has_one_end "$behind" Succeeded

# With nothing to do it ends at once, and a run that ends within the time it has is let end.
submit --no-cache -t "$name/app:last" "$quick"
wait_for_log "$run" 'Executing step ID: build'
last=$run
kill -TERM "$server_process"
exit_status=0
wait "$server_process" || exit_status=$?
expect_equal 'a server that is idle or nearly so ends with status 0' 0 "$exit_status"
restart_server main
wait_for_end "$last"
expect_equal 'and the run in hand was let end' Succeeded "$status"
