# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are the scenarios'
# For scenarios with agents on hosts of their own, which are driven by a program in Python: see cluster.py.

# run_cluster PROGRAM ARGUMENT…: runs a program of the scenario's folder with a folder for the cluster and the programs'
# folder, and takes over its checks. Skips the scenario where no hosts can be made.
run_cluster() {
    local program=$1 status=0
    shift
    need_packages "for hosts of their own" ip:iproute2 nsenter:util-linux busybox-static
    [ "$(id -u)" -eq 0 ] || skip "only root can make hosts of its own"
    ip netns add "slip-try-$$" 2>/dev/null || skip "no network namespace can be made here"
    ip netns delete "slip-try-$$"
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/Tests/Scenarios/lib python3 "$scenario/$program" \
        --folder "$work/cluster" --bin "$bin" --count "$work/count" "$@" || status=$?
    read -r checks failures <"$work/count"
    [ "$status" -eq 0 ] || [ "$failures" -gt 0 ] || return "$status"
}
