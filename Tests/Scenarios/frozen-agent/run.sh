#!/usr/bin/env bash
# An agent that is frozen loses its runs, and kills them when it wakes; one whose server is away goes on with them. The
# server's terms are short here: an agent that is not heard of for 6 s has lost its runs.
# part: timeout 300
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 0, docker: '$docker_host'}]
leases: {duration: 6s, renewEvery: 1s, hold: 2m, allowShort: true}"

agent_folder=$work/servers/agent-one
mkdir -p "$agent_folder"
(umask 077 && slipway pool token create -n default --expires 1h >"$work/token" 2>/dev/null)
"$bin/slipway-agent" --server "$server_url" --ca-file "$data/tls/ca.pem" --docker "$docker_host" --name one \
    --join-token-file "$work/token" --data "$agent_folder/data" --min-free-disk 100MiB \
    >>"$agent_folder/log" 2>&1 </dev/null &
agent_process=$!
_remember server-agent-one "$agent_process"

# encoded YAML: queues a task file that stands in the request. Sets run.
encoded() {
    api POST scheduleRun "$(jq --null-input --arg text "$1" \
        '{type: "EncodedTaskRunRequest", encodedTaskContent: ($text | @base64), platform: {os: "Linux"}}')"
    run=$(jq --raw-output '.properties.runId // empty' <<<"$api_answer")
    [ -n "$run" ] || not_ok 'the run is queued' "$api_answer"
}

# counting N: a run whose one step counts so many tenths of a second. Sets run.
counting() {
    encoded "$(printf 'steps:
  - cmd: %s sh -c "i=0; while [ \$i -lt %d ]; do echo line \$i; i=\$((i+1)); sleep 0.1; done"
  - cmd: %s echo the last step
' "$base" "$1" "$base")"
}

left_of() {
    docker ps --all --quiet --filter "label=slipway.run=$1"
    docker volume ls --quiet --filter "label=slipway.run=$1"
}

nothing_is_left_of() { [ -z "$(left_of "$1")" ]; }
log_has() { log_of_run "$1" | grep -qF -- "$2"; }
lines_of() { log_of_run "$1" | tr -d '\r' | grep -E '^line [0-9]+$' || true; }

# ---- The agent is frozen ----

counting 3000
frozen=$run
expect 'a step of a run goes on' wait_until 60 log_has "$frozen" 'line 5'
kill -STOP "$agent_process"
wait_for_end "$frozen"
expect_equal 'the run of an agent that is frozen ends as Error' Error "$status"
expect_contains '  and says why' 'was lost' "$(run_field "$frozen" .runErrorMessage)"
expect 'its container goes on, for nobody can stop it' [ -n "$(left_of "$frozen")" ]
stored=$(lines_of "$frozen")
kill -CONT "$agent_process"
expect 'the agent kills it when it wakes' wait_until 10 nothing_is_left_of "$frozen"
expect_equal '  and adds nothing to its log' "$stored" "$(lines_of "$frozen")"
counting 1
wait_for_end "$run"
expect_equal '  and carries out runs again' Succeeded "$status"

# ---- The server is away ----

counting 150
outlasting=$run
expect 'a step of another run goes on' wait_until 60 log_has "$outlasting" 'line 5'
kill_server_hard
# Longer than a lease, and than the step.
sleep 20
restart_server main
wait_for_end "$outlasting"
expect_equal 'a run goes on while its server is away' Succeeded "$status"
expect_equal '  and its log has all of it' "$(seq 0 149 | sed 's/^/line /')" "$(lines_of "$outlasting")"
expect_contains '  also of the step that began meanwhile' 'the last step' "$(log_of_run "$outlasting")"
expect 'nothing is left on the daemon' nothing_is_left_of "$outlasting"
expect_equal 'no run is noted on the agent any more' '' "$(ls "$agent_folder/data/runs")"
