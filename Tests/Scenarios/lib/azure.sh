# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are the scenarios' and lib.sh's
# For scenarios: Azure's own clients, unmodified, against a server of the scenario.

azure_folder=${ACRT_AZ_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/acr-tasks-az}

# need_azure NAME…: makes sure of clients (see Tests/azure-clients.sh): `cli-2.91.0`, `sdk-15`. Skips the scenario
# where they can't be had.
need_azure() {
    local output
    need_venv "for Azure's clients"
    output=$("$root/Tests/azure-clients.sh" "$@" 2>&1) ||
        skip "$* can't be installed from PyPI: $(tail -n 1 <<<"$output")"
    [ -z "$output" ] || printf '%s\n' "$output"
}

# azure_environment [CLIENT_ID SECRET]: exports what Tests/Conformance/az-setup wants to know of the server in use; as
# the administrator, unless others are named.
azure_environment() {
    ACRT_URL=$(jq --raw-output .server "$SLIPWAY_LOCAL")
    ACRT_CA=$data/tls/ca.pem
    ACRT_TENANT=$(jq --raw-output .tenant "$SLIPWAY_LOCAL")
    ACRT_CLIENT_ID=${1:-$(jq --raw-output .clientId "$SLIPWAY_LOCAL")}
    ACRT_CLIENT_SECRET=${2:-$(jq --raw-output .clientSecret "$SLIPWAY_LOCAL")}
    ACRT_REGISTRY=$(jq --raw-output .registry "$SLIPWAY_LOCAL")
    ACRT_AZ_DIR=$azure_folder
    export ACRT_URL ACRT_CA ACRT_TENANT ACRT_CLIENT_ID ACRT_CLIENT_SECRET ACRT_REGISTRY ACRT_AZ_DIR
    # The machine's proxies are not for loopback.
    export no_proxy="localhost,127.0.0.1,${azure_host:-localhost}${no_proxy:+,$no_proxy}"
    export NO_PROXY=$no_proxy
}

# use_az VERSION: logs `az` of that version in to the server in use; from then on `az` is that one.
use_az() {
    local settings
    azure_environment
    export ACRT_AZ_VERSION=$1 ACRT_AZ_CONFIG_DIR=$work/azure-$server-$1
    settings=$("$root/Tests/Conformance/az-setup" 2>"$work/az-setup.log") || {
        sed 's/^/          /' "$work/az-setup.log"
        return 1
    }
    eval "$settings"
}

# az_run NAME ARGUMENT…: `az ARGUMENT…` that queues a run; leaves what it wrote in $output, its exit status in
# $az_status, and the id of the run in $run.
az_run() {
    az_status=0
    output=$(az "$@" 2>&1 </dev/null) || az_status=$?
    run=$(sed -n 's/^.*Queued a \(build\|run\) with ID: \([A-Za-z0-9]*\).*$/\2/p' <<<"$output" | head -n 1)
}

# take_results: makes checks of lines "ok NAME" and "FAIL NAME: WHY | WHY" on standard input.
take_results() {
    local line details
    while read -r line; do
        case $line in
            ok\ *) ok "${line#ok }" ;;
            FAIL\ *)
                line=${line#FAIL }
                IFS='|' read -r -a details <<<"${line#*: }"
                not_ok "${line%%: *}" "${details[@]# }"
                ;;
            *) printf '        %s\n' "$line" ;;
        esac
    done
}

# start_gateway_server [NAME [port]]: starts a server that answers the registry's own endpoints too, without a port in
# its name where that can be had, unless one is asked for. Sets login_server. It has a name of its own, since BuildKit
# takes registries on `localhost` for ones without encryption.
start_gateway_server() {
    local listen
    [ "$host_taken" -eq 1 ] || take_host ||
        skip "no name on port 443 can be had for a server: it takes root, the port, and this machine's docker daemon"
    listen=$azure_host:443 login_server=$azure_host
    if [ "${2:-}" = port ]; then
        listen=$azure_host:$(free_port)
        login_server=$listen
    fi
    printf '        a server at %s\n' "$login_server"
    start_server "listen: $listen
publicURL: https://$login_server
registries: [{name: tests, loginServer: '$login_server', endpoint: 'http://$registry', gateway: true}]" "${1:-main}"
    # Has docker trust it, which needs no restart.
    mkdir -p "/etc/docker/certs.d/$login_server"
    cp "$data/tls/ca.pem" "/etc/docker/certs.d/$login_server/ca.crt"
}

# ---- A server without a port in its name -----------------------------------------------------------------------------

# The Azure CLI resolves a login server as it is written, so one with a port has no health.
azure_host=slipway-tests.example.test
azure_address=127.77.0.1

# take_host: gives that name to a loopback address of its own, for this scenario alone. Fails
# where that can't be done: not as root, with port 443 taken, with a daemon elsewhere. Undone at the end of the
# scenario, or else by the next one that asks.
take_host() {
    [ "$(id -u)" -eq 0 ] && [ -w /etc/hosts ] && [ "$docker_host" = unix:///var/run/docker.sock ] || return 1
    exec {host_lock}>/tmp/slipway-tests-host.lock
    flock --nonblock "$host_lock" || return 1
    python3 -c "import socket; socket.create_server(('$azure_address', 443)).close()" 2>/dev/null || return 1
    host_taken=1
    _forget_host
    printf '%s %s\n' "$azure_address" "$azure_host" >>/etc/hosts
}

host_taken=0
leave_host() {
    [ "$host_taken" -eq 1 ] || return 0
    host_taken=0
    _forget_host
}

_forget_host() {
    rm -rf "/etc/docker/certs.d/$azure_host" "/etc/docker/certs.d/$azure_host":*
    grep -q "[[:space:]]$azure_host\$" /etc/hosts || return 0
    # In place: in a container the file can't be replaced.
    sed "/[[:space:]]$azure_host\$/d" /etc/hosts >"$work/hosts" && cat "$work/hosts" >/etc/hosts
}
