#!/usr/bin/env bash
# An agent that is a process of its own is killed while it has runs, and started again: what goes on in containers is
# gone on with, no step begins twice, no byte of a log is lost or doubled; a build that died with it ends as Error, once.
# part: timeout 300
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 0, docker: '$docker_host'}]"

start_agent() { agent one --join-token-file "$token" --slots 2; }

make_token
start_agent

# Beside each other, so that both logs have lines of steps that overlap.
encoded "$(printf 'steps:
  - id: first
    cmd: %s sh -c "echo ran >> ran; i=0; while [ \$i -lt 120 ]; do echo line \$i; i=\$((i+1)); sleep 0.1; done"
  - id: second
    cmd: %s sh -c "cat ran; echo the last step"
' "$base" "$base")"
steps=$run
new_gate
write_file "$work/held/Dockerfile" "FROM $base" "RUN $gate"
submit --no-cache -t "$name/app:killed" "$work/held"
build=$run
expect 'a step of a run goes on' wait_until 60 log_contains "$steps" 'line 9'
wait_at_gate "$build"

kill_agent one
start_agent

wait_for_end "$steps"
expect_equal 'a run whose container went on ends well' Succeeded "$status" || log_of_run "$steps"
expect_equal '  each line of the step is in its log, once and in order' \
    "$(seq 0 119 | sed 's/^/line /')" "$(lines_of "$steps" '^line [0-9]+$')"
expect_equal '  the step began once' ran "$(lines_of "$steps" '^ran$')"
expect_equal '  the step after it was carried out' 'the last step' "$(lines_of "$steps" '^the last step$')"
expect_contains '  the log says so' 'The agent was restarted; the run goes on.' "$(log_of_run "$steps")"
expect_equal '  nothing is left on the daemon' '' "$(left_of "$steps")"
wait_for_end "$build"
expect_equal 'a run whose build died with the agent ends as Error' Error "$status"
expect_contains '  and says why' 'agent restarted during build' "$(run_field "$build" .runErrorMessage)"
expect_equal '  it was built once' 1 "$(lines_of "$build" 'Executing step ID: build' | wc -l)"
expect_equal '  nothing is left on the daemon' '' "$(left_of "$build")"
expect_equal 'no run is noted on the agent any more' '' "$(ls "$(agent_folder one)/data/runs")"
