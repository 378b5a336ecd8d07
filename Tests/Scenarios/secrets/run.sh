#!/usr/bin/env bash
# Secrets are used and never shown: not in logs, records, files of the server, or argument lists.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_private_registry

# random: a text that is nowhere else. It needs escaping in JSON and URLs.
random() { printf '%s/"%s+&' "$(head -c 9 /dev/urandom | base64 | tr -d '+/=')" \
    "$(head -c 9 /dev/urandom | base64 | tr -d '+/=')"; }

secret=$(random)
registry_password=$private_password
(umask 077 && printf '%s' "$registry_password" >"$work/password")
start_server "registries: [{name: tests, loginServer: '$registry'}]
credentials: [{server: '$private_registry', username: $private_user, passwordFile: $work/password}]"

# nowhere TEXT WHAT: what was given is in no file below the data folder, and in nothing that the server wrote.
nowhere() {
    local found
    found=$(grep --recursive --files-with-matches --fixed-strings -e "$2" -e "$(printf '%s' "$2" | base64 --wrap=0)" \
        -e "$(jq --null-input --raw-output --arg text "$2" '$text | @uri')" "$data" "$server_log" || true)
    expect_equal "$1 is in no file of the server" '' "$found"
}

# arguments_with WHAT: processes with that text in their argument lists.
arguments_with() {
    local file
    for file in /proc/[0-9]*/cmdline; do
        # The shell's own tests are no processes, so nothing here finds itself.
        if [[ $(tr '\0' ' ' 2>/dev/null <"$file") == *"$1"* ]]; then basename "$(dirname "$file")"; fi
    done 2>/dev/null || true
}

# ---- A secret build argument ----

for builder in buildkit classic; do
    new_gate
    # The builder itself prints a step's text, without values, and what the step prints.
    write_file "$work/$builder/Dockerfile" "FROM $base" 'ARG TOKEN' 'ARG PLAIN' \
        'RUN echo "the token is $TOKEN, the other one $PLAIN"' 'RUN printf %s "$TOKEN" | base64' \
        'RUN test ${#TOKEN} -gt 20' "RUN $gate"
    TOKEN=$secret submit --no-cache --builder "$builder" -t "$name/app:$builder" --secret-build-arg TOKEN \
        --build-arg PLAIN=plainly "$work/$builder"
    id=$run
    wait_at_gate "$id"
    expect_equal "$builder: while it is used, the secret is in no argument list" '' "$(arguments_with "$secret")"
    nowhere "$builder: while it is used, the secret" "$secret"
    open_gate "$gate_number"
    wait_for_end "$id"
    expect_equal "$builder: the build ends well" Succeeded "$status"
    log=$(log_of_run "$id")
    expect_contains '  the secret is masked in the log' 'the token is ***, the other one plainly' "$log"
    expect_lacks '  and stands nowhere in it' "$secret" "$log"
    expect_lacks '  nor as base64' "$(printf '%s' "$secret" | base64 --wrap=0 | head -c 20)" "$log"
    expect_contains '  the log warns that the image may keep it' \
        'Warning: the Dockerfile declares the secret argument TOKEN' "$log"
    expect_contains '  and says what is safe' '--mount=type=secret,id=TOKEN' "$log"
    expect_lacks '  it is not in the record' "$secret" "$(slipway runs show "$id" --output json)"
    nowhere "$builder: afterwards the secret" "$secret"
done

write_file "$work/mount/Dockerfile" "FROM $base" \
    'RUN --mount=type=secret,id=TOKEN test $(wc -c </run/secrets/TOKEN) -gt 20 && cat /run/secrets/TOKEN && echo' \
    'RUN test ! -s /run/secrets/TOKEN'
expect_exit 'a step may have it as a mounted secret' 0 env "TOKEN=$secret" \
    "$bin/slipway" build --no-cache -t "$name/app:mount" --secret-build-arg TOKEN "$work/mount"
expect_contains '  masked' '***' "$output"
expect_lacks '  not shown' "$secret" "$output"
expect_lacks '  and without a warning' 'Warning: the Dockerfile declares' "$output"
expect_lacks '  and it is not in the image' "$secret" "$(image_config "$registry" "$name/app" mount)"
nowhere 'after a mounted secret it' "$secret"

write_file "$work/short/Dockerfile" "FROM $base" 'ARG PIN' 'RUN echo built'
expect_exit 'a secret that is too short to be masked is built with' 0 \
    slipway build --no-cache -t "$name/app:short" --secret-build-arg PIN=123 "$work/short"
expect_contains '  and the log says that it can not be masked' "can't be masked" "$output"

# ---- Logins in the URL of a git repository ----

new_repository "$work/checkout"
write_file "$work/checkout/Dockerfile" "FROM $base" 'RUN echo built'
commit "$work/checkout" >/dev/null
publish "$work/checkout" "private/$name/app.git"
password=$SLIPWAY_TEST_PRIVATE_PASSWORD
with_login=${git_url/:\/\//://$SLIPWAY_TEST_PRIVATE_USER:$password@}/private/$name/app.git
new_gate
write_file "$work/checkout/Dockerfile" "FROM $base" "RUN $gate"
commit "$work/checkout" >/dev/null
publish "$work/checkout" "private/$name/app.git"
submit --no-cache -t "$name/app:git" "$with_login#main"
id=$run
wait_at_gate "$id"
expect_equal 'the password of a git URL is in no argument list' '' "$(arguments_with "$password")"
nowhere 'while it is used, the password' "$password"
open_gate "$gate_number"
wait_for_end "$id"
expect_equal 'the build of a repository with a login in its URL ends well' Succeeded "$status"
expect_lacks '  the password is not in the log' "$password" "$(log_of_run "$id")"
expect_lacks '  nor in the record' "$password" "$(slipway runs show "$id" --output json)"
nowhere '  the password' "$password"
wrong=$(head -c 12 /dev/urandom | base64 | tr '+/' '-_')
expect_run 'with a wrong password it fails' Failed 'refused' -t "$name/app:git" "${with_login/$password/$wrong}#main"
expect_lacks '  which is not shown' "$wrong" "$output"
nowhere '  the wrong password' "$wrong"
expect_run 'without one it fails' Failed 'credentials' -t "$name/app:git" "$git_url/private/$name/app.git"
expect_run 'and where there is nothing, too' Failed "$name/none.git" -t "$name/app:git" "${with_login/app.git/none.git}"
expect_lacks '  without showing the password' "$password" "$output"

# ---- Logins of registries, and what the server makes for itself ----

write_file "$work/private/Dockerfile" "FROM $private_base" "RUN echo $registry_password"
expect_exit 'a build that prints the password of a registry ends well' 0 \
    slipway build --no-cache -t "$name/app:private" "$work/private"
expect_lacks '  and it is masked' "$registry_password" "$output"
nowhere "  the registry's password" "$registry_password"
expect_equal "the server's own secrets are for its user alone" '' \
    "$(find "$data" -mindepth 1 -perm /077 -path '*keys*')"
expect_equal 'so is the login it leaves' 600 "$(stat --format=%a "$SLIPWAY_LOCAL")"
expect_equal 'the secret of the administrator is shown once, and not in the log' 1 \
    "$(grep -cF "$(jq --raw-output .clientSecret "$SLIPWAY_LOCAL")" "$server_log")"
restart=$(wc -l <"$server_log")
stop_server
restart_server main
expect_lacks 'and not again at the next start' "$(jq --raw-output .clientSecret "$SLIPWAY_LOCAL")" \
    "$(tail -n "+$((restart + 1))" "$server_log")"

# ---- A pool that refuses secret arguments ----

start_server "pools: [{name: default, slots: 1, docker: '$docker_host', policy: {refuseSecretBuildArguments: true}}]" \
    strict
TOKEN=$secret expect_exit 'a pool may refuse secret arguments' 1 slipway build -t "$name/app:refused" \
    --secret-build-arg TOKEN "$work/short"
expect_contains '  and names the setting' refuseSecretBuildArguments "$output"
expect_lacks '  without showing the secret' "$secret" "$output"
