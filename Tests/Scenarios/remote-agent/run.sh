#!/usr/bin/env bash
# An agent as a process of its own joins a pool that has none in the server: builds, steps, cancel, drain, restarts of
# both, tokens and keys that are good no more.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 0, docker: '$docker_host'}, {name: other, slots: 0}]"

# ---- Joining ----

write_file "$work/app/Dockerfile" "FROM $base" 'RUN echo built elsewhere'
submit -t "$name/app:1" "$work/app"
waiting=$run
expect_equal 'without an agent a run waits' Queued "$(run_field "$waiting" .status)"
expect_match '  and says for what' '.*no connected agent.*' "$(run_field "$waiting" .waitReason)"

make_token
expect_contains 'the token is shown once' 'not shown again' "$(cat "$work/token.err")"
monitor=127.0.0.1:$(free_port)
agent one --join-token-file "$token" --slots 2 --label zone=a --listen "$monitor"
wait_for_end "$waiting"
expect_equal 'with an agent the run that waited is carried out' Succeeded "$status"
expect_equal '  and pushes what it built' "$(run_field "$waiting" '.outputImages[0].digest')" \
    "$(registry_digest "$registry" "$name/app" 1)"
expect 'the pool shows the agent' wait_until 30 agent_is one connected
expect_equal '  with what it said' "default 2 zone=a 0.1.0" \
    "$(agent_field one '"\(.pool) \(.slots) zone=\(.labels.zone) \(.version)"')"
expect_equal '  its key is for nobody else to read' 600 "$(stat -c %a "$(agent_folder one)/data/agent-key")"
expect_equal '  it is alive' ok "$(_curl "http://$monitor/healthz")"
expect '  and ready' wait_until 30 _curl --fail "http://$monitor/readyz"
expect_contains '  and tells numbers' 'slipway_agent_slots 2' "$(_curl "http://$monitor/metrics")"
expect_equal 'the token counts its agents' 1 \
    "$(slipway pool token list -n default --output json | jq --raw-output '.[0].uses')"

# ---- Runs ----

write_file "$work/steps/slipway.yaml" 'version: v1.1.0' 'steps:' \
    "  - id: one" "    cmd: $base sh -c 'echo first of two > shared.txt'" \
    "  - id: two" "    cmd: $base cat shared.txt" '    when: [one]'
expect_exit 'steps of a task file run one after another' 0 slipway run -f slipway.yaml "$work/steps"
expect_contains '  on the same workspace' 'first of two' "$output"
new_gate
write_file "$work/held/Dockerfile" "FROM $base" "RUN $gate"
submit --no-cache -t "$name/app:held" "$work/held"
held=$run
wait_at_gate "$held"
expect 'an agent with one of two slots taken is connected' wait_until 30 agent_is one connected
began=$(milliseconds)
slipway runs cancel "$held" >/dev/null
wait_for_end "$held"
printf '        ended %s ms after the request\n' "$(($(milliseconds) - began))"
expect_equal 'T8 a run is canceled' Canceled "$status"
expect '  its step has left the machine' wait_until 60 nobody_waits_at "$gate_number"

expect_exit 'what is built can be kept by the server' 0 \
    slipway build --no-push --keep oci -t "$name/app:kept" "$work/app"
expect_exit '  and downloaded' 0 slipway runs download "$(newest_run)" --output-file "$work/kept.tar"

# ---- A server that goes ----

new_gate
write_file "$work/outage/Dockerfile" "FROM $base" "RUN $gate" 'RUN echo after the outage'
submit --no-cache -t "$name/app:outage" "$work/outage"
outage=$run
wait_at_gate "$outage"
kill_server_hard
open_gate "$gate_number"
expect 'F2 an agent notices that its server is gone' wait_until 60 agent_says one 'server not reached'
expect_equal '  and lives on' ok "$(_curl "http://$monitor/healthz")"
restart_server main
wait_for_end "$outage"
expect_equal 'F1 a run goes on while its server is away' Succeeded "$status"
expect_contains '  with all of its log' 'after the outage' "$(log_of_run "$outage")"
expect 'the agent is back' wait_until 60 agent_is one connected

# ---- Drain ----

expect_exit 'the agent is drained' 0 slipway pool agent drain one
expect_equal '  at once' draining "$(agent_field one .state)"
submit -t "$name/app:2" "$work/app"
drained=$run
expect_equal '  and takes no run' Queued "$(run_field "$drained" .status)"
began=$(milliseconds)
stop_server
elapsed=$(($(milliseconds) - began))
printf '        the server stopped in %s ms\n' "$elapsed"
expect 'T15 a server stops although agents wait for its answers' test "$elapsed" -le 9000
restart_server main
expect_equal '  also after a restart of the server' draining \
    "$(wait_until 60 agent_is one draining || true; agent_field one .state)"
expect_equal '  where the run waits on' Queued "$(run_field "$drained" .status)"
expect_exit 'it is resumed' 0 slipway pool agent resume one
wait_for_end "$drained"
expect_equal '  and takes the run' Succeeded "$status"

# ---- The end of an agent ----

new_gate
write_file "$work/last/Dockerfile" "FROM $base" "RUN $gate"
submit --no-cache -t "$name/app:last" "$work/last"
last=$run
wait_at_gate "$last"
signal_agent one TERM
expect 'T16 an agent that is told to stop' wait_until 30 agent_is one draining
expect_equal '  goes on with its run' Running "$(run_field "$last" .status)"
open_gate "$gate_number"
wait_for_end "$last"
expect_equal '  to its end' Succeeded "$status"
agent_ends one
expect_equal '  and then ends' 0 "$agent_status"
agent one --slots 2 --listen "$monitor"
expect 'it comes back with its key, and needs no token' wait_until 60 agent_is one connected

new_gate
write_file "$work/broken/Dockerfile" "FROM $base" "RUN $gate"
submit --no-cache -t "$name/app:broken" "$work/broken"
broken=$run
wait_at_gate "$broken"
signal_agent one TERM
wait_until 30 agent_is one draining || true
signal_agent one TERM
wait_for_end "$broken"
expect_equal 'T16 told twice, it stops its run' Error "$status"
agent_ends one
expect '  and nothing of it is left' wait_until 60 nobody_waits_at "$gate_number"

# ---- Who may not ----

make_token other
agent two --join-token-file "$token"
agent_ends two
expect_equal 'a token of another pool is refused for good' 78 "$agent_status"
expect '  with a reason' agent_says two '--pool other'
revoked=$(slipway pool token list -n other --output json | jq --raw-output '.[0].id')
expect_exit 'a token is revoked' 0 slipway pool token revoke -n other "$revoked"
agent two --join-token-file "$token" --pool other
agent_ends two
expect_equal '  and lets nobody join' 78 "$agent_status"
expect '  with a reason' agent_says two 'pool token create'
agent one --slots 1
expect 'the first agent works' wait_until 60 agent_is one connected
expect_exit '  until it is removed' 0 slipway pool agent remove one --yes
agent_ends one
expect_equal '  which it takes for the end' 78 "$agent_status"
expect '  with a reason' agent_says one 'its key is not known'
expect_equal '  and is shown no more' '' "$(agent_field one .id)"
expect_exit 'what is not there can not be drained' 3 slipway pool agent drain one -n default
"$bin/slipway-agent" --server "$server_url" --data "$work/nobody" 2>"$work/nobody.err" || status=$?
expect_equal 'an agent without a token says what to do' 78 "$status"
expect_contains '  in words' 'pool token create' "$(cat "$work/nobody.err")"
expect_lacks 'no token and no key is in a log' "$(cut -d . -f 3 "$token")" \
    "$(cat "$server_log" "$(agent_folder one)/log" "$(agent_folder two)/log")"
