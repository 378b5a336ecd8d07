#!/usr/bin/env bash
# Fuzzes the readers of what strangers write: throws changed inputs at them and looks that none crashes, takes a second,
# or 256 MiB at once.
#
#     Tests/Fuzzing/run.sh                          10 s for each target
#     Tests/Fuzzing/run.sh --seconds 30 archive     longer, and only targets that are named
#     Tests/Fuzzing/run.sh --merge archive          brings what was found beyond the kept inputs into corpus/
#     Tests/Fuzzing/run.sh --seeded                 without libFuzzer
#
# Needs a debug build (`swift build`). Where the toolchain has libFuzzer, it chooses the inputs by what they reach in the
# code; elsewhere they are changed at random, from a seed that is shown. What is found to be new is kept in
# .build-fuzz/found and used the next time. An input that breaks something is left in .build-fuzz/broken: give it a name,
# put it into corpus/TARGET, and mend the code. The tests read all of corpus/ each time.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
work=$root/.build-fuzz
built=$root/.build/debug

seconds=10 merge=0 seeded=0 targets=()
while [ "$#" -gt 0 ]; do
    case $1 in
        --seconds)
            seconds=${2:?--seconds needs a number}
            shift
            ;;
        --merge) merge=1 ;;
        --seeded) seeded=1 ;;
        -h | --help)
            sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        -*)
            printf 'run.sh: unknown option %s (see --help)\n' "$1" >&2
            exit 2
            ;;
        *) targets+=("$1") ;;
    esac
    shift
done
mapfile -t all < <(sed -n 's/^    case \([a-z]*\)$/\1/p' "$here/FuzzTarget.swift")
[ "${#targets[@]}" -gt 0 ] || targets=("${all[@]}")
for target in "${targets[@]}"; do
    case " ${all[*]} " in
        *" $target "*) ;;
        *)
            printf 'run.sh: there is no target %s, only: %s\n' "$target" "${all[*]}" >&2
            exit 2
            ;;
    esac
done

if [ ! -f "$built/Modules/Crypto.swiftmodule" ]; then
    printf 'run.sh: there is no debug build; run swift build first\n' >&2
    exit 1
fi
[ -n "$(compgen -G "$(dirname "$(realpath "$(command -v swiftc)")")/../lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a")" ] ||
    seeded=1

# ---- Building --------------------------------------------------------------------------------------------------------

# Only the modules under test are compiled anew, so that libFuzzer sees into them; the rest is that of the debug build.
if [ "$seeded" -eq 1 ]; then
    program=$work/seeded driver=Seeded options=(-O)
else
    # Without optimization: that takes a third of the time, and the checks are the same.
    program=$work/fuzz driver=LibFuzzer options=(-Onone '-sanitize=fuzzer,address')
fi
options+=(-parse-as-library -enable-testing -swift-version 6 -wmo -num-threads 2 -suppress-warnings)
for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility; do
    options+=(-enable-upcoming-feature "$feature")
done
for module in "$root"/.build/checkouts/{swift-crypto,Yams}/Sources/C*/include/module.modulemap; do
    options+=(-Xcc "-fmodule-map-file=$module")
done
for library in "$root"/Sources/C*/module.modulemap; do options+=(-I "${library%/*}"); done

# Of the engine's client only what reads a trace: the rest needs a network.
sources_of() {
    if [ "$1" = DockerEngine ]; then
        find "$root/Sources/DockerEngine" -name 'BuildProgress*.swift' -o -name 'PlainProgress.swift' \
            -o -name 'VertexChanges.swift' -o -name 'BuildWarning.swift' -o -name 'BaseImage.swift' -o -name 'trace.pb.swift'
    else
        find "$root/Sources/$1" -name '*.swift'
    fi
}

compile() {
    local module sources
    rm -rf "$program.objects"
    mkdir -p "$program.objects"
    for module in Contexts SSHKeys TaskFiles DockerEngine Forges; do
        mapfile -t sources < <(sources_of "$module")
        (cd "$program.objects" && swiftc "${options[@]}" -I "$built/Modules" -module-name "$module" -emit-object \
            -emit-module -emit-module-path "$module.swiftmodule" "${sources[@]}")
    done
    mapfile -t objects < <(find "$program.objects" \
        "$built"/{TaskModel,CurlHTTP,Crypto,CryptoExtras,CryptoBoringWrapper,SwiftASN1,CYaml,SwiftProtobuf}.build \
        "$built"/{CCrypto,CXKCP}*.build -name '*.o')
    swiftc "${options[@]}" -I "$program.objects" -I "$built/Modules" -module-name FuzzingTests -o "$program.new" \
        "$here"/FuzzTarget*.swift "$here/Drivers/$driver.swift" "${objects[@]}" -larchive -lcurl -lgit2 -llzma -lstdc++ \
        2> >(grep -v 'warning: Cannot export local symbol' >&2)
    mv "$program.new" "$program"
}

if [ ! -x "$program" ] || [ -n "$(find Sources "$here" -name '*.swift' -newer "$program" -print -quit)" ]; then
    start=$SECONDS
    compile
    printf 'built in %d s\n' $((SECONDS - start))
fi

# ---- Running ---------------------------------------------------------------------------------------------------------

# Swift's own report of a crash gets in the way of the sanitizer's.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16:allocator_may_return_null=0
broken=$work/broken status=0
mkdir -p "$broken"

limit_of() { sed -n "s/^        case .*\.$1[,:].* \([0-9_]*\)$/\1/p" "$here/FuzzTarget.swift" | head -n 1 | tr -d _; }

fuzz() {
    local target=$1 log=$work/$1.log
    shift
    if ! SLIPWAY_FUZZ_TARGET=$target "$program" -timeout=1 -malloc_limit_mb=256 -rss_limit_mb=1024 \
        -max_len="$(limit_of "$target")" -artifact_prefix="$broken/$target-" -print_final_stats=1 "$@" >"$log" 2>&1; then
        grep -aE 'Fatal error|ERROR|SUMMARY|Test unit written|^    #' "$log" | head -n 25 >&2
        printf 'run.sh: %s is broken, log %s\n' "$target" "$log" >&2
        return 1
    fi
    awk -v target="$target" '
        /stat::number_of_executed_units/ { runs = $2 } /stat::peak_rss_mb/ { memory = $2 }
        / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") reached = $(i + 1) }
        END {
            if (runs) printf "%-12s %9d inputs, %5d places reached, at most %d MiB in all\n", target, runs, reached, memory
            else printf "%-12s %5d places reached\n", target, reached
        }
    ' "$log"
}

for target in "${targets[@]}"; do
    found=$work/found/$target
    mkdir -p "$found" "$here/corpus/$target"
    if [ "$seeded" -eq 1 ]; then
        (cd "$broken" && "$program" "$target" "$seconds" "${SLIPWAY_FUZZ_SEED:-$RANDOM}" "$here/corpus/$target") || status=1
    elif [ "$merge" -eq 1 ]; then
        fuzz "$target" -set_cover_merge=1 -use_counters=0 "$here/corpus/$target" "$found" || status=1
    else
        fuzz "$target" -max_total_time="$seconds" "$found" "$here/corpus/$target" || status=1
    fi
done
exit "$status"
