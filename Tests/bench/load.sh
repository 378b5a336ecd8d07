# shellcheck shell=bash
# shellcheck disable=SC2154  # variables are bench.sh's
# For bench.sh: a server under load, by simulated agents over real HTTPS (load.py).

# load WHAT [ARGUMENT…]: adds its figures to the table.
load() {
    BENCH_JOIN_TOKEN_FILE=$work/join-token BENCH_FOLDER=$work \
        python3 "$root/Tests/bench/load.py" "$1" "$work/servers/load" "${@:2}" >>"$work/load.figures"
}

# start_load_server [YAML]
start_load_server() {
    start_server "pools: [{name: default, slots: 1}, {name: load, slots: 0}]
limits: {requestsPerSecond: 1000000, requestBurst: 1000000, maxQueued: 1000000}
${1:-}" load
    "$bin/slipway" pool token create --name load >"$work/join-token"
}

bench_load() {
    : >"$work/load.figures"
    start_load_server
    load submits
    load latency
    load logs
    load cancel
    stop_server load
    restart_server load
    load memory "$server_process"
    stop_server load
    python3 "$root/Tests/bench/stored_runs.py" "$data/db/slipway.sqlite" 1000000
    restart_server load
    load lists
    stop_server load
    rm -rf "$work/servers/load"
    use_server main

    heading 'A server under load, by simulated agents over HTTPS'
    while IFS=$'\t' read -r label value; do printf '  %-72s %12s\n' "$label" "$value"; done <"$work/load.figures"
}
