#!/usr/bin/env bash
# Many files and many bytes: what is ignored is not read, and memory stays small.
# part: long
# part: timeout 1800
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
limit_kib=$((128 * 1024))
free=$(df --output=avail --block-size=1G "$work" | tail -n 1)
[ "$free" -ge 12 ] || skip "needs 12 GB of free disk space, and there are $free"

# built TEXT ARGUMENT…: a build ends well; $peak is then the largest resident memory of slipway, in KiB.
built() {
    local text=$1 began
    shift
    began=$(milliseconds)
    expect_exit "$text" 0 python3 "$scenario/measured.py" "$work/peak" "$bin/slipway" build --no-cache "$@"
    printf '        took %s ms\n' $(($(milliseconds) - began))
    peak=$(cat "$work/peak")
}

# server_peak: the most memory the server has had so far, in KiB.
server_peak() { sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$server_process/status"; }

# stays_small TEXT KIB
stays_small() {
    printf '        %s: %s MiB\n' "$1" $(($2 / 1024))
    expect "$1 stays below $((limit_kib / 1024)) MiB" test "$2" -le "$limit_kib"
}

server_was=''
fresh_server() {
    [ -z "$server_was" ] || stop_server "$server_was"
    start_server "limits: {contextPackedBytes: 4GiB}" "$1"
    server_was=$1
    printf '        server at rest: %s MiB\n' $(($(server_peak) / 1024))
}

# ---- 50,000 files, 40,000 of them ignored ----

many=$work/many
python3 - "$many" <<'PYTHON'
import os, sys
for kind, folders in (("kept", 100), ("node_modules", 400)):
    for folder in range(folders):
        path = f"{sys.argv[1]}/{kind}/{folder}"
        os.makedirs(path)
        for number in range(100):
            with open(f"{path}/{number}.txt", "w") as file:
                file.write(f"{kind} {folder} {number}\n" * 20)
# Whoever reads what is ignored does not come to an end here.
with open(f"{sys.argv[1]}/node_modules/huge", "wb") as file:
    file.truncate(1 << 40)
PYTHON
write_file "$many/Dockerfile" 'FROM scratch' 'COPY . /ctx'
write_file "$many/.dockerignore" node_modules
fresh_server many
built '50,000 files are packed and built' -t "$name/app:many" "$many"
stays_small 'slipway' "$peak"
stays_small 'slipway-server' "$(server_peak)"
exported "$registry/$name/app:many" "$work/export"
expect_equal 'the image has those that are not ignored' 10000 "$(find "$work/export" -name '*.txt' | wc -l)"
rm -rf "$work/export"
rm -rf "$many"

# ---- 2 GiB ----

big=$work/big
write_file "$big/Dockerfile" 'FROM scratch' 'COPY Dockerfile /'
# Not zeros: they would pack to nothing, which is refused.
head -c 2G /dev/urandom >"$big/data"
for builder in buildkit classic; do
    fresh_server "$builder"
    built "$builder: a context of 2 GiB is built" --builder "$builder" -t "$name/app:$builder" "$big"
    stays_small 'slipway' "$peak"
    stays_small 'slipway-server' "$(server_peak)"
done

# ---- Git: many files, then one large file, which libgit2 gives only as a whole ----

new_repository "$work/checkout"
write_file "$work/checkout/Dockerfile" 'FROM scratch' 'COPY Dockerfile /'
head -c 512M "$big/data" | split --bytes=1M --suffix-length=4 - "$work/checkout/part-"
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/many.git"
rm "$work/checkout"/part-*
head -c 64M "$big/data" >"$work/checkout/data"
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/one.git"
rm -rf "$big" "$work/checkout"
fresh_server git
built 'a repository of 512 files of 1 MiB is built' -t "$name/app:git" "$git_url/$name/many.git"
stays_small 'slipway-server' "$(server_peak)"
fresh_server blob
built 'a repository with a file of 64 MiB is built' -t "$name/app:git" "$git_url/$name/one.git#main"
printf '        slipway-server: %s MiB\n' $(($(server_peak) / 1024))
