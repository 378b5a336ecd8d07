# shellcheck shell=bash
# What tests and examples need around them, as functions of bash: packages, a docker daemon, registries, git over HTTP.
#
#     source Tests/services.sh
#     trap stop_services EXIT
#     need_packages "for the repository" git
#     start_dockerd
#     start_registry; registry=$service_address
#     make_base_image "$registry/base/busybox:1"
#
# Call them in the shell itself, not in $(…). They listen on 127.0.0.1 only, say what they do on standard error, and
# keep everything in one folder, $SLIPWAY_TEST_WORK: records of what was started (with the process's start time, so that
# a number used again is not taken for it), logs and data. `stop_services` stops what was started here and nothing else.
# What an earlier script left behind because it was killed is stopped when this file is read. A script called by another
# one that uses this file gets a folder inside the caller's.

_services_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# ---- Processes -------------------------------------------------------------------------------------------------------

# When the process began, in clock ticks since boot; nothing if there is none. A zombie counts as none.
_start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # The name in parentheses may hold spaces.
    stat=${stat##*) }
    [ "${stat%% *}" = Z ] || awk '{print $20}' <<<"$stat"
}

# _remember NAME PID: records a service of ours.
_remember() {
    printf '%s %s\n' "$2" "$(_start_time "$2")" >"$SLIPWAY_TEST_WORK/services/$1"
}

# _lives RECORD: whether the process of that record still runs. Sets _pid.
_lives() {
    local began
    read -r _pid began 2>/dev/null <"$1" || return 1
    [ -n "$began" ] && [ "$(_start_time "$_pid")" = "$began" ]
}

# _stop RECORD: ends the process of that record: asked to, then made to.
_stop() {
    local record=$1 count=0 patience=100
    [ "${record##*/}" != dockerd ] || patience=300
    while _lives "$record"; do
        if [ "$count" -eq 0 ]; then as_root kill -TERM "$_pid" 2>/dev/null || true; fi
        if [ "$count" -eq "$patience" ]; then as_root kill -KILL "$_pid" 2>/dev/null || true; fi
        [ "$count" -lt $((patience + 50)) ] || break
        count=$((count + 1))
        sleep 0.1
    done
    rm -f "$record"
}

# _clear FOLDER: stops everything recorded below a work folder and removes the folder. The daemon goes last, since
# others use it.
_clear() {
    local folder=$1 record image
    [ -d "$folder" ] || return 0
    if [ -s "$folder/images" ] && docker_answers; then
        while read -r image; do timeout 30 docker rmi "$image" >/dev/null 2>&1 || true; done <"$folder/images"
    fi
    while IFS= read -r record; do
        _stop "$record"
    done < <(find "$folder" -path '*/services/*' -type f ! -name dockerd 2>/dev/null)
    while IFS= read -r record; do
        _hand_over "$folder" "$record" || _stop "$record"
    done < <(find "$folder" -path '*/services/dockerd' -type f 2>/dev/null)
    rm -rf "$folder" 2>/dev/null || as_root rm -rf "$folder"
}

# Gives the record of a daemon that another script uses too to that script's folder.
_hand_over() {
    local other
    for other in "${TMPDIR:-/tmp}"/slipway-test.*; do
        case "$1/" in "$other"/*) continue ;; esac
        if [ -f "$other/owner" ] && _lives "$other/owner" && [ -d "$other/services" ]; then
            mv "$2" "$other/services/dockerd"
            return 0
        fi
    done
    return 1
}

# Stops what scripts that no longer run have left.
_clear_left_overs() {
    local folder
    for folder in "${TMPDIR:-/tmp}"/slipway-test.*; do
        [ -f "$folder/owner" ] && [ -O "$folder" ] || continue
        if ! _lives "$folder/owner"; then
            say "an earlier run was killed: stopping what it left in $folder"
            _clear "$folder"
        fi
    done
}

_begin() {
    if [ -n "${SLIPWAY_TEST_WORK:-}" ] && [ -d "$SLIPWAY_TEST_WORK" ]; then
        SLIPWAY_TEST_WORK=$(mktemp -d "$SLIPWAY_TEST_WORK/part.XXXXXX")
    else
        _clear_left_overs
        SLIPWAY_TEST_WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-test.XXXXXX")
    fi
    export SLIPWAY_TEST_WORK
    mkdir -p "$SLIPWAY_TEST_WORK/services" "$SLIPWAY_TEST_WORK/logs"
    printf '%s %s\n' $$ "$(_start_time $$)" >"$SLIPWAY_TEST_WORK/owner"
}

# Stops what this script started and removes its folder. With SLIPWAY_TEST_KEEP=1 the folder stays, for looking at logs.
stop_services() {
    local kept
    [ -n "${SLIPWAY_TEST_WORK:-}" ] || return 0
    if [ "${SLIPWAY_TEST_KEEP:-0}" = 1 ]; then
        # Under another name, or the next script would take it for that of a killed one.
        kept=${TMPDIR:-/tmp}/slipway-kept.$$
        cp -a "$SLIPWAY_TEST_WORK" "$kept" 2>/dev/null || true
        rm -f "$kept/owner"
        say "logs and data are kept in $kept"
    fi
    _clear "$SLIPWAY_TEST_WORK"
}

# leave_running NAME: the service is no longer ours to stop.
leave_running() { rm -f "$SLIPWAY_TEST_WORK/services/$1"; }

# _wait_for LOG NAME SECONDS COMMAND…: polls until the command succeeds; fails early if the recorded process has ended.
_wait_for() {
    local log=$1 name=$2 count=$(($3 * 10))
    shift 3
    while ! "$@" >/dev/null 2>&1; do
        if [ "$count" -eq 0 ] || ! _lives "$SLIPWAY_TEST_WORK/services/$name"; then
            say "$name did not start; the end of its log $log:"
            tail -n 15 "$log" >&2 || true
            return 1
        fi
        count=$((count - 1))
        sleep 0.1
    done
}

# _runs NAME: whether any process of that name runs.
_runs() { grep -qsx "$1" /proc/[0-9]*/comm; }

# ---- Packages --------------------------------------------------------------------------------------------------------

_policy=/usr/sbin/policy-rc.d

# need_packages WHY ITEM…: installs what is missing. An item is a package, or COMMAND:PACKAGE where any program of that
# name will do.
need_packages() {
    local why=$1 item missing=()
    shift
    for item in "$@"; do
        case $item in
            *:*) command -v "${item%%:*}" >/dev/null || missing+=("${item#*:}") ;;
            *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$item" 2>/dev/null)" = installed ] || missing+=("$item") ;;
        esac
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "$why needs ${missing[*]}, and there is no apt-get to install them with. Please install them."
        return 1
    fi
    say "installing ${missing[*]} ($why)$([ "$(id -u)" -eq 0 ] || printf ', with sudo')"
    _install "${missing[@]}"
}

_install() {
    local log=$SLIPWAY_TEST_WORK/logs/apt.log status=0
    if [ ! -e "$SLIPWAY_TEST_WORK/apt-updated" ]; then
        as_root timeout 300 apt-get -q update >>"$log" 2>&1 ||
            say "apt-get update failed; going on with the lists that are there"
        : >"$SLIPWAY_TEST_WORK/apt-updated"
    fi
    # Packages of servers would start them, on every interface: they are started here, on loopback, when they are
    # needed.
    if [ ! -e "$_policy" ] || grep -q 'slipway tests' "$_policy"; then
        printf '#!/bin/sh\n# slipway tests: starts no services while packages are installed\nexit 101\n' |
            as_root tee "$_policy" >/dev/null
        as_root chmod 755 "$_policy"
    fi
    as_root timeout 1200 env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        --no-install-recommends install "$@" >>"$log" 2>&1 || status=$?
    if grep -qs 'slipway tests' "$_policy"; then as_root rm -f "$_policy"; fi
    if [ "$status" -ne 0 ]; then
        say "could not install $*; the end of the log $log:"
        tail -n 15 "$log" >&2
        return 1
    fi
}

# need_build_tools: what `swift build` needs here: Swift itself, which is not installed, and the libraries' headers.
need_build_tools() {
    local place
    for place in /opt/swift/usr/bin /usr/share/swift/usr/bin "${HOME:-/root}/.local/share/swiftly/bin"; do
        if ! command -v swift >/dev/null && [ -x "$place/swift" ]; then PATH=$PATH:$place; fi
    done
    if ! command -v swift >/dev/null; then
        say "swift is missing: install Swift 6.2 or newer as https://www.swift.org/install says"
        return 1
    fi
    need_packages "to build Slipway" git:git ca-certificates curl:curl pkg-config:pkg-config ld:binutils libc6-dev \
        libarchive-dev libcurl4-openssl-dev libgit2-dev liblzma-dev libsqlite3-dev zlib1g-dev || return 1
    if ! compgen -G '/usr/lib/gcc/*/*/libstdc++.so' >/dev/null; then need_packages "to link" g++ || return 1; fi
}

# need_venv WHY: Python with what makes virtual environments, which is a package of its own on Debian.
need_venv() {
    need_packages "$1" python3:python3 || return 1
    python3 -c 'import ensurepip, venv' 2>/dev/null || need_packages "$1" python3-venv
}

# ---- Docker ----------------------------------------------------------------------------------------------------------

docker_answers() { timeout 10 docker info >/dev/null 2>&1; }

# start_dockerd: makes sure that `docker info` answers, starting the daemon where none runs.
start_dockerd() {
    local log=$SLIPWAY_TEST_WORK/logs/dockerd.log count=0
    need_packages "for building images" docker:docker.io dockerd:docker.io iptables:iptables || return 1
    # On newer systems the client is a package of its own.
    command -v docker >/dev/null || need_packages "for building images" docker:docker-cli || return 1
    if docker_answers; then return 0; fi
    # One that was started a moment ago may need a little longer.
    while [ "$count" -lt 100 ] && _runs dockerd; do
        if docker_answers; then return 0; fi
        count=$((count + 1))
        sleep 0.1
    done
    if _runs dockerd; then
        say "a docker daemon runs but doesn't answer: $(docker info 2>&1 | tail -n 1)"
        say "if it may not be used by $(id -un), add that user to the group docker; if it hangs, stop it"
        return 1
    fi
    _forget_dead_docker
    say "starting the docker daemon (log: $log)"
    _run_dockerd "$log" && return 0
    if grep -qiE 'iptables|nat|netfilter|masquerade' "$log"; then
        say "it can't use iptables here: trying without, so steps of builds have no way to the internet"
        _run_dockerd "$log" --iptables=false --ip6tables=false && return 0
        say "it can't have a bridge either: trying without, so steps of builds have no network"
        _run_dockerd "$log" --iptables=false --ip6tables=false --bridge=none && return 0
    fi
    return 1
}

_run_dockerd() {
    local log=$1 record=$SLIPWAY_TEST_WORK/services/dockerd command
    shift
    command=(setsid dockerd "$@")
    # Else only root and the group docker could use it.
    [ "$(id -u)" -eq 0 ] || command=(sudo setsid dockerd --group "$(id -g)" "$@")
    "${command[@]}" >"$log" 2>&1 </dev/null &
    _remember dockerd $!
    if ! _wait_for "$log" dockerd 60 docker_answers; then
        _stop "$record"
        return 1
    fi
    # With sudo in front the daemon's own number is another one.
    _remember dockerd "$(cat /var/run/docker.pid)"
}

# Removes what daemons that were killed leave: files with process numbers that others may have by now, and a containerd
# without its master.
_forget_dead_docker() {
    local file=/var/run/docker/containerd/containerd.pid pid
    if [ -e /var/run/docker.pid ]; then
        say "removing /var/run/docker.pid, which a killed docker daemon left"
        as_root rm -f /var/run/docker.pid
    fi
    [ -e "$file" ] || return 0
    pid=$(as_root cat "$file" 2>/dev/null) || return 0
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = containerd ] &&
        as_root grep -qa /var/run/docker/containerd "/proc/$pid/cmdline"; then
        say "stopping the containerd of a killed docker daemon"
        printf '%s %s\n' "$pid" "$(_start_time "$pid")" >"$SLIPWAY_TEST_WORK/services/containerd"
        _stop "$SLIPWAY_TEST_WORK/services/containerd"
    fi
    as_root rm -f "$file"
}

# make_base_image NAME [USER PASSWORD]: pushes an image with busybox and its commands as NAME
# (host:port/repository:tag).
make_base_image() {
    local name=$1 root=$SLIPWAY_TEST_WORK/base config=$SLIPWAY_TEST_WORK/docker
    need_packages "for a base image" busybox-static || return 1
    [ -d "$root" ] || _make_root "$root" || return 1
    tar --create --directory="$root" --owner=0 --group=0 --numeric-owner --sort=name --mtime=@0 . |
        timeout 60 docker import --change 'ENV PATH=/bin' --change 'CMD ["sh"]' - "$name" >/dev/null || return 1
    # By its name: an image that others were built on can't be removed, but its name can.
    printf '%s\n' "$name" >>"$SLIPWAY_TEST_WORK/images"
    # A configuration of our own: the user's may know other passwords, and should not learn this one.
    mkdir -p "$config"
    if [ "$#" -gt 1 ]; then
        printf '%s' "$3" |
            DOCKER_CONFIG=$config timeout 60 docker login --username "$2" --password-stdin "${name%%/*}" \
                >/dev/null 2>&1 || return 1
    fi
    DOCKER_CONFIG=$config timeout 60 docker push --quiet "$name" >/dev/null
}

# make_local_images: images that task files name without a registry, on the daemon alone: busybox, and docker, which has
# the docker client as its entry point, and sh. Those that the daemon has already stay.
make_local_images() {
    local root=$SLIPWAY_TEST_WORK/base client library
    need_packages "for a base image" busybox-static || return 1
    [ -d "$root" ] || _make_root "$root" || return 1
    if ! docker image inspect busybox >/dev/null 2>&1; then
        tar --create --directory="$root" --owner=0 --group=0 --numeric-owner . |
            timeout 60 docker import --change 'ENV PATH=/bin' --change 'CMD ["sh"]' - busybox >/dev/null || return 1
        printf 'busybox\n' >>"$SLIPWAY_TEST_WORK/images"
    fi
    if ! docker image inspect docker >/dev/null 2>&1; then
        client=$(command -v docker)
        rm -rf "$root-docker"
        cp -a "$root" "$root-docker"
        cp -L "$client" "$root-docker/bin/docker"
        # The libraries of a client that is not linked statically.
        for library in $(ldd "$client" 2>/dev/null | grep -o '/[^ ]*'); do
            cp -L --parents "$library" "$root-docker" || return 1
        done
        tar --create --directory="$root-docker" --owner=0 --group=0 --numeric-owner . |
            timeout 60 docker import --change 'ENV PATH=/bin' --change 'ENTRYPOINT ["docker"]' - docker >/dev/null ||
            return 1
        printf 'docker\n' >>"$SLIPWAY_TEST_WORK/images"
    fi
}

# What `busybox --install` does, but for another root.
_make_root() {
    local root=$1 busybox command
    busybox=$(command -v busybox) || return 1
    mkdir -p "$root"/{bin,dev,etc,home,proc,root,sys,tmp,usr,var}
    chmod 1777 "$root/tmp"
    cp "$busybox" "$root/bin/busybox" || return 1
    for command in $("$busybox" --list); do
        [ "$command" = busybox ] || ln -s busybox "$root/bin/$command"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
}

# ---- Registry --------------------------------------------------------------------------------------------------------

# start_registry [PORT [USER PASSWORD]]: starts a registry that allows deleting; with a login if one is given. PORT 0 or
# none picks a free one. Sets service_address to 127.0.0.1:PORT.
start_registry() {
    local port=${1:-0} name program folder
    _registry_program >/dev/null || need_packages "for a registry on this machine" docker-registry || return 1
    program=$(_registry_program)
    name=$(_new_name registry)
    folder=$SLIPWAY_TEST_WORK/$name
    mkdir -p "$folder"
    cat >"$folder/config.yml" <<CONFIG
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: "$folder/data"}
  delete: {enabled: true}
http: {addr: "127.0.0.1:$port"}
CONFIG
    if [ "$#" -gt 1 ]; then
        need_packages "for a registry with a password" htpasswd:apache2-utils || return 1
        printf '%s' "$3" | htpasswd -Bin "$2" >"$folder/htpasswd"
        printf 'auth:\n  htpasswd: {realm: tests, path: "%s/htpasswd"}\n' "$folder" >>"$folder/config.yml"
    fi
    # Standard settings of the machine must not change ours.
    _serve "$name" env -u REGISTRY_HTTP_ADDR OTEL_TRACES_EXPORTER=none "$program" serve "$folder/config.yml"
}

_registry_program() {
    command -v docker-registry || command -v registry
}

# ---- Git -------------------------------------------------------------------------------------------------------------

# start_git_http PORT FOLDER [PREFIX USER PASSWORD]: serves the repositories below FOLDER for reading; those whose path
# begins with PREFIX (`/private/`) with a login. Sets service_address to 127.0.0.1:PORT.
start_git_http() {
    local port=$1 folder=$2 name login=()
    need_packages "for git repositories over HTTP" git python3:python3 || return 1
    name=$(_new_name git)
    mkdir -p "$folder"
    if [ "$#" -gt 2 ]; then
        (umask 077 && printf '%s' "$5" >"$SLIPWAY_TEST_WORK/$name.password")
        login=(--private "$3" --user "$4" --password-file "$SLIPWAY_TEST_WORK/$name.password")
    fi
    _serve "$name" python3 "$_services_folder/git-http-server.py" --port "${port:-0}" \
        ${login[@]+"${login[@]}"} "$folder"
}

# ---- Servers ---------------------------------------------------------------------------------------------------------

_new_name() {
    local number=1
    while [ -e "$SLIPWAY_TEST_WORK/logs/$1-$number.log" ]; do number=$((number + 1)); done
    printf '%s-%s' "$1" "$number"
}

# _serve NAME COMMAND…: starts a server and waits until its log says "listening on 127.0.0.1:PORT".
_serve() {
    local name=$1 log=$SLIPWAY_TEST_WORK/logs/$1.log
    shift
    setsid "$@" >"$log" 2>&1 </dev/null &
    _remember "$name" $!
    _wait_for "$log" "$name" 30 grep -q 'listening on 127\.0\.0\.1:' "$log" || return 1
    # shellcheck disable=SC2034  # for the caller
    service_address=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$log" | head -n 1)
}

_begin
