#!/usr/bin/env bash
# A task from a file builds what is pushed to its repository, and builds it again when its base image changes.
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"
# Everything is looked at every second here, so that nobody waits.
start_server 'triggers: {pollInterval: 1s, imageInterval: 1s, allowShort: true}'

new_repository "$work/greeting"
cp -r "$scenario/app" "$work/greeting/app"
commit "$work/greeting" 'Say hello' >/dev/null
publish "$work/greeting" "$name/greeting.git"
docker tag "$base" "$registry/$name/base:1"
docker push --quiet "$registry/$name/base:1" >/dev/null
sed "s|https://git.example.com/|$git_url/$name/|; s|registry.example.com/base/busybox:1|$registry/$name/base:1|" \
    "$scenario/slipway-tasks.yaml" >"$work/slipway-tasks.yaml"

expect_exit 'the task is made' 0 slipway task apply -f "$work/slipway-tasks.yaml"
printf '%s\n' "$output"
expect_exit 'applying it again changes nothing' 0 slipway task apply -f "$work/slipway-tasks.yaml"
expect_contains '  as it says' unchanged "$output"

knows_all() {
    slipway task show -n greeting --output json | jq --exit-status \
        '.triggerState | .sources[0].polling.lastTime != null and .baseImages[0].digest != null'
}
expect 'repository and base image have been looked at' wait_until 60 knows_all
expect_exit 'the task tells how its triggers stand' 0 slipway task show -n greeting
printf '%s\n' "$output"

runs() { slipway runs list --task greeting --output json | jq --raw-output "$1"; }
has_runs() { [ "$(runs length)" -ge "$1" ]; }

printf 'Hello again.\n' >"$work/greeting/app/greeting.txt"
pushed=$(commit "$work/greeting" 'Say hello again')
publish "$work/greeting" "$name/greeting.git"
expect 'a push makes a run' wait_until 60 has_runs 1
wait_for_end "$(runs '.[0].runId')"
expect_equal '  of its commit' "$pushed Succeeded" "$(runs '.[0].sourceTrigger.commitId') $status"
slipway runs show "$(runs '.[0].runId')"

write_file "$work/new-base/Dockerfile" "FROM $base" 'RUN echo newer >/etc/newer'
docker build --quiet --tag "$registry/$name/base:1" "$work/new-base" >/dev/null 2>&1
docker push --quiet "$registry/$name/base:1" >/dev/null
expect 'a changed base image makes a run' wait_until 60 has_runs 2
wait_for_end "$(runs '.[0].runId')"
expect_equal '  that names it' "$name/base Succeeded" \
    "$(runs '.[0].imageUpdateTrigger.images[0].repository') $status"
slipway runs list --task greeting
