#!/usr/bin/env bash
# Task files by hand, and tasks: made, shown, changed, run with other settings, given timers and logins, and deleted;
# their secrets are nowhere to be read.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server

new_repository "$work/checkout"
write_file "$work/checkout/Dockerfile" "FROM $base" 'ARG WHO=nobody' 'RUN echo "made by $WHO"' 'COPY task.yaml /'
write_file "$work/checkout/Other.Dockerfile" "FROM $base" 'RUN echo another Dockerfile'
write_file "$work/checkout/task.yaml" 'version: v1.1.0' 'steps:' "  - cmd: $base echo greeting={{.Values.greeting}}"
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"
url=$git_url/$name/app.git#main

# task ARGUMENT…: as JSON.
task() { slipway task "$@" --output json; }

# ---- Made and shown ----

secret=the-token-of-task-$RANDOM
printf '%s\n' "$secret" >"$work/token"
expect_exit 'a task that builds is made' 0 slipway task create -n builds -c "$url" -f Dockerfile -t "$name/app:{{.Run.ID}}" \
    --arg WHO=arg --secret-arg "HIDDEN=$secret" --git-access-token-file "$work/token" --cpu 4 --timeout 600 \
    --schedule '0 21 * * *' --schedule 'weekly:5 4 * * sun'
expect_contains '        its triggers are in the table' 'SOURCE, TIMER, BASE_IMAGE' "$output"
expect_exit 'a task with a task file is made' 0 \
    slipway task create -n file -c "$url" -f task.yaml --set greeting=hello --commit-trigger-enabled false
expect_exit 'a task with a command is made' 0 slipway task create -n command -c /dev/null --cmd "$base echo said: 'it # this'"
expect_equal 'tasks are listed by name' 'builds command file' "$(task list | jq --raw-output '[.[].name] | join(" ")')"
shown=$(task show -n BUILDS)
expect_equal 'a task is found in any case of letters' builds "$(jq --raw-output .name <<<"$shown")"
expect_equal '        with its settings' '4 600 Docker t1,weekly commit' "$(jq --raw-output \
    '[.agentConfiguration.cpu, .timeout, .step.type, ([.trigger.timerTriggers[].name] | join(",")),
      (.trigger.sourceTriggers[0].sourceTriggerEvents | join(","))] | join(" ")' <<<"$shown")"
expect_lacks '        without its secrets' "$secret" "$shown"
expect_contains '        which are shown on demand' "$secret" "$(task show -n builds --with-secure-properties)"
expect_exit 'a task of an archive with a signature is made' 0 \
    slipway task create -n signed -c "https://files.example.test/app.tar.gz?sig=$secret" -t "$name/app:signed"
expect_contains '        where it comes from is shown' 'https://files.example.test/app.tar.gz' "$(task show -n signed)"
expect_lacks '        without the signature' "$secret" "$(task show -n signed)"
expect_exit '        and deleted' 0 slipway task delete -n signed -y
expect_lacks 'no secret is in the database' "$secret" "$(strings "$data"/db/* 2>/dev/null || cat "$data"/db/*)"

expect_exit 'a schedule that is none is refused' 64 slipway task create -n bad -c /dev/null --cmd true --schedule '61 * * * *'
expect_exit 'a task without a context is refused' 1 slipway task create -n bad -f Dockerfile
expect_exit 'a task that does not exist is 3' 3 slipway task show -n none

# ---- Run ----

expect_exit 'a task with a command runs' 0 slipway task run -n command
expect_contains '        the whole command' 'said: it # this' "$output"
expect_exit 'a task with a task file runs' 0 slipway task run -n file
expect_contains '        with its values' 'greeting=hello' "$output"
expect_exit '        or with others' 0 slipway task run -n file --set greeting=goodbye
expect_contains '        for this once' 'greeting=goodbye' "$output"
expect_exit 'a task that builds runs' 0 slipway task run -n builds
expect_contains '        with its arguments' 'made by arg' "$output"
expect_lacks '        its secrets are not in the log' "$secret" "$output"
run=$(slipway runs list --task builds --top 1 --output json | jq --raw-output '.[0].runId')
expect_equal '        as a run of the task' 'builds AutoBuild Manual' \
    "$(slipway runs list --task builds --top 1 --output json | jq --raw-output '.[0] | [.task, .runType, "Manual"] | join(" ")')"
expect '        that pushed its image' test -n "$(registry_digest "$registry" "$name/app" "$run")"
expect_exit '        or with other settings' 0 slipway task run -n builds -f Other.Dockerfile --arg WHO=override
expect_contains '        another Dockerfile' 'another Dockerfile' "$output"
write_file "$work/folder/Dockerfile" "FROM $base" 'RUN echo built from a folder'
expect_exit '        or with a folder for this once' 0 slipway task run -n builds -c "$work/folder"
expect_contains '        which is uploaded' 'built from a folder' "$output"
expect_exit 'values for a build are refused' 1 slipway task run -n builds --set A=1

# ---- Without a task ----

expect_exit 'a command runs' 0 slipway run --cmd "$base sh -c 'echo from the command'" /dev/null
expect_contains '        and is heard' 'from the command' "$output"
expect_exit '        and what it ends with counts' 1 slipway run --cmd "$base sh -c 'exit 3'" /dev/null
expect_contains '        and is told' 'exit status 3' "$output"
write_file "$work/steps/acb.yaml" 'version: v1.1.0' 'steps:' "  - cmd: $base cat word.txt" \
    "  - cmd: $base echo {{.Values.greeting}}"
write_file "$work/steps/alone.yaml" 'version: v1.1.0' 'steps:' "  - cmd: $base true"
write_file "$work/steps/word.txt" 'a word of the folder'
expect_exit 'a task file of a folder is carried out' 0 slipway run --set greeting=set "$work/steps"
expect_contains '        with the folder' 'a word of the folder' "$output"
expect_contains '        and its values' set "$output"
expect_exit 'a task file alone is carried out' 0 slipway run -f "$work/steps/alone.yaml" /dev/null

# ---- Changed ----

expect_exit 'a task is changed' 0 slipway task update -n builds --status Disabled -t "$name/app:changed" --no-push true
changed=$(task show -n builds --with-secure-properties)
expect_equal '        what was named' "Disabled $name/app:changed false" \
    "$(jq --raw-output '[.status, .step.imageNames[0], .step.isPushEnabled] | join(" ")' <<<"$changed")"
expect_equal '        and nothing else' "600 $secret 2 commit" "$(jq --raw-output \
    '[.timeout, .step.contextAccessToken, (.step.arguments | length), .trigger.sourceTriggers[0].sourceTriggerEvents[0]] | join(" ")' \
    <<<"$changed")"

expect_exit 'a timer is added' 0 slipway task timer add -n builds --timer-name hourly --schedule '0 * * * *'
expect_exit '        changed' 0 slipway task timer update -n builds --timer-name hourly --enabled false
expect_equal '        and listed' 't1 Enabled,weekly Enabled,hourly Disabled' "$(slipway task timer list -n builds --output json |
    jq --raw-output '[.[] | .name + " " + .status] | join(",")')"
expect_exit '        and removed' 0 slipway task timer remove -n builds --timer-name weekly
expect_equal '        alone' 't1,hourly' \
    "$(slipway task timer list -n builds --output json | jq --raw-output '[.[].name] | join(",")')"
expect_equal '        with the secrets kept' "$secret" \
    "$(task show -n builds --with-secure-properties | jq --raw-output .step.contextAccessToken)"
expect_exit 'a timer that is not there is an error' 1 slipway task timer remove -n builds --timer-name none

expect_exit 'a login is added' 0 \
    slipway task credential add -n builds --login-server other.example.test -u me --password-file "$work/token"
expect_exit '        not twice' 1 \
    slipway task credential add -n builds --login-server other.example.test -u me --password-file "$work/token"
expect_exit '        and one by identity' 0 \
    slipway task credential add -n builds --login-server second.example.test --use-identity '[system]'
expect_equal '        listed' 'other.example.test second.example.test' \
    "$(slipway task credential list -n builds --output json | jq --raw-output 'keys | join(" ")')"
expect_lacks '        without the password' "$secret" "$(slipway task credential list -n builds --output json)"
expect_exit '        removed' 0 slipway task credential remove -n builds --login-server other.example.test
expect_equal '        alone' second.example.test \
    "$(slipway task credential list -n builds --output json | jq --raw-output 'keys | join(" ")')"

# ---- Deleted ----

expect_exit 'nothing is deleted without a word' 1 slipway task delete -n builds
expect_exit 'a task is deleted' 0 slipway task delete -n builds --yes
expect_exit '        and gone' 3 slipway task show -n builds
expect '        its runs stay' test -n "$(slipway runs list --task builds --output json | jq --raw-output '.[0].runId // empty')"
