# shellcheck shell=bash
# shellcheck disable=SC2154  # variables are bench.sh's and lib.sh's
# For bench.sh: runs of task files, against docker's own client doing the same.

# Works: one step, ten after each other, ten beside each other, one build. Each is measured in these ways.
step_works=(one ten beside build)

write_step_files() {
    local number
    write_file "$work/steps/one.yaml" 'steps:' "  - cmd: $base true"
    write_file "$work/steps/ten.yaml" 'steps:'
    write_file "$work/steps/beside.yaml" 'steps:'
    for number in {1..10}; do
        printf '  - cmd: %s true\n' "$base" >>"$work/steps/ten.yaml"
        printf '  - {cmd: %s true, when: ["-"]}\n' "$base" >>"$work/steps/beside.yaml"
    done
    write_file "$work/steps/build.yaml" 'steps:' "  - build: --no-cache -t $registry/$name/steps:1 ."
    write_file "$work/steps/Dockerfile" 'FROM scratch' 'COPY file /file'
    write_file "$work/steps/file" 'some text'
}

# What docker's client does instead, as scripts: first the least of it, then with what a run gives its steps.
write_peers() {
    local volumes="volumes='-v $name-w:/workspace -v $name-h:/acb/home'
        docker volume create $name-w && docker volume create $name-h"
    local removal="docker volume rm $name-w $name-h"
    write_file "$work/peers/one" "docker run --rm $base true"
    write_file "$work/peers/one-same" "$volumes && docker run --rm \$volumes $base true && $removal"
    write_file "$work/peers/ten" "for n in {1..10}; do docker run --rm $base true || exit 1; done"
    write_file "$work/peers/ten-same" \
        "$volumes && for n in {1..10}; do docker run --rm \$volumes $base true || exit 1; done && $removal"
    write_file "$work/peers/beside" "for n in {1..10}; do docker run --rm $base true & done; wait"
    write_file "$work/peers/beside-same" "docker network create $name-n
        for n in {1..10}; do docker run --rm --network $name-n $base true & done; wait; docker network rm $name-n"
    write_file "$work/peers/build" \
        "DOCKER_BUILDKIT=0 docker build --no-cache --tag $registry/$name/steps:2 $work/steps"
    write_file "$work/peers/build-same" "set -o pipefail
        tar --create --directory=$work/steps . |
            curl --silent --show-error --fail --no-buffer --unix-socket ${docker_host#unix://} \\
                --header 'Content-Type: application/x-tar' --data-binary @- \\
                'http://docker/build?version=2&nocache=1&t=$registry/$name/steps:3' | tee $work/answer
        ! grep -q '\"errorDetail\"' $work/answer"
}

# measure_record LABEL: how long the newest run went on, as its record says.
measure_record() {
    local times
    times=$(run_field "$(newest_run)" '"\(.startTime) \(.finishTime)"')
    printf '%s\t-\t-\t%s\t-\t0\n' "$1" \
        "$(($(date --date "${times#* }" +%s%3N) - $(date --date "${times% *}" +%s%3N)))" >>"$work/times"
}

least() {
    awk -F '\t' -v label="$1" '$1 == label && (least == "" || $4 + 0 < least) { least = $4 + 0 } END { print least }' \
        "$work/times"
}

bench_steps() {
    local round work_name context
    export XDG_STATE_HOME=$work/state
    write_step_files
    write_peers
    for ((round = 0; round <= repetitions; round++)); do
        # The first round only warms up.
        if [ "$round" -le 1 ]; then rm -f "$work/times"; fi
        for work_name in "${step_works[@]}"; do
            context=/dev/null file=$work/steps/$work_name.yaml
            if [ "$work_name" = build ]; then context=$work/steps file=build.yaml; fi
            measure "$work_name" - - bash "$work/peers/$work_name"
            measure "exec-$work_name" - - "$bin/slipway" exec "$work/steps/$work_name.yaml" "$context"
            measure "$work_name-same" - - bash "$work/peers/$work_name-same"
            measure "run-$work_name" - - "$bin/slipway" run "$context" --file "$file"
            measure_record "record-$work_name"
        done
    done

    heading "Task files, against docker's client doing the same: $repetitions repetitions, in milliseconds"
    row '' median least ratio 'or'
    step_rows one 'One step' 'docker run --rm' '  on two volumes, made and removed'
    step_rows ten 'Ten steps, one after another' 'docker run --rm, ten times' '  on two volumes, made and removed'
    step_rows beside 'Ten steps beside each other' 'docker run --rm &, ten times, and wait' \
        '  on a network, made and removed'
    step_rows build 'A build: FROM scratch, COPY' 'docker build --no-cache (classic)' \
        'POST /build?version=2&nocache=1 by curl'
    printf '  %s\n' 'The ratios are of the medians: to the first line and to the second.' \
        'The aim is at most 1.3 for steps and 1.5 for the build.'
}

# step_rows WORK TITLE PEER PEER
step_rows() {
    local first second
    first=$(median "$1" 4) second=$(median "$1-same" 4)
    printf '  %s\n' "$2"
    row "  $3" "$first" "$(least "$1")" '1.00' ''
    row "  $4" "$second" "$(least "$1-same")" '' '1.00'
    step_row '  slipway exec' "exec-$1"
    step_row '  slipway run: from start to finish of the run' "record-$1"
    step_row '  slipway run: the whole command' "run-$1"
}

# step_row TEXT LABEL: uses first and second.
step_row() {
    local time
    time=$(median "$2" 4)
    row "$1" "$time" "$(least "$2")" "$(ratio "$time" "$first")" "$(ratio "$time" "$second")"
}
