#!/usr/bin/env bash
# Runs the tests, on a bare Debian 12 or Ubuntu machine too: installs what they need, starts the services they use,
# builds, tests, cleans up.
#
#     Tests/run.sh                     everything but the longer parts
#     Tests/run.sh --all               everything
#     Tests/run.sh --list              the names of the parts
#     Tests/run.sh quickstart git      only parts whose name contains one of these words (what they need is built first)
#     Tests/run.sh --filter Dockerfile only those tests of `swift test`
#
# Fuzzing takes 10 s for each target, 30 s with --all: see Tests/Fuzzing/run.sh.
#
# A part is a step below, or a script: Tests/Scenarios/NAME/run.sh or examples/NAME/run.sh. A script ends with 0
# (passed), 77 (skipped, its last line says why) or anything else (failed), and may hold the lines "# part: long" (only
# with --all) and "# part: timeout SECONDS". Logs are in .build/test-logs. The last line is always "N passed, N failed,
# N skipped": parts, and the single tests of `swift test`.

# shellcheck disable=SC2329  # some functions are called by a name in a variable
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
cd "$root"
logs=$root/.build/test-logs
# What Tests/Conformance was copied from, where that is at hand.
shared=$root/../shared

all=0 list=0 swift_filter='' words=()
while [ "$#" -gt 0 ]; do
    case $1 in
        --all) all=1 ;;
        --list) list=1 ;;
        --filter)
            swift_filter=${2:?--filter needs a name}
            shift
            ;;
        --filter=*) swift_filter=${1#--filter=} ;;
        -h | --help)
            sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        -*)
            printf 'run.sh: unknown option %s (see --help)\n' "$1" >&2
            exit 2
            ;;
        *) words+=("$1") ;;
    esac
    shift
done

# ---- Parts -----------------------------------------------------------------------------------------------------------

# A script's setting: the rest of its line "# part: KEY …".
setting() { sed -n "s/^# part: $2 *//p" "$1" | head -n 1; }

script_of() {
    case $1 in
        scenario:*) printf '%s/Tests/Scenarios/%s/run.sh' "$root" "${1#*:}" ;;
        example:*) printf '%s/examples/%s/run.sh' "$root" "${1#*:}" ;;
    esac
}

part_names() {
    local script
    printf 'packages\nservices\n'
    if [ -d "$shared/spec" ] && [ -d "$shared/contract" ]; then printf 'conformance-copies\n'; fi
    printf 'build\nswift-test\nschedules\nfuzzing\n'
    for script in "$root"/Tests/Scenarios/*/run.sh "$root"/examples/*/run.sh; do
        [ -f "$script" ] || continue
        case $script in
            */Scenarios/*) printf 'scenario:%s\n' "$(basename "$(dirname "$script")")" ;;
            *) printf 'example:%s\n' "$(basename "$(dirname "$script")")" ;;
        esac
    done
}

mapfile -t parts < <(part_names)
if [ "$list" -eq 1 ]; then
    for part in "${parts[@]}"; do
        script=$(script_of "$part")
        if [ -n "$script" ] && grep -q '^# part: long' "$script"; then part="$part (long)"; fi
        printf '%s\n' "$part"
    done
    exit 0
fi

is_wanted() {
    local word
    if [ "${#words[@]}" -eq 0 ] && [ -z "$swift_filter" ]; then return 0; fi
    if [ -n "$swift_filter" ] && [ "$1" = swift-test ]; then return 0; fi
    for word in ${words[@]+"${words[@]}"}; do
        case $1 in *"$word"*) return 0 ;; esac
    done
    return 1
}

wanted=()
for part in "${parts[@]}"; do
    if is_wanted "$part"; then wanted+=("$part"); fi
done
if [ "${#wanted[@]}" -eq 0 ]; then
    printf 'run.sh: no part is named like that; these are there:\n' >&2
    printf '  %s\n' "${parts[@]}" >&2
    printf '0 passed, 1 failed, 0 skipped\n'
    exit 1
fi
# What the wanted parts stand on comes before them.
needs_build=0 needs_services=0
for part in "${wanted[@]}"; do
    case $part in
        build | schedules | fuzzing) needs_build=1 ;;
        swift-test | scenario:* | example:*) needs_build=1 needs_services=1 ;;
        services) needs_services=1 ;;
    esac
done

mkdir -p "$logs"
rm -f "$logs"/*
# shellcheck source-path=SCRIPTDIR source=services.sh
source "$here/services.sh"
trap 'end_job; stop_services' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

job=''
end_job() { if [ -n "$job" ]; then kill "$job" 2>/dev/null || true; fi; }

names=() results=() seconds=() reasons=()
passed=0 failed=0 skipped=0

# record NAME RESULT SECONDS [REASON]
record() {
    names+=("$1") results+=("$2") seconds+=("$3") reasons+=("${4:-}")
    case $2 in
        passed) passed=$((passed + 1)) ;;
        failed) failed=$((failed + 1)) ;;
        skipped) skipped=$((skipped + 1)) ;;
    esac
    printf '%-8s %s (%s s)%s\n' "$2" "$1" "$3" "${4:+: $4}" >&2
}

finish() {
    local index
    printf '\n%-32s %8s  %s\n' part seconds result
    for index in "${!names[@]}"; do
        printf '%-32s %8s  %s%s\n' "${names[$index]}" "${seconds[$index]}" "${results[$index]}" \
            "${reasons[$index]:+ (${reasons[$index]})}"
    done
    if [ -s "$logs/counts" ]; then sed -n '2,$s/^/skipped test /p' "$logs/counts"; fi
    printf 'logs: %s\n\n' "$logs"
    stop_services
    trap - EXIT
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    if [ "$failed" -gt 0 ]; then exit 1; fi
    exit 0
}

tail_of() { sed 's/^/    /' <(tail -n "${2:-30}" "$1") >&2; }

# log_of NAME: where the output of a part goes.
log_of() { printf '%s/%s.log' "$logs" "${1//:/-}"; }

# in_this_shell NAME FUNCTION: a part that sets variables. Everything in it has a limit of its own. What comes later
# needs it, so failing ends it all.
in_this_shell() {
    local name=$1 start=$SECONDS log
    log=$(log_of "$name")
    if "$2" 2> >(tee "$log" >&2); then
        record "$name" passed $((SECONDS - start))
    else
        record "$name" failed $((SECONDS - start)) "see $log"
        finish
    fi
}

# limited NAME SECONDS COMMAND…: a part with a time limit. Sets status and reason; the output is in the part's log.
limited() {
    local name=$1 limit=$2 log began=$SECONDS
    shift 2
    log=$(log_of "$name")
    printf '%-8s %s\n' running "$name" >&2
    status=0
    # In the background, so that Ctrl-C is acted on at once.
    timeout --kill-after=20 "$limit" "$@" >"$log" 2>&1 </dev/null &
    job=$!
    wait "$job" || status=$?
    job=''
    reason="exit status $status"
    # 137 is also what a part ends with that was killed by somebody else.
    if [ "$status" -eq 124 ] || { [ "$status" -eq 137 ] && [ $((SECONDS - began)) -ge "$limit" ]; }; then
        reason="stopped after $limit s"
    fi
}

# ---- Packages and services -------------------------------------------------------------------------------------------

private_user=skipper
private_password=a-password-for-tests

start_all_services() {
    need_packages "for the unit tests" openssl:openssl ssh-keygen:openssh-client bzip2:bzip2 xz:xz-utils zstd:zstd || return 1
    # Its tests are skipped elsewhere: where systemd runs, the package would start a server for the whole network.
    if [ "$(id -u)" -eq 0 ] && [ ! -d /run/systemd/system ]; then need_packages "for git over ssh" openssh-server || return 1; fi
    start_dockerd || return 1
    start_registry 0 || return 1
    export SLIPWAY_TEST_REGISTRY=$service_address
    start_registry 0 "$private_user" "$private_password" || return 1
    export SLIPWAY_TEST_PRIVATE_REGISTRY=$service_address
    export SLIPWAY_TEST_PRIVATE_USER=$private_user SLIPWAY_TEST_PRIVATE_PASSWORD=$private_password
    # Tests put repositories into this folder; those below private/ want the login.
    export SLIPWAY_TEST_GIT_FOLDER=$SLIPWAY_TEST_WORK/repositories
    start_git_http 0 "$SLIPWAY_TEST_GIT_FOLDER" /private/ "$private_user" "$private_password" || return 1
    export SLIPWAY_TEST_GIT=http://$service_address
    export SLIPWAY_TEST_BASE_IMAGE=$SLIPWAY_TEST_REGISTRY/base/busybox:1
    make_base_image "$SLIPWAY_TEST_BASE_IMAGE" || return 1
    make_base_image "$SLIPWAY_TEST_PRIVATE_REGISTRY/base/busybox:1" "$private_user" "$private_password" || return 1
    export SLIPWAY_TEST_PRIVATE_BASE_IMAGE=$SLIPWAY_TEST_PRIVATE_REGISTRY/base/busybox:1
    export DOCKER_HOST=${DOCKER_HOST:-unix:///var/run/docker.sock}
}

# Azure's clients are large: they come while the rest is built. Parts that need one wait for it, and say why if it can't
# be had.
fetch_azure_clients() {
    local part
    for part in "${wanted[@]}"; do
        case $part in
            *azure*)
                need_venv "for Azure's clients" || return 0
                nice "$here/azure-clients.sh" >"$(log_of azure-clients)" 2>&1 </dev/null &
                _remember azure-clients $!
                return
                ;;
        esac
    done
}

# ---- Single parts ----------------------------------------------------------------------------------------------------

compare_copies() {
    local name start=$SECONDS differences=''
    for name in spec/cases contract/captures contract/az-setup contract/az-smoke; do
        differences+=$(diff -rq "$shared/$name" "$root/Tests/Conformance/${name#*/}" 2>&1 || true)
    done
    if [ -z "$differences" ]; then
        record conformance-copies passed $((SECONDS - start))
    else
        printf '%s\n' "$differences" >"$(log_of conformance-copies)"
        tail_of "$(log_of conformance-copies)"
        record conformance-copies failed $((SECONDS - start)) "Tests/Conformance differs from the shared originals"
    fi
}

build() {
    local start=$SECONDS
    limited build 3600 swift build --build-tests
    if [ "$status" -eq 0 ]; then
        record build passed $((SECONDS - start))
    else
        grep -E 'error:' "$(log_of build)" | sort -u | head -n 30 | sed 's/^/    /' >&2 || true
        tail_of "$(log_of build)" 10
        record build failed $((SECONDS - start)) "$reason"
        finish
    fi
}

# count_tests FILE…: from xUnit files, "PASSED FAILED SKIPPED" and then a line "NAME: WHY" for each skipped test.
count_tests() {
    awk '
        function close_case() { if (state) count[state]++; state = "" }
        /<testcase / { close_case(); state = "passed"; name = $0; sub(/.* name="/, "", name); sub(/" .*/, "", name) }
        /<failure|<error/ { state = "failed" }
        /<skipped/ { state = "skipped"; why = $0; gsub(/ *<[^>]*>/, "", why); skipped = skipped name ": " why "\n" }
        END { close_case(); printf "%d %d %d\n%s", count["passed"], count["failed"], count["skipped"], skipped }
    ' "$@"
}

# unfinished_tests LOG: those that had started and not ended.
unfinished_tests() {
    awk '
        / Test (case|run) / { next }
        / Test .* started\.$/ { sub(/^[^ ]* Test /, ""); sub(/ started\.$/, ""); open[$0]++; next }
        / Test .* (passed|failed) after [0-9.]+ seconds/ {
            sub(/^[^ ]* Test /, "")
            sub(/( with [0-9]+ test cases?)? (passed|failed) after [0-9.]+ seconds.*$/, "")
            open[$0]--
        }
        END { for (name in open) if (open[name] > 0) print name }
    ' "$1" | sort
}

swift_test() {
    local start=$SECONDS log good bad ignored files open='' arguments=(--skip-build --xunit-output "$logs/tests.xml")
    log=$(log_of swift-test)
    [ -z "$swift_filter" ] || arguments+=(--filter "$swift_filter")
    # Many tests wait for programs on one of the few threads that all tests share; with hundreds of them begun at once the
    # others would wait for minutes for their turn, longer than connections last.
    # Line by line: with what else is kept back nobody can tell which tests had not ended.
    limited swift-test 900 "$here/watched.sh" 840 \
        stdbuf --output=L env SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6 swift test "${arguments[@]}"
    case $reason in
        stopped*)
            grep -aE '^watched.sh: [0-9]+ ' "$log" | sed 's/^/    /' >&2 || true
            open=", $reason with $(unfinished_tests "$log" | head -n 20 | paste -sd ' ') not ended"
            ;;
    esac
    shopt -s nullglob
    files=("$logs"/tests*.xml)
    shopt -u nullglob
    count_tests ${files[@]+"${files[@]}"} /dev/null >"$logs/counts"
    read -r good bad ignored <"$logs/counts"
    # A crash leaves no list, and must not look like success; neither must a name that no test has.
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ $((good + bad + ignored)) -eq 0 ]; then
        record swift-test failed $((SECONDS - start)) "no test is named like that"
        return
    fi
    local result=passed
    if [ "$bad" -gt 0 ]; then
        result=failed
        { grep -aE '✘|error:|Fatal error|Crash' "$log" || true; } | head -n 40 | sed 's/^/    /' >&2
        tail_of "$log" 5
    fi
    # The tests are counted one by one, in place of the part.
    record swift-test "$result" $((SECONDS - start)) "$good tests passed, $bad failed, $ignored skipped$open, log $log"
    if [ "$result" = passed ]; then passed=$((passed - 1)); else failed=$((failed - 1)); fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + ignored))
}

# Ten times the schedules that are gone through among the tests.
schedules() {
    local start=$SECONDS
    limited schedules 300 env SLIPWAY_SCHEDULES=100000 swift test --skip-build --filter ScheduleTests
    if [ "$status" -eq 0 ]; then
        record schedules passed $((SECONDS - start)) "100000 schedules, log $(log_of schedules)"
    else
        grep -a 'in schedule' "$(log_of schedules)" | head -n 3 | sed 's/^/    /' >&2 || true
        record schedules failed $((SECONDS - start)) "$reason, log $(log_of schedules)"
    fi
}

fuzzing() {
    local start=$SECONDS each=10
    [ "$all" -eq 0 ] || each=30
    limited fuzzing 1200 "$here/Fuzzing/run.sh" --seconds "$each"
    if [ "$status" -eq 0 ]; then
        record fuzzing passed $((SECONDS - start)) "$each s for each target, log $(log_of fuzzing)"
    else
        tail_of "$(log_of fuzzing)"
        record fuzzing failed $((SECONDS - start)) "$reason, log $(log_of fuzzing), inputs in .build-fuzz/broken"
    fi
}

script() {
    local name=$1 path start=$SECONDS limit folder
    path=$(script_of "$name")
    if [ "$all" -eq 0 ] && [ "${#words[@]}" -eq 0 ] && grep -q '^# part: long' "$path"; then
        record "$name" skipped 0 "long: only with --all, or by name"
        return
    fi
    limit=$(setting "$path" timeout)
    limited "$name" "${limit:-900}" bash "$path"
    # What a script that was stopped has started.
    for folder in "$SLIPWAY_TEST_WORK"/part.*; do _clear "$folder"; done
    case $status in
        0) record "$name" passed $((SECONDS - start)) ;;
        77) record "$name" skipped $((SECONDS - start)) "$(tail -n 1 "$(log_of "$name")")" ;;
        *)
            tail_of "$(log_of "$name")"
            record "$name" failed $((SECONDS - start)) "$reason, log $(log_of "$name")"
            ;;
    esac
}

# ---- All together ----------------------------------------------------------------------------------------------------

if is_wanted packages || [ "$needs_build" -eq 1 ]; then in_this_shell packages need_build_tools; fi
if [ "$needs_services" -eq 1 ]; then in_this_shell services start_all_services; fi
fetch_azure_clients
for part in "${wanted[@]}"; do
    if [ "$part" = conformance-copies ]; then compare_copies; fi
done
if [ "$needs_build" -eq 1 ]; then build; fi
# Scripts find the programs here.
export SLIPWAY_BIN=$root/.build/debug
for part in "${wanted[@]}"; do
    case $part in
        swift-test) swift_test ;;
        schedules) schedules ;;
        fuzzing) fuzzing ;;
        scenario:* | example:*) script "$part" ;;
    esac
done
finish
