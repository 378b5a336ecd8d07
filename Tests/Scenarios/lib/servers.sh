# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are the scenarios' and lib.sh's
# For scenarios: servers, the command line, runs, the API.

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
        printf 'data: %s/data\n' "$folder"
        grep -q '^listen:' <<<"$yaml" || printf 'listen: 127.0.0.1:%s\n' "$(free_port)"
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
    env -u SLIPWAY_LOCAL "$bin/slipway-server" --config "$work/servers/$1/config.yml" >>"$work/servers/$1/log" 2>&1 \
        </dev/null &
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
    _kill_now "$record"
    rm -f "$record"
}

_kill_now() {
    _lives "$1" || return 0
    kill -KILL "$_pid"
    # The shell's own word about it is of no interest.
    wait "$_pid" 2>/dev/null || true
}

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

# server_curl ARGUMENT…: curl that trusts the server.
server_curl() { _curl --cacert "$data/tls/ca.pem" "$@"; }

# api METHOD PATH [BODY]: calls the resource API below the registry's path. Sets api_status and api_answer.
api() {
    local answer
    [ -f "$work/servers/$server/token" ] || _fetch_token
    answer=$(server_curl --request "$1" --write-out '\n%{http_code}' --header "@$work/servers/$server/token" \
        --header 'Content-Type: application/json' ${3:+--data "$3"} \
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
    server_curl --header "@$work/servers/$server/token" \
        "$server_url/$1?api-version=2025-03-01-preview"
}

# The token goes from file to file: not through an argument list.
_fetch_token() {
    (
        umask 077
        jq --raw-output '"client_id=" + (.clientId | @uri) + "&client_secret=" + (.clientSecret | @uri)
            + "&grant_type=client_credentials&scope=" + (.server + "/.default" | @uri)' "$SLIPWAY_LOCAL" |
            server_curl --data @- "$server_url/$(jq --raw-output .tenant "$SLIPWAY_LOCAL")/oauth2/v2.0/token" |
            jq --raw-output '"Authorization: Bearer " + .access_token' >"$work/servers/$server/token"
    )
}

# encoded YAML [FIELDS]: queues a task file that stands in the request; more fields as JSON. Sets run.
encoded() {
    _schedule "$(jq --null-input --arg text "$1" --argjson more "${2:-null}" \
        '{type: "EncodedTaskRunRequest", encodedTaskContent: ($text | @base64), platform: {os: "Linux"}} + $more')"
}

_schedule() {
    api POST scheduleRun "$1"
    run=$(jq --raw-output '.properties.runId // empty' <<<"$api_answer")
    [ -n "$run" ] || not_ok 'the run is queued' "$api_answer"
}

# raw_log ID FILE: the stored bytes of a log, through the link that clients get.
raw_log() {
    api POST "runs/$1/listLogSasUrl"
    server_curl --output "$2" "$(jq --raw-output .logLink <<<"$api_answer")"
}
