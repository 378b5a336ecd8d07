# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are the scenarios' and lib.sh's
# For scenarios: a docker daemon of their own, which they may kill. Only root can have one.

# start_own_daemon: starts it, again after it was killed, on the same data. Sets own_docker (unix://…).
start_own_daemon() {
    local folder=$work/daemon log=$SLIPWAY_TEST_WORK/logs/own-daemon.log
    [ "$(id -u)" -eq 0 ] || skip "only root can start a docker daemon of its own"
    mkdir -p "$folder"
    own_docker=unix://$folder/docker.sock
    own_bridge=slip$((10#$(date +%S%N) % 100000))
    rm -f "$folder/pid"
    _stop_own_containerd
    ip link add name "$own_bridge" type bridge || skip "no bridge can be made here, which a docker daemon of its own needs"
    printf '%s\n' "$own_bridge" >>"$folder/bridges"
    ip addr add "10.213.$((RANDOM % 200)).1/24" dev "$own_bridge"
    setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" --host "$own_docker" \
        --bridge "$own_bridge" --iptables=false --ip6tables=false --ip-masq=false >>"$log" 2>&1 </dev/null &
    _remember own-daemon $!
    disown
    _wait_for "$log" own-daemon 60 own_daemon_answers
    own_daemon_pid=$(cat "$folder/pid")
}

own_daemon_answers() { docker --host "$own_docker" version --format '{{.Server.Version}}'; }

# kill_own_daemon: as a crash, with what it runs.
kill_own_daemon() {
    kill -KILL "$own_daemon_pid"
    wait_until 30 _own_daemon_is_gone
    rm -f "$SLIPWAY_TEST_WORK/services/own-daemon"
}

_own_daemon_is_gone() { [ ! -d "/proc/$own_daemon_pid" ]; }

_stop_own_containerd() {
    local file=$work/daemon/exec/containerd/containerd.pid pid
    [ -f "$file" ] || return 0
    pid=$(cat "$file")
    if grep -qa "$work/daemon" "/proc/$pid/cmdline" 2>/dev/null; then
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$file"
}

# stop_own_daemon: and removes what it has.
stop_own_daemon() {
    local bridge
    _stop "$SLIPWAY_TEST_WORK/services/own-daemon" || true
    _stop_own_containerd
    while read -r bridge; do ip link delete "$bridge" 2>/dev/null || true; done <"$work/daemon/bridges"
    awk -v "folder=$work/daemon" 'index($2, folder) == 1 {print $2}' /proc/mounts | sort -r |
        xargs --no-run-if-empty umount --lazy 2>/dev/null || true
}
