# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are the scenarios' and lib.sh's
# For scenarios: gates. A gate holds a build at a step until somebody opens it: a `sleep` of an odd length on this
# machine, which ends the step when it is killed.

# new_gate: sets gate, to put into a Dockerfile as `RUN $gate`. The log then shows "the gate is shut".
new_gate() {
    gate_number=$((100000 + RANDOM * 10 + RANDOM % 10))
    gate="printf 'the gate is %s\\n' shut; sleep $gate_number || true"
    printf '%s\n' "$gate_number" >>"$work/gates"
}

# gate_processes NUMBER: what waits at a gate.
gate_processes() {
    local file
    for file in /proc/[0-9]*/cmdline; do
        if [ "$(tr '\0' ' ' <"$file" 2>/dev/null)" = "sleep $1 " ]; then basename "$(dirname "$file")"; fi
    done 2>/dev/null
}

nobody_waits_at() { [ -z "$(gate_processes "$1")" ]; }

# wait_at_gate RUN: until the run's build has come to the gate.
wait_at_gate() { wait_for_log "$1" 'the gate is shut'; }

# open_gate NUMBER
open_gate() {
    local process
    for process in $(gate_processes "$1"); do as_root kill -TERM "$process" 2>/dev/null || true; done
}

_open_all_gates() {
    local number
    [ -f "$work/gates" ] || return 0
    while read -r number; do open_gate "$number"; done <"$work/gates"
}
