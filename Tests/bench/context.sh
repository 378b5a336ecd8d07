# shellcheck shell=bash
# The part `context` of bench.sh: packing folders and commits, against the clients that do the same.

bench=$root/Tests/bench

# A peer is measured only if it can be had here; what can't is named below the table.
peers=() left_out=()

# find_peer NAME TEXT COMMAND…: notes whether a peer can be had.
find_peer() {
    if "${@:3}"; then peers+=("$1"); else left_out+=("$2"); fi
}

has_peer() { [[ " ${peers[*]} " == *" $1 "* ]]; }

# have_docker_pack: builds docker's packer, from Debian's sources of docker.
have_docker_pack() {
    docker_pack=$work/docker_pack
    need_packages "for docker's own packer" go:golang-go golang-github-docker-docker-dev &&
        GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode GOCACHE=$work/go-cache \
            go build -o "$docker_pack" "$bench/docker_pack.go" >"$work/go.log" 2>&1
}

# have_azure: finds or installs the Azure CLI, which takes minutes, in a folder that is kept.
have_azure() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache} version=2.91.0
    azure_python=${ACRT_AZ_DIR:-$cache/acr-tasks-az}/venv-$version/bin/python
    azure_works && return
    azure_python=$cache/slipway-bench/azure-cli-$version/bin/python
    azure_works && return
    say "installing azure-cli $version for the comparison (once; takes some minutes)"
    python3 -m venv "${azure_python%/bin/python}" &&
        "$azure_python" -m pip install --quiet "azure-cli==$version" >"$work/azure.log" 2>&1 && azure_works
}

azure_works() { "$azure_python" -c 'import azure.cli.command_modules.acr._archive_utils' 2>/dev/null; }

# measure_azure LABEL KIND FOLDER
measure_azure() {
    local result
    result=$("$azure_python" "$bench/azure_pack.py" "$2" "$3")
    printf '%s\t-\t-\t%s\t0\n' "$1" "${result// /$'\t'}" >>"$work/times"
}

prepare_context() {
    local trees=$work/trees sink
    say "making the trees"
    mkdir -p "$trees"
    python3 "$bench/trees.py" small "$trees/A"
    cp --archive "$trees/A" "$trees/B"
    rm "$trees/B/.dockerignore"
    python3 "$bench/trees.py" large "$trees/C"
    python3 "$bench/trees.py" rules "$trees/rules"
    git init --quiet --bare --initial-branch=main "$git_folder/$name-history.git"
    python3 "$bench/trees.py" history | git -C "$git_folder/$name-history.git" fast-import --quiet --done
    git -C "$git_folder/$name-history.git" repack -qad
    # As a mirror on a server's disk would be for git archive.
    git clone --quiet --bare "$git_url/$name-history.git" "$trees/D.git"

    # Through a pipe: GNU tar reads no file at all when it writes to /dev/null itself.
    # shellcheck disable=SC2016
    {
        write_file "$work/ours" 'set -o pipefail; "$1" context tar "$2" | cat >/dev/null'
        write_file "$work/ours-gzip" 'set -o pipefail; "$1" context tar --gzip "$2" | cat >/dev/null'
        write_file "$work/gnu-tar" 'set -o pipefail; tar --create --directory="$1" "${@:2}" . | cat >/dev/null'
        write_file "$work/bsd-tar" 'set -o pipefail; bsdtar --create --format pax --directory "$1" "${@:2}" . | cat >/dev/null'
        write_file "$work/docker-pack" 'set -o pipefail; "$1" "$2" | cat >/dev/null'
        write_file "$work/docker-build" 'DOCKER_BUILDKIT=0 exec docker --host "$1" build --no-cache --quiet "$2" >"$3"'
        write_file "$work/clone-tar" 'rm -rf "$2" && git clone --quiet --depth 1 "$1" "$2" &&
            tar --create --exclude=./.git --directory="$2" . | cat >/dev/null'
        write_file "$work/git-archive" 'git -C "$1" archive --format=tar HEAD | cat >/dev/null'
        write_file "$work/mirror-cold" 'rm -rf "$XDG_CACHE_HOME"; exec bash "${0%/*}/ours" "$1" "$2"'
    }
    sink=$work/sink.sock
    python3 "$bench/sink.py" "$sink" >"$work/sink.ready" &
    _remember sink $!
    _wait_for "$work/sink.ready" sink 10 grep -q ready "$work/sink.ready"

    find_peer bsdtar 'bsdtar: no libarchive-tools here' need_packages 'for bsdtar' bsdtar:libarchive-tools
    find_peer docker-pack "docker's packer alone: no go here, or not Debian's sources of docker" have_docker_pack
    find_peer azure "the Azure CLI: PyPI's azure-cli can't be installed here" have_azure
}

# measure_tree TREE [OPTION…]: one round; the options are for tar.
measure_tree() {
    local tree=$1 folder=$work/trees/$1
    measure "ours-$tree" - - bash "$work/ours" "$bin/slipway" "$folder"
    measure "tar-$tree" - - bash "$work/gnu-tar" "$folder" "${@:2}"
    if has_peer bsdtar; then measure "bsd-$tree" - - bash "$work/bsd-tar" "$folder" "${@:2}"; fi
    if has_peer docker-pack; then measure "pack-$tree" - - bash "$work/docker-pack" "$docker_pack" "$folder"; fi
    measure "sink-$tree" - - bash "$work/docker-build" "unix://$work/sink.sock" "$folder" /dev/null
}

bench_context() {
    local round tree
    prepare_context
    # Mirrors of this run alone.
    export XDG_CACHE_HOME=$work/cache
    rm -f "$work/times"
    for ((round = 0; round <= repetitions; round++)); do
        # The first round only brings files into memory, and makes the mirror.
        if [ "$round" -eq 1 ]; then rm -f "$work/times"; fi
        measure_tree A --exclude=./node_modules
        measure_tree B
        measure_tree C
        measure rules - - bash "$work/ours" "$bin/slipway" "$work/trees/rules"
        measure D - - bash "$work/ours" "$bin/slipway" "$git_url/$name-history.git"
        measure archive-D - - bash "$work/git-archive" "$work/trees/D.git"
    done
    # What takes long is done less often.
    for ((round = 1; round <= (repetitions + 2) / 3; round++)); do
        for tree in A C; do
            measure "daemon-$tree" - - bash "$work/docker-build" "$docker_host" "$work/trees/$tree" "$work/image"
            docker image rm "$(cat "$work/image")" >/dev/null
        done
        for tree in A B C; do
            measure "gzip-$tree" - - bash "$work/ours-gzip" "$bin/slipway" "$work/trees/$tree"
            if has_peer azure; then
                measure_azure "az-plain-$tree" plain "$work/trees/$tree"
                measure_azure "az-gzip-$tree" gzip "$work/trees/$tree"
            fi
        done
        measure clone-D - - bash "$work/clone-tar" "$git_url/$name-history.git" "$work/clone"
        measure cold-D - - bash "$work/mirror-cold" "$bin/slipway" "$git_url/$name-history.git"
    done
    show_context
    rm -rf "$work/trees" "$work/clone"
}

# context_row TEXT LABEL: times of the three trees, each with how many times as long as ours it took; then the peak.
context_row() {
    local tree time cells=()
    for tree in A B C; do
        time=$(median "$2-$tree" 4)
        if [ "$time" != - ]; then time="$time ($(ratio "$time" "$(median "${3:-ours}-$tree" 4)"))"; fi
        cells+=("$time")
    done
    row "$1" "${cells[@]}" "$(mebibytes "$(median "$2-C" 5)")"
}

show_context() {
    heading "Packing a folder: medians of $repetitions in milliseconds, and how many times as long as slipway; peak memory in MiB"
    row '' 'A' 'B' 'C' 'peak, C'
    context_row 'slipway context tar' ours
    context_row 'GNU tar' tar
    context_row 'bsdtar' bsd
    context_row "docker's packer alone" pack
    context_row 'docker build (classic), context to a sink' sink
    context_row 'docker build (classic), with the daemon' daemon
    context_row "Azure CLI's function, not compressed" az-plain
    context_row 'slipway context tar --gzip' gzip
    context_row "  Azure CLI's function (gzip 9), to that" az-gzip gzip
    printf '  %s\n' 'A: 50,000 files, 40,000 of them ignored. B: the same, none ignored. C: 2 GiB in four files.'
    row 'slipway: 2,000 rules on 20,000 files' "$(median rules 4)" '' '' "$(mebibytes "$(median rules 5)")"

    heading "A commit with 20,000 files: medians in milliseconds; peak memory in MiB"
    row '' '' 'end' 'ratio' 'peak'
    commit_row 'slipway context tar GIT, from a warm mirror' D
    commit_row 'git archive from a bare repository' archive-D
    commit_row 'slipway context tar GIT, without a mirror' cold-D
    commit_row 'git clone --depth 1, then GNU tar' clone-D
    if [ "${#left_out[@]}" -gt 0 ]; then printf '  Left out: %s\n' "${left_out[@]}"; fi
}

# commit_row TEXT LABEL
commit_row() {
    row "$1" '' "$(median "$2" 4)" "$(ratio "$(median "$2" 4)" "$(median D 4)")" "$(mebibytes "$(median "$2" 5)")"
}
