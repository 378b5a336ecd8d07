#!/usr/bin/env bash
# Pools made through the API: their runs wait without agents, run with them, as many at once as there are; restart, delete.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 1, docker: '$docker_host'}]"

write_file "$work/quick/Dockerfile" 'FROM scratch' 'LABEL quick=yes'
# held FOLDER-NAME: a folder whose build waits at a new gate.
held() {
    new_gate
    write_file "$work/$1/Dockerfile" "FROM $base" "RUN $gate"
}

# pool_field NAME FILTER: from the pool's record, by a filter of jq.
pool_field() { slipway pool show --name "$1" --output json | jq --raw-output "$2"; }
has_busy_slots() { [ "$(pool_field "$1" .busySlots)" = "$2" ]; }

# ---- Without agents ----

expect_exit 'a pool without agents is made' 0 slipway pool create -n p1 --count 0 --tier S2 --output json
expect_equal '  at once' 'p1 0 S2 Succeeded Linux' \
    "$(jq --raw-output '"\(.name) \(.count) \(.tier) \(.provisioningState) \(.os)"' <<<"$output")"
expect_equal 'it is listed behind those of the configuration' 'default p1' \
    "$(slipway agentpool list --output json | jq --raw-output '[.[].name] | join(" ")')"
submit --agent-pool p1 "$work/quick"
waiting=$run
expect_equal 'its run waits' Queued "$(run_field "$waiting" .status)"
expect_match '  and says for what, and what to do' 'pool p1 has no agents \(count 0\): .*--count 1.*' \
    "$(run_field "$waiting" .waitReason)"
expect_contains '  as the newest run too' 'Waiting: pool p1 has no agents (count 0)' "$(slipway runs show)"
expect_contains '  in its log too' 'Waiting: pool p1 has no agents (count 0)' "$(log_of_run "$waiting")"
expect_equal '  and in the queue of the pool' 1 "$(slipway pool show -n p1 --queue-count --output tsv)"
submit "$work/quick"
wait_for_end "$run"
expect_equal 'runs of other pools go on' Succeeded "$status"
expect_equal '  while it waits still' Queued "$(run_field "$waiting" .status)"

# ---- With agents ----

expect_exit 'one agent is given to it' 0 slipway pool update -n p1 --count 1
wait_for_end "$waiting"
expect_equal 'the run that waited is carried out' Succeeded "$status"
expect_contains '  its log begins with the wait' 'no agents' "$(log_of_run "$waiting" | head -n 1)"
expect_match '  and ends as all do' "Run ID: $waiting was successful after .*" "$(log_of_run "$waiting" | tail -n 1)"

held first
first_gate=$gate_number
submit --no-cache --agent-pool p1 "$work/first"
first=$run
wait_at_gate "$first"
held second
second_gate=$gate_number
submit --no-cache --agent-pool p1 "$work/second"
second=$run
expect_equal 'with one slot the second run waits' Queued "$(run_field "$second" .status)"
expect_equal '  behind the first' '1 1' "$(pool_field p1 '"\(.busySlots) \(.queuedRuns)"')"
slipway pool update -n p1 --count 2 >/dev/null
wait_at_gate "$second"
expect_equal 'with two, two builds go on at once' 'Running Running' \
    "$(run_field "$first" .status) $(run_field "$second" .status)"
expect_contains '  and the pool says so' 'Busy: 2 of 2. Queued: 0.' "$(slipway pool show -n p1)"

slipway pool update -n p1 --count 1 >/dev/null
submit --agent-pool p1 "$work/quick"
third=$run
open_gate "$first_gate"
wait_for_end "$first"
expect_equal 'fewer slots: a run under way ends well' Succeeded "$status"
wait_until 60 has_busy_slots p1 1 || true
expect_equal '  and none begins while there are as many as slots' 'Running Queued' \
    "$(run_field "$second" .status) $(run_field "$third" .status)"
open_gate "$second_gate"
wait_for_end "$third"
expect_equal '  but when there is room' Succeeded "$status"

# ---- What is the configuration's ----

expect_exit 'a configured pool is not made anew' 1 slipway pool create -n Default
expect_contains '  the refusal says where it belongs' 'configuration' "$output"
expect_exit '  nor changed' 1 slipway pool update -n default --count 3
expect_exit '  nor deleted' 1 slipway pool delete -n default -y
expect_exit 'a tier that there is not is refused by name' 1 slipway pool create -n p2 --tier S9
expect_contains '  with those there are' 'S1 (2 CPU, 3 GB)' "$output"

# ---- Started again ----

slipway pool update -n p1 --count 2 >/dev/null
stop_server
restart_server main
expect_equal 'pools are there after a restart' 2 "$(pool_field p1 .count)"
held again
again_gate=$gate_number
submit --no-cache --agent-pool p1 "$work/again"
again=$run
wait_at_gate "$again"
ok '  and have their slots'

# ---- Deleted ----

slipway pool update -n p1 --count 1 >/dev/null
submit --agent-pool p1 "$work/quick"
left=$run
expect_exit 'a pool is deleted' 0 slipway pool delete -n p1 -y
expect_match '  its queued run says what to do' 'pool p1 was deleted: cancel the run, or make the pool again.*' \
    "$(run_field "$left" .waitReason)"
expect_exit '  a new one is refused' 1 slipway build --agent-pool p1 "$work/quick"
open_gate "$again_gate"
wait_for_end "$again"
expect_equal '  the run under way goes on to its end' Succeeded "$status"
expect_equal '  the queued one waits still' Queued "$(run_field "$left" .status)"
expect_exit 'the pool can be made again' 0 slipway pool create -n p1
wait_for_end "$left"
expect_equal '  and carries the run out' Succeeded "$status"
expect_exit 'deleting what is not there is told by the exit code' 3 slipway pool delete -n p9 -y
