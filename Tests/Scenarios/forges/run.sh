#!/usr/bin/env bash
# Commits and pull requests at a forge make runs: the server makes the hook there, hears of pushes, builds the commit,
# and tells the forge how it went. Once with each of GitHub, GitLab and Gitea, as their documentation has them.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

token=$(head -c 20 /dev/urandom | base64 | tr -dc 'a-zA-Z0-9')
(umask 077 && printf '%s' "$token" >"$work/token")

# start_forge KIND PORT: a forge with the repository team/app; sets forge_url.
start_forge() {
    forge_folder=$work/forge-$1 forge_url=http://127.0.0.1:$2
    mkdir -p "$forge_folder/team"
    git init --quiet --bare --initial-branch=main "$forge_folder/team/app.git"
    git -C "$forge_folder/team/app.git" config http.receivepack true
    _serve "forge-$1" python3 "$root/Tests/forge-server.py" --kind "$1" --token-file "$work/token" \
        --ca "$data/tls/ca.pem" --port "$2" "$forge_folder"
}

forge_state() { _curl "$forge_url/_state" | jq --raw-output "$1"; }

# push [REFSPEC…]: as a person does, over HTTP.
push() { git -C "$work/checkout-$kind" -c http.proxy= push --quiet --force "$forge_url/team/app.git" "${@:-main}" 2>/dev/null; }

runs_of() { slipway runs list --task "$1" --output json | jq --raw-output "${2:-length}"; }

has_runs() { [ "$(runs_of "$1")" = "$2" ]; }

# next_run TASK COUNT: waits for the run that makes COUNT of them, and for its end. Sets run and status.
next_run() {
    if ! wait_until 120 has_runs "$1" "$2"; then
        not_ok "task $1 has $2 runs" "$(slipway runs list --task "$1")" "$(slipway trigger deliveries)"
        run='' status=''
        return
    fi
    run=$(runs_of "$1" '.[0].runId')
    wait_for_end "$run"
}

last_delivery() { slipway trigger deliveries --output json | jq --raw-output '.[0] | '"$1"; }

delivery_says() { grep -qF -- "$1" <<<"$(last_delivery .outcome)"; }

# expect_delivery TEXT NEEDLE: what the ledger says of the last one, once it is worked on.
expect_delivery() {
    wait_until 60 delivery_says "$2" || true
    expect_contains "$1" "$2" "$(last_delivery .outcome)"
}

declare -A port
for kind in github gitlab gitea; do port[$kind]=$(free_port); done
forges='' allowed=\"$git_url\"
for kind in github gitlab gitea; do
    case $kind in github) api=/api/v3 ;; gitlab) api=/api/v4 ;; gitea) api=/api/v1 ;; esac
    forges+="{host: '127.0.0.1:${port[$kind]}', kind: $kind, api: 'http://127.0.0.1:${port[$kind]}$api'}, "
    allowed+=", \"http://127.0.0.1:${port[$kind]}\""
done
own=127.0.0.1:$(free_port)
start_server "listen: $own
publicURL: https://$own
forges: [${forges%, }]
sources: {allow: [$allowed]}"

for kind in github gitlab gitea; do
    printf '        ---- %s\n' "$kind"
    checkout=$work/checkout-$kind task=app-$kind
    start_forge "$kind" "${port[$kind]}"
    new_repository "$checkout"
    write_file "$checkout/app/Dockerfile" "FROM $base" 'COPY . /app' 'RUN cat /app/text'
    write_file "$checkout/app/text" "text one of $kind"
    commit "$checkout" 'Begin' >/dev/null
    push

    # ---- The hook ----

    expect_exit "$kind: a task with a token" 0 slipway task create -n "$task" -c "$forge_url/team/app.git#main:app" \
        -f Dockerfile -t "$name/$kind:{{.Run.ID}}" --git-access-token "$token" --pull-request-trigger-enabled true
    hook_is_there() { [ "$(forge_state '.hooks["team/app"] | length')" = 1 ]; }
    expect '  has a hook at the forge' wait_until 60 hook_is_there
    expect_equal '  as it says' installed "$(slipway task show -n "$task" --output json |
        jq --raw-output '.triggerState.sources[0].hook.status')"
    expect_lacks '  and no log of the server has the token' "$token" "$(cat "$server_log")"

    # ---- A push ----

    write_file "$checkout/app/text" "text two of $kind"
    pushed=$(commit "$checkout" "Change the text of $kind")
    push
    next_run "$task" 1
    expect_equal 'a push makes a run' Succeeded "$status"
    expect_equal '  of the commit' "$pushed" "$(run_field "$run" .sourceTrigger.commitId)"
    expect_equal '  on its branch' main "$(run_field "$run" .sourceTrigger.branchName)"
    expect_contains '  with what was pushed' "text two of $kind" "$(log_of_run "$run")"
    expect_contains '  whose image is in the registry' "\"$run\"" \
        "$(_curl "http://$registry/v2/$name/$kind/tags/list")"
    expect_contains '  shown with its title' "Change the text of $kind" "$(slipway runs show "$run")"
    states_of() { forge_state "[.statuses[] | select(.commit == \"$1\") | .state] | unique | sort | join(\" \")"; }
    was_told() { [ "$(states_of "$1")" = "$(printf '%s\n' pending "$2" | sort | paste -sd ' ')" ]; }
    expect '  and the forge is told of begin and end' wait_until 60 was_told "$pushed" success
    expect_equal '  in that order' success \
        "$(forge_state "[.statuses[] | select(.commit == \"$pushed\") | .state] | last")"

    # ---- The same again, and what makes none ----

    _curl --request POST "$forge_url/_redeliver" >/dev/null
    expect_contains 'the same delivery again is answered with its run' "$run" \
        "$(forge_state '.deliveries[-1].answer')"
    git -C "$checkout" tag v1
    push v1
    expect_delivery 'a tag makes none' 'not run'
    git -C "$checkout" branch other
    push other
    expect_delivery 'another branch makes none' 'not run'
    push :other
    expect_delivery 'its deletion makes none' 'not run'
    write_file "$checkout/app/text" "text three of $kind"
    commit "$checkout" 'Change it [skip ci]' >/dev/null
    push
    expect_delivery 'a commit that says so makes none' 'skip'

    # ---- A force push of a commit that does not build ----

    git -C "$checkout" reset --quiet --hard "$pushed^"
    write_file "$checkout/app/Dockerfile" "FROM $base" 'RUN false'
    broken=$(commit "$checkout" 'Break it')
    push
    next_run "$task" 2
    expect_equal 'a force push makes a run of the new commit' "$broken Failed" \
        "$(run_field "$run" .sourceTrigger.commitId) $status"
    expect '  of which the forge is told' wait_until 60 was_told "$broken" \
        "$([ $kind = gitlab ] && printf failed || printf failure)"

    # ---- Pull requests ----

    git -C "$checkout" checkout --quiet -b change "$pushed"
    write_file "$checkout/app/text" "changed in $kind"
    head=$(commit "$checkout" 'A change')
    case $kind in gitlab) ref=refs/merge-requests/7/head ;; *) ref=refs/pull/7/head ;; esac
    push "change:$ref"
    pull() { _curl --request POST "$forge_url/_pull?repository=team/app&number=7&ref=$ref&$1" >/dev/null; }
    pull action=opened
    next_run "$task" 3
    expect_equal 'a pull request makes a run' "pullrequest $head 7 Succeeded" \
        "$(run_field "$run" '.sourceTrigger | "\(.eventType) \(.commitId) \(.pullRequestId)"') $status"
    pull action=labeled
    expect_delivery 'a label makes none' 'not run'
    pull action=synchronize
    expect_delivery 'the same commit makes no second one' "$run"
    pull 'action=reopened&fork=1'
    expect_delivery 'one from a fork makes none' 'not run: fork'
    git -C "$checkout" checkout --quiet main

    # ---- Who doesn't know the secret ----

    url=$(slipway task show -n "$task" --output json | jq --raw-output '.triggerState.sources[0].hook.url')
    expect_equal 'a delivery without a signature is refused' 401 \
        "$(server_curl --output /dev/null --write-out '%{http_code}' --data '{}' "$url")"
    expect_equal 'and so is one to no hook' 401 \
        "$(server_curl --output /dev/null --write-out '%{http_code}' --data '{}' "${url%????}0000")"

    # ---- The end ----

    slipway task delete -n "$task" --yes >/dev/null
    hook_is_gone() { [ "$(forge_state '.hooks["team/app"] | length')" = 0 ]; }
    expect 'the hook goes with the task' wait_until 60 hook_is_gone
done
expect_not 'the database does not have the token' grep --quiet --recursive --text --fixed-strings "$token" "$data/db"
