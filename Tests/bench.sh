#!/usr/bin/env bash
# Measures Slipway against other programs on this machine, and prints tables of medians and ratios.
#
#     Tests/bench.sh                      everything: some minutes
#     Tests/bench.sh --repetitions 11     instead of 5
#     Tests/bench.sh build pack           only some of: build pack context incremental memory cancel azure steps load
#                                       triggers
#
# build    a trivial build of a folder and of a git repository, against `docker build` (classic builder) and against
#          BuildKit asked by curl
# pack     packing a folder with 50,000 files, 40,000 of them ignored, against GNU tar and gzip
# context  packing other folders and a commit, uncompressed, against GNU tar, docker's packer, docker build and the Azure
#          CLI (installed from PyPI the first time), with 2,000 rules too
# incremental  how soon the daemon has the context of a commit that changes one of 20,000 files: against an archive of it,
#          and against docker build with BuildKit on a checkout
# memory   peak memory of slipway and slipway-server with a context of 2 GiB
# cancel   cancelling 200 queued runs with one command
# azure    the Azure CLI: from its start to the first line of a build's log, against its start alone; listing runs where
#          100,000 are stored, against 100
# steps    task files of one step, of ten after and beside each other, of one build, through slipway exec and a server,
#          against docker's client doing the same
# load     a server under load: submits, claims, lists of a million runs, logs, a cancel of many, a thousand runs under way;
#          against SQLite and synced files alone
# triggers 500 deliveries of webhooks a second for a minute, and 1,000 timers that are due in one; against a bare answer
#
# Numbers compare only within one run: what they are worth depends on the machine and on what else goes on there. No
# measurement makes it fail; a build that does not work does. The release build is taken if there is one, else the debug
# build (`swift build -c release` makes one); SLIPWAY_BIN names another folder.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

repetitions=5 words=()
while [ "$#" -gt 0 ]; do
    case $1 in
        --repetitions)
            repetitions=${2:?--repetitions needs a number}
            shift
            ;;
        -h | --help)
            sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        build | pack | context | incremental | memory | cancel | azure | steps | load | triggers) words+=("$1") ;;
        *)
            printf 'bench.sh: unknown argument %s (see --help)\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done
[[ $repetitions =~ ^[1-9][0-9]*$ ]] || {
    printf 'bench.sh: --repetitions needs a number of 1 or more\n' >&2
    exit 2
}

if [ -z "${SLIPWAY_BIN:-}" ]; then
    SLIPWAY_BIN=$root/.build/debug
    if [ -x "$root/.build/release/slipway-server" ]; then SLIPWAY_BIN=$root/.build/release; fi
    export SLIPWAY_BIN
fi
# shellcheck source-path=SCRIPTDIR source=Scenarios/lib.sh
source "$root/Tests/Scenarios/lib.sh"
# Part of names in the registry.
name=bench

is_wanted() { [ "${#words[@]}" -eq 0 ] || [[ " ${words[*]} " == *" $1 "* ]]; }

# ---- Measuring -------------------------------------------------------------------------------------------------------

# stopwatch.py PATTERN PATTERN COMMAND…: prints, in milliseconds, when the first lines that match came and when the
# command ended ("-" for no such line), then its peak memory in KiB and its exit status.
cat >"$work/stopwatch.py" <<'PYTHON'
import re
import resource
import subprocess
import sys
import time

patterns = [re.compile(text.encode()) for text in sys.argv[1:3]]
seen = ["-", "-"]
begin = time.monotonic()
process = subprocess.Popen(
    sys.argv[3:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
lines = []
for line in process.stdout:
    for index, pattern in enumerate(patterns):
        if seen[index] == "-" and pattern.search(line):
            seen[index] = round((time.monotonic() - begin) * 1000)
    lines = lines[-20:] + [line]
status = process.wait()
total = round((time.monotonic() - begin) * 1000)
if status:
    sys.stderr.buffer.write(b"".join(lines))
print(*seen, total, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, status)
PYTHON

# measure LABEL PATTERN PATTERN COMMAND…: notes a measurement under the label. Fails if the command does.
measure() {
    local label=$1 result
    shift
    result=$(python3 "$work/stopwatch.py" "$@")
    printf '%s\t%s\n' "$label" "${result// /$'\t'}" >>"$work/times"
    if [ "${result##* }" != 0 ]; then
        say "this failed: ${*:3}"
        return 1
    fi
}

# median LABEL COLUMN: 2 and 3 are the lines, 4 is the end, 5 the memory.
median() {
    awk -F '\t' -v label="$1" -v column="$2" '$1 == label && $column != "-" { print $column }' "$work/times" | sort -n |
        awk '{ value[NR] = $1 } END { print NR ? value[int((NR + 1) / 2)] : "-" }'
}

# ratio A B: with two decimals.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a + 0 > 0 && b + 0 > 0) printf "%.2f", a / b; else printf "-" }'; }

# mebibytes KIB
mebibytes() { awk -v k="$1" 'BEGIN { printf "%.0f", k / 1024 }'; }

heading() { printf '\n%s\n' "$1"; }

# A table's line: a wide column and four narrow ones.
row() { printf '  %-46s %12s %12s %12s %12s\n' "$@"; }

# ---- A trivial build -------------------------------------------------------------------------------------------------

# fresh FOLDER: makes a context that no cache knows.
fresh() {
    write_file "$1/Dockerfile" "FROM $base" 'COPY file /file' 'RUN cat /file'
    write_file "$1/file" "$1 $(date +%N) $RANDOM$RANDOM"
}

bench_build() {
    local round context=$work/context repository=$work/repository socket=${docker_host#unix://}
    local log='^[0-9]{4}/' buildkit='^#1 ' classic='^Step 1/'
    local label

    # shellcheck disable=SC2016
    write_file "$work/classic" 'DOCKER_BUILDKIT=0 exec docker build --pull --tag "$1" "$2"'
    # shellcheck disable=SC2016
    write_file "$work/classic-push" 'DOCKER_BUILDKIT=0 docker build --pull --tag "$1" "$2" && exec docker push "$1"'
    # shellcheck disable=SC2016
    write_file "$work/curl" 'tar --create --directory="$2" . |
        curl --silent --show-error --fail --no-buffer --unix-socket "$3" --header "Content-Type: application/x-tar" \
            --data-binary @- "http://docker/build?version=2&pull=1&t=$1" | tee "$2.answer"
        ! grep -q "\"errorDetail\"" "$2.answer"'
    new_repository "$repository"

    for ((round = 0; round <= repetitions; round++)); do
        # The first round only warms up.
        if [ "$round" -le 1 ]; then rm -f "$work/times"; fi
        fresh "$context"
        measure slipway-folder "$log" "$buildkit" "$bin/slipway" build --no-push -t "$name/a:1" "$context"
        fresh "$repository"
        commit "$repository" >/dev/null
        publish "$repository" "$name.git"
        measure slipway-git "$log" "$buildkit" "$bin/slipway" build --no-push -t "$name/b:1" "$git_url/$name.git"
        fresh "$context"
        measure slipway-classic "$log" "$classic" \
            "$bin/slipway" build --no-push --builder classic -t "$name/c:1" "$context"
        fresh "$context"
        measure buildkit - . bash "$work/curl" "$registry/$name/d:1" "$context" "$socket"
        fresh "$context"
        measure classic - "$classic" bash "$work/classic" "$registry/$name/e:1" "$context"
        fresh "$context"
        measure slipway-push "$log" "$buildkit" "$bin/slipway" build -t "$name/f:1" "$context"
        fresh "$context"
        measure classic-push - "$classic" bash "$work/classic-push" "$registry/$name/g:1" "$context"
    done

    heading "A trivial build (FROM, COPY, RUN), nothing cached: medians of $repetitions, in milliseconds"
    row '' 'log begins' 'build begins' 'end' 'end, ratio'
    for label in slipway-folder:buildkit slipway-git:buildkit slipway-classic:classic slipway-push:classic-push; do
        build_row "${label%:*}" "${label#*:}"
    done
    for label in buildkit classic classic-push; do build_row "$label" "$label"; done
    printf '  %s\n' "The ratio is to the same builder without Slipway; for the push, to docker build and docker push." \
        "slipway's time begins with the program's start and holds the queue, the log and the record."
}

# build_row LABEL PEER
build_row() {
    local text
    case $1 in
        slipway-folder) text='slipway build FOLDER --no-push' ;;
        slipway-git) text='slipway build GIT --no-push' ;;
        slipway-classic) text='slipway build FOLDER --no-push, classic' ;;
        slipway-push) text='slipway build FOLDER' ;;
        buildkit) text='POST /build?version=2 by curl (BuildKit)' ;;
        classic) text='docker build (classic)' ;;
        classic-push) text='docker build (classic) and docker push' ;;
    esac
    row "$text" "$(median "$1" 2)" "$(median "$1" 3)" "$(median "$1" 4)" "$(ratio "$(median "$1" 4)" "$(median "$2" 4)")"
}

# ---- Packing ---------------------------------------------------------------------------------------------------------

bench_pack() {
    local round folder=$work/many

    python3 - "$folder" <<'PYTHON'
import os
import sys

# 10,000 files to pack, 20,000 ignored ones beside them, and 20,000 in folders that are ignored whole.
for number in range(500):
    folder = f"{sys.argv[1]}/part-{number % 50}/{number}"
    ignored = f"{sys.argv[1]}/node_modules/{number % 50}/{number}"
    os.makedirs(folder)
    os.makedirs(ignored)
    for file in range(20):
        with open(f"{folder}/{file}.txt", "w") as out:
            out.write(f"{number} {file} some text\n" * 40)
    for file in range(40):
        with open(f"{folder}/{file}.log", "w") as out:
            out.write("ignored\n" * 100)
        with open(f"{ignored}/{file}.js", "w") as out:
            out.write("ignored\n" * 100)
PYTHON
    write_file "$folder/.dockerignore" node_modules '**/*.log'
    write_file "$folder/Dockerfile" "FROM $base"
    # shellcheck disable=SC2016
    write_file "$work/tar" 'cd "$1" && tar --create --exclude=./node_modules "--exclude=*.log" . | gzip | cat >/dev/null'
    # shellcheck disable=SC2016
    write_file "$work/tar-only" 'cd "$1" && tar --create --exclude=./node_modules "--exclude=*.log" . | cat >/dev/null'

    rm -f "$work/times"
    for ((round = 1; round <= repetitions; round++)); do
        measure slipway-pack '^Sending context \(' - "$bin/slipway" build --no-wait --no-push -t "$name/many:1" "$folder"
        # Its build would be in the way of the others.
        "$bin/slipway" runs cancel --all >/dev/null 2>&1
        measure tar - - bash "$work/tar" "$folder"
        measure tar-only - - bash "$work/tar-only" "$folder"
    done

    heading "Packing 10,000 of 50,000 files: medians of $repetitions, in milliseconds"
    row '' '' '' 'end' 'ratio'
    row 'slipway build: from its start to context sent' '' '' "$(median slipway-pack 2)" \
        "$(ratio "$(median slipway-pack 2)" "$(median tar 4)")"
    row 'tar --exclude … | gzip' '' '' "$(median tar 4)" 1.00
    row 'tar --exclude …, not compressed' '' '' "$(median tar-only 4)" "$(ratio "$(median tar-only 4)" "$(median tar 4)")"
}

# ---- Memory ----------------------------------------------------------------------------------------------------------

# peak_of PROCESS: in KiB, since it was last forgotten.
peak_of() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }

bench_memory() {
    local folder=$work/large idle
    mkdir -p "$folder"
    # Nothing that could be compressed.
    head -c 2147483648 /dev/urandom >"$folder/large"
    write_file "$folder/Dockerfile" "FROM $base" 'COPY Dockerfile /'
    # Others may have left their mark on the server: what it takes anew counts.
    stop_server
    restart_server main
    idle=$(peak_of "$server_process")

    rm -f "$work/times"
    measure slipway-large '^Sending context \(' - "$bin/slipway" build --no-push -t "$name/large:1" "$folder"
    rm -rf "$folder"

    heading "A folder of 2 GiB as context: peak memory in MiB, and seconds"
    row '' 'peak' 'of it, idle' 'sent after' 'end'
    row slipway "$(mebibytes "$(median slipway-large 5)")" '' "$(($(median slipway-large 2) / 1000)) s" \
        "$(($(median slipway-large 4) / 1000)) s"
    row 'slipway-server, with its agent' "$(mebibytes "$(peak_of "$server_process")")" "$(mebibytes "$idle")" '' ''
}

# ---- Cancel ----------------------------------------------------------------------------------------------------------

bench_cancel() {
    local count=200 number began took ids=()
    start_server 'pools: [{name: default, slots: 1}]' cancel
    new_gate
    write_file "$work/gated/Dockerfile" "FROM $base" "RUN $gate"
    submit "$work/gated" -t "$name/gated:1"
    wait_at_gate "$run"

    began=$(milliseconds)
    # A git reference is fetched only when its turn comes.
    for ((number = 0; number < count; number++)); do
        "$bin/slipway" build --no-wait -t "$name/queued:$number" "$git_url/none.git" 2>/dev/null
    done
    took=$(($(milliseconds) - began))
    mapfile -t ids < <("$bin/slipway" runs list --status Queued --top 20 -o tsv | cut -f 1)

    rm -f "$work/times"
    for number in "${ids[@]}"; do measure single - - "$bin/slipway" runs cancel "$number"; done
    for number in "${ids[@]}"; do
        "$bin/slipway" build --no-wait -t "$name/queued:again" "$git_url/none.git" 2>/dev/null
    done
    expect_equal "$count runs wait" "$count" "$("$bin/slipway" runs list --status Queued --top 0 -o tsv | wc -l)" >&2
    measure batch - - "$bin/slipway" runs cancel --status Queued
    expect_equal 'none waits any more' 0 "$("$bin/slipway" runs list --status Queued --top 0 -o tsv | wc -l)" >&2
    "$bin/slipway" runs cancel "$run" >/dev/null
    wait_for_end "$run"

    heading "Cancelling $count queued runs, in milliseconds"
    row '' '' '' 'end' 'ratio'
    row 'slipway runs cancel --status Queued' '' '' "$(median batch 4)" 1.00
    row "one by one (median of ${#ids[@]}, times $count)" '' '' "$(($(median single 4) * count))" \
        "$(ratio "$(($(median single 4) * count))" "$(median batch 4)")"
    row "for comparison: queueing them, one by one" '' '' "$took" "$(ratio "$took" "$(median batch 4)")"
    stop_server cancel
    use_server main
}

# ---- Contexts --------------------------------------------------------------------------------------------------------

# shellcheck source=bench/context.sh
source "$root/Tests/bench/context.sh"
# shellcheck source=bench/incremental.sh
source "$root/Tests/bench/incremental.sh"

# ---- The Azure CLI ---------------------------------------------------------------------------------------------------

# shellcheck source=bench/azure.sh
source "$root/Tests/bench/azure.sh"

# ---- Task files ------------------------------------------------------------------------------------------------------

# shellcheck source=bench/steps.sh
source "$root/Tests/bench/steps.sh"

# ---- Load ------------------------------------------------------------------------------------------------------------

# shellcheck source=bench/load.sh
source "$root/Tests/bench/load.sh"
# shellcheck source=bench/triggers.sh
source "$root/Tests/bench/triggers.sh"

# ---- All together ----------------------------------------------------------------------------------------------------

# Packing alone asks no server.
if is_wanted build || is_wanted pack || is_wanted incremental || is_wanted memory || is_wanted cancel || is_wanted steps || is_wanted load; then
    start_server
fi
if is_wanted build; then bench_build >"$work/build.table"; fi
if is_wanted pack; then bench_pack >"$work/pack.table"; fi
if is_wanted context; then bench_context >"$work/context.table"; fi
if is_wanted incremental; then bench_incremental >"$work/incremental.table"; fi
if is_wanted memory; then bench_memory >"$work/memory.table"; fi
if is_wanted cancel; then bench_cancel >"$work/cancel.table"; fi
if is_wanted steps; then bench_steps >"$work/steps.table"; fi
if is_wanted load; then bench_load >"$work/load.table"; fi
if is_wanted triggers; then bench_triggers >"$work/triggers.table"; fi
if is_wanted azure; then bench_azure >"$work/azure.table"; fi
if [ -n "${server:-}" ]; then stop_server; fi

kind=''
case $bin in */debug) kind=' (a debug build: slower than a release)' ;; esac

printf '\n%s, %s cores; docker %s; Slipway: %s%s\n' "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" "$(nproc)" \
    "$(docker version --format '{{.Server.Version}}')" "$bin" "$kind"
for table in build pack context incremental memory cancel steps azure load triggers; do
    if [ -f "$work/$table.table" ]; then cat "$work/$table.table"; fi
done
printf '\n'
