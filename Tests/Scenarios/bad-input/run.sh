#!/usr/bin/env bash
# What people get wrong: each mistake has the status one expects and a message that helps, and the server goes on.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server

good=$work/good
write_file "$good/Dockerfile" "FROM $base" 'RUN echo built'
new_repository "$work/checkout"
write_file "$work/checkout/file" 'a file'
write_file "$work/checkout/Dockerfile" "FROM $base" 'RUN echo built'
write_file "$work/checkout/bare/file" 'no Dockerfile here'
ln -s ../.. "$work/checkout/out"
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"
url=$git_url/$name/app.git

# refused TEXT STATUS NEEDLE COMMAND…: nothing is queued; the exit status is that, and the message holds the text.
refused() {
    local text=$1 expected=$2 needle=$3 before
    before=$(newest_run)
    shift 3
    expect_exit "$text" "$expected" "$@"
    expect_contains "        is refused: $(grep -i '^error' <<<"$output" | head -c 300)" "$needle" "$output"
    expect_equal '        and queues no run' "$before" "$(newest_run)"
}

# goes_on: the server still works.
goes_on() {
    expect "$server: the server lives" server_lives
    expect_exit "$server: and builds" 0 slipway build -t "$name/app:good" "$good"
}
goes_on

# ---- Refused before anything is queued ----

refused 'an unknown registry' 3 'tests' slipway build -r nowhere -t "$name/app:1" "$good"
refused 'an unknown pool' 1 'default' slipway build --agent-pool nowhere -t "$name/app:1" "$good"
refused 'an image name in capitals' 1 'UPPER/app' slipway build -t 'UPPER/app:1' "$good"
refused 'an image name with blanks' 1 'no image name' slipway build -t 'an app:1' "$good"
refused 'an image name with a digest' 1 'digest' slipway build -t "app@sha256:$(printf '0%.0s' {1..64})" "$good"
refused 'an unclosed template' 1 '}}' slipway build -t 'app:{{.Run.ID' "$good"
refused 'a tag that is too long' 1 'no image name' slipway build -t "app:$(printf 'x%.0s' {1..129})" "$good"
refused 'a system that no agent has' 1 'windows' slipway build --platform windows -t "$name/app:1" "$good"
refused 'a platform that is none' 64 'plan9' slipway build --platform 'plan9 /x' -t "$name/app:1" "$good"
refused 'a time limit of nothing' 64 'seconds' slipway build --timeout 0 -t "$name/app:1" "$good"
refused 'a folder that is not there' 1 'nowhere' slipway build -t "$name/app:1" "$work/nowhere"
refused 'a file as the context' 1 'folder' slipway build -t "$name/app:1" "$good/Dockerfile"
refused 'a folder without a Dockerfile' 1 'Dockerfile' slipway build -t "$name/app:1" "$work/checkout/bare"
refused 'a Dockerfile that is not there' 1 'Other' slipway build -t "$name/app:1" -f "$good/Other" "$good"
write_file "$work/ignore/Dockerfile" 'FROM scratch'
write_file "$work/ignore/.dockerignore" 'fine' '[a-'
refused 'an ignore file with a broken rule' 1 'line 2' slipway build -t "$name/app:1" "$work/ignore"
refused 'git without encryption or login' 1 'https' slipway build -t "$name/app:1" "git://127.0.0.1/app.git"
refused 'http where it is not allowed' 1 'sources.allow' slipway build -t "$name/app:1" http://git.example.com/app.git
refused 'an unknown command' 64 'Usage' slipway bake
refused 'two ways to say what to cancel' 64 'only one' slipway runs cancel ca1 --all

# ---- Runs that end badly ----

expect_run 'a repository that is not there' Failed "$git_url/$name/none.git" -t "$name/app:1" "$git_url/$name/none.git"
expect_run 'a URL where nothing is' Failed 'status 404' -t "$name/app:1" "$git_url/archive.tar.gz"
expect_run 'a branch that is not there' Failed 'no such branch' -t "$name/app:1" "$url#nowhere"
expect_run 'a commit that is not there' Failed 'no such branch' -t "$name/app:1" "$url#$(printf '0%.0s' {1..39})1"
expect_run 'a folder that is not there' Failed "There is no folder 'nowhere'" -t "$name/app:1" "$url#main:nowhere"
expect_run 'a file as the folder' Failed 'is a file' -t "$name/app:1" "$url#main:file"
expect_run 'a folder outside of the repository' Failed 'out' -t "$name/app:1" "$url#main:out"
expect_run 'a repository without a Dockerfile' Failed 'There is no Dockerfile' -t "$name/app:1" "$url#main:bare"
expect_run 'a Dockerfile that the repository does not have' Failed 'There is no Other' -t "$name/app:1" -f Other "$url"
expect_run 'a git server that is not there' Error '127.0.0.1:1' -t "$name/app:1" "https://127.0.0.1:1/app.git"
expect_contains '        names the setting' 'sources.allow' "$output"
closed=$(run_field "$run" .runErrorMessage | sed 's/127.0.0.1:[0-9]*/ADDRESS/g')
expect_run 'one on loopback that is there and not allowed' Error 'sources.allow' -t "$name/app:1" \
    "https://$registry/app.git"
expect_equal '        in the same words, which tell nothing of the port' "$closed" \
    "$(run_field "$run" .runErrorMessage | sed 's/127.0.0.1:[0-9]*/ADDRESS/g')"

write_file "$work/syntax/Dockerfile" "FROM $base" 'BUILD nothing'
expect_run 'a Dockerfile with a wrong instruction' Failed 'BUILD' -t "$name/app:1" "$work/syntax"
: >"$work/syntax/Dockerfile"
expect_run 'an empty Dockerfile' Failed 'empty' -t "$name/app:1" "$work/syntax"
write_file "$work/syntax/Dockerfile" "FROM $base" 'COPY nothing /'
expect_run 'a COPY of nothing' Failed 'nothing' -t "$name/app:1" "$work/syntax"
expect_run 'a stage that is not there' Failed 'nowhere' -t "$name/app:1" --target nowhere "$good"
write_file "$work/syntax/Dockerfile" 'FROM UPPER/base:1'
expect_run 'a base with an impossible name' Failed 'UPPER' -t "$name/app:1" "$work/syntax"

# ---- Uploads that are no good ----

# upload FILE: as any client does it. Sets upload_status and upload_path.
upload() {
    api POST listBuildSourceUploadUrl
    upload_path=$(jq --raw-output .relativePath <<<"$api_answer")
    upload_status=$(server_curl --request PUT --output /dev/null --write-out '%{http_code}' \
        --header 'x-ms-blob-type: BlockBlob' --data-binary "@$1" \
        "$(jq --raw-output .uploadUrl <<<"$api_answer")")
}

# schedule SOURCE [FIELDS]: queues a build by the API; more fields as JSON. Sets run.
schedule() {
    local more=${2:-}
    api POST scheduleRun "$(jq --null-input --arg source "$1" --argjson more "${more:-{\}}" \
        --arg image "$name/app:upload" \
        '{type: "DockerBuildRequest", sourceLocation: $source, dockerFilePath: "Dockerfile", imageNames: [$image],
          isPushEnabled: true, platform: {os: "Linux"}} + $more')"
    run=$(jq --raw-output '.properties.runId // empty' <<<"$api_answer")
}

# uploaded TEXT STATUS NEEDLE FILE: a build of that file ends in that status.
uploaded() {
    upload "$4"
    expect_equal "$1: the upload is taken" 201 "$upload_status"
    schedule "$upload_path"
    expect_equal '        and the run is queued' 200 "$api_status"
    wait_for_end "$run"
    expect_equal "        it ends as $2" "$2" "$status"
    expect_contains "        because '$(run_field "$run" '.runErrorMessage // ""' | head -c 400)'" "$3" \
        "$(run_field "$run" '.runErrorMessage // ""')"
}

archive() { python3 "$scenario/archive.py" "$1" "$work/$1.tar.gz" "$base"; }

archive good
uploaded 'a good archive' Succeeded '' "$work/good.tar.gz"
head -c 100000 /dev/urandom >"$work/noise"
uploaded 'an upload that is no archive' Failed 'tar archive' "$work/noise"
: >"$work/empty"
uploaded 'an upload of nothing' Failed '' "$work/empty"
archive large
head -c $(($(stat --format=%s "$work/large.tar.gz") / 2)) "$work/large.tar.gz" >"$work/half.tar.gz"
uploaded 'an archive that was cut off half-way' Failed 'ends early' "$work/half.tar.gz"
gunzip --keep "$work/large.tar.gz"
head -c 300000 "$work/large.tar" >"$work/half.tar"
uploaded 'a plain archive that was cut off' Failed 'ends early' "$work/half.tar"
archive bare
uploaded 'an archive without a Dockerfile' Failed 'There is no Dockerfile' "$work/bare.tar.gz"
for kind in parent absolute through-link device hard-link; do
    archive "$kind"
    uploaded "an archive with a bad entry ($kind)" Error 'refused' "$work/$kind.tar.gz"
done
archive bomb
uploaded 'an archive that unpacks to far more than it is' Error 'limit' "$work/bomb.tar.gz"

# An upload that the client breaks off never becomes one.
api POST listBuildSourceUploadUrl
upload_path=$(jq --raw-output .relativePath <<<"$api_answer")
expect_not 'an upload that is broken off fails' server_curl --fail --speed-time 3 --speed-limit 1000 \
    --request PUT --header 'Content-Length: 100000000' --header 'Expect:' --data-binary "@$work/noise" \
    "$(jq --raw-output .uploadUrl <<<"$api_answer")"
schedule "$upload_path"
expect_equal '        and a run of it is refused' 400 "$api_status"
upload_url=$(jq --raw-output .uploadUrl <<<"$(api POST listBuildSourceUploadUrl && printf '%s' "$api_answer")")
expect_equal 'an upload URL that was changed is refused' 403 \
    "$(server_curl --request PUT --output /dev/null --write-out '%{http_code}' --data-binary "@$work/noise" \
        "${upload_url/sig=/sig=A}")"

# ---- The API ----

# answers TEXT STATUS CODE METHOD PATH [BODY]
answers() {
    api "${@:4}"
    expect_equal "$1: status $2 and code $3" "$2 $3" \
        "$api_status $(jq --raw-output '.error.code // "no code"' <<<"$api_answer" 2>&1)"
    expect_match '        and a message' '.{15,}' "$(jq --raw-output '.error.message // ""' <<<"$api_answer" 2>&1)"
}
answers 'no JSON' 400 InvalidRequestContent POST scheduleRun '{"type": '
answers 'an unknown kind of run' 400 InvalidRequestContent POST scheduleRun '{"type": "Baking"}'
answers 'a task file that is no text' 400 InvalidParameter POST scheduleRun \
    '{"type": "EncodedTaskRunRequest", "encodedTaskContent": "%%%"}'
answers 'a task that is not there' 404 ResourceNotFound POST scheduleRun '{"type": "TaskRunRequest", "taskId": "none"}'
answers 'no source' 400 InvalidSourceLocation POST scheduleRun '{"type": "DockerBuildRequest", "imageNames": ["a:1"]}'
answers 'an upload that is not there' 400 SourceNotFound POST scheduleRun \
    '{"type": "DockerBuildRequest", "sourceLocation": "source/202601010000/0123456789abcdef.tar.gz"}'
answers 'a path in the name of an upload' 400 SourceNotFound POST scheduleRun \
    '{"type": "DockerBuildRequest", "sourceLocation": "source/../../keys/keys.json"}'
answers 'a Dockerfile outside of the context' 400 InvalidParameter POST scheduleRun \
    '{"type": "DockerBuildRequest", "sourceLocation": "https://example.com/a.git", "dockerFilePath": "../Dockerfile"}'
answers 'a run that is not there' 404 ResourceNotFound GET runs/ca999999
answers 'a run with an impossible id' 404 ResourceNotFound GET 'runs/%2e%2e%2fetc'
answers 'a filter that is none' 400 InvalidFilter GET "runs?\$filter=Nothing%20eq%201"
answers 'a broken filter' 400 InvalidFilter GET "runs?\$filter=Status%20eq%20%27Failed"
answers 'a negative $top' 400 InvalidParameter GET 'runs?$top=-1'
answers 'a path that is not there' 404 ResourceNotFound GET nothing
expect_equal 'without a token: 401' 401 "$(server_curl --output /dev/null \
    --write-out '%{http_code}' "$server_url/$(_registry_path)/runs")"
refused 'a filter that is none' 1 'InvalidFilter' slipway runs list --filter 'Nothing eq 1'
refused 'a status that is none' 64 'Asleep' slipway runs list --status Asleep
refused 'a run that is not there' 3 'ca999999' slipway runs show ca999999
refused 'the log of a run that is not there' 3 'ca999999' slipway logs ca999999
refused 'canceling a run that is not there' 3 'no such run' slipway runs cancel ca999999

# ---- Logins ----

printf 'not the secret' >"$work/wrong"
client=$(jq --raw-output .clientId "$SLIPWAY_LOCAL")
refused 'a wrong client secret' 1 'refused the login' slipway login --server "$server_url" --client-id "$client" \
    --client-secret-file "$work/wrong" --ca-file "$data/tls/ca.pem"
refused 'a certificate that nobody trusts' 1 'not trusted' slipway login --server "$server_url" --client-id "$client" \
    --client-secret-file "$work/wrong"
refused 'a server without encryption' 1 'https' slipway login --server http://server.example.com --client-id "$client" \
    --client-secret-file "$work/wrong"
refused 'a client secret that is not there' 1 'nowhere' slipway login --server "$server_url" --client-id "$client" \
    --client-secret-file "$work/nowhere"
goes_on

# ---- Other servers: no daemon, no registry, wrong credentials, nothing allowed ----

start_server "pools: [{name: default, slots: 1, docker: 'unix://$work/no.sock'}]" no-daemon
submit -t "$name/app:1" "$good"
wait_for_log "$run" "$work/no.sock"
expect_equal 'without a docker daemon a build waits' Queued "$(run_field "$run" .status)"
expect_contains '        and is told what to do' 'Start the daemon' "$(log_of_run "$run")"
slipway runs cancel "$run" >/dev/null
wait_for_end "$run"
expect_equal '        and can be canceled' Canceled "$status"
expect 'the server without a daemon lives' server_lives

start_server "registries: [{name: closed, loginServer: '127.0.0.1:1'}]" no-registry
write_file "$work/scratch/Dockerfile" 'FROM scratch' 'LABEL a=b'
submit -t "$name/app:1" "$work/scratch"
wait_for_log "$run" 'before retrying'
expect_contains 'a push to a registry that is not there is tried again' '127.0.0.1:1' "$(log_of_run "$run")"
slipway runs cancel "$run" >/dev/null
wait_for_end "$run"
expect_equal 'and can be canceled' Canceled "$status"
expect_exit 'a build without a push works there' 0 slipway build --no-push -t "$name/app:1" "$work/scratch"

need_private_registry
printf 'not the password' >"$work/password"
wrong_login="username: '$private_user', passwordFile: '$work/password'"
start_server "registries: [{name: wrong, loginServer: '$private_registry', $wrong_login}]" wrong-login
expect_run 'with a wrong password for the registry a build' Failed "$private_registry" -t "$name/app:1" "$work/scratch"
start_server "registries: [{name: nologin, loginServer: '$private_registry'}]" no-login
expect_run 'without a password for the registry a push' Failed "$private_registry" -t "$name/app:1" "$work/scratch"

start_server 'sources: {}' nothing-allowed
refused 'git over http' 1 'sources.allow' slipway build -t "$name/app:1" "$url"
expect_contains '        the message has what to add' "$git_url" "$output"
goes_on

stop_server
expect_exit 'without a server' 1 slipway runs list
expect_contains '        the message says where none is' "$server_url" "$output"
SLIPWAY_LOCAL=$work/none.json expect_exit 'without a login' 1 slipway runs list
expect_contains '        the message says how to log in' 'slipway login' "$output"

for setting in 'listen: nowhere' 'registries: [{name: x}]' 'no: such' 'pools: [{name: default, slots: many}]' \
    'limits: {runTimeout: ever}'; do
    printf 'data: %s/other\n%s\n' "$work" "$setting" >"$work/wrong.yml"
    expect_exit "a wrong configuration ($setting)" 1 timeout 60 "$bin/slipway-server" --config "$work/wrong.yml"
    expect_contains "        $(head -n 1 <<<"$output" | head -c 200)" "${setting%%:*}" "$output"
done

use_server main
goes_on
