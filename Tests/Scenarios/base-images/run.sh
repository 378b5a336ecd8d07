#!/usr/bin/env bash
# A tree of images, base, middle and two leaves, is built anew by one push of its base: each once, in order. First with a
# registry that notifies the server, then with one that is only asked from time to time.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

port=$(free_port)
tree=127.0.0.1:$port/$name

# start_tree_registry [URL SECRET]: the registry of the tree, which notifies a hook if one is given.
start_tree_registry() {
    local folder=$work/registry
    mkdir -p "$folder"
    cat >"$folder/config.yml" <<CONFIG
version: 0.1
log: {level: info}
storage: {filesystem: {rootdirectory: "$folder/data"}}
http: {addr: "127.0.0.1:$port"}
CONFIG
    if [ "$#" -gt 0 ]; then
        cat >>"$folder/config.yml" <<CONFIG
notifications:
  endpoints:
    - {name: slipway, url: "$1", headers: {Authorization: ["Bearer $2"]}, timeout: 5s, threshold: 5, backoff: 1s,
       ignore: {actions: [pull]}}
CONFIG
    fi
    registry_service=$(_new_name registry)
    _serve "$registry_service" env -u REGISTRY_HTTP_ADDR OTEL_TRACES_EXPORTER=none SSL_CERT_FILE="$data/tls/ca.pem" \
        "$(_registry_program)" serve "$folder/config.yml"
}

stop_tree_registry() { _stop "$SLIPWAY_TEST_WORK/services/$registry_service"; }

# Those that lost their tag to the next one have no name by which they would be found at the end.
forget_base() {
    docker image ls --quiet "$tree/base" | sort -u | xargs --no-run-if-empty docker image rm --force >/dev/null 2>&1 ||
        true
}

# push_base TEXT: as somebody does who knows nothing of the server.
push_base() {
    forget_base
    printf 'FROM %s\nLABEL text="%s"\n' "$base" "$1" |
        docker build --quiet --tag "$tree/base:1" - >/dev/null 2>&1
    docker push --quiet "$tree/base:1" >/dev/null
}

# make_task NAME BASE: a task that builds the image NAME on BASE.
make_task() {
    local checkout=$work/$1
    new_repository "$checkout"
    write_file "$checkout/Dockerfile" "FROM $2" "RUN echo $1 >> /layers"
    commit "$checkout" Begin >/dev/null
    publish "$checkout" "$name/$1.git"
    expect_exit "a task that builds $1" 0 slipway task create -n "$1" -c "$git_url/$name/$1.git#main" -f Dockerfile \
        -t "$tree/$1:1" --commit-trigger-enabled false --retry-on-agent-loss 3
}

runs_of() { slipway runs list --task "$1" --output json | jq --raw-output "${2:-length}"; }

updates_of() { runs_of "$1" '[.[] | select(.imageUpdateTrigger)]'"${2:- | length}"; }

images_of() { slipway task show -n "$1" --output json | jq --raw-output ".triggerState.baseImages[0]$2"; }

has_digest() { [[ $(images_of "$1" .digest) == sha256:* ]]; }

stands_on_run() { [ "$(images_of "$1" .origin)" = run ] && has_digest "$1"; }

has_updates() {
    [ "$(runs_of "$1" '[.[] | select(.imageUpdateTrigger and .status == "Succeeded")] | length')" -ge "$2" ]
}

# expect_tree COUNT: waits until each task of the tree has that many runs of changed images, and checks them.
expect_tree() {
    local task newest began ended
    for task in middle leaf-a leaf-b; do
        expect "$task is built anew" wait_until 240 has_updates "$task" "$1"
    done
    for task in middle leaf-a leaf-b; do
        expect_equal "  once" "$1" "$(updates_of "$task")"
    done
    newest='[0]'
    expect_equal 'the run of middle names the base' "127.0.0.1:$port $name/base 1" \
        "$(updates_of middle "$newest"'.imageUpdateTrigger.images | map("\(.registry) \(.repository) \(.tag)") | join(", ")')"
    expect_equal '  with the digest that it has' "$(digest_of base)" \
        "$(updates_of middle "$newest.imageUpdateTrigger.images[0].digest")"
    for task in leaf-a leaf-b; do
        expect_equal "that of $task names middle" "$name/middle $(digest_of middle)" \
            "$(updates_of "$task" "$newest"'.imageUpdateTrigger.images | map("\(.repository) \(.digest)") | join(", ")')"
        began=$(date --date "$(updates_of "$task" "$newest.createTime")" +%s%N)
        ended=$(date --date "$(updates_of middle "$newest.finishTime")" +%s%N)
        expect "  and came after the end of middle's" test "$began" -ge "$ended"
    done
}

digest_of() {
    _curl --head --header 'Accept: application/vnd.oci.image.index.v1+json' \
        --header 'Accept: application/vnd.oci.image.manifest.v1+json' \
        --header 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
        --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        "http://127.0.0.1:$port/v2/$name/$1/manifests/1" | tr -d '\r' | sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: //p'
}

start_server "registries: [{name: tests, loginServer: '127.0.0.1:$port'}]
triggers: {imageInterval: 1d}"

# ---- A registry that notifies ----

expect_exit 'a hook for the registry' 0 slipway trigger hook create --name outer --kind distribution --output json
hook_url=$(jq --raw-output .url <<<"$output") secret=$(jq --raw-output .secret <<<"$output")
start_tree_registry "$hook_url" "$secret"
expect_lacks '  is listed without its secret' "$secret" "$(slipway trigger hook list --output json)"

push_base one
make_task middle "$tree/base:1"
expect 'what it stands on is known before it ever ran' wait_until 60 has_digest middle
expect_equal '  from its Dockerfile' "$tree/base:1 dockerfile runtime" \
    "$(images_of middle '| "\(.image) \(.origin) \(.use)"')"
expect_exit 'middle is built by hand' 0 slipway task run -n middle
for leaf in leaf-a leaf-b; do
    make_task "$leaf" "$tree/middle:1"
    expect_exit "$leaf is built by hand" 0 slipway task run -n "$leaf"
done
for task in middle leaf-a leaf-b; do
    expect "what $task stood on is known from its run" wait_until 60 stands_on_run "$task"
done

push_base two
expect_tree 1
expect_contains 'the table of runs says why' 'Image Update' "$(slipway runs list --task leaf-a)"
expect_contains 'the delivery is in the ledger' "$tree/base:1" "$(slipway trigger deliveries --top 1000 --output json)"
refused=$(server_curl --output /dev/null --write-out '%{http_code}' --header 'Authorization: Bearer wrong' \
    --data '{"events":[]}' "$hook_url")
expect_equal 'a wrong secret is refused' 401 "$refused"
docker push --quiet "$tree/base:1" >/dev/null
push_base three
expect_tree 2

# ---- A registry that is only asked ----

expect_exit 'the hook is deleted' 0 slipway trigger hook delete --name outer --yes
stop_tree_registry
stop_server
sed -i 's/imageInterval: 1d/imageInterval: 1m/' "$work/servers/$server/config.yml"
start_tree_registry
restart_server main
push_base four
expect_tree 3

# ---- A server that ends, with its agent, while the tree is built ----

more_than() { [ "$(updates_of "$1")" -gt "$2" ]; }
push_base five
expect 'the change is seen' wait_until 240 more_than middle 3
kill_server_hard
restart_server main
expect_tree 4
forget_base
