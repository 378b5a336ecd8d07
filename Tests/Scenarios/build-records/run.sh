#!/usr/bin/env bash
# What is recorded of builds: what the builder did, live and afterwards, what the cache spared, and the base images with
# what their names stood for and stand for since.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_registry
gone_registry=$service_address gone_service=registry-$(find "$SLIPWAY_TEST_WORK/services" -name 'registry-*' | wc -l)
start_server

make_image "$registry/$name/base:1" first
make_image "$registry/$name/tools:1" tools
first=$(registry_digest "$registry" "$name/base" 1) tools=$(registry_digest "$registry" "$name/tools" 1)

# bases RUN: the base images in the record, a line each.
bases() { run_field "$1" '.baseImages[]? | "\(.use) \(.repository):\(.tag // "-") \(.digest // "-") \(.digestSource // "-") \(.isMoved)"'; }

# results RUN: the Dockerfile's steps and what became of them.
results() {
    run_field "$1" '.steps[].vertices[]? | select(.name | test("^\\[[^]]*[0-9]/[0-9]+\\] (COPY|RUN)")) | .status' | xargs
}

write_file "$work/app/own" "$RANDOM$RANDOM"
write_file "$work/app/Dockerfile" "FROM $registry/$name/absent:1 AS unused" "FROM $registry/$name/base:1 AS parts" \
    'COPY own /own' 'RUN echo made' 'FROM scratch' 'COPY --from=parts /own /own' \
    "COPY --from=$registry/$name/tools:1 /bin/busybox /busybox"

for builder in buildkit classic; do
    if [ "$builder" = classic ]; then sed -i /unused/d "$work/app/Dockerfile"; fi
    expect_exit "$builder: a build" 0 slipway build --builder "$builder" -t "$name/app:1" "$work/app"
    run=$(newest_run)
    expect_equal '  each of its steps was carried out' 'successful successful successful successful' "$(results "$run")"
    expect_exit "  again" 0 slipway build --builder "$builder" -t "$name/app:1" "$work/app"
    run=$(newest_run)
    # The classic builder does not always know an image again that it has to fetch anew.
    if [ "$builder" = classic ]; then last='(cached|successful)'; else last=cached; fi
    expect_match '  the cache spares them' "cached cached cached $last" "$(results "$run")"
    shown=$(slipway runs show "$run")
    expect_match '  and runs show says so' 'cache: [34] of 4 steps' "$(grep '^cache: ' <<<"$shown")"
    expect_match '  with a line for each' '[0-9]+ +\[.*3/.\] RUN echo made +0\.0s +CACHED' "$(grep 'RUN echo' <<<"$shown")"
    expect_contains '  the base image is shown with its digest' "$first" "$(grep "$registry/$name/base:1" <<<"$shown")"
    expect_contains '    and that it is still the same' 'the same' "$(grep "$registry/$name/base:1" <<<"$shown")"
done
expect_equal 'the record has the images of stages in use' "buildtime $name/base:1 $first builder false
buildtime $name/tools:1 $tools builder false" "$(bases "$run")"
sed -i "1i FROM $registry/$name/absent:1 AS unused" "$work/app/Dockerfile"
expect_exit 'with BuildKit' 0 slipway build -t "$name/app:1" "$work/app"
expect_equal '  the registry tells what the builder does not' "buildtime $name/base:1 $first builder false
buildtime $name/tools:1 $tools registry null" "$(bases "$(newest_run)")"
expect_contains '  as the log says' 'the builder told no digest' "$output"

# ---- While it goes on ----

new_gate
write_file "$work/held/Dockerfile" "FROM $registry/$name/base:1" "RUN $gate" 'RUN echo never before'
submit -t "$name/held:1" "$work/held"
wait_at_gate "$run"
going() { slipway runs show "$run" | grep -q '^[0-9]* *\[2/3\].*\.\.\.$'; }
expect 'a step that runs is shown as such' wait_until 60 going
make_image "$registry/$name/base:1" second
second=$(registry_digest "$registry" "$name/base" 1)
open_gate "$gate_number"
wait_for_end "$run"
expect_equal 'the run succeeds' Succeeded "$status"
expect_equal 'its base image has moved since' "runtime $name/base:1 $first builder true" "$(bases "$run")"
expect_contains '  the log says so' "has moved since: the build stands on $first, its registry now has $second" \
    "$(log_of_run "$run")"
expect_contains '  and runs show' "is now $second" "$(slipway runs show "$run")"

# ---- What fails ----

write_file "$work/broken/Dockerfile" "FROM $registry/$name/base:1" "RUN echo fine $(date +%s%N)" 'RUN exit 7' 'RUN echo never'
expect_exit 'a build that fails' 1 slipway build -t "$name/broken:1" "$work/broken"
run=$(newest_run)
expect_equal '  tells which step did' 'successful failed skipped' "$(results "$run")"
expect_match '  in runs show' '.*RUN exit 7 .* ERROR' "$(slipway runs show "$run" | grep 'RUN exit 7 ' | head -n 1)"

# ---- A registry that is gone ----

make_image "$gone_registry/$name/base:1" gone
docker pull --quiet "$gone_registry/$name/base:1" >/dev/null
gone=$(docker image inspect --format '{{index .RepoDigests 0}}' "$gone_registry/$name/base:1" | sed 's/.*@//')
stop_service "$gone_service"
write_file "$work/gone/Dockerfile" "FROM $gone_registry/$name/base:1" 'RUN echo on it'
expect_exit 'a build on the daemon'"'"'s own image' 0 slipway build -t "$name/gone:1" "$work/gone"
expect_equal '  has the digest that the registry once told' "runtime $name/base:1 $gone daemon null" \
    "$(bases "$(newest_run)")"
expect_contains '  and says that it could not be compared' 'could not be compared' "$output"
docker image rm "$gone_registry/$name/base:1" >/dev/null

# ---- Without a server ----

write_file "$work/exec/acb.yaml" 'steps:' '  - id: image' "    build: -t $registry/$name/exec:1 ."
write_file "$work/exec/Dockerfile" "FROM $registry/$name/base:1" 'RUN echo by exec'
expect_exit 'exec builds' 0 slipway exec "$work/exec/acb.yaml" "$work/exec" --json-result "$work/result.json"
expect_equal '  its result has what the builder did' 'true' \
    "$(jq '[.steps[0].vertices[] | select(.name | test("RUN echo by exec"))] | length == 1' "$work/result.json")"
expect_equal '  and the base images' "$second" "$(jq --raw-output '.baseImages[0].digest' "$work/result.json")"
