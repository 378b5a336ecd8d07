#!/usr/bin/env bash
# An agent that is frozen loses its runs, and kills them when it wakes; one whose server is away goes on with them. The
# server's terms are short here: an agent that is not heard of for 6 s has lost its runs.
# part: timeout 300
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 0, docker: '$docker_host'}]
leases: {duration: 6s, renewEvery: 1s, hold: 2m, allowShort: true}"

make_token
agent one --join-token-file "$token"

# counting N: a run whose one step counts so many tenths of a second. Sets run.
counting() {
    encoded "$(printf 'steps:
  - cmd: %s sh -c "i=0; while [ \$i -lt %d ]; do echo line \$i; i=\$((i+1)); sleep 0.1; done"
  - cmd: %s echo the last step
' "$base" "$1" "$base")"
}

# ---- The agent is frozen ----

counting 3000
frozen=$run
expect 'a step of a run goes on' wait_until 60 log_contains "$frozen" 'line 5'
signal_agent one STOP
wait_for_end "$frozen"
expect_equal 'the run of an agent that is frozen ends as Error' Error "$status"
expect_contains '  and says why' 'was lost' "$(run_field "$frozen" .runErrorMessage)"
expect 'its container goes on, for nobody can stop it' [ -n "$(left_of "$frozen")" ]
stored=$(lines_of "$frozen" '^line [0-9]+$')
signal_agent one CONT
expect 'the agent kills it when it wakes' wait_until 10 nothing_is_left_of "$frozen"
expect_equal '  and adds nothing to its log' "$stored" "$(lines_of "$frozen" '^line [0-9]+$')"
counting 1
wait_for_end "$run"
expect_equal '  and carries out runs again' Succeeded "$status"

# ---- The server is away ----

counting 150
outlasting=$run
expect 'a step of another run goes on' wait_until 60 log_contains "$outlasting" 'line 5'
kill_server_hard
# Longer than a lease, and than the step.
sleep 20
restart_server main
wait_for_end "$outlasting"
expect_equal 'a run goes on while its server is away' Succeeded "$status"
expect_equal '  and its log has all of it' "$(seq 0 149 | sed 's/^/line /')" "$(lines_of "$outlasting" '^line [0-9]+$')"
expect_contains '  also of the step that began meanwhile' 'the last step' "$(log_of_run "$outlasting")"
expect 'nothing is left on the daemon' nothing_is_left_of "$outlasting"
expect_equal 'no run is noted on the agent any more' '' "$(ls "$(agent_folder one)/data/runs")"
