#!/usr/bin/env bash
# Caches: through a registry, inline and under a name of their own, of builds and task files; apart for each registry;
# shown and pruned. And `# syntax=` lines, which name frontends.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_private_registry
need_packages "for a bridge of a daemon's own" ip:iproute2
start_own_daemon
trap 'stop_own_daemon; _end' EXIT
docker_host=$own_docker
export DOCKER_HOST=$own_docker
registries="registries: [{name: tests, loginServer: '$registry'}]"
start_server "$registries" main

# forget: empties the daemon's cache, as if another daemon built.
forget() {
    _curl --request POST --output /dev/null --unix-socket "${docker_host#unix://}" \
        'http://docker/v1.41/build/prune?all=1'
}

# app MARKER: a folder whose steps no other test has.
app() {
    write_file "$work/$1/Dockerfile" "FROM $base" "RUN echo $1-first >/first" "RUN echo $1-second >/second"
    printf '%s' "$work/$1"
}

# steps_cached LOG: how many RUN steps came out of a cache.
steps_cached() {
    local id count=0
    for id in $(sed -n 's/^#\([0-9]*\) \[.*\] RUN .*/\1/p' <<<"$1" | sort -u); do
        if grep -q "^#$id CACHED" <<<"$1"; then count=$((count + 1)); fi
    done
    printf '%s' "$count"
}

unique=$(date +%s%N)

# ---- Inline ----

folder=$(app "inline$unique")
expect_exit 'an image is pushed with its cache inside' 0 slipway build -t "$name/app:1" --cache-to inline "$folder"
config=$(image_config "$registry" "$name/app" 1)
expect 'the image has a cache' jq --exit-status 'has("moby.buildkit.cache.v0")' <<<"$config"
expect_lacks 'what asks for it is not in the history' 'INLINE_CACHE' "$(jq --compact-output .history <<<"$config")"
forget
expect_exit 'a daemon without these steps builds with the cache' 0 \
    slipway build -t "$name/app:2" --cache-to type=inline --cache-from "$name/app:1" "$folder"
expect_equal '  no step ran' 2 "$(steps_cached "$output")"
expect_contains '  the log names where from' "importing cache manifest from $registry/$name/app:1" "$output"
expect_equal '  the layers are the same' "$(jq --compact-output .rootfs <<<"$config")" \
    "$(image_config "$registry" "$name/app" 2 | jq --compact-output .rootfs)"
forget
expect_exit 'without it, all is built anew' 0 slipway build -t "$name/app:3" "$folder"
expect_equal '  every step ran' 0 "$(steps_cached "$output")"

expect_exit 'a cache that is not there is no failure' 0 \
    slipway build -t "$name/app:4" --cache-from "$name/nothing:1" --cache-from "type=registry,ref=$registry/$name/no:2" \
    "$(app "missing$unique")"
write_file "$work/broken/Dockerfile" "FROM $registry/$name/nobase:1"
expect_run 'with it, a base that is not there is still named' Failed 'does not have it' \
    -t "$name/app:5" --cache-from "$name/nothing:1" "$work/broken"

# ---- Under a name of its own ----

folder=$(app "named$unique")
expect_exit 'a cache is pushed under a name of its own' 0 \
    slipway build -t "$name/named:1" --cache-to "type=registry,ref=$name/cache:{{.Run.OS}}" "$folder"
expect_equal '  the run lists it after the image' "$name/named:1 $name/cache:linux" \
    "$(run_field "$(newest_run)" '[.outputImages[] | .repository + ":" + .tag] | join(" ")')"
expect_not '  its name does not stay on the daemon' docker_image_exists "$registry/$name/cache:linux"
forget
expect_exit 'it is read' 0 slipway build --no-push -t "$name/named:2" --cache-from "$registry/$name/cache:linux" "$folder"
expect_equal '  no step ran' 2 "$(steps_cached "$output")"

expect_exit 'mode=max, which this daemon can not write,' 0 \
    slipway build -t "$name/named:3" --cache-to "type=registry,ref=$name/cache:max,mode=max" "$folder"
expect_contains '  is said to be written in part' 'Warning: mode=max' "$output"
expect_match '  and is' 'sha256:.*' "$(registry_digest "$registry" "$name/cache" max)"
expect_exit 'a cache of a kind that is unknown' 64 slipway build --cache-to type=gha "$folder"
expect_contains '  is refused in words' 'type=registry,ref=IMAGE' "$output"
expect_exit 'a cache that can not be written' 1 \
    slipway build -t "$name/named:4" --cache-to 127.0.0.1:1/cache:1 "$folder"
expect_contains '  fails the build' '127.0.0.1:1' "$output"

# ---- With a login ----

start_server "registries: [{name: hidden, loginServer: '$private_registry', username: $private_user,
  password: $private_password}]" hidden
folder=$(app "private$unique")
expect_exit 'a cache goes to a registry with a login' 0 slipway build -t "$name/app:1" --cache-to inline "$folder"
forget
expect_exit 'and comes from there' 0 slipway build -t "$name/app:2" --cache-from "$name/app:1" "$folder"
expect_equal '  no step ran' 2 "$(steps_cached "$output")"
expect_lacks '  the password is not in the log' "$private_password" "$output"
use_server main

# ---- Task files ----

app "task$unique" >/dev/null
cat >"$work/task$unique/acb.yaml" <<END
version: v1.1.0
steps:
  - id: image
    build: -t {{.Run.Registry}}/$name/task:{{.Run.ID}} .
    cache: enabled
END
expect_exit 'a step with cache: enabled' 0 slipway run -f acb.yaml "$work/task$unique"
expect_match '  has its cache in the registry' 'sha256:.*' \
    "$(registry_digest "$registry" "$name/task" cache_quickrun_image)"
forget
expect_exit 'it comes from there' 0 slipway run -f acb.yaml "$work/task$unique"
expect_equal '  no step ran' 2 "$(steps_cached "$output")"

# ---- Domains ----

start_server "registries: [{name: first, loginServer: '$registry'}, {name: second, loginServer: '$private_registry',
  username: $private_user, password: $private_password}]" two
write_file "$work/domain/Dockerfile" "FROM $base" "RUN --mount=type=cache,target=/cache,id=$unique \
    cp /cache/who /seen 2>/dev/null; echo $unique-ran >>/cache/who; cat /seen 2>/dev/null || echo cache mount is new"
expect_exit 'a build of one registry' 0 slipway build -r first -t "$name/domain:1" --label a=b "$work/domain"
expect_equal '  runs its step' 0 "$(steps_cached "$output")"
expect_exit 'the same build of another registry' 0 slipway build -r second -t "$name/domain:1" --label a=b "$work/domain"
expect_equal '  runs it again' 0 "$(steps_cached "$output")"
expect_contains '  with a cache mount of its own' 'cache mount is new' "$output"
expect_exit 'once more' 0 slipway build -r first -t "$name/domain:2" --label a=b "$work/domain"
expect_equal '  it comes out of the cache' 1 "$(steps_cached "$output")"
expect_exit 'a build can not name the other domain' 0 \
    slipway build -r second -t "$name/domain:3" --no-cache --build-arg BUILDKIT_CACHE_MOUNT_NS=registry-first "$work/domain"
expect_contains '  it sees its own cache mount' "$unique-ran" "$output"
config=$(image_config "$registry" "$name/domain" 1)
expect_lacks 'nothing of the domain is in the image' 'slipway-cache' "$config"
expect_lacks '  nor of what keeps mounts apart' 'CACHE_MOUNT_NS' "$config"
exported "$registry/$name/domain:1" "$work/domain-files"
expect_lacks '  nor in its hosts' 'slipway-cache' "$(cat "$work/domain-files/etc/hosts" 2>/dev/null || true)"

# ---- Pools ----

start_server "$registries
pools: [{name: default, slots: 2, docker: '$docker_host', cache: {maxBytes: 2MiB, maxAge: 3650d}}]" limited
expect_exit 'the cache of a pool is shown' 0 slipway pool cache show --output json
expect 'with its size and limits' jq --exit-status \
    '.records > 0 and .bytes > 0 and .maxBytes == 2097152 and .maxAgeSeconds == 315360000' <<<"$output"
expect_exit 'a pool is shown' 0 slipway pool show -n default
expect_match '  with its cache' '.*Build cache: .* in [0-9]+ records, .* reclaimable; at most .*' "$output"
expect_exit 'old cache is pruned' 0 slipway pool cache prune default --older 9999d --yes --output json
expect_equal '  there is none' 0 "$(jq .records <<<"$output")"
expect_exit 'without an answer nothing is pruned' 1 slipway pool cache prune </dev/null
expect_exit 'an unknown pool has no cache' 3 slipway pool cache show nobody
write_file "$work/large/Dockerfile" "FROM $base" 'RUN dd if=/dev/zero of=/large bs=1M count=5'
expect_exit 'a build over the limit' 0 slipway build --no-push "$work/large"
expect '  has its cache cut after the run' wait_until 60 grep -q 'limit=size.*build cache pruned' "$server_log"
expect '  to the limit' jq --exit-status '.bytes <= .maxBytes' <<<"$(slipway pool cache show --output json)"
expect_exit 'all of it is pruned' 0 slipway pool cache prune --all --yes
expect_equal '  none is left' 0 "$(slipway pool cache show --output json | jq .records)"

# ---- Syntax lines ----

syntax() { write_file "$work/syntax/Dockerfile" "# syntax=$1" '# escape=`' "FROM $base" "RUN echo $unique; echo one \`" '  two' "${@:2}"; }

use_server main
syntax 127.0.0.1:1/frontend:1
expect_run 'a frontend that can not be had' Failed "line 1 of the Dockerfile, '# syntax=127.0.0.1:1/frontend:1'" \
    -t "$name/syntax:1" "$work/syntax"
expect_contains '  the message names the setting' 'builds.syntax' "$(run_field "$(newest_run)" .runErrorMessage)"

start_server "$registries
builds: {syntax: [builtin]}" builtin
expect_exit 'with builtin, the builder reads the file itself' 0 slipway build -t "$name/syntax:2" "$work/syntax"
expect_contains '  the log says so' 'is left out' "$output"
expect_contains '  directives below the line still hold' 'one two' "$output"
syntax docker/dockerfile:1 'COPY --link Dockerfile /'
expect_run 'a file that needs a newer frontend' Failed 'builds.syntax' -t "$name/syntax:3" "$work/syntax"
cat >"$work/syntax/acb.yaml" <<END
steps:
  - build: -t {{.Run.Registry}}/$name/syntax:4 .
END
syntax 127.0.0.1:1/frontend:1
expect_exit 'build steps follow the same rules' 0 slipway run -f acb.yaml "$work/syntax"

start_server "$registries
builds: {syntax: ['docker/dockerfile=$registry/$name/frontend']}" mirror
syntax docker/dockerfile:1.4
expect_run 'with a mirror, its image is asked for' Failed "$registry/$name/frontend:1.4" \
    -t "$name/syntax:5" "$work/syntax"
expect_contains '  and where the name came from is said' '# syntax=docker/dockerfile:1.4' \
    "$(run_field "$(newest_run)" .runErrorMessage)"
