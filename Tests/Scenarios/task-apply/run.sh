#!/usr/bin/env bash
# Tasks are made of a file, changed with it, written as one again, and run.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server
new_repository "$work/checkout"
write_file "$work/checkout/Dockerfile" "FROM $base" 'ARG WHO=nobody' 'RUN echo "made by $WHO"'
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"

export GIT_TOKEN=the-token-$RANDOM HIDDEN=hidden-$RANDOM OTHER_EXAMPLE_COM_PASSWORD=password-$RANDOM
# What an export names, with the user too, since their names are not shown either.
export GIT_TOKEN_BUILDS=$GIT_TOKEN HIDDEN_BUILDS=$HIDDEN
export OTHER_EXAMPLE_COM_USERNAME_BUILDS=robot OTHER_EXAMPLE_COM_PASSWORD_BUILDS=$OTHER_EXAMPLE_COM_PASSWORD
file=$work/tasks.yaml
cat >"$file" <<YAML
name: builds
context: $git_url/$name/app.git#main
token: {env: GIT_TOKEN}
images: ['$name/app:{{.Run.ID}}']
args: {WHO: somebody}
secretArgs: {HIDDEN: {env: HIDDEN}}
platform: linux/amd64
cpu: 3
timeout: 600
queue: {priority: 5, concurrency: 2, supersede: true}
credentials:
  other.example.com: {username: robot, password: {env: OTHER_EXAMPLE_COM_PASSWORD}}
  vault.example.com: {username: {vault: 'https://v.test/secrets/u'}, password: {vault: 'https://v.test/secrets/p'}}
identities: ['[system]', /subscriptions/x/resourceGroups/y/providers/z/a]
tags: {team: a}
triggers:
  commits: {branches: [main, 'release/**'], tags: ['v*'], paths: ['!**/*.md']}
  pullRequests: {branches: [main], forks: restricted, enabled: false}
  timers: [{name: nightly, schedule: '0 3 * * *', timeZone: Europe/Berlin, enabled: false}]
  baseImages: All
---
name: says
steps:
  # In a container.
  - cmd: $base echo 'run {{.Run.ID}} said it'
triggers: {baseImages: false}
YAML

expect_exit 'what would be made is told' 0 slipway task apply -f "$file" --dry-run
expect_contains '        with its values' '+ step.imageNames[0]' "$output"
expect_lacks '        but without secrets' "$HIDDEN" "$output"
expect_equal '        and nothing is' '[]' "$(slipway task list --output json)"
expect_exit 'tasks are made of a file' 0 slipway task apply -f "$file"
expect_equal 'both are there' 'builds says' "$(slipway task list --output json | jq --raw-output '[.[].name] | join(" ")')"
expect_equal 'commits and pull requests that differ are two triggers' 'commit pullrequest' \
    "$(slipway task show -n builds --output json | jq --raw-output '[.trigger.sourceTriggers[].sourceTriggerEvents[]] | join(" ")')"

all_unchanged=$'builds: unchanged\nsays: unchanged'
expect_exit 'the same file again' 0 slipway task apply -f "$file" --dry-run
expect_equal '        changes nothing' "$all_unchanged" "$output"
changed=$(slipway task show -n builds --output json | jq .systemData.lastModifiedAt)
slipway task apply -f "$file" >/dev/null
expect_equal '        and writes nothing' "$changed" "$(slipway task show -n builds --output json | jq .systemData.lastModifiedAt)"
slipway task export >"$work/exported.yaml"
expect_lacks 'what is exported has no secrets' "$GIT_TOKEN" "$(<"$work/exported.yaml")"
expect_exit '        and applied' 0 slipway task apply -f "$work/exported.yaml" --dry-run
expect_equal '        changes nothing' "$all_unchanged" "$output"

sed -i "s/cpu: 3/cpu: 4/; s/'0 3 /'0 4 /" "$file"
expect_exit 'a file that has changed' 0 slipway task apply -f "$file" --dry-run
expect_contains '        tells how: what was' '- agentConfiguration.cpu: 3' "$output"
expect_contains '        and what will be' '+ trigger.timerTriggers[nightly].schedule: "0 4 * * *"' "$output"
HIDDEN=another slipway task apply -f "$file" >/dev/null
expect_equal 'it is written' 4 "$(slipway task show -n builds --output json | jq .agentConfiguration.cpu)"
expect_contains '        with its secrets' another "$(slipway task show -n builds --with-secure-properties --output json)"
expect_exit 'a mistyped key is refused' 1 slipway task apply -f - <<<$'name: a\ncmd: b\ntimout: 5'
expect_contains '        with its line and what was meant' "standard input:3:9: A task has no key 'timout'. Did you mean 'timeout'?" "$output"

expect_exit 'a task of a file runs' 0 slipway task run -n says
expect_contains '        as its steps say' "run $(newest_run) said it" "$output"
