# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are bench.sh's and lib.sh's
# For bench.sh: the unmodified Azure CLI.

# A list of 15 runs, as the client asks for it without --top.
_list_url() { printf '%s/%s/runs?api-version=2025-03-01-preview&%%24top=15' "$server_url" "$(_registry_path)"; }

# measure_lists LABEL: one round of lists.
measure_lists() {
    measure "az-$1" - - az acr task list-runs -r tests -o tsv --query '[].runId'
    measure "az-filter-$1" - - az acr task list-runs -r tests --run-status Failed -o tsv --query '[].runId'
    measure "slipway-$1" - - "$bin/slipway" runs list --top 15
    measure "curl-$1" - - curl --silent --fail --noproxy '*' --cacert "$data/tls/ca.pem" \
        --header "@$work/servers/$server/token" --output /dev/null "$(_list_url)"
}

bench_azure() {
    local round count
    if ! "$root/Tests/azure-clients.sh" cli-2.91.0 >&2; then
        heading "Left out: the Azure CLI, which can't be installed here"
        return
    fi
    start_server '' azure
    use_az 2.91.0
    rm -f "$work/times"
    for ((round = 0; round <= repetitions; round++)); do
        # The first round only warms up.
        if [ "$round" -eq 1 ]; then rm -f "$work/times"; fi
        measure az-start - - az acr build --help
        fresh "$work/context"
        measure az-build '^[0-9]{4}/' . az acr build -r tests --no-push -t "$name/az:1" "$work/context"
        fresh "$work/context"
        measure slipway-build '^[0-9]{4}/' . "$bin/slipway" build --no-push -t "$name/az:2" "$work/context"
    done

    _fetch_token
    for count in 100 100000; do
        stop_server azure
        python3 "$root/Tests/bench/stored_runs.py" "$(find "$data" -name '*.sqlite' | head -n 1)" "$count"
        restart_server azure
        measure_lists warming-up
        for ((round = 0; round < repetitions; round++)); do measure_lists "$count"; done
    done
    expect_equal 'all runs are there' 100000 "$("$bin/slipway" runs list --top 0 -o tsv | wc -l)" >&2

    heading "The Azure CLI: medians of $repetitions, in milliseconds"
    row '' '' 'log begins' 'end' 'ratio'
    row 'az acr build --help (nothing but its start)' '' '' "$(median az-start 4)" 1.00
    row 'az acr build FOLDER --no-push' '' "$(median az-build 2)" "$(median az-build 4)" \
        "$(ratio "$(median az-build 2)" "$(median az-start 4)")"
    row 'slipway build FOLDER --no-push' '' "$(median slipway-build 2)" "$(median slipway-build 4)" \
        "$(ratio "$(median slipway-build 2)" "$(median az-start 4)")"
    printf '  %s\n' 'The ratio is that of the first line of the log to the start of az.'
    row 'Lists of 15 runs' '' 'of 100' 'of 100,000' 'ratio'
    list_row 'az acr task list-runs' az
    list_row 'az acr task list-runs --run-status Failed' az-filter
    list_row 'slipway runs list --top 15' slipway
    list_row 'GET …/runs?$top=15 by curl' curl
    stop_server azure
    server=''
    if [ -f "$SLIPWAY_TEST_WORK/services/server-main" ]; then use_server main; fi
}

# list_row TEXT LABEL
list_row() {
    local few many
    few=$(median "$2-100" 4) many=$(median "$2-100000" 4)
    row "$1" '' "$few" "$many" "$(ratio "$many" "$few")"
}
