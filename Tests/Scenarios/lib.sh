# shellcheck shell=bash source-path=SCRIPTDIR
# shellcheck disable=SC2034  # variables are for the scenarios
# What the scenarios share: a server of their own, runs, git repositories, checks.
#
#     source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
#     start_server
#     write_file "$work/app/Dockerfile" "FROM $base"
#     expect_exit "a folder is built" 0 slipway build -t "$name/app:1" "$work/app"
#
# A check prints one line, `ok …` or `NOT ok …` with what differs, and a failed one does not end the script: the exit
# status at the end is 1 then. Any other command that fails ends it. Everything is below $work and goes at the end, with
# all servers and gates. Waiting is polling with a bound, which is far above what is needed: no check depends on speed.
#
# Called by Tests/run.sh, a scenario uses its services; alone it starts those it needs. The programs are those in
# $SLIPWAY_BIN, else those of the debug build.

set -Eeuo pipefail
scenario=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${SLIPWAY_BIN:-$root/.build/debug}
# The part of names in the registry and on the git server that is this scenario's.
name=$(basename "$scenario")
# shellcheck source=../services.sh
source "$root/Tests/services.sh"
work=$SLIPWAY_TEST_WORK/$name
mkdir -p "$work"

failures=0 checks=0
# Not in $(…): what fails there shows in what is made of it.
trap '[ "$BASHPID" != $$ ] || say "stopped: line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND"' ERR
trap _end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

_end() {
    local status=$? record stopped=''
    trap - ERR
    set +e
    if [ "$status" -ne 0 ]; then stopped=', and the script did not come to its end'; fi
    if [ "$status" -eq 0 ] && [ "$failures" -gt 0 ]; then status=1; fi
    if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then _show_server_logs; fi
    _open_all_gates
    # Nothing they do matters any more.
    for record in "$SLIPWAY_TEST_WORK"/services/server-*; do
        [ ! -f "$record" ] || _kill_now "$record"
    done
    leave_host
    _images_of_scenario | xargs --no-run-if-empty docker image rm >/dev/null 2>&1
    stop_services
    if [ "$status" -ne 77 ]; then
        printf '%s: %d checks, %d failed%s\n' "$name" "$checks" "$failures" "$stopped"
    fi
    trap - EXIT
    exit "$status"
}

# The end of what the servers said, which may tell why a check failed.
_show_server_logs() {
    local log
    for log in "$work"/servers/*/log; do
        [ -f "$log" ] || continue
        printf -- '---- the end of %s\n' "${log#"$work"/}"
        tail -n 25 "$log"
    done
}

_images_of_scenario() {
    docker image ls --format '{{.Repository}}:{{.Tag}}' 2>/dev/null | grep -F "/$name/" | grep -v '<none>'
}

# skip WHY: ends the scenario as skipped.
skip() {
    printf '%s\n' "$*"
    exit 77
}

# ---- Checks ----------------------------------------------------------------------------------------------------------

ok() {
    checks=$((checks + 1))
    printf 'ok      %s\n' "$1"
}

# not_ok TEXT [DETAIL…]: a failed check; each further argument is a line below it.
not_ok() {
    checks=$((checks + 1)) failures=$((failures + 1))
    printf 'NOT ok  %s\n' "$1"
    shift
    [ "$#" -eq 0 ] || printf '%s\n' "$@" | sed 's/^/          /'
}

# expect TEXT COMMAND…: the command succeeds.
expect() {
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then ok "$text"; else not_ok "$text" "failed: $*" "$output"; fi
}

# expect_not TEXT COMMAND…: the command fails.
expect_not() {
    local text=$1
    shift
    if "$@" >/dev/null 2>&1; then not_ok "$text" "succeeded: $*"; else ok "$text"; fi
}

# expect_equal TEXT EXPECTED ACTUAL
expect_equal() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2" "actual:   $3"; fi
}

# expect_contains TEXT NEEDLE HAYSTACK: as text, in any case of letters.
expect_contains() {
    if grep -qiF -- "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "missing: $2" "in:" "$(tail -n 40 <<<"$3")"; fi
}

# expect_lacks TEXT NEEDLE HAYSTACK
expect_lacks() {
    if grep -qiF -- "$2" <<<"$3"; then not_ok "$1" "found:" "$(grep -iF -- "$2" <<<"$3" | head -n 5)"; else ok "$1"; fi
}

# expect_match TEXT PATTERN ACTUAL: the whole text matches the extended regular expression.
expect_match() {
    if [[ $3 =~ ^($2)$ ]]; then ok "$1"; else not_ok "$1" "expected: $2" "actual:   $3"; fi
}

# expect_exit TEXT STATUS COMMAND…: leaves what the command wrote, both streams, in $output.
expect_exit() {
    local text=$1 expected=$2 status=0
    shift 2
    output=$("$@" 2>&1) || status=$?
    if [ "$status" -eq "$expected" ]; then
        ok "$text"
    else
        not_ok "$text" "exit status $status instead of $expected: $*" "$(tail -n 30 <<<"$output")"
    fi
}

# ---- Waiting ---------------------------------------------------------------------------------------------------------

# wait_until SECONDS COMMAND…: polls until the command succeeds; 1 if it never does.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

_curl() { curl --silent --max-time 60 --noproxy '*' "$@"; }

milliseconds() { date +%s%3N; }

# ---- The rest --------------------------------------------------------------------------------------------------------

# shellcheck source=lib/images.sh
source "$root/Tests/Scenarios/lib/images.sh"
# shellcheck source=lib/servers.sh
source "$root/Tests/Scenarios/lib/servers.sh"
# shellcheck source=lib/gates.sh
source "$root/Tests/Scenarios/lib/gates.sh"
# shellcheck source=lib/daemon.sh
source "$root/Tests/Scenarios/lib/daemon.sh"
# shellcheck source=lib/agents.sh
source "$root/Tests/Scenarios/lib/agents.sh"
# shellcheck source=lib/cluster.sh
source "$root/Tests/Scenarios/lib/cluster.sh"
# shellcheck source=lib/azure.sh
source "$root/Tests/Scenarios/lib/azure.sh"

docker_host=${DOCKER_HOST:-unix:///var/run/docker.sock}
# Passwords of registries are for this scenario alone.
export DOCKER_CONFIG=$work/docker-config
mkdir -p "$DOCKER_CONFIG"
unset SLIPWAY_LOCAL SLIPWAY_CONFIG_DIR
for variable in $(compgen -e SLIPWAY_); do
    case $variable in SLIPWAY_TEST_* | SLIPWAY_BIN) ;; *) unset "$variable" ;; esac
done
need_services
