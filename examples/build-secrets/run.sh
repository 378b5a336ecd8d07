#!/usr/bin/env bash
# Builds with a secret that the image does not keep; and without it.
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"
need_services
start_server

token=$(head -c 18 /dev/urandom | base64)
(umask 077 && printf '%s' "$token" >"$work/token")
expect_exit 'with the secret, the image is built' 0 \
    slipway build "$scenario/app" -t "$name/app:1" --build-arg "BASE=$base" --secret "id=token,src=$work/token"
printf '%s\n' "$output"
expect_lacks 'it is not in the log' "$token" "$output"
expect_lacks 'nor in the history of the image' "$token" "$(image_config "$registry" "$name/app" 1)"
exported "$registry/$name/app:1" "$work/image"
expect_equal 'nor in its files' '' "$(grep --recursive --files-with-matches --fixed-strings "$token" "$work/image" || true)"
expect_equal 'which have what was made of it' 24 "$(cat "$work/image/length")"

expect_exit 'without it, the run fails' 1 \
    slipway build "$scenario/app" -t "$name/app:2" --no-cache --build-arg "BASE=$base"
printf '%s\n' "$output"
expect_contains 'and says what is missing' '--secret id=token,src=FILE' "$output"
