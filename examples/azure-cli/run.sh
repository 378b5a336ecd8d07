#!/usr/bin/env bash
# Builds with the unmodified Azure CLI, and cancels everything in three ways.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"
need_azure cli-2.91.0
start_server 'pools: [{name: default, slots: 1}]'

# ---- The commands of the README ----

read -r server_url tenant client_id secret registry_name ca < <(jq --raw-output \
    '[.server, .tenant, .clientId, .clientSecret, .registry, .caFile] | join(" ")' "$SLIPWAY_LOCAL")
export PATH=$azure_folder/venv-2.91.0/bin:$PATH AZURE_CONFIG_DIR=$work/azure AZURE_CORE_COLLECT_TELEMETRY=no
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost

export REQUESTS_CA_BUNDLE=$ca
expect_exit 'the cloud is registered' 0 az cloud register -n Slipway --endpoint-resource-manager "$server_url"
expect_exit 'the cloud is set' 0 az cloud set -n Slipway
expect_exit 'the login works' 0 az login --service-principal -u "$client_id" -p "$secret" --tenant "$tenant"
cd "$scenario/app"
expect_exit 'an image is built' 0 az acr build -r "$registry_name" -t "$name/hello:v1" --build-arg "BASE=$base" .
printf '%s\n' "$output"
expect_equal 'the record has the digest in the registry' "$(registry_digest "$registry" "$name/hello" v1)" \
    "$(az acr task list-runs -r "$registry_name" --top 1 --query '[0].outputImages[0].digest' -o tsv)"

# ---- Everything is canceled ----

queue() {
    local number
    new_gate
    write_file "$work/long/Dockerfile" "FROM $base" "RUN $gate"
    for number in $(seq 1 17); do submit "$work/long" -t "$name/long:$number"; done
    wait_until 120 runs_one || true
    expect_equal '17 runs have been queued' 17 "$(not_ended)"
}

runs_one() { [ "$(slipway runs list --status Running -o tsv | wc -l)" -eq 1 ]; }

not_ended() {
    for status in Queued Started Running; do slipway runs list --status "$status" --top 0 -o tsv; done | wc -l
}

nothing_runs() { [ "$(not_ended)" -eq 0 ]; }

queue
r=$registry_name
expect_equal 'a list has 15 rows' 15 "$(az acr task list-runs -r "$r" --query 'length(@)' -o tsv)"
expect 'the line of the FAQ works' bash -o pipefail -c '
    az acr task list-runs -r $1 --run-status Running --query "[].runId" -o tsv |
        xargs -I% az acr task cancel-run -r $1 --run-id %' _ "$r"
wait_until 60 runs_one || true
expect_equal 'it leaves what was queued' 16 "$(not_ended)"

began=$(milliseconds)
expect 'the longer line works' bash -o pipefail -c '
    for status in Queued Started Running; do
        az acr task list-runs -r "$1" --run-status $status --top 1000 --query "[].runId" -o tsv
    done | xargs -I% az acr task cancel-run -r "$1" --run-id %' _ "$r"
printf '        %s ms\n' $(($(milliseconds) - began))
expect 'it leaves nothing' wait_until 60 nothing_runs

queue
began=$(milliseconds)
expect 'slipway runs cancel --all works' slipway runs cancel --all
printf '        %s ms\n' $(($(milliseconds) - began))
expect 'it leaves nothing' wait_until 60 nothing_runs
