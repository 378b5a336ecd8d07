#!/usr/bin/env bash
# Runs a program, and says what it is doing if it takes too long: which programs it has started, and where its threads
# are if there is a program that can tell.
#
#     Tests/watched.sh SECONDS COMMAND…
#
# The program goes on; whoever called this stops it.
set -euo pipefail
seconds=$1
shift

# descendants PID: the numbers of the processes that it has started, and theirs.
descendants() {
    local child
    for child in $(cat "/proc/$1/task"/*/children 2>/dev/null); do
        printf '%s\n' "$child"
        descendants "$child"
    done
}

tell() {
    local process
    printf 'watched.sh: still at work after %s s; these processes run:\n' "$seconds"
    for process in $(descendants "$1"); do
        printf 'watched.sh: %s %s\n' "$process" "$(tr '\0\n' '  ' <"/proc/$process/cmdline" 2>/dev/null)"
    done
    for process in $(descendants "$1"); do
        case $(readlink "/proc/$process/exe" 2>/dev/null) in *.xctest) backtrace "$process" ;; esac
    done
}

backtrace() {
    if command -v eu-stack >/dev/null; then
        timeout 40 eu-stack --pid "$1" 2>/dev/null || true
    elif command -v gdb >/dev/null; then
        timeout 40 gdb --pid "$1" --batch --nx -ex 'thread apply all bt 30' 2>/dev/null |
            grep -vE '^(During symbol reading|warning)' || true
    fi
}

"$@" &
program=$!
(
    sleep "$seconds" &
    trap 'kill $! 2>/dev/null' EXIT TERM
    wait $!
    tell "$program"
) &
watch=$!
status=0
wait "$program" || status=$?
kill "$watch" 2>/dev/null || true
exit "$status"
