# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are the scenarios' and lib.sh's
# For scenarios: agents as processes of their own, on this machine's docker daemon.

# Agents are among the servers: they end with them, and their logs are shown as theirs.
agent_folder() { printf '%s/servers/agent-%s' "$work" "$1"; }

# agent NAME OPTION…: starts an agent.
agent() {
    local folder
    folder=$(agent_folder "$1")
    mkdir -p "$folder"
    "$bin/slipway-agent" --server "$server_url" --ca-file "$data/tls/ca.pem" --docker "$docker_host" --name "$1" \
        --data "$folder/data" --min-free-disk 100MiB "${@:2}" >>"$folder/log" 2>&1 </dev/null &
    _remember "server-agent-$1" $!
}

# agent_ends NAME: waits for the agent's end, and sets agent_status.
agent_ends() {
    local record=$SLIPWAY_TEST_WORK/services/server-agent-$1
    read -r agent_process _ <"$record"
    agent_status=0
    wait "$agent_process" || agent_status=$?
    rm -f "$record"
}

signal_agent() {
    read -r agent_process _ <"$SLIPWAY_TEST_WORK/services/server-agent-$1"
    kill "-$2" "$agent_process"
}

agent_field() { slipway pool agents -n default --output json | jq --raw-output ".[] | select(.id == \"$1\") | $2"; }
agent_is() { [ "$(agent_field "$1" .state)" = "$2" ]; }
agent_says() { grep -qF -- "$2" "$(agent_folder "$1")/log"; }

# kill_agent NAME: as a crash.
kill_agent() {
    signal_agent "$1" KILL
    wait "$agent_process" || true
    rm -f "$SLIPWAY_TEST_WORK/services/server-agent-$1"
}

# make_token [POOL]: sets token to a file with a new join token.
make_token() {
    token=$work/token-$RANDOM
    (umask 077 && slipway pool token create -n "${1:-default}" --expires 1h >"$token" 2>"$work/token.err")
}

# left_of ID: what a run left on the daemon.
left_of() {
    docker ps --all --quiet --filter "label=slipway.run=$1"
    docker volume ls --quiet --filter "label=slipway.run=$1"
    docker network ls --quiet --filter "label=slipway.run=$1"
}

nothing_is_left_of() { [ -z "$(left_of "$1")" ]; }

# lines_of ID PATTERN: those lines of its log.
lines_of() { log_of_run "$1" | tr -d '\r' | grep -E "$2" || true; }
