#!/usr/bin/env bash
# The docker daemon is killed while it builds, and cut off while it gets the context: runs end, and say why.
# part: timeout 300
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_packages "for a bridge of a daemon's own" ip:iproute2
start_own_daemon
trap 'stop_own_daemon; _end' EXIT
start_server "pools: [{name: default, slots: 2, docker: '$own_docker'}]"

# What the server holds open when nothing goes on.
open_files() { find "/proc/$server_process/fd" | wc -l; }

mkdir -p "$work/app"
cp "$(command -v busybox)" "$work/app/busybox"
tools=('FROM scratch' 'COPY busybox /bin/busybox' 'SHELL ["/bin/busybox", "sh", "-c"]')
write_file "$work/app/Dockerfile" "${tools[@]}" 'RUN echo built'
expect_exit 'the daemon builds' 0 slipway build "$work/app"
before=$(open_files)

new_gate
mkdir -p "$work/held"
cp "$work/app/busybox" "$work/held/busybox"
write_file "$work/held/Dockerfile" "${tools[@]}" "RUN /bin/busybox --install /bin; $gate"
submit "$work/held"
first=$run
wait_at_gate "$first"
kill_own_daemon
wait_for_end "$first"
expect_equal 'F6 a run whose daemon is killed in a step ends as Error' Error "$status"
expect_contains '  which names the daemon' 'docker daemon' "$(run_field "$first" .runErrorMessage)"
expect_contains '  and so does its log' 'docker daemon' "$(log_of_run "$first")"

wait_until 60 agent_is embedded-default unhealthy || true
submit "$work/app"
waiting=$run
wait_for_log "$waiting" 'Start the daemon'
expect_equal 'F6 with no daemon a run waits, and says for what' Queued "$(run_field "$waiting" .status)"

open_gate "$gate_number"
start_own_daemon
wait_for_end "$waiting"
expect_equal 'F6 when it is back the run is carried out' Succeeded "$status"
expect_exit 'F6 and the agent builds again' 0 slipway build --no-cache "$work/app"

# Half-way in the context: the daemon waits for more of it than there is, since it is stopped.
head -c 200000000 /dev/urandom >"$work/app/large"
write_file "$work/app/Dockerfile" 'FROM scratch' 'COPY large /large'
submit "$work/app"
second=$run
wait_for_log "$second" 'Launching container with name: build'
kill_own_daemon
wait_for_end "$second"
expect_match 'F6 a run whose daemon is killed while it gets the context ends' 'Error|Succeeded' "$status"
start_own_daemon
rm "$work/app/large"
write_file "$work/app/Dockerfile" "${tools[@]}" 'RUN echo built'
expect_exit 'F6 and the next one is built' 0 slipway build "$work/app"
after=$(open_files)
expect "the server holds no more files open than before ($before, $after)" test "$after" -le $((before + 3))
