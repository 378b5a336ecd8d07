#!/usr/bin/env bash
# From nothing to an image in a registry, step by step, on a bare Debian 12 or Ubuntu machine with Swift.
#
#     examples/quickstart.sh             does it, and leaves the server running, for you to go on with
#     examples/quickstart.sh --no-keep   does it, and stops what it started
#     examples/quickstart.sh --stop      stops what an earlier run left, and removes its folder
#     examples/quickstart.sh --help      this text
#
# It installs what is missing with apt-get (with sudo where you are not root), builds Slipway, starts a docker daemon if
# none runs, a registry, a git server and slipway-server, and has an image built from a git repository. The servers
# listen on 127.0.0.1 only. Everything it makes is in one folder, .build/quickstart, and in the docker daemon.
# Every line that begins with "$" is a command that you could have typed.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

keep=1
case ${1:-} in
    '' | --keep) ;;
    --no-keep) keep=0 ;;
    --stop) keep=stop ;;
    -h | --help)
        sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0
        ;;
    *)
        printf 'quickstart.sh: unknown option %s (see --help)\n' "$1" >&2
        exit 2
        ;;
esac
if [ "$#" -gt 1 ]; then
    printf 'quickstart.sh: only one option at a time (see --help)\n' >&2
    exit 2
fi

# ---- The work folder -------------------------------------------------------------------------------------------------

work=${SLIPWAY_TEST_WORK:-$root/.build}/quickstart
# The same as seen from here, as one would type it.
near=${work#"$root"/}
mkdir -p "$work"
# The server's log holds the administrator's secret. Inside, files have the usual modes: some go into images.
chmod 700 "$work"
umask 022
rm -rf "$work"/part.*
export SLIPWAY_TEST_WORK=$work
# shellcheck source=../Tests/services.sh
source "$root/Tests/services.sh"
# A folder that stays the same from run to run, so that images and records of earlier runs are found again.
rm -rf "$SLIPWAY_TEST_WORK"
SLIPWAY_TEST_WORK=$work
mkdir -p "$work/services" "$work/logs"

if [ -f "$work/owner" ] && _lives "$work/owner"; then
    say "another quickstart is at work in $work (process $_pid)"
    exit 1
fi
printf '%s %s\n' $$ "$(_start_time $$)" >"$work/owner"

# Stops the servers of an earlier run, also of one that was killed; the docker daemon may stay.
stop_servers() {
    local record
    for record in "$work"/services/*; do
        if [ -f "$record" ] && [ "${record##*/}" != dockerd ]; then _stop "$record"; fi
    done
}

if [ "$keep" = stop ]; then
    _clear "$work"
    say "stopped what an earlier run left, and removed $work"
    exit 0
fi
stop_servers
rm -f "$work"/logs/{registry,git,server}-*.log

# ---- Output ----------------------------------------------------------------------------------------------------------

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1;36m' plain=$'\e[0m'; fi

step=0
heading() {
    step=$((step + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$step" "$1" "$plain"
}

note() { printf '   %s\n' "$@"; }

# typed COMMAND…: prints a command as one would type it.
typed() {
    local word line=''
    for word in "$@"; do
        case $word in
            *[!A-Za-z0-9_./:=@%+,#?-]* | '' | '#'*) word="'${word//\'/\'\\\'\'}'" ;;
        esac
        line+=" $word"
    done
    printf '\n$%s\n' "$line"
}

# show COMMAND…: prints a command and does it.
show() {
    typed "$@"
    "$@"
}

finish() {
    local status=$? log
    trap - EXIT
    if [ "$status" -ne 0 ]; then
        printf '\n' >&2
        say "this did not work (exit code $status); stopping what was started"
        for log in "$work"/logs/server-*.log; do
            if [ -s "$log" ]; then
                say "the end of the server's log $log:"
                tail -n 5 "$log" >&2
            fi
        done
        stop_servers
        say "data and logs are still in $work; examples/quickstart.sh --stop removes them"
    elif [ "$keep" -eq 0 ]; then
        _clear "$work"
    fi
    rm -f "$work/owner"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- Helpers ---------------------------------------------------------------------------------------------------------

# free_port PORT: that port, or the next one after it where nobody listens.
free_port() {
    local port=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    printf '%s' "$port"
}

# Runs `swift build` so that one sees that it goes on: as it is on a terminal, else with a line now and then.
build_slipway() {
    local configuration=$1 log=$work/logs/build.log builder count=0 status=0
    typed swift build -c "$configuration"
    if [ -t 1 ]; then
        swift build -c "$configuration"
        return
    fi
    swift build -c "$configuration" >"$log" 2>&1 </dev/null &
    builder=$!
    printf '%s %s\n' "$builder" "$(_start_time "$builder")" >"$work/services/build"
    while _lives "$work/services/build"; do
        count=$((count + 1))
        if [ $((count % 60)) -eq 0 ]; then note "$((count / 2)) s: $(tail -n 1 "$log" | cut -c 1-100)"; fi
        sleep 0.5
    done
    wait "$builder" || status=$?
    rm -f "$work/services/build"
    if [ "$status" -ne 0 ]; then grep -E 'error:' "$log" >&2 || tail -n 30 "$log" >&2; else tail -n 1 "$log"; fi
    return "$status"
}

# digest_in_registry REPOSITORY TAG
digest_in_registry() {
    curl -sS --noproxy '*' --head "http://$registry/v2/$1/manifests/$2" \
        -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
        tr -d '\r' | sed -n 's/^docker-content-digest: *//Ip'
}

# digest_in_record: of the newest run.
digest_in_record() {
    slipway runs show -o json |
        python3 -c 'import json, sys; print(*{image["digest"] for image in json.load(sys.stdin)["outputImages"]})'
}

# The example repository: a first version with three commits, and one more commit for every run of this script.
make_repository() {
    local source=$work/hello bare=$work/repositories/hello.git
    # The user's own settings (signatures, hooks) are not for this.
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    export GIT_AUTHOR_NAME=Quickstart GIT_AUTHOR_EMAIL=quickstart@localhost
    export GIT_COMMITTER_NAME=Quickstart GIT_COMMITTER_EMAIL=quickstart@localhost
    if ! git -C "$bare" rev-parse --quiet --verify main >/dev/null 2>&1; then
        rm -rf "$source" "$bare"
        git init --quiet --initial-branch=main "$source"
        git init --quiet --bare --initial-branch=main "$bare"
        printf '# An example: the folder hello has a Dockerfile.\n' >"$source/README.md"
        commit "$source" "Begin"
        mkdir "$source/hello"
        printf 'Hello from Slipway!\n' >"$source/hello/greeting.txt"
        commit "$source" "Greet"
    fi
    cat >"$source/hello/Dockerfile" <<DOCKERFILE
FROM $registry/base/busybox:1
COPY greeting.txt /greeting.txt
RUN wc -l /greeting.txt
CMD ["cat", "/greeting.txt"]
DOCKERFILE
    cat >"$source/hello/acb.yaml" <<'TASK'
version: v1.1.0
steps:
  - id: build
    build: -t $Registry/hello:tested-$ID .
  - id: test
    cmd: $Registry/hello:tested-$ID grep Slipway /greeting.txt
  - id: publish
    push: ["$Registry/hello:tested-$ID"]
TASK
    if [ -z "$(git -C "$source" log --format=%h -- hello/Dockerfile)" ]; then
        commit "$source" "Make an image of it"
    else
        printf 'Once more, on %s.\n' "$(date '+%F at %T')" >>"$source/hello/greeting.txt"
        commit "$source" "Greet once more"
    fi
    git -C "$source" push --quiet "$bare" main
}

commit() {
    git -C "$1" add --all
    git -C "$1" commit --quiet --message "$2"
}

# ---- 1. What is needed -----------------------------------------------------------------------------------------------

began=$SECONDS
heading "What is needed"
note "Libraries to build Slipway, a docker daemon, a registry, git. What is missing is installed with apt-get."
# Programs of somebody else, where they are given, need not be built.
if [ -z "${SLIPWAY_BIN:-}" ]; then need_build_tools; fi
need_packages "to build images" docker:docker.io dockerd:docker.io iptables:iptables
if ! command -v docker-registry >/dev/null && ! command -v registry >/dev/null; then
    need_packages "for a registry on this machine" docker-registry
fi
need_packages "for a small base image, the git server and this script" busybox-static git:git curl:curl python3:python3
note "Everything is there."

# ---- 2. Slipway ------------------------------------------------------------------------------------------------------

heading "Build Slipway"
if [ -n "${SLIPWAY_BIN:-}" ]; then
    bin=$SLIPWAY_BIN
    note "Using the programs in $bin, as SLIPWAY_BIN says."
else
    configuration=debug
    if [ -x .build/release/slipway ] && [ -x .build/release/slipway-server ]; then configuration=release; fi
    bin=$root/.build/$configuration
    if [ ! -x "$bin/slipway-server" ]; then
        note "The first build downloads and compiles the libraries too: about ten minutes on two cores."
    fi
    build_slipway "$configuration"
fi
export PATH=$bin:$PATH
show slipway version

# ---- 3. Docker and a registry ----------------------------------------------------------------------------------------

heading "Start a docker daemon and a registry"
start_dockerd
note "The docker daemon answers: version $(docker version --format '{{.Server.Version}}')."
start_registry "$(free_port 5050)"
registry=$service_address
note "The registry listens on $registry."

base=$registry/base/busybox:1
if [ -n "$(digest_in_registry base/busybox 1)" ]; then
    note "The base image $base is there."
else
    note "Making the base image $base from this machine's busybox, as nothing is to be downloaded."
    make_base_image "$base"
fi

# ---- 4. A git repository ---------------------------------------------------------------------------------------------

heading "Make a git repository and serve it"
make_repository
start_git_http "$(free_port 8090)" "$work/repositories"
git_server=http://$service_address
show git clone --quiet "$git_server/hello.git" "$near/look"
show git -C "$near/look" log --oneline --max-count 3
show cat "$near/look/hello/Dockerfile"
rm -rf "$work/look"

# ---- 5. The server ---------------------------------------------------------------------------------------------------

heading "Start slipway-server"
cat >"$work/slipway.yaml" <<CONFIG
# Without a file, slipway-server takes the defaults that "slipway-server settings" shows.
listen: 127.0.0.1:$(free_port 8443)
registries:
  - name: quickstart
    loginServer: $registry
sources:
  # Sources on this machine, and those without encryption, are refused unless they are named.
  allow:
    - $git_server
CONFIG
show cat "$near/slipway.yaml"
typed slipway-server --data "$near/data" --config "$near/slipway.yaml"
_serve "$(_new_name server)" slipway-server --data "$near/data" --config "$near/slipway.yaml"
server=https://$service_address
show curl --silent --show-error --noproxy '*' --cacert "$near/data/tls/ca.pem" "$server/version"
printf '\n'
note "On the server's machine, slipway finds its login in the data folder. Only with another folder than" \
    "/var/lib/slipway it has to be told:"
# Tokens are kept apart from those of other servers.
export SLIPWAY_LOCAL=$work/data/local-client.json SLIPWAY_CONFIG_DIR=$work/config
typed export "SLIPWAY_LOCAL=$near/data/local-client.json" "SLIPWAY_CONFIG_DIR=$near/config"

# ---- 6. A build ------------------------------------------------------------------------------------------------------

heading "Build an image from the git repository"
note "After '#': the branch, and the folder with the Dockerfile. {{.Run.ID}} becomes the id of the run."
show slipway build "$git_server/hello.git#main:hello" -t 'hello:{{.Run.ID}}' -t hello:latest

# ---- 7. What came of it ----------------------------------------------------------------------------------------------

heading "Look at the run and the registry"
show slipway runs show
show slipway runs list
show curl --silent --noproxy '*' "http://$registry/v2/hello/tags/list"

recorded=$(digest_in_record)
stored=$(digest_in_registry hello latest)
printf '\n'
note "digest of hello:latest in the run's record   $recorded" "digest of hello:latest in the registry       $stored"
if [ -z "$recorded" ] || [ "$recorded" != "$stored" ]; then
    say "the digests differ"
    exit 1
fi
note "They are the same."

printf '%s\n' "$registry/hello:latest" >>"$work/images"
show docker run --rm --pull always "$registry/hello:latest"

# ---- 8. A task file --------------------------------------------------------------------------------------------------

heading "Build, test and only then push, with a task file"
note "Each step is a container; this one runs what the first one built. It is acb.yaml in the repository:"
show cat "$near/hello/hello/acb.yaml"
show slipway run "$git_server/hello.git#main:hello"
show slipway runs show
run=$(slipway runs show -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["runId"])')
if [ -z "$(digest_in_registry hello "tested-$run")" ]; then
    say "hello:tested-$run is not in the registry"
    exit 1
fi

# ---- 9. The end ------------------------------------------------------------------------------------------------------

heading "Done in $((SECONDS - began)) s"
if [ "$keep" -eq 0 ]; then
    note "Now everything that was started is stopped again."
    exit 0
fi
note "These are left running, all on 127.0.0.1:"
note "  slipway-server   $server" "  registry         $registry" "  git server       $git_server"
if [ -f "$work/services/dockerd" ]; then note "  docker daemon    was started here"; fi
note "Logs are in $near/logs. Stop it all, and remove its data, with:" "  examples/quickstart.sh --stop"
printf '\n'
note "To go on, type this, and then try the commands below it:"
printf '\n'
note "export PATH=$bin:\$PATH" "export SLIPWAY_LOCAL=$SLIPWAY_LOCAL SLIPWAY_CONFIG_DIR=$SLIPWAY_CONFIG_DIR" \
    "slipway runs list -o json" "slipway logs" \
    "slipway build $git_server/hello.git#main:hello -t hello:again --no-wait" "slipway --help"
