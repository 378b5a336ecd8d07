#!/usr/bin/env bash
# `slipway exec`, beyond the cases: where the workspace comes from, what comes back, exit codes, refusals, secrets, and
# that nothing stays on the daemon when it is stopped or killed.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
state=$work/state
export XDG_STATE_HOME=$state

# task YAML ARGUMENT…: carries out a task file. Sets exit_status, out and err (what it wrote), and output to both.
task() {
    exit_status=0
    slipway exec - "${@:2}" <<<"$1" >"$work/out" 2>"$work/err" || exit_status=$?
    out=$(cat "$work/out") err=$(cat "$work/err")
    output=$err$'\n'$out
}

# expect_task TEXT STATUS YAML ARGUMENT…: it ends with that exit status.
expect_task() {
    task "${@:3}"
    if [ "$exit_status" -eq "$2" ]; then
        ok "$1"
    else
        not_ok "$1" "exit status $exit_status instead of $2" "$(tail -n 20 <<<"$output")"
    fi
}

# one TEXT: a task file of one step.
one() { printf 'steps:\n  - cmd: |\n      %s %s\n' "$base" "$1"; }

# ---- The workspace ---------------------------------------------------------------------------------------------------

app=$work/app
write_file "$app/given.txt" given
write_file "$app/ignored.log" ignored
write_file "$app/.dockerignore" '*.log'
write_file "$app/acb.yaml" 'steps:' "  - cmd: $base cat given.txt"

expect_task 'without a context the workspace is empty' 0 "$(one "sh -c 'ls -A | wc -l'")"
expect_equal '  to its end' 0 "$out"
expect_exit 'a task file is read from a folder' 0 slipway exec "$app/acb.yaml" "$app"
expect_contains '  with the folder in the workspace' given "$output"
expect_task 'a folder' 0 "$(one 'ls -A')" "$app"
expect_equal '  is there, but for what its ignore file names' $'.dockerignore\nacb.yaml\ngiven.txt' "$(sort <<<"$out")"

new_repository "$work/checkout"
write_file "$work/checkout/service/given.txt" 'from the repository'
write_file "$work/checkout/README" outside
commit=$(commit "$work/checkout")
publish "$work/checkout" "$name/app.git"
show='ls -A; cat given.txt; echo {{.Run.Commit}} {{.Run.Branch}}'
expect_task 'a folder of a git repository' 0 "$(one "sh -c '$show'")" \
    "$git_url/$name/app.git#main:service"
expect_equal '  is there, with its commit and branch' $'.git\ngiven.txt\nfrom the repository\n'"$commit main" "$out"
expect_task 'a branch that is not there' 1 "$(one true)" "$git_url/$name/app.git#none"
expect_contains '  is named' "'none'" "$err"

mkdir "$work/files"
tar --create --gzip --file "$work/files/app.tar.gz" --directory "$app" .
_serve files python3 "$root/Tests/Scenarios/other-contexts/file-server.py" "$work/files"
expect_task 'an archive' 0 "$(one "sh -c 'ls -A; cat given.txt'")" "http://$service_address/app.tar.gz"
expect_contains '  is there' given "$out"
expect_contains '  all of it' ignored.log "$out"
expect_task 'an archive that is not there' 1 "$(one true)" "http://$service_address/none.tar.gz"
expect_contains '  is an error with the status' 404 "$err"
expect_exit 'a folder that is not there' 1 slipway exec "$app/acb.yaml" "$work/nowhere"
expect_exit 'an archive on standard input is refused' 1 slipway exec "$app/acb.yaml" -

# ---- What comes back -------------------------------------------------------------------------------------------------

expect_task 'a workspace is copied out' 0 "$(one "sh -c '
      mkdir -p empty deep/er; echo text > deep/er/file; echo x > tool; chmod 750 tool; chmod 700 deep
      ln -s deep/er/file link; ln -s /nowhere/at/all broken; mkfifo pipe; : > nothing'")" \
    "$app" --workspace-out "$work/result"
entry() { stat --format '%A %F' "$work/result/$1" 2>&1; }
expect_equal '  with what was there before' given "$(cat "$work/result/given.txt")"
expect_equal '  files in folders' text "$(cat "$work/result/deep/er/file")"
expect_equal '  modes of files' '-rwxr-x--- regular file' "$(entry tool)"
expect_equal '  and of folders' 'drwx------ directory' "$(entry deep)"
expect_equal '  empty folders' 'drwxr-xr-x directory' "$(entry empty)"
expect_equal '  empty files' '-rw-r--r-- regular empty file' "$(entry nothing)"
expect_equal '  links' deep/er/file "$(readlink "$work/result/link")"
expect_equal '  also those to nothing' /nowhere/at/all "$(readlink "$work/result/broken")"
expect_not '  but no pipes' test -e "$work/result/pipe"
expect_task 'also that of a run that fails' 1 "$(one "sh -c 'echo so far > file; exit 3'")" \
    --workspace-out "$work/failed"
expect_equal '  as far as it came' 'so far' "$(cat "$work/failed/file")"

# result FILTER: from what --json-result wrote.
result() { jq --raw-output --compact-output "$1" "$work/result.json"; }
json() { expect_task "$1" "$2" "$3" --json-result "$work/result.json" "${@:4}"; }

json 'a step that fails' 1 "steps:
  - {id: first, cmd: $base true}
  - {id: second, cmd: $base sh -c 'exit 9', retries: 1, retryDelay: 1}
  - {id: third, cmd: $base true}
"
expect_equal '  is the failure' '["failed","second",9,null]' \
    "$(result '[.status, .error.step, .error.exitCode, .error.kind]')"
expect_equal '  beside the other steps' 'first successful 1 0, second failed 2 9, third skipped 0 null' \
    "$(result '[.steps[] | "\(.id) \(.status) \(.launches) \(.exitCode)"] | join(", ")')"
expect_equal '  with times of those that began' '[true,true,false]' "$(result '[.steps[] | .startedAt != null]')"
json 'a step that takes too long' 1 "steps: [{id: slow, cmd: $base sleep 1000, timeout: 1}]"
expect_equal '  has timed out' '["failed","slow","timeout"]' "$(result '[.status, .error.step, .error.kind]')"
json 'a run that takes too long' 5 "steps: [{id: slow, cmd: $base sleep 1000}]" --timeout 2
expect_equal '  has timed out itself' '["timeout","interrupted"]' "$(result '[.status, .steps[0].status]')"
write_file "$app/Dockerfile" 'FROM scratch' 'COPY given.txt /'
json 'a push that goes nowhere' 1 "steps:
  - build: -t localhost:1/$name/app:1 .
  - {id: push, push: ['localhost:1/$name/app:1']}
" "$app"
expect_equal '  is the failure' '["failed","push","push",[]]' "$(result '[.status, .error.step, .error.kind, .pushed]')"
json 'a file that can not be carried out' 1 "steps: [{id: odd, cmd: $base true, when: [later]}]"
expect_equal '  has no steps' '["failed",null,[]]' "$(result '[.status, .error.step, .steps]')"
expect_match '  but a reason' '.*later.*' "$(result .error.message)"
json 'a run that succeeds' 0 "steps:
  - build: -t $registry/$name/app:1 .
  - push: ['$registry/$name/app:1']
" "$app"
expect_equal '  has no failure, and what it pushed' "[\"succeeded\",null,[\"$registry/$name/app:1\"]]" \
    "$(result '[.status, .error, .pushed]')"
expect_equal '  and the digests of what it built' "$(registry_digest "$registry" "$name/app" 1)" \
    "$(result '.dependencies[0].image.digest')"

# ---- Secrets ---------------------------------------------------------------------------------------------------------

secret=a-word-nobody-should-see
export secret
expect_task 'a secret value' 0 "steps:
  - cmd: $base sh -c 'echo out {{.Values.secret}}; echo err {{.Values.secret}} >&2; printf halves{{.Values.secret}}'
  - build: -t $name-secret --build-arg TOLD={{.Values.secret}} -f Told .
  - id: one
    cmd: $base sh -c 'for n in 1 2 3; do echo one {{.Values.secret}}; done'
  - id: two
    cmd: $base sh -c 'for n in 1 2 3; do echo two {{.Values.secret}} >&2; done'
    when: ['-']
" "$(write_file "$app/Told" "FROM $base" 'ARG TOLD' 'RUN echo told $TOLD' && printf %s "$app")" --set-secret secret
expect_contains '  is masked in what steps print' 'out ***' "$output"
expect_contains '  also as errors' 'err ***' "$output"
expect_contains '  also without a line end' 'halves***' "$output"
expect_contains '  in builds' 'told ***' "$output"
expect_equal '  and in steps beside each other' 3,3 \
    "$(grep -cF 'one ***' <<<"$output"),$(grep -cF 'two ***' <<<"$output")"
expect_lacks '  it is nowhere on standard output' "$secret" "$out"
expect_lacks '  nor on standard error' "$secret" "$err"
unset secret

# ---- Refusals --------------------------------------------------------------------------------------------------------

# refused PERMISSION STEP: is refused by the policy with that permission named, before anything is started.
refused() {
    expect_task "$2" 1 "steps:
  - {id: odd, $2}
"
    expect_contains "  is refused with the name of what it needs: $1" "$1" "$err"
    expect_lacks '  and nothing began' Executing "$err"
}

refused privileged "cmd: $base true, privileged: true"
refused privileged "cmd: --privileged $base true"
refused host-network "cmd: $base true, network: host"
refused host-namespaces "cmd: --pid host $base true"
refused host-paths "cmd: -v /:/host $base true"
refused devices "cmd: --device /dev/null $base true"
refused added-capabilities "cmd: --cap-add NET_ADMIN $base true"
refused docker-socket "cmd: '$base true | cat'"
expect_task 'what the policy allows is carried out' 0 "steps:
  - {cmd: $base sh -c 'hostname > /tmp/name && cat /proc/sys/kernel/hostname', network: host}
  - cmd: -v /:/host:ro $base test -d /host/etc
" --policy host-network,host-paths

# ---- Exit codes and errors -------------------------------------------------------------------------------------------

for wrong in '--timeout 0' '--timeout 28801' '--platform a/b/c/d' '--policy everything' '--no-such-option'; do
    # shellcheck disable=SC2086  # two words
    expect_exit "$wrong is a wrong command line" 64 slipway exec "$app/acb.yaml" $wrong
done
expect_exit 'so is no file' 64 slipway exec
expect_exit 'a file that is not there is an error' 1 slipway exec "$work/none.yaml"
expect_contains '  that names it' "$work/none.yaml" "$output"
expect_exit 'a daemon that is not there is an error' 1 slipway exec "$app/acb.yaml" --docker "unix://$work/no.sock"
expect_contains '  that names it' "$work/no.sock" "$output"
expect_exit '  also from DOCKER_HOST' 1 env DOCKER_HOST="unix://$work/no.sock" "$bin/slipway" exec "$app/acb.yaml"
expect_contains '  that names it too' "$work/no.sock" "$output"

# ---- Stopping --------------------------------------------------------------------------------------------------------

# left: what the runs below have on the daemon.
left() {
    local owner
    for owner in $(sort -u "$work/owners" 2>/dev/null); do
        docker ps --all --filter "label=slipway.owner=$owner" --format 'container {{.Names}}'
        docker volume ls --filter "label=slipway.owner=$owner" --format 'volume {{.Name}}'
        docker network ls --filter "label=slipway.owner=$owner" --format 'network {{.Name}}'
    done
}
something_is_left() { [ -n "$(left)" ]; }

# begin AT_TERM: starts two steps beside each other that come to a gate, and do that when they are asked to end. Sets
# process.
begin() {
    new_gate
    local wait="$base sh -c 'trap \"$1\" TERM; printf \"the gate is %s\\n\" shut; sleep $gate_number & wait; sleep 99'"
    cat >"$work/gated.yaml" <<YAML
steps:
  - id: one
    cmd: |
      $wait
  - id: two
    when: ['-']
    cmd: |
      $wait
  - id: never
    cmd: $base echo never
YAML
    rm -f "$work/out"
    "$bin/slipway" exec "$work/gated.yaml" >"$work/out" 2>"$work/err" </dev/null &
    process=$!
    if ! wait_until 120 both_wait; then not_ok 'the steps come to their gate' "$(cat "$work/err" "$work/out")"; fi
    cat "$state"/slipway/exec/*/daemon/.owner >>"$work/owners"
    printf '\n' >>"$work/owners"
    expect 'while steps run, the daemon has things of theirs' something_is_left
}
both_wait() { [ "$(grep -c 'the gate is shut' "$work/out")" = 2 ]; }

# ends STATUS: what was begun has ended with it.
ends() {
    exit_status=0
    wait "$process" || exit_status=$?
    expect_equal '  it ends with the exit status for that' "$1" "$exit_status"
}

for signal in INT TERM; do
    begin 'echo asked to end; exit 3'
    printf '        SIG%s\n' "$signal"
    kill -s "$signal" "$process"
    ends 4
    expect_equal '  steps are asked to end, and what they say then is shown' 2 "$(grep -c 'asked to end' "$work/out")"
    expect_lacks '  what comes after them never begins' never "$(cat "$work/out")"
    expect_equal '  nothing is left on the daemon' '' "$(left)"
    expect_equal '  nor in its folder' '' "$(ls -A "$state/slipway/exec")"
done

expect_exit 'Ctrl-C at a terminal' 0 python3 "$root/Tests/Scenarios/cancel/terminal.py" interrupt \
    "$bin/slipway" exec "$work/gated.yaml"
expect_contains '  ends it too' 'exit status 4' "$output"
expect_lacks '  what comes after never begins' never "$output"

begin ''
kill -INT "$process"
wait_until 60 grep -q Canceling "$work/err" || true
kill -INT "$process"
ends 130
expect_contains '  a second one says who cleans up' "the next 'slipway exec'" "$(cat "$work/err")"
expect 'what it left is there' something_is_left
expect_task 'until the next one' 0 "$(one true)"
expect_equal '  which removes it' '' "$(left)"

begin ''
kill -KILL "$process"
ends 137 2>/dev/null
expect 'what a killed one left is there' something_is_left
expect_task 'until the next one' 0 "$(one true)"
expect_equal '  which removes it' '' "$(left)"
expect_equal '  and its folder' '' "$(ls -A "$state/slipway/exec")"

begin 'exit 0'
expect_task 'beside one that goes on another one runs' 0 "$(one true)"
expect '  and leaves it alone' something_is_left
kill -INT "$process"
ends 4
expect_equal '  nothing is left' '' "$(left)"
