#!/usr/bin/env bash
# Others are told how runs go: signed, in order, and each thing once although the server is killed again and again.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
port=$(free_port)
start_server "sources: {allow: ['$git_url', 'http://127.0.0.1:$port']}"
ledger=$work/ledger answer=$work/answer secret=0123456789abcdef
touch "$ledger"
start_receiver() {
    python3 "$scenario/receiver.py" "$port" "$ledger" "$answer" </dev/null &
    _remember receiver $!
}
told() { python3 "$scenario/ledger.py" "$ledger" "$secret"; }
knows() { told | grep -qxF "$1"; }
calls_are() { [ "$(wc -l <"$ledger")" -ge "$1" ]; }
write_file "$work/app/Dockerfile" "FROM $base" 'RUN echo built'
start_receiver

# ---- Set-up ----

expect_exit 'http is refused where it is not allowed' 1 \
    slipway notification create --name other --url http://other.example.com/
expect_contains '        the message says what to do' 'sources.allow' "$output"
expect_exit 'a notification is made' 0 \
    slipway notification create --name ci --url "http://me:hunter2@127.0.0.1:$port/hook?token=hunter2" --secret-file - \
    --events queued,started,finished <<<"$secret"
expect_exit 'it is listed' 0 slipway notification list
expect_lacks '        without what may be a secret' hunter2 "$output"
expect_exit 'it is tried out' 0 slipway notification ping --name ci
expect_contains '        which arrives, signed' 'ping - - signed' "$(told)"
expect_equal '        with its query' '/hook?token=hunter2' "$(jq --raw-output .path "$ledger" | head -n 1)"

# ---- What runs do ----

submit -t "$name/app:1" "$work/app"
wait_for_end "$run"
expect 'the end of a run is told' wait_until 60 knows "finished $run Succeeded signed"
expect_equal '        after its beginning' "queued started finished" \
    "$(told | awk -v run="$run" '$2 == run {print $1}' | paste -sd ' ')"
expect_equal '        with the run as it is shown' "$name/app" \
    "$(jq --raw-output '.body | fromjson | .run.properties.outputImages[0].repository // empty' "$ledger" | tail -n 1)"

# ---- The receiver fails, and the server is killed ----

printf 500 >"$answer"
: >"$ledger"
runs=()
for _ in 1 2 3; do
    submit --no-push "$work/app"
    runs+=("$run")
done
wait_until 60 calls_are 1
kill_server_hard
restart_server main
for run in "${runs[@]}"; do wait_for_end "$run"; done
kill_server_hard
restart_server main
wait_until 60 calls_are 2
expect_equal 'what fails holds back what comes after it' 1 "$(told | wc -l)"
kill_server_hard
rm "$answer"
restart_server main
for run in "${runs[@]}"; do
    # However the run ended: it may have been under way when the server was killed.
    expect "the end of $run is told" wait_until 120 knows "finished $run $(run_field "$run" .status) signed"
done
expect_equal 'nothing is told twice' '' "$(told | sort | uniq -d)"
expect_lacks 'all is signed and the same at each attempt' WRONG "$(told)"
deliveries=$(slipway notification deliveries --name ci --output json)
expect_equal 'the list says that all has arrived' delivered \
    "$(jq --raw-output '[.[].state] | unique | join(" ")' <<<"$deliveries")"

# ---- Again, and no more ----

first=$(jq --raw-output '.[-1].id' <<<"$deliveries")
calls=$(wc -l <"$ledger")
expect_exit 'a delivery is sent once more' 0 slipway notification replay --name ci "$first"
expect '        and arrives' wait_until 60 calls_are $((calls + 1))
printf 410 >"$answer"
expect_exit 'a receiver that is gone' 0 slipway notification replay --name ci "$first"
is_disabled() { [ "$(slipway notification show --name ci --output json | jq --raw-output .status)" = Disabled ]; }
expect '        is told no more' wait_until 60 is_disabled
expect_lacks 'no secret is in the log of the server' hunter2 "$(cat "$server_log")"
expect_exit 'a notification is deleted' 0 slipway notification delete --name ci --yes
expect_exit '        and gone' 3 slipway notification show --name ci
