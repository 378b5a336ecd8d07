#!/usr/bin/env bash
# Runs that build the same tag at the same time wait for each other, and each records the digest of its own content.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools: [{name: default, slots: 3, docker: '$docker_host'}]"

# content NAME [STEP]: a folder whose image holds its name.
content() {
    write_file "$work/$1/Dockerfile" "FROM $base" "RUN ${2:-true}" "RUN echo $1 >/who" "LABEL who=$1"
    printf '%s' "$work/$1"
}

digest_of() { run_field "$1" '.outputImages[0].digest'; }

# who DIGEST: what the image with this digest says it is, by label and by file.
who() {
    docker pull --quiet "$registry/$name/app@$1" >/dev/null
    printf '%s %s' "$(image_config "$registry" "$name/app" "$1" | jq --raw-output .config.Labels.who)" \
        "$(docker run --rm "$registry/$name/app@$1" cat /who)"
    docker image rm "$registry/$name/app@$1" >/dev/null
}

for builder in buildkit classic; do
    new_gate
    submit --no-cache --builder "$builder" -t "$name/app:$builder" "$(content "first-$builder" "$gate")"
    first=$run
    wait_at_gate "$first"
    submit --no-cache --builder "$builder" -t "$name/app:$builder" "$(content "second-$builder")"
    second=$run
    wait_for_log "$second" "run $first is writing"
    ok "$builder: the log of the run that waits names the other one"
    expect_contains '  and its record the reason' "$first" "$(run_field "$second" .waitReason)"
    submit --no-cache --builder "$builder" -t "$name/app:$builder-other" "$(content "other-$builder")"
    wait_for_end "$run"
    expect_equal '  a run with another tag goes on meanwhile' Succeeded "$status"
    submit --builder "$builder" -t "$name/app:$builder-more" -t "$name/app:$builder" "$(content "third-$builder")"
    third=$run
    wait_for_log "$third" "Waiting: run "
    slipway runs cancel "$third" >/dev/null
    wait_for_end "$third"
    expect_equal '  one that waits can be canceled' Canceled "$status"
    expect_equal '  the first is still on its way' Running "$(run_field "$first" .status)"
    open_gate "$gate_number"
    wait_for_end "$first"
    expect_equal '  the first ends well' Succeeded "$status"
    wait_for_end "$second"
    expect_equal '  then the second' Succeeded "$status"
    expect_equal "  the first recorded the digest of its own content" "first-$builder first-$builder" \
        "$(who "$(digest_of "$first")")"
    expect_equal "  and so did the second" "second-$builder second-$builder" "$(who "$(digest_of "$second")")"
    expect_equal "  the tag is the second's" "$(digest_of "$second")" \
        "$(registry_digest "$registry" "$name/app" "$builder")"
done

# Without anything that holds them: whoever comes first.
runs=()
for number in 1 2 3 4; do
    submit --no-cache -t "$name/app:race" "$(content "race-$number")"
    runs+=("$run")
done
for number in 1 2 3 4; do
    run=${runs[number - 1]}
    wait_for_end "$run"
    expect_equal "run $number of four at once ends well" Succeeded "$status"
    expect_equal "  with its own digest" "race-$number race-$number" "$(who "$(digest_of "$run")")"
done
expect_not 'no name is left on the daemon' docker_image_exists "$registry/$name/app:race"
