#!/usr/bin/env bash
# The unmodified Azure CLI does what it does with Azure: the whole of Tests/Conformance/az-smoke with the pinned version,
# and with an older one all but the checks during which the client itself sleeps for half a minute.
#
# What a version can't do is in expected-failures-VERSION: this fails if one of those passes, too.
# part: timeout 1800
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_azure cli-2.91.0

start_gateway_server

new_repository "$work/checkout"
write_file "$work/checkout/folder/Dockerfile" 'FROM scratch' 'COPY hello.txt /hello.txt'
write_file "$work/checkout/folder/hello.txt" hello
write_file "$work/checkout/task.yaml" 'version: v1.1.0' 'steps:' "  - cmd: $base echo hello-from-step"
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"
export ACRT_GIT_URL="$git_url/$name/app.git#main:folder"
export ACRT_SMOKE_ECHO="$login_server/base/busybox:1 echo hello-from-step"
export ACRT_SMOKE_SLEEP="$login_server/base/busybox:1 sleep 300"
export ACRT_SMOKE_FAIL="$login_server/base/busybox:1 false"
export ACRT_SMOKE_DOCKERFILE="FROM $login_server/base/busybox:1"
export ACRT_SMOKE_DOCKER=1

# ---- Versions ----

# expected_failure VERSION CHECK: why that check may fail; nothing if it may not.
expected_failure() {
    [ ! -f "$scenario/expected-failures-$1" ] || sed -n "s/^$2  *//p" "$scenario/expected-failures-$1"
}

# smoke VERSION: each check of az-smoke becomes one of ours.
smoke() {
    local version=$1 line check why began=$SECONDS
    azure_environment
    # Without the state, and the path, that an earlier version has left.
    env -u AZURE_CONFIG_DIR ACRT_AZ_VERSION="$version" ACRT_AZ_CONFIG_DIR="$work/azure-$version" \
        "$root/Tests/Conformance/az-smoke" >"$work/smoke-$version" 2>&1 </dev/null || true
    while read -r line; do
        check=${line#* }
        check=${check%%:*}
        why=$(expected_failure "$version" "$check")
        case $line in
            ok\ *)
                if [ -z "$why" ]; then ok "$version: $check"; else not_ok "$version: $check" "is expected to fail: $why"; fi
                ;;
            FAIL\ *)
                if [ -n "$why" ]; then ok "$version: $check fails, since $why"; else not_ok "$version: $check" "${line#*: }"; fi
                ;;
        esac
    done <"$work/smoke-$version"
    expect_match "$version: comes to its end" '[1-9][0-9]* passed, [0-9]+ failed' "$(tail -n 1 "$work/smoke-$version")"
    printf '        %s s\n' $((SECONDS - began))
}

smoke 2.91.0
need_azure cli-2.84.0
ACRT_SMOKE_FAST=1 smoke 2.84.0
