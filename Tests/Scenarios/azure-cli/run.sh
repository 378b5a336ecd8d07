#!/usr/bin/env bash
# The unmodified Azure CLI does what it does with Azure: the whole of Tests/Conformance/az-smoke with the pinned
# version, and with an older one all but the checks during which the client itself sleeps for half a minute. Each has a
# server: one without a port in its login server where that can be had, as the client's check of a registry's health
# wants it, and one with a port.
#
# What a version can't do is in expected-failures-VERSION: this fails if one of those passes, too.
# part: timeout 1200
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_azure cli-2.91.0 cli-2.84.0

new_repository "$work/checkout"
write_file "$work/checkout/folder/Dockerfile" 'FROM scratch' 'COPY hello.txt /hello.txt'
write_file "$work/checkout/folder/hello.txt" hello
write_file "$work/checkout/task.yaml" 'version: v1.1.0' 'steps:' "  - cmd: $base echo hello-from-step"
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"

# smoke VERSION: begins az-smoke with the server in use.
smoke() {
    # Steps have theirs through the server; BuildKit trusts only registries that docker knew of when it started, so
    # bases come straight from the registry behind.
    local image=$login_server/base/busybox:1
    azure_environment
    # Without the state, and the path, that another version has left.
    env -u AZURE_CONFIG_DIR ACRT_AZ_VERSION="$1" ACRT_AZ_CONFIG_DIR="$work/azure-$1" ACRT_SMOKE_DOCKER=1 \
        ACRT_GIT_URL="$git_url/$name/app.git#main:folder" ACRT_SMOKE_ECHO="$image echo hello-from-step" \
        ACRT_SMOKE_SLEEP="$image sleep 300" ACRT_SMOKE_FAIL="$image false" ACRT_SMOKE_DOCKERFILE="FROM $base" \
        "$root/Tests/Conformance/az-smoke" >"$work/smoke-$1" 2>&1 </dev/null &
    smoking[$1]=$!
    _remember "smoke-$1" $!
}

# expected_failure VERSION CHECK: why that check may fail; nothing if it may not.
expected_failure() {
    [ ! -f "$scenario/expected-failures-$1" ] || sed -n "s/^$2  *//p" "$scenario/expected-failures-$1"
}

# take_smoke VERSION: waits for its end; each check of az-smoke becomes one of ours.
take_smoke() {
    local version=$1 line check why
    wait "${smoking[$version]}" || true
    printf '        %s after %s s\n' "$version" $((SECONDS - began))
    while read -r line; do
        check=${line#* }
        check=${check%%:*}
        why=$(expected_failure "$version" "$check")
        case $line,$why in
            ok\ *,) ok "$version: $check" ;;
            ok\ *) not_ok "$version: $check" "is expected to fail: $why" ;;
            FAIL\ *,) not_ok "$version: $check" "${line#*: }" ;;
            FAIL\ *) ok "$version: $check fails, since $why" ;;
        esac
    done <"$work/smoke-$version"
    expect_match "$version: comes to its end" '[1-9][0-9]* passed, [0-9]+ failed' "$(tail -n 1 "$work/smoke-$version")"
}

declare -A smoking
began=$SECONDS
start_gateway_server main
smoke 2.91.0
start_gateway_server older port
ACRT_SMOKE_FAST=1 smoke 2.84.0
take_smoke 2.91.0
take_smoke 2.84.0
