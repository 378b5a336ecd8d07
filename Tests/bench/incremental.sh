# shellcheck shell=bash
# shellcheck disable=SC2154  # variables are bench.sh's and lib.sh's
# For bench.sh: how soon a builder has a context of which one file has changed, against docker's client.

# A client with BuildKit in it: the newest ones have it in a program of its own.
find_docker_client() {
    local client
    for client in "${BENCH_DOCKER:-docker}" /usr/bin/docker; do
        # shellcheck disable=SC2016
        if printf 'FROM scratch\nCOPY . /\n' >"$work/probe/Dockerfile" &&
            DOCKER_BUILDKIT=1 "$client" build --progress plain --iidfile "$work/probe.id" "$work/probe" 2>&1 |
            grep -q '\[internal\] load build context'; then
            docker image rm "$(cat "$work/probe.id")" >/dev/null
            docker_client=$client
            return
        fi
    done
    return 1
}

# measure_context LABEL COMMAND…: notes when the builder was asked and when it went on from the context to the first
# step, then how many files were sent, if the log tells.
measure_context() {
    local label=$1 sent
    shift
    # shellcheck disable=SC2016
    measure "$label" 'Launching container with name: build|^#1 ' '^#[0-9]+ \[1/1\] COPY' \
        bash -c 'set -o pipefail; "${@:2}" 2>&1 | tee "$1"' - "$work/context.log" "$@"
    sent=$(sed -n 's/.*Context: transferred \([0-9]*\) of .*ready after \([0-9.]*\) s.*/\1\t\2/p' "$work/context.log")
    if [ -n "$sent" ]; then printf '%s-own\t%s\n' "$label" "$sent" >>"$work/times"; fi
}

# waits LABEL: the medians of the time from the request to the first step.
waits() {
    awk -F '\t' -v label="$1" '$1 == label && $3 != "-" { print $3 - ($2 == "-" ? 0 : $2) }' "$work/times" | sort -n |
        awk '{ value[NR] = $1 } END { print NR ? value[int((NR + 1) / 2)] : "-" }'
}

context_time_row() {
    row "$1" "$(median "$2-own" 2)" "$(median "$2-own" 3)" "$(waits "$2")" "$(ratio "$(waits "$2")" "$(waits session)")"
}

bench_incremental() {
    local round repository=$git_folder/$name-changes.git url=$git_url/$name-changes.git client='' docker_client=''
    mkdir -p "$work/probe"
    say "making a repository with 20,000 files"
    git init --quiet --bare --initial-branch=c0 "$repository"
    python3 "$bench/trees.py" changes | git -C "$repository" fast-import --quiet --done
    git -C "$repository" repack -qad
    if find_docker_client; then client=$docker_client; fi

    rm -f "$work/times"
    for ((round = 0; round <= repetitions; round++)); do
        # The first round only brings the files to the daemon.
        if [ "$round" -eq 1 ]; then rm -f "$work/times"; fi
        measure_context session "$bin/slipway" build --no-push -t "$name/files:1" "$url#c$round"
        measure_context tar "$bin/slipway" build --no-push --context-transfer tar -t "$name/tar:1" "$url#c$round"
        if [ -n "$client" ]; then
            rm -rf "$work/fresh"
            git clone --quiet --depth 1 --branch "c$round" "file://$repository" "$work/fresh"
            rm -rf "$work/fresh/.git"
            measure_context fresh env DOCKER_BUILDKIT=1 "$client" build --progress plain --tag "$name-fresh:1" "$work/fresh"
            if [ ! -d "$work/same" ]; then git clone --quiet --branch c0 "file://$repository" "$work/same"; fi
            git -C "$work/same" checkout --quiet "c$round"
            measure_context same env DOCKER_BUILDKIT=1 "$client" build --progress plain --tag "$name-same:1" "$work/same"
        fi
    done
    if [ -n "$client" ]; then docker image rm --force "$name-fresh:1" "$name-same:1" >/dev/null; fi
    rm -rf "$work/fresh" "$work/same"

    heading "One of 20,000 files (66 MB) of a repository changed: medians of $repetitions"
    row '' 'files sent' 'ready, s' 'first step, ms' 'ratio'
    context_time_row 'slipway build GIT' session
    context_time_row 'slipway build GIT --context-transfer tar' tar
    context_time_row 'docker build on a fresh checkout (BuildKit)' fresh
    context_time_row 'docker build on the same checkout (BuildKit)' same
    printf '  %s\n' "ready: from the request for the build until the daemon has the context, by slipway's own clock." \
        "first step: from there until the log shows the first step after the context. The checkouts are not counted."
    if [ -z "$client" ]; then
        printf '  %s\n' 'Left out: docker build. No client here has BuildKit; BENCH_DOCKER names another.'
    fi
}
