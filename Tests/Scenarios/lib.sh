# shellcheck shell=bash
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
    local status=$? record
    trap - ERR
    set +e
    if [ "$status" -eq 0 ] && [ "$failures" -gt 0 ]; then status=1; fi
    if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then _show_server_logs; fi
    _open_all_gates
    # Nothing they do matters any more.
    for record in "$SLIPWAY_TEST_WORK"/services/server-*; do
        if _lives "$record"; then kill -KILL "$_pid"; fi
    done
    _images_of_scenario | xargs --no-run-if-empty docker image rm >/dev/null 2>&1
    stop_services
    [ "$status" -eq 77 ] || printf '%s: %d checks, %d failed\n' "$name" "$checks" "$failures"
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

milliseconds() { date +%s%3N; }

# ---- Services --------------------------------------------------------------------------------------------------------

# Makes sure of a docker daemon, a registry with a base image, and a git server; sets registry, base, git_url (what
# repositories' names go behind) and git_folder.
need_services() {
    need_packages "for scenarios" curl:curl jq:jq python3:python3
    start_dockerd
    if [ -z "${SLIPWAY_TEST_REGISTRY:-}" ]; then
        start_registry
        SLIPWAY_TEST_REGISTRY=$service_address
        SLIPWAY_TEST_BASE_IMAGE=$SLIPWAY_TEST_REGISTRY/base/busybox:1
        make_base_image "$SLIPWAY_TEST_BASE_IMAGE"
    fi
    registry=$SLIPWAY_TEST_REGISTRY base=$SLIPWAY_TEST_BASE_IMAGE
    if [ -z "${SLIPWAY_TEST_GIT:-}" ]; then
        SLIPWAY_TEST_GIT_FOLDER=$SLIPWAY_TEST_WORK/repositories
        start_git_http 0 "$SLIPWAY_TEST_GIT_FOLDER" /private/ skipper a-password-for-tests
        SLIPWAY_TEST_GIT=http://$service_address
        SLIPWAY_TEST_PRIVATE_USER=skipper SLIPWAY_TEST_PRIVATE_PASSWORD=a-password-for-tests
    fi
    git_url=$SLIPWAY_TEST_GIT git_folder=$SLIPWAY_TEST_GIT_FOLDER
}

# need_private_registry: sets private_registry, private_user, private_password and private_base.
need_private_registry() {
    if [ -z "${SLIPWAY_TEST_PRIVATE_REGISTRY:-}" ]; then
        SLIPWAY_TEST_PRIVATE_USER=skipper SLIPWAY_TEST_PRIVATE_PASSWORD=a-password-for-tests
        start_registry 0 "$SLIPWAY_TEST_PRIVATE_USER" "$SLIPWAY_TEST_PRIVATE_PASSWORD"
        SLIPWAY_TEST_PRIVATE_REGISTRY=$service_address
        SLIPWAY_TEST_PRIVATE_BASE_IMAGE=$SLIPWAY_TEST_PRIVATE_REGISTRY/base/busybox:1
        make_base_image "$SLIPWAY_TEST_PRIVATE_BASE_IMAGE" "$SLIPWAY_TEST_PRIVATE_USER" "$SLIPWAY_TEST_PRIVATE_PASSWORD"
    fi
    private_registry=$SLIPWAY_TEST_PRIVATE_REGISTRY private_base=$SLIPWAY_TEST_PRIVATE_BASE_IMAGE
    private_user=$SLIPWAY_TEST_PRIVATE_USER private_password=$SLIPWAY_TEST_PRIVATE_PASSWORD
}

# stop_service NAME: one that this scenario started.
stop_service() { _stop "$SLIPWAY_TEST_WORK/services/$1"; }

# start_silent: starts a server that takes connections and never answers; sets service_address.
start_silent() {
    _serve "$(_new_name silent)" python3 -c 'if True:
        import socket
        listener = socket.create_server(("127.0.0.1", 0))
        print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
        connections = []
        while True:
            connections.append(listener.accept())'
}

# registry_digest HOST REPOSITORY TAG [USER:PASSWORD]: what a tag names; nothing if there is none.
registry_digest() {
    curl --silent --max-time 30 --noproxy '*' --head ${4:+--user "$4"} \
        --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        --header 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$1/v2/$2/manifests/$3" |
        tr -d '\r' | sed -n 's/^docker-content-digest: *//ip'
}

# image_config HOST REPOSITORY TAG: the configuration of an image in the registry, as JSON.
image_config() {
    local digest
    digest=$(curl --silent --max-time 30 --noproxy '*' \
        --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        --header 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$1/v2/$2/manifests/$3" |
        jq --raw-output .config.digest)
    curl --silent --max-time 30 --noproxy '*' --location "http://$1/v2/$2/blobs/$digest"
}

# make_image NAME LABEL [USER:PASSWORD]: pushes an image on the base image, with the label `who`; its name does not stay
# on the daemon.
make_image() {
    printf 'FROM %s\nLABEL who=%s\n' "$base" "$2" | DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" - >/dev/null 2>&1
    if [ "$#" -gt 2 ]; then
        printf '%s' "${3#*:}" | docker login --username "${3%%:*}" --password-stdin "${1%%/*}" >/dev/null 2>&1
    fi
    docker push --quiet "$1" >/dev/null
    docker image rm "$1" >/dev/null
}

docker_image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# exported IMAGE FOLDER: unpacks the file system of an image into a new folder.
exported() {
    local container
    docker pull --quiet "$1" >/dev/null
    # It is never started, so any command will do.
    container=$(docker create "$1" none)
    mkdir -p "$2"
    docker export "$container" | tar --extract --directory="$2" --no-same-owner
    docker rm "$container" >/dev/null
    docker image rm "$1" >/dev/null
}

# ---- Files -----------------------------------------------------------------------------------------------------------

# write_file PATH LINE…: makes a file with these lines, and its folder.
write_file() {
    local path=$1
    shift
    mkdir -p "$(dirname "$path")"
    printf '%s\n' "$@" >"$path"
}

# In a repository: commits all there is and prints the commit's id. The machine's own git settings play no part.
commit() {
    git -C "$1" add --all --force
    GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -C "$1" -c user.name=tests -c user.email=tests@localhost \
        commit --quiet --message "${2:-a change}"
    git -C "$1" rev-parse HEAD
}

new_repository() {
    mkdir -p "$1"
    GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git init --quiet --initial-branch=main "$1"
}

# publish CHECKOUT NAME: puts all of its refs on the git server, where its URL is $git_url/NAME.
publish() {
    local place=$git_folder/$2
    if [ ! -d "$place" ]; then git init --quiet --bare --initial-branch=main "$place"; fi
    git -C "$1" push --quiet --force "$place" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*' '+refs/pull/*:refs/pull/*'
}

# ---- Servers ---------------------------------------------------------------------------------------------------------

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server [YAML [NAME]]: starts a server with a data folder of its own and makes it the one that `slipway` uses.
# Sections in the YAML replace ours: registry `tests` (what need_services started), a pool with two slots, and the git
# server as an allowed source.
start_server() {
    local yaml=${1:-} folder
    server=${2:-main}
    folder=$work/servers/$server
    mkdir -p "$folder"
    _write_configuration "$folder" "$yaml"
    restart_server "$server"
}

_write_configuration() {
    local folder=$1 yaml=$2
    {
        printf 'data: %s/data\nlisten: 127.0.0.1:%s\n' "$folder" "$(free_port)"
        grep -q '^registries:' <<<"$yaml" || printf 'registries: [{name: tests, loginServer: "%s"}]\n' "$registry"
        grep -q '^pools:' <<<"$yaml" || printf 'pools: [{name: default, slots: 2, docker: "%s"}]\n' "$docker_host"
        grep -q '^sources:' <<<"$yaml" || printf 'sources: {allow: ["%s"]}\n' "$git_url"
        printf '%s\n' "$yaml"
    } >"$folder/config.yml"
}

# restart_server NAME: starts a server again on its data.
restart_server() {
    local folder=$work/servers/$1
    launch_server "$1"
    use_server "$1"
    if ! _wait_for "$folder/log" "server-$1" 60 server_is_ready; then return 1; fi
}

# launch_server NAME: only starts the process.
launch_server() {
    env -u SLIPWAY_LOCAL "$bin/slipway-server" --config "$work/servers/$1/config.yml" >>"$work/servers/$1/log" 2>&1 </dev/null &
    _remember "server-$1" $!
}

# use_server NAME: the one that `slipway` and `api` talk to. Sets server, data, server_url, server_log, server_process.
use_server() {
    local began
    read -r server_process began <"$SLIPWAY_TEST_WORK/services/server-$1" || true
    server=$1 data=$work/servers/$1/data server_log=$work/servers/$1/log
    server_url=https://$(sed -n 's/^listen: //p' "$work/servers/$1/config.yml")
    export SLIPWAY_LOCAL=$data/local-client.json SLIPWAY_CONFIG_DIR=$work/servers/$1/client
}

server_is_ready() {
    [ -f "$data/tls/ca.pem" ] &&
        curl --silent --fail --max-time 5 --noproxy '*' --cacert "$data/tls/ca.pem" "$server_url/readyz" >/dev/null
}

# server_lives [NAME]
server_lives() { _lives "$SLIPWAY_TEST_WORK/services/server-${1:-$server}"; }

# stop_server [NAME]: as an administrator does, with SIGTERM.
stop_server() { _stop "$SLIPWAY_TEST_WORK/services/server-${1:-$server}"; }

# kill_server_hard [NAME]: kill -9, and waits until the process is gone.
kill_server_hard() {
    local record=$SLIPWAY_TEST_WORK/services/server-${1:-$server}
    _lives "$record" || return 1
    kill -KILL "$_pid"
    wait_until 30 _is_over "$record"
    rm -f "$record"
}

_is_over() { ! _lives "$1"; }

# ---- The command line and the API ------------------------------------------------------------------------------------

# With a limit, so that a program that hangs shows as itself.
slipway() { timeout --foreground 300 "$bin/slipway" "$@"; }

# submit ARGUMENT…: queues a build and sets run to its id.
submit() {
    run=$(slipway build --no-wait --output json "$@" 2>"$work/submit.err" | jq --raw-output '.runId // empty')
    if [ -z "$run" ]; then
        sed 's/^/          /' "$work/submit.err" >&2
        return 1
    fi
}

# run_field ID FILTER [OPTION…]: from the run's record, by a filter of jq: `run_field "$run" .status`.
run_field() { slipway runs show "$1" --output json "${@:3}" | jq --raw-output "$2"; }

newest_run() { slipway runs list --top 1 --output json | jq --raw-output '.[0].runId'; }

has_status() { [[ " ${*:2} " == *" $(run_field "$1" .status) "* ]]; }

has_ended() { has_status "$1" Succeeded Failed Canceled Error Timeout; }

# wait_for_end ID: waits until the run has ended and sets status.
wait_for_end() {
    wait_until 240 has_ended "$1" || true
    status=$(run_field "$1" .status)
}

# expect_run TEXT STATUS NEEDLE ARGUMENT…: `slipway build ARGUMENT…` makes a run that ends in that status, with the exit
# code for it, and with a message that holds the text. Leaves what it wrote in $output and its id in $run.
expect_run() {
    local text=$1 expected=$2 needle=$3 before message
    shift 3
    before=$(newest_run)
    expect_exit "$text" "$(_exit_code "$expected")" slipway build "$@"
    run=$(newest_run)
    if [ "$run" = "$before" ]; then
        not_ok '        makes a run' "$output"
        return
    fi
    expect_equal "        ends as $expected" "$expected" "$(run_field "$run" .status)"
    message=$(run_field "$run" '.runErrorMessage // ""')
    expect_contains "        because '${message:0:400}'" "$needle" "$message"
}

_exit_code() {
    case $1 in
        Succeeded) printf 0 ;;
        Canceled) printf 4 ;;
        Timeout) printf 5 ;;
        *) printf 1 ;;
    esac
}

log_of_run() { slipway logs "$1"; }

log_contains() { log_of_run "$1" | grep -qF -- "$2"; }

# wait_for_log ID TEXT
wait_for_log() {
    if ! wait_until 120 log_contains "$1" "$2"; then
        not_ok "the log of $1 gets to '$2'" "$(log_of_run "$1" | tail -n 20)" "$(run_field "$1" .status)"
        return 1
    fi
}

# api METHOD PATH [BODY]: calls the resource API below the registry's path; prints the answer. $api_status has the status.
api() {
    local answer
    [ -f "$work/servers/$server/token" ] || _fetch_token
    answer=$(curl --silent --max-time 60 --noproxy '*' --cacert "$data/tls/ca.pem" --request "$1" --write-out '\n%{http_code}' \
        --header "@$work/servers/$server/token" --header 'Content-Type: application/json' ${3:+--data "$3"} \
        "$server_url/$(_registry_path)${2:+/$2}")
    api_status=${answer##*$'\n'}
    api_answer=${answer%$'\n'*}
}

_registry_path() {
    [ -f "$work/servers/$server/path" ] || slipway_registry_path >"$work/servers/$server/path"
    cat "$work/servers/$server/path"
}

# Where the server's registry is, as its list of registries tells.
slipway_registry_path() {
    local subscription
    subscription=$(_get subscriptions | jq --raw-output '.value[0].subscriptionId')
    _get "subscriptions/$subscription/providers/Microsoft.ContainerRegistry/registries" |
        jq --raw-output '.value[0].id | ltrimstr("/")'
}

_get() {
    curl --silent --max-time 60 --noproxy '*' --cacert "$data/tls/ca.pem" --header "@$work/servers/$server/token" \
        "$server_url/$1?api-version=2025-03-01-preview"
}

# The token goes from file to file: not through an argument list.
_fetch_token() {
    (
        umask 077
        jq --raw-output '"client_id=" + (.clientId | @uri) + "&client_secret=" + (.clientSecret | @uri)
            + "&grant_type=client_credentials&scope=" + (.server + "/.default" | @uri)' "$SLIPWAY_LOCAL" |
            curl --silent --max-time 60 --noproxy '*' --cacert "$data/tls/ca.pem" --data @- \
                "$server_url/$(jq --raw-output .tenant "$SLIPWAY_LOCAL")/oauth2/v2.0/token" |
            jq --raw-output '"Authorization: Bearer " + .access_token' >"$work/servers/$server/token"
    )
}

# raw_log ID FILE: the stored bytes of a log, through the link that clients get.
raw_log() {
    api POST "runs/$1/listLogSasUrl"
    curl --silent --max-time 60 --noproxy '*' --cacert "$data/tls/ca.pem" --output "$2" "$(jq --raw-output .logLink <<<"$api_answer")"
}

# ---- Gates -----------------------------------------------------------------------------------------------------------

# A gate holds a build at a step until somebody opens it: a `sleep` of an odd length on this machine, which ends the
# step when it is killed.

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

docker_host=${DOCKER_HOST:-unix:///var/run/docker.sock}
# Passwords of registries are for this scenario alone.
export DOCKER_CONFIG=$work/docker-config
mkdir -p "$DOCKER_CONFIG"
unset SLIPWAY_LOCAL SLIPWAY_CONFIG_DIR
for variable in $(compgen -e SLIPWAY_); do
    case $variable in SLIPWAY_TEST_* | SLIPWAY_BIN) ;; *) unset "$variable" ;; esac
done
need_services
