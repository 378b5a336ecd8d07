#!/usr/bin/env bash
# Task files: steps in containers that share a workspace, builds and pushes between them, failures, cancellation, and
# that nothing is left on the daemon.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server

# file SOURCE PATH [FIELDS]: queues a task file of a context. Sets run.
file() {
    _schedule "$(jq --null-input --arg source "$1" --arg path "$2" --argjson more "${3:-null}" \
        '{type: "FileTaskRunRequest", sourceLocation: $source, taskFilePath: $path, platform: {os: "Linux"}} + $more')"
}

# upload FOLDER: as any client does it. Sets upload_path.
upload() {
    tar --create --gzip --file "$work/upload.tar.gz" --directory "$1" .
    api POST listBuildSourceUploadUrl
    upload_path=$(jq --raw-output .relativePath <<<"$api_answer")
    server_curl --request PUT --output /dev/null --header 'x-ms-blob-type: BlockBlob' \
        --data-binary "@$work/upload.tar.gz" "$(jq --raw-output .uploadUrl <<<"$api_answer")"
}

# ends TEXT STATUS [NEEDLE]: the run ends in that status, with a message that holds the text, and leaves nothing on the
# daemon. Sets log.
ends() {
    wait_for_end "$run"
    log=$(log_of_run "$run")
    if [ "$status" = "$2" ]; then ok "$1: $2"; else not_ok "$1: $2" "but it is $status" "$log"; fi
    if [ -n "${3:-}" ]; then
        expect_contains "        because of '$3'" "$3" "$(run_field "$run" '.runErrorMessage // ""')"
    fi
    expect_equal '        nothing is left on the daemon' '' "$(left_of "$run")"
}

# left_of RUN: containers, volumes and networks of a run.
left_of() {
    docker ps --all --filter "label=slipway.run=$1" --format 'container {{.Names}}'
    docker volume ls --filter "label=slipway.run=$1" --format 'volume {{.Name}}'
    docker network ls --filter "label=slipway.run=$1" --format 'network {{.Name}}'
}

has_line() { grep -qxF -- "$1" <<<"$log"; }

# ---- Steps without a context ----

encoded "version: v1.1.0
steps:
  - cmd: $base sh -c 'echo from \$\$(pwd); echo run \$ID of \$RegistryName; echo kept > note'
  - id: second
    cmd: $base cat note
"
ends 'two commands' Succeeded
expect 'the workspace is the working directory' has_line 'from /workspace'
expect 'aliases are filled in' has_line "run $run of $(cut -d. -f1 <<<"$registry")"
expect 'what a step writes the next one reads' has_line kept
stamp='[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
for line in "Creating Docker network: acb_default_network, driver: 'bridge'" \
    'Successfully set up Docker network: acb_default_network' 'Setting up Docker configuration...' \
    'Successfully set up Docker configuration' \
    "Executing step ID: second. Timeout(sec): 600, Working directory: '', Network: 'acb_default_network'" \
    'Launching container with name: second' 'Successfully executed container: second'; do
    expect "the log has '$line'" grep -qE "^$stamp $(sed 's/[.[()]/\\&/g' <<<"$line")$" <<<"$log"
done
expect_match 'and at its end how long each step took' \
    "$stamp Step ID: second marked as successful \\(elapsed time in seconds: [0-9]+\\.[0-9]{6}\\)" \
    "$(grep 'Step ID: second marked' <<<"$log")"
expect_match 'the last line is the result' "Run ID: $run was successful after ([0-9]+m)?[0-9]+s" \
    "$(tail -n 1 <<<"$log")"

encoded "steps:
  - cmd: $base echo value {{.Values.word}} {{.Values.secret}}
" '{"values": [{"name": "word", "value": "plain"}, {"name": "secret", "value": "a-secret-word", "isSecret": true}]}'
ends 'values' Succeeded
expect 'are filled in, secret ones masked' has_line 'value plain ***'

# ---- A context ----

app=$work/app
write_file "$app/acb.yaml" 'version: v1.1.0' 'steps:' \
    "  - cmd: $base sh -c 'cat given.txt; echo made > sub/made.txt'" \
    "  - build: -t \$Registry/$name/app:\$ID --build-arg WHO=steps -f sub/Dockerfile sub" \
    "  - push: ['\$Registry/$name/app:\$ID']" \
    "  - cmd: \$Registry/$name/app:\$ID"
write_file "$app/given.txt" given
write_file "$app/sub/Dockerfile" "FROM $base" 'ARG WHO=nobody' 'COPY . /in' \
    "RUN (ls /in; echo \"for \$WHO\") > /list" 'CMD ["cat", "/list"]'
write_file "$app/sub/.dockerignore" hidden.txt
write_file "$app/sub/hidden.txt" hidden
upload "$app"
file "$upload_path" acb.yaml
ends 'a folder with a command, a build, a push and a run of what was built' Succeeded
expect 'the context is in the workspace' has_line given
expect 'the build sees what a step made' has_line made.txt
expect 'its ignore file holds' test -z "$(grep -x hidden.txt <<<"$log")"
expect 'its arguments hold' has_line 'for steps'
digest=$(registry_digest "$registry" "$name/app" "$run")
expect_match 'the image is in the registry' 'sha256:[0-9a-f]{64}' "$digest"
expect_equal "and in the run's record" "$registry/$name/app:$run@$digest" \
    "$(run_field "$run" '.outputImages[0] | .registry + "/" + .repository + ":" + .tag + "@" + .digest')"
expect_contains 'and in the dependency record' "digest: $digest" "$log"
expect_not "the run's name is gone from the daemon" docker_image_exists "$registry/$name/app:$run"

new_repository "$work/checkout"
write_file "$work/checkout/tasks/acb.yaml" 'steps:' \
    "  - cmd: $base sh -c 'cat ignored.log; ls -d .git; echo commit {{.Run.Commit}}'"
write_file "$work/checkout/.dockerignore" '*.log'
write_file "$work/checkout/ignored.log" 'in the workspace'
commit=$(commit "$work/checkout")
publish "$work/checkout" "$name/app.git"
file "$git_url/$name/app.git" tasks/acb.yaml
ends 'a git repository' Succeeded
expect 'all of it is in the workspace, whatever its ignore file says' has_line 'in the workspace'
expect 'also .git' has_line .git
expect 'its commit is known to templates' has_line "commit $commit"

# ---- Order ----

new_gate
first=$gate_number first_gate=$gate
new_gate
encoded "steps:
  - id: one
    cmd: |
      $base sh -c \"$first_gate\"
  - id: two
    when: ['-']
    cmd: |
      $base sh -c \"$gate\"
  - id: join
    when: [one, two]
    cmd: $base echo joined
"
both_wait() { [ "$(log_of_run "$run" | grep -c 'the gate is shut')" = 2 ]; }
expect 'steps that wait for none run beside each other' wait_until 120 both_wait
expect_not 'what waits for them has not begun' log_contains "$run" joined
open_gate "$first"
open_gate "$gate_number"
ends 'two steps at once and one after them' Succeeded
expect 'it came last' has_line joined

# ---- Failures ----

encoded "steps:
  - cmd: $base sh -c 'echo before; exit 3'
    id: bad
  - cmd: $base echo after
"
ends 'a step that fails' Failed 'failed to run step ID: bad: exit status 3'
expect 'what it wrote is in the log' has_line before
expect_not 'the next one never began' has_line after
encoded "steps: [{cmd: $base sleep 1000, timeout: 2, id: slow}]"
ends 'a step that takes too long' Failed 'failed to run step ID: slow: timed out'
encoded "steps:
  - {cmd: $base false, ignoreErrors: true}
  - cmd: $base echo went on
"
ends 'a failure that is ignored' Succeeded
expect 'the next step runs' has_line 'went on'
encoded "steps: [{id: none, cmd: $registry/$name/nothing:1}]"
ends 'an image that is not there' Failed 'failed to run step ID: none: exit status 125'
# is_refused CODE NEEDLE YAML: a file that is refused at once, with a message that holds the text.
is_refused() {
    api POST scheduleRun "$(jq --null-input --arg text "$3" \
        '{type: "EncodedTaskRunRequest", encodedTaskContent: ($text | @base64), platform: {os: "Linux"}}')"
    expect_equal "$1 for ${3##*- }" "$1" "$(jq --raw-output '.error.code // "it was queued"' <<<"$api_answer")"
    expect_contains "        because of '$2'" "$2" "$(jq --raw-output '.error.message // ""' <<<"$api_answer")"
}
is_refused InvalidTaskFile 'line 3, column 11' "steps:
  - cmd: $base true
    when: [later]
"
is_refused PolicyDenied 'pools[].policy.allow: [host-paths]' "steps:
  - cmd: -v /:/host $base true"
is_refused PolicyDenied 'pools[].policy.allow: [privileged]' "steps:
  - {cmd: $base true, privileged: true}"
is_refused PolicyDenied 'pools[].policy.allow: [host-network]' "steps:
  - {cmd: $base true, network: host}"
is_refused PolicyDenied 'pools[].policy.allow: [docker-socket]' "steps:
  - cmd: $base cat /etc/passwd | wc -l"
# What the server can't see is found by the agent.
new_repository "$work/denied"
write_file "$work/denied/acb.yaml" "steps: [{cmd: $base true, privileged: true}]"
commit "$work/denied" >/dev/null
publish "$work/denied" "$name/denied.git"
file "$git_url/$name/denied.git" acb.yaml
ends 'a file of a repository that the policy denies' Failed 'pools[].policy.allow: [privileged]'

# ---- Stopping ----

new_gate
encoded "steps:
  - cmd: |
      $base sh -c \"$gate\"
  - cmd: $base echo never
"
wait_at_gate "$run"
expect_exit 'a running run is canceled' 0 slipway runs cancel "$run"
ends 'it' Canceled
expect 'its step has left the machine' wait_until 60 nobody_waits_at "$gate_number"
expect_not 'the next one never began' has_line never

new_gate
encoded "steps:
  - cmd: |
      $base sh -c \"$gate\"
"
wait_at_gate "$run"
kill_server_hard
expect 'a server that is killed leaves its containers' test -n "$(left_of "$run")"
restart_server main
nothing_is_left() { [ -z "$(left_of "$run")" ]; }
expect 'which go when it is back' wait_until 60 nothing_is_left
expect 'with their processes' wait_until 60 nobody_waits_at "$gate_number"
encoded "steps: [{cmd: $base echo again}]"
ends 'a run after all that' Succeeded
