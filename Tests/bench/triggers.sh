# shellcheck shell=bash
# shellcheck disable=SC2154  # variables are bench.sh's
# For bench.sh: deliveries of webhooks and timers, on a server that accepts runs and carries none out (triggers.py).

bench_triggers() {
    # A forge that nobody reaches, so that only deliveries count.
    start_load_server 'forges: [{host: gitea.invalid, kind: gitea}]'
    python3 "$root/Tests/bench/triggers.py" timers "$work/servers/load" >"$work/triggers.figures"
    python3 "$root/Tests/bench/triggers.py" deliveries "$work/servers/load" >>"$work/triggers.figures"
    stop_server load
    rm -rf "$work/servers/load"

    heading 'Webhook deliveries and timers'
    while IFS=$'\t' read -r label value; do printf '  %-72s %12s\n' "$label" "$value"; done <"$work/triggers.figures"
}
