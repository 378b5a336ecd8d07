#!/usr/bin/env bash
# Builds on an image from a registry that wants a password; with and without knowing it.
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"
need_private_registry

(umask 077 && printf '%s' "$private_password" >"$work/password")
start_server "$(sed -e "s|registry.example.com|$private_registry|" -e "s|: robot|: $private_user|" \
    -e "s|/etc/slipway/password|$work/password|" "$scenario/slipway.yaml")"
expect_exit 'with the password, the image is built' 0 \
    slipway build "$scenario/app" -t "$name/app:1" --build-arg "BASE=$private_base"
printf '%s\n' "$output"
expect_equal 'the record has the digest in the registry' "$(registry_digest "$registry" "$name/app" 1)" \
    "$(run_field "$(newest_run)" '.outputImages[0].digest')"
expect_lacks 'the password is not in the log' "$private_password" "$output"

# The daemon has the layers by now. That must not do.
start_server '' without-password
expect_exit 'without it, the run fails' 1 slipway build "$scenario/app" -t "$name/app:2" --build-arg "BASE=$private_base"
printf '%s\n' "$output"
expect_contains 'the log says which registry refused' "$private_registry" "$(slipway logs)"
expect_equal 'the record says Failed' Failed "$(run_field "$(newest_run)" .status)"
