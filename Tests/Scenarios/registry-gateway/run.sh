#!/usr/bin/env bash
# The server in front of a registry: docker logs in, pushes and pulls there, and so do builds.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

behind_user=behind behind_password=a-password-only-the-server-knows
start_registry 0 "$behind_user" "$behind_password"
behind=$service_address behind_service=registry-$(find "$SLIPWAY_TEST_WORK/services" -name 'registry-*' | wc -l)
(umask 077 && printf '%s' "$behind_password" >"$work/password")
start_server "registries: [{name: front, gateway: true, endpoint: 'http://$behind', username: $behind_user,
  passwordFile: $work/password}, {name: plain, loginServer: '$registry'}]"
# Docker trusts what is on loopback whatever its certificate.
front=${server_url#https://}
image=$front/$name/app

# docker_as CONFIGURATION ARGUMENT…: docker with logins of its own.
docker_as() { DOCKER_CONFIG='' timeout 120 docker --config "$work/$1" "${@:2}"; }

# log_in CONFIGURATION USER PASSWORD
log_in() { docker_as "$1" login --username "$2" --password-stdin "$front" <<<"$3"; }

# front_curl ARGUMENT…: status in front_status, body in front_answer.
front_curl() {
    front_answer=$(server_curl --write-out '\n%{http_code}' "$@")
    front_status=${front_answer##*$'\n'} front_answer=${front_answer%$'\n'*}
}

# token USER PASSWORD SCOPE: an access token.
token() {
    server_curl --user "$1:$2" --get --data-urlencode "scope=$3" --data-urlencode "service=$front" \
        "$server_url/oauth2/token" | jq --raw-output '.access_token // empty'
}

digest_behind() { registry_digest "$behind" "$1" "$2" "$behind_user:$behind_password"; }

id=$(jq --raw-output .clientId "$SLIPWAY_LOCAL") secret=$(jq --raw-output .clientSecret "$SLIPWAY_LOCAL")

# ---- docker ----

docker tag "$base" "$image:1"
expect_not 'nobody pushes without a login' docker_as nobody push --quiet "$image:1"
expect_exit 'a wrong password is refused' 1 log_in wrong "$id" not-the-secret
expect_contains '  in words' 'user name or the password is wrong' "$output"
expect 'a principal logs in with its secret' log_in principal "$id" "$secret"
expect 'docker pushes' docker_as principal push --quiet "$image:1"
expect_match '  and the registry behind has the image' 'sha256:.*' "$(digest_behind "$name/app" 1)"
docker image rm "$image:1" >/dev/null
expect 'docker pulls' docker_as principal pull --quiet "$image:1"

# A second repository takes its layers over from the first.
docker tag "$image:1" "$front/$name/copy:1"
expect 'docker pushes the same layers to another repository' docker_as principal push "$front/$name/copy:1"
expect_equal '  and they are the same image' "$(digest_behind "$name/app" 1)" "$(digest_behind "$name/copy" 1)"
docker image rm "$front/$name/copy:1" "$image:1" >/dev/null

# ---- As az acr login does it ----

api GET ''
expect_equal 'the registry resource has the login server' "$front" "$(jq --raw-output .properties.loginServer <<<"$api_answer")"
management=$(sed 's/^Authorization: Bearer //' "$work/servers/$server/token")
front_curl --data-urlencode grant_type=access_token --data-urlencode "service=$front" \
    --data-urlencode "access_token=$management" "$server_url/oauth2/exchange"
expect_equal 'a token is exchanged' 200 "$front_status"
refresh=$(jq --raw-output .refresh_token <<<"$front_answer")
expect 'docker logs in with what came of it' log_in token 00000000-0000-0000-0000-000000000000 "$refresh"
expect_match '  and keeps it as a token' '.+' \
    "$(jq --raw-output --arg host "$front" '.auths[$host].identitytoken // empty' "$work/token/config.json")"
expect 'docker pulls with it' docker_as token pull --quiet "$image:1"
docker tag "$image:1" "$image:2"
expect 'docker pushes with it' docker_as token push --quiet "$image:2"

# ---- The administrator's login ----

api POST listCredentials
password=$(jq --raw-output '.passwords[0].value' <<<"$api_answer")
expect 'docker logs in with the name of the registry' log_in administrator front "$password"
expect 'docker pushes with it' docker_as administrator push --quiet "$image:2"
api POST regenerateCredential '{"name": "password"}'
expect_equal 'the password is changed' 200 "$api_status"
expect_not '  after which the old one logs in no more' log_in administrator front "$password"
expect_not '  nor pushes' docker_as administrator push --quiet "$image:2"
docker image rm "$image:1" "$image:2" >/dev/null

# ---- Rights ----

# new_principal ROLE: sets puller_id and puller_secret.
new_principal() {
    local made
    made=$(slipway principal create "$name $1" --role "$1" -r front --output json 2>/dev/null)
    puller_id=$(jq --raw-output .clientId <<<"$made") puller_secret=$(jq --raw-output .clientSecret <<<"$made")
}

new_principal AcrPull
expect 'who has the role AcrPull logs in' log_in puller "$puller_id" "$puller_secret"
expect '  and pulls' docker_as puller pull --quiet "$image:1"
docker tag "$image:1" "$image:3"
expect_exit '  and does not push' 1 docker_as puller push --quiet "$image:3"
expect_contains '  as docker says' denied "$output"
expect_equal '  so nothing is there' '' "$(digest_behind "$name/app" 3)"
docker image rm "$image:1" "$image:3" >/dev/null
slipway principal delete "$puller_id" >/dev/null
expect_not 'once it is deleted it pulls no more' docker_as puller pull --quiet "$image:1"
new_principal PoolOperator
expect_not 'who has no role for images does not log in' log_in operator "$puller_id" "$puller_secret"

pulls=$(token "$id" "$secret" "repository:$name/app:pull")
front_curl --header "Authorization: Bearer $pulls" "$server_url/v2/$name/app/tags/list"
expect_equal 'a token that pulls lists tags' 200 "$front_status"
front_curl --request POST --header "Authorization: Bearer $pulls" --data '' --dump-header "$work/headers" \
    "$server_url/v2/$name/app/blobs/uploads/"
expect_equal '  and does not push' 401 "$front_status"
expect_contains '  which is told as docker knows it' 'error="insufficient_scope"' "$(cat "$work/headers")"
front_curl --request DELETE --header "Authorization: Bearer $pulls" "$server_url/v2/$name/app/manifests/1"
expect_equal '  nor delete' 401 "$front_status"
front_curl --header "Authorization: Bearer $management" "$server_url/v2/"
expect_equal 'a token of the API is none of the registry' 401 "$front_status"

# ---- Builds ----

write_file "$work/app/Dockerfile" "FROM $base" 'RUN echo built > /built'
expect_run 'a build is pushed through the door' Succeeded '' -t "$name/built:{{.Run.ID}}" "$work/app"
expect_equal '  and its digest is that of the registry behind' "$(digest_behind "$name/built" "$run")" \
    "$(run_field "$run" '.outputImages[0].digest')"
expect_equal '  under the name of the door' "$front" "$(run_field "$run" '.outputImages[0].registry')"
# Every token of ours begins like this.
expect_lacks '  no token is in the log' 'eyJ' "$(log_of_run "$run")"
expect_lacks '  nor the password behind' "$behind_password" "$(log_of_run "$run")"
write_file "$work/on/Dockerfile" "FROM $front/$name/built:$run" 'RUN cat /built'
expect_run 'a base is pulled through the door' Succeeded '' --builder classic -t "$name/on:1" "$work/on"
expect_contains '  and it is that one' built "$(log_of_run "$run")"

# ---- Listing and deleting ----

everything=$(token "$id" "$secret" "repository:$name/app:pull,push,delete,metadata_read registry:catalog:*")
of_app=(--header "Authorization: Bearer $everything")
front_curl "${of_app[@]}" "$server_url/v2/_catalog?n=100"
expect_contains 'repositories are listed' "$name/built" "$front_answer"
front_curl "${of_app[@]}" "$server_url/acr/v1/$name/app/_tags?n=1&orderby=timedesc" --dump-header "$work/headers"
expect_equal 'tags are listed' 1 "$(jq '.tags | length' <<<"$front_answer")"
expect_contains '  with a link to more' 'rel="next"' "$(cat "$work/headers")"
front_curl "${of_app[@]}" "$server_url/acr/v1/$name/app/_manifests"
expect_equal 'a manifest is listed once, with its tags' '["1","2"]' "$(jq --compact-output '.manifests[0].tags' <<<"$front_answer")"
front_curl "${of_app[@]}" --request DELETE "$server_url/acr/v1/$name/app/_tags/2"
expect_equal 'a tag is deleted' 202 "$front_status"
expect_equal '  and is gone' '' "$(digest_behind "$name/app" 2)"
expect_match '  the other one is not' 'sha256:.*' "$(digest_behind "$name/app" 1)"
front_curl "${of_app[@]}" --request DELETE "$server_url/v2/$name/app/manifests/$(digest_behind "$name/app" 1)"
expect_equal 'a manifest is deleted by its digest' 202 "$front_status"
expect_equal '  with its tag' '' "$(digest_behind "$name/app" 1)"

# ---- Size ----

# The most memory that the server had so far, in KiB.
most_memory() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server_process/status"; }

zeros() { head -c $((300 << 20)) /dev/zero; }

before=$(most_memory)
pushes=$(token "$id" "$secret" "repository:$name/big:pull,push")
of_big=(--header "Authorization: Bearer $pushes" --max-time 240)
location() { tr -d '\r' <"$work/headers" | sed -n 's/^location: *//ip'; }
front_curl "${of_big[@]}" --request POST --data '' --dump-header "$work/headers" "$server_url/v2/$name/big/blobs/uploads/"
front_curl "${of_big[@]}" --request PATCH --upload-file - --header 'Content-Type: application/octet-stream' \
    --dump-header "$work/headers" "$(location)" < <(zeros)
expect_equal 'a blob of 300 MiB goes up' 202 "$front_status"
digest=sha256:$(zeros | sha256sum | cut -d ' ' -f 1)
front_curl "${of_big[@]}" --request PUT --data '' "$(location)&digest=$digest"
expect_equal '  and is there' 201 "$front_status"
expect_equal '  and comes down' "${digest#sha256:}" \
    "$(server_curl "${of_big[@]}" "$server_url/v2/$name/big/blobs/$digest" | sha256sum | cut -d ' ' -f 1)"
used=$(($(most_memory) - before))
expect "  for which the server took less than 100 MiB of memory" test "$used" -lt $((100 << 10))

# ---- Other registries ----

api_path=$(_registry_path)
printf '%s' "${api_path%/*}/plain" >"$work/servers/$server/path"
api POST listCredentials
expect_equal 'a registry that is not fronted has no administrator login' UnauthorizedForCredentialOperations \
    "$(jq --raw-output .error.code <<<"$api_answer")"
expect_exit '  and is pushed to as ever' 0 slipway build -r plain -t "$name/plain:1" "$work/app"

stop_service "$behind_service"
front_curl "${of_app[@]}" "$server_url/v2/$name/app/tags/list"
expect_equal 'with the registry behind gone, the door says so' 503 "$front_status"
expect_contains '  in words' "can't be reached" "$front_answer"
