#!/usr/bin/env bash
# Secrets that one instruction of a build sees, and nobody and nothing else.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_services
start_server

secret=$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')
other=$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')
(umask 077 && printf '%s\n' "$secret" >"$work/secret")

# nowhere TEXT WHAT: what was given is in no file below the data folder, and in nothing that the server wrote.
nowhere() {
    local found
    found=$(grep --recursive --files-with-matches --fixed-strings -e "$2" \
        -e "$(printf '%s\n' "$2" | base64 --wrap=0)" "$data" "$server_log" || true)
    expect_equal "$1 is in no file of the server" '' "$found"
}

# ---- slipway build ----

new_gate
write_file "$work/app/Dockerfile" "FROM $base" \
    'RUN --mount=type=secret,id=file cat /run/secrets/file && sha256sum </run/secrets/file' \
    'RUN --mount=type=secret,id=TOKEN,target=/token,mode=0444 echo "it is $(cat /token)" && stat -c "mode %a" /token' \
    'RUN --mount=type=secret,id=absent test ! -e /run/secrets/absent && echo none' \
    'RUN find /run/secrets /token -type f -size +0 2>/dev/null | grep . || echo nothing is left' \
    "RUN $gate"
TOKEN=$other submit --no-cache -t "$name/app:1" --secret "id=file,src=$work/secret" --secret id=TOKEN "$work/app"
id=$run
wait_at_gate "$id"
nowhere 'while it is used, the secret' "$secret"
open_gate "$gate_number"
wait_for_end "$id"
expect_equal 'a build with secrets ends well' Succeeded "$status"
log=$(log_of_run "$id")
expect_contains '  the file is whole' "$(sha256sum <"$work/secret" | cut -d ' ' -f 1)" "$log"
expect_contains '  the variable is there, masked' 'it is ***' "$log"
expect_contains '  with the mode that was asked for' 'mode 444' "$log"
expect_contains '  one that was not given and is not required is not there' ' none' "$log"
expect_contains '  and nothing stays for the next instruction' 'nothing is left' "$log"
for text in "$secret" "$other"; do
    expect_lacks '  it is not in the log' "$text" "$log"
    expect_lacks '  nor in the record' "$text" "$(slipway runs show "$id" --output json)"
    expect_lacks '  nor in the image' "$text" "$(image_config "$registry" "$name/app" 1)"
    nowhere '  afterwards it' "$text"
done

write_file "$work/missing/Dockerfile" "FROM $base" 'RUN --mount=type=secret,id=nope,required=true true'
expect_run 'a build without a secret that it requires fails' Failed '--secret id=nope,src=FILE' \
    --no-cache -t "$name/app:missing" "$work/missing"

expect_exit 'a variable that is not set is refused' 1 \
    slipway build --secret id=x,env=NOT_SET_ANYWHERE -t "$name/app:2" "$work/app"
expect_contains '  by its name' NOT_SET_ANYWHERE "$output"
expect_exit 'the classic builder is refused' 64 \
    slipway build --builder classic --secret "id=file,src=$work/secret" -t "$name/app:2" "$work/app"

# ---- Task files ----

write_file "$work/task/Dockerfile" "FROM $base" \
    'RUN --mount=type=secret,id=one,required=true sha256sum </run/secrets/one && cat /run/secrets/one'
write_file "$work/task/task.yaml" 'version: v1.1.0' 'volumes:' '  - name: given' '    secret:' \
    '      one: {{ .Values.one | b64enc }}' 'steps:' \
    '  - build: --no-cache --secret id=one,src=/given/one -t $Registry/'"$name"'/task:1 .' \
    '    volumeMounts: [{name: given, mountPath: /given}]'
expect_exit 'a build step has a secret of a volume' 0 \
    slipway run -f task.yaml --set-secret "one=$secret" "$work/task"
expect_contains '  whole' "$(sha256sum <"$work/secret" | cut -d ' ' -f 1)" "$output"
expect_lacks '  and masked' "$secret" "$output"

sed -e '/build:/s/--no-cache/--no-cache/' -e 's/^  - build/  - env: [DOCKER_BUILDKIT=0]\n    build/' \
    "$work/task/task.yaml" >"$work/task/classic.yaml"
expect_exit 'with the classic builder the run fails' 1 \
    slipway run -f classic.yaml --set-secret "one=$secret" "$work/task"
expect_contains '  and says why' "the classic builder can't give to RUN" "$output"
