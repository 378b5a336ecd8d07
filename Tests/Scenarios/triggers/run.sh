#!/usr/bin/env bash
# Commits and timers make runs without a forge: repositories are looked at from time to time, also for tasks that the
# Azure CLI makes. A server that is killed at any point loses none and doubles none.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_azure cli-2.91.0
start_server 'triggers: {pollInterval: 1s, imageInterval: 5s, allowShort: true}'

runs_of() { slipway runs list --task "$1" --output json | jq --raw-output "${2:-length}"; }

has_runs() { [ "$(runs_of "$1")" -ge "$2" ]; }

# next_run TASK COUNT: waits for the run that makes COUNT of them, and for its end. Sets run and status.
next_run() {
    expect "task $1 has run $2" wait_until 120 has_runs "$1" "$2"
    run=$(runs_of "$1" '.[0].runId')
    wait_for_end "$run"
}

was_looked_at() {
    slipway task show -n "$1" --output json | jq --exit-status '.triggerState.sources[0].polling.lastTime != null'
}

# ---- Looking at a repository ----

checkout=$work/checkout
new_repository "$checkout"
write_file "$checkout/app/Dockerfile" "FROM $base" 'COPY . /app' 'RUN cat /app/text'
write_file "$checkout/app/text" one
write_file "$checkout/told.yaml" 'version: v1.1.0' 'steps:' \
    "  - cmd: $base echo by={{.Run.TriggeredBy}} branch={{.Run.Branch}} tag={{.Run.GitTag}} of={{.Run.Repository}}@{{.Run.Commit}}"
commit "$checkout" Begin >/dev/null
publish "$checkout" "$name/app.git"
url=$git_url/$name/app.git

expect_exit 'a task without a token' 0 slipway task create -n polled -c "$url#main:app" -f Dockerfile \
    -t "$name/polled:{{.Run.ID}}"
expect '  has its repository looked at' wait_until 60 was_looked_at polled
expect_equal '  which makes no run of what was there before' 0 "$(runs_of polled)"
write_file "$checkout/app/text" two
pushed=$(commit "$checkout" 'Two')
publish "$checkout" "$name/app.git"
next_run polled 1
expect_equal 'a new commit makes a run' "Succeeded commit $pushed main" \
    "$status $(run_field "$run" '.sourceTrigger | "\(.eventType) \(.commitId) \(.branchName)"')"
expect_contains '  of what was pushed' 'two' "$(log_of_run "$run")"
expect_contains '  shown in words' 'Trigger: commit on main: Two' "$(slipway runs show "$run")"

# ---- Filters ----

expect_exit 'a task with filters' 0 slipway task apply -f - <<EOF
name: filtered
context: $url#main:app
file: Dockerfile
images: ["$name/filtered:{{.Run.ID}}"]
triggers:
  commits:
    branches: ['release/**', '!release/old']
    tags: ['v*']
    paths: ['app/**', '!**/*.md']
  baseImages: false
---
name: told
context: $url#main
file: told.yaml
triggers:
  commits: {branches: [main], tags: ['v*']}
  baseImages: false
EOF
expect '  is looked at' wait_until 60 was_looked_at filtered
expect '  and so is one with a task file' wait_until 60 was_looked_at told
git -C "$checkout" checkout --quiet -b release/old
write_file "$checkout/app/text" old
commit "$checkout" Old >/dev/null
git -C "$checkout" checkout --quiet -b release/1 main
write_file "$checkout/app/note.md" note
commit "$checkout" Note >/dev/null
git -C "$checkout" tag w1
publish "$checkout" "$name/app.git"
write_file "$checkout/app/text" release
released=$(commit "$checkout" Release)
publish "$checkout" "$name/app.git"
git -C "$checkout" -c user.name=t -c user.email=t@localhost tag --annotate --message one v1
publish "$checkout" "$name/app.git"
next_run filtered 2
expect_equal 'a branch and a path that fit make a run, and so does a tag, but nothing else does' \
    "refs/heads/release/1 $released, refs/tags/v1 $released" \
    "$(runs_of filtered '[.[].sourceTrigger | "\(.ref) \(.commitId)"] | sort | join(", ")')"

next_run told 1
expect_contains 'templates know what was pushed' "by=commit branch= tag=v1 of=$url@$released" "$(log_of_run "$run")"

# ---- The Azure CLI ----

use_az 2.91.0
write_file "$work/token" not-needed-here
expect_exit 'az makes a task with all three triggers' 0 az acr task create -r tests -n fromaz -c "$url#main:app" \
    -f Dockerfile -t "$name/fromaz:{{.Run.ID}}" --git-access-token not-needed-here --commit-trigger-enabled true \
    --schedule '* * * * *' --base-image-trigger-enabled true
expect '  whose repository is looked at' wait_until 60 was_looked_at fromaz
git -C "$checkout" checkout --quiet main
write_file "$checkout/app/text" three
pushed=$(commit "$checkout" Three)
publish "$checkout" "$name/app.git"
triggers_of_az() {
    az acr task list-runs -r tests -n fromaz -o table 2>/dev/null | tail -n +3 | awk '{print $5}' | sort -u | paste -sd ' '
}
has_both() { [ "$(triggers_of_az)" = 'Timer commit' ] || [ "$(triggers_of_az)" = 'commit Timer' ]; }
expect 'its runs have their triggers in the table of az' wait_until 150 has_both
expect_equal '  the commit its own' "$pushed" "$(runs_of fromaz '[.[] | select(.sourceTrigger)][0].sourceTrigger.commitId')"
expect_contains 'the state of its triggers is shown' "$base" "$(slipway task show -n fromaz)"
az acr task delete -r tests -n fromaz --yes >/dev/null 2>&1

# ---- kill -9 ----

expect_exit 'a task with a timer' 0 slipway task create -n minutely -c /dev/null --cmd "$base echo said" \
    --schedule '* * * * *'
for number in 1 2 3 4; do
    write_file "$checkout/app/text" "kill $number"
    commit "$checkout" "Kill $number" >/dev/null
    publish "$checkout" "$name/app.git"
    # Every other time around the minute at which the timer is due.
    python3 -c "import random, time; random.seed($number)
if $number % 2: time.sleep(random.uniform(0, 2))
else: time.sleep((60 - time.time()) % 60 + random.uniform(-0.2, 0.4))"
    kill_server_hard
    restart_server main
done
last=$(git -C "$checkout" rev-parse main)
has_commit() { [ "$(runs_of polled "[.[] | select(.sourceTrigger.commitId == \"$1\")] | length")" -ge 1 ]; }
expect 'the last commit has its run after kills' wait_until 120 has_commit "$last"
expect 'the timer fired' wait_until 120 has_runs minutely 1
expect_equal 'no commit has two runs' 0 \
    "$(slipway runs list --task polled --top 100 --output json |
        jq '[.[].sourceTrigger.commitId] | group_by(.) | map(select(length > 1)) | length')"
expect_equal 'and no minute has' 0 \
    "$(slipway runs list --task minutely --top 100 --output json |
        jq '[.[].timerTrigger.scheduleOccurrence] | group_by(.) | map(select(length > 1)) | length')"

# Nothing of ours may stay on the daemon for others to find.
expect_exit 'the timer goes with its task' 0 slipway task delete -n minutely --yes
slipway runs cancel --all >/dev/null || true
nothing_goes_on() {
    [ -z "$(slipway runs list --status Queued -o tsv)$(slipway runs list --status Started -o tsv)$(slipway runs list --status Running -o tsv)" ]
}
expect 'and all runs end' wait_until 60 nothing_goes_on
