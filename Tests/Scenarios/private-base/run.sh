#!/usr/bin/env bash
# Base images as the registries have them: with a password, changed, missing, refused, out of reach.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_private_registry

# A registry of our own, to be stopped later.
start_registry
gone_registry=$service_address gone_service=registry-$(find "$SLIPWAY_TEST_WORK/services" -name 'registry-*' | wc -l)

hidden=$private_registry/$name/base:1
gone=$gone_registry/$name/base:1
make_image "$hidden" hidden "$private_user:$private_password"
make_image "$gone" gone
make_image "$registry/$name/base:1" first

(umask 077 && printf '%s' "$private_password" >"$work/password" && printf 'not the password' >"$work/wrong-password")
registries="registries: [{name: tests, loginServer: '$registry'}, {name: hidden, loginServer: '$private_registry'"
start_server "$registries, username: $private_user, passwordFile: $work/password}]" main
start_server "$registries, username: $private_user, passwordFile: $work/wrong-password}]" wrong
start_server "$registries}]" without
use_server main

# on BASE: a folder whose Dockerfile stands on it.
on() {
    local folder
    folder=$work/on-$(cksum <<<"$1" | cut -d ' ' -f 1)
    write_file "$folder/Dockerfile" "FROM $1" 'RUN echo on its base'
    printf '%s' "$folder"
}

who() { image_config "$registry" "$name/app" "$1" | jq --raw-output '.config.Labels.who'; }

# fails TEXT NEEDLE ARGUMENT…: the build ends as Failed with a message that holds the text.
fails() { expect_run "$1 fails" Failed "${@:2}"; }

# ---- A registry with a password ----

for builder in buildkit classic; do
    expect_exit "$builder: a private base is built on" 0 \
        slipway build --no-cache --builder "$builder" -t "$name/app:$builder" "$(on "$hidden")"
    expect_equal "  it is that base" hidden "$(who "$builder")"
    expect_not "  its name is not left on the daemon" docker_image_exists "$hidden"
    expect_lacks "  the password is not in the log" "$private_password" "$output"
done
expect_exit 'an image is pushed to the private registry' 0 slipway build -r hidden -t "$name/app:1" "$(on "$hidden")"
expect_equal '  with the digest of the record' \
    "$(registry_digest "$private_registry" "$name/app" 1 "$private_user:$private_password")" \
    "$(slipway runs list -r hidden --top 1 --output json | jq --raw-output '.[0].outputImages[0].digest')"

# The daemon has it all in its cache by now, and here even under its name.
use_server wrong
fails 'a wrong password' "$private_registry" -t "$name/app:wrong" "$(on "$hidden")"
use_server without
printf '%s' "$private_password" | docker login --username "$private_user" --password-stdin "$private_registry" \
    >/dev/null 2>&1
docker pull --quiet "$hidden" >/dev/null
docker logout "$private_registry" >/dev/null
for builder in buildkit classic; do
    fails "$builder: no password, though the daemon has the image," 'refuses access' \
        --builder "$builder" -t "$name/app:without" "$(on "$hidden")"
done
expect 'an image that somebody else pulled stays' docker_image_exists "$hidden"
docker image rm "$hidden" >/dev/null
expect_equal 'nothing was pushed by these' ' ' \
    "$(registry_digest "$registry" "$name/app" wrong) $(registry_digest "$registry" "$name/app" without)"
use_server main

# ---- Missing and changed bases ----

docker tag "$base" "$registry/$name/missing:1"
for builder in buildkit classic; do
    fails "$builder: a base that the registry does not have, though the daemon does," 'does not have it' \
        --builder "$builder" -t "$name/app:missing" "$(on "$registry/$name/missing:1")"
done
docker image rm "$registry/$name/missing:1" >/dev/null

expect_exit 'an image is built without a push' 0 slipway build --no-push -t "$name/unpushed:1" "$(on "$base")"
fails 'a base that another run built and did not push' 'does not have it' \
    -t "$name/app:unpushed" "$(on "$registry/$name/unpushed:1")"

for builder in buildkit classic; do
    make_image "$registry/$name/base:1" first
    expect_exit "$builder: a base is built on" 0 \
        slipway build --builder "$builder" -t "$name/app:changed" "$(on "$registry/$name/base:1")"
    expect_equal '  it is the first one' first "$(who changed)"
    make_image "$registry/$name/base:1" second
    expect_exit "$builder: once changed under the same tag it is built on again" 0 \
        slipway build --builder "$builder" -t "$name/app:changed" "$(on "$registry/$name/base:1")"
    expect_equal '  it is the second one' second "$(who changed)"
done

# ---- A registry that can't be connected to ----

docker pull --quiet "$gone" >/dev/null
stop_service "$gone_service"
for builder in buildkit classic; do
    expect_exit "$builder: with its registry gone, the daemon's own image serves" 0 \
        slipway build --builder "$builder" -t "$name/app:gone-$builder" "$(on "$gone")"
    expect_equal '  it is that image' gone "$(who "gone-$builder")"
    expect_contains '  the log says so' "can't be connected to" "$output"
    expect_contains "  and names the image" "$gone" "$(grep -i 'own image' <<<"$output")"
done
docker image rm "$gone" >/dev/null
fails 'with its registry gone and no such image on the daemon, the build' "can't be connected to" \
    -t "$name/app:gone" "$(on "$gone")"

# With one base out of reach, the others are still asked for.
docker tag "$base" "$gone"
docker tag "$base" "$registry/$name/missing:1"
write_file "$work/two/Dockerfile" "FROM $gone AS one" "FROM $registry/$name/missing:1" \
    'COPY --from=one /bin/busybox /two'
fails 'a missing base beside one that is out of reach' "$registry/$name/missing:1" -t "$name/app:two" "$work/two"
make_image "$registry/$name/base:1" first
docker pull --quiet "$registry/$name/base:1" >/dev/null
make_image_kept=$(docker image inspect --format '{{.Id}}' "$registry/$name/base:1")
make_image "$registry/$name/base:1" second
docker tag "$make_image_kept" "$registry/$name/base:1"
write_file "$work/two/Dockerfile" "FROM $gone AS one" "FROM $registry/$name/base:1" 'COPY --from=one /bin/busybox /two'
expect_exit 'beside a base that is out of reach' 0 slipway build -t "$name/app:two" "$work/two"
expect_equal '  another one is still the one of its registry' second "$(who two)"
docker image rm "$gone" "$registry/$name/missing:1" "$registry/$name/base:1" >/dev/null
