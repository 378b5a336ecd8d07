#!/usr/bin/env bash
# A backup is taken while the server works, and restored: what had ended is there, what had not ends as Error, and nothing
# that was given out since the backup is taken for something else (F15).
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server
write_file "$work/app/Dockerfile" "FROM $base" 'RUN echo built'
expect_exit 'a build' 0 slipway build -t "$name/app:1" "$work/app"
done_run=$(newest_run)
raw_log "$done_run" "$work/log.before"

write_file "$work/slow/Dockerfile" "FROM $base" "RUN echo $name-slow && sleep 600"
submit --no-push "$work/slow"
under_way=$run
wait_for_log "$under_way" "$name-slow"
submit -t "$name/app:2" --agent-pool default "$work/app"
api POST "runs/$done_run/listLogSasUrl"
old_link=$(jq --raw-output .logLink <<<"$api_answer")

config=$work/servers/main/config.yml
expect_exit 'a backup of a server that runs' 0 "$bin/slipway-server" backup --config "$config" --to "$work/backup"
expect_exit 'not over one that is there' 1 "$bin/slipway-server" backup --config "$config" --to "$work/backup"
expect_contains '        the message names it' 'is there already' "$output"
expect_exit 'the server goes on' 0 slipway build -t "$name/app:3" "$work/app"
later=$(newest_run)
slipway runs cancel "$under_way" >/dev/null
wait_for_end "$under_way"
expect_equal 'also with what was under way' Canceled "$status"
stop_server

expect_exit 'a restore over a data folder is refused' 1 "$bin/slipway-server" restore --config "$config" "$work/backup"
expect_contains '        the message says what to do' 'Move it away' "$output"
expect_exit 'and one of something else' 1 "$bin/slipway-server" restore --config "$config" "$work/app"
mv "$work/servers/main/data" "$work/servers/main/data.lost"
expect_exit 'a restore' 0 "$bin/slipway-server" restore --config "$config" "$work/backup"
expect_contains '        tells of the generation' 'generation 2' "$output"
restart_server main

raw_log "$done_run" "$work/log.after"
expect 'the log of a run of before is there' cmp "$work/log.before" "$work/log.after"
expect_equal 'a run that had ended is as it was' Succeeded "$(run_field "$done_run" .status)"
expect_equal 'a run that was under way is Error' Error "$(run_field "$under_way" .status)"
expect_contains '        and says why' 'restored from backup' "$(run_field "$under_way" .runErrorMessage)"
expect_equal 'a run that waited is Error too' Error "$(run_field "$run" .status)"
expect_exit 'a run of after the backup is not known' 3 slipway runs show "$later"
expect_equal 'links of before are void' 403 \
    "$(server_curl --output "$work/refused" --write-out '%{http_code}' "$old_link")"
expect_exit 'the server builds' 0 slipway build -t "$name/app:4" "$work/app"
expect_not 'and gives no id again' test "$(newest_run)" = "$later"

# ---- A schema that this program does not know, and a second server (F13, F14) ----
expect_exit 'a second server on the data folder is refused' 1 timeout 60 "$bin/slipway-server" --config "$config"
expect_contains '        the message says who has it' 'process' "$output"
stop_server
sqlite() { python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()' "$@"; }
sqlite "$data/db/slipway.sqlite" "INSERT INTO grdb_migrations VALUES ('999-of-the-future')"
expect_exit 'a newer schema is refused' 1 timeout 60 "$bin/slipway-server" --config "$config"
expect_contains '        in words' 'later version' "$output"
