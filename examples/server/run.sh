#!/usr/bin/env bash
# Starts a server with the example's configuration, and with each of the example pools; checks the units.
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"

printf 'secret\n' >"$work/registry-password"
port=$(free_port)
start_server "$(sed "s|0.0.0.0:8443|127.0.0.1:$port|; s|build.example.com:8443|127.0.0.1:$port|; \
    s|/etc/slipway/registry-password|$work/registry-password|" "$scenario/slipway.yaml")" example
expect_equal 'the server has the pool of the example, without slots' 'builders 0' \
    "$(slipway pool list --output json | jq --raw-output '.[] | "\(.name) \(.count)"')"
expect 'agents may join it' slipway pool token create -n builders --expires 1h
stop_server

for file in "$root"/agents/pools/*.yaml; do
    pools=$(basename "$file" .yaml)
    start_server "$(cat "$file")" "$pools"
    expect_equal "the server starts with the pools $pools" "$(grep -c '  - name:' "$file")" \
        "$(slipway pool list --output json | jq length)"
    stop_server
done

if command -v systemd-analyze >/dev/null; then
    for unit in "$scenario/slipway-server.service" "$root"/agents/*.service; do
        sed "s|ExecStart=[^ ]*|ExecStart=/bin/true|" "$unit" >"$work/$(basename "$unit")"
        expect_exit "systemd knows all of $(basename "$unit")" 0 systemd-analyze verify "$work/$(basename "$unit")"
        expect_lacks '  and all settings' 'Unknown' "$output"
    done
fi
