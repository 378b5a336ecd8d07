# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables are the scenarios' and lib.sh's
# For scenarios: registries and images, files and git repositories.

# ---- Services --------------------------------------------------------------------------------------------------------

# Makes sure of a docker daemon, a registry with a base image, and a git server; sets registry, base, git_url (what
# repositories' names go behind) and git_folder.
need_services() {
    need_packages "for scenarios" curl:curl jq:jq python3:python3
    start_dockerd
    if [ -z "${SLIPWAY_TEST_REGISTRY:-}" ]; then
        start_registry
        SLIPWAY_TEST_REGISTRY=$service_address
        SLIPWAY_TEST_BASE_IMAGE=$SLIPWAY_TEST_REGISTRY/base/busybox:1
        make_base_image "$SLIPWAY_TEST_BASE_IMAGE"
    fi
    registry=$SLIPWAY_TEST_REGISTRY base=$SLIPWAY_TEST_BASE_IMAGE
    if [ -z "${SLIPWAY_TEST_GIT:-}" ]; then
        SLIPWAY_TEST_GIT_FOLDER=$SLIPWAY_TEST_WORK/repositories
        start_git_http 0 "$SLIPWAY_TEST_GIT_FOLDER" /private/ skipper a-password-for-tests
        SLIPWAY_TEST_GIT=http://$service_address
        SLIPWAY_TEST_PRIVATE_USER=skipper SLIPWAY_TEST_PRIVATE_PASSWORD=a-password-for-tests
    fi
    git_url=$SLIPWAY_TEST_GIT git_folder=$SLIPWAY_TEST_GIT_FOLDER
}

# need_private_registry: sets private_registry, private_user, private_password and private_base.
need_private_registry() {
    if [ -z "${SLIPWAY_TEST_PRIVATE_REGISTRY:-}" ]; then
        SLIPWAY_TEST_PRIVATE_USER=skipper SLIPWAY_TEST_PRIVATE_PASSWORD=a-password-for-tests
        start_registry 0 "$SLIPWAY_TEST_PRIVATE_USER" "$SLIPWAY_TEST_PRIVATE_PASSWORD"
        SLIPWAY_TEST_PRIVATE_REGISTRY=$service_address
        SLIPWAY_TEST_PRIVATE_BASE_IMAGE=$SLIPWAY_TEST_PRIVATE_REGISTRY/base/busybox:1
        make_base_image "$SLIPWAY_TEST_PRIVATE_BASE_IMAGE" "$SLIPWAY_TEST_PRIVATE_USER" "$SLIPWAY_TEST_PRIVATE_PASSWORD"
    fi
    private_registry=$SLIPWAY_TEST_PRIVATE_REGISTRY private_base=$SLIPWAY_TEST_PRIVATE_BASE_IMAGE
    private_user=$SLIPWAY_TEST_PRIVATE_USER private_password=$SLIPWAY_TEST_PRIVATE_PASSWORD
}

# stop_service NAME: one that this scenario started.
stop_service() { _stop "$SLIPWAY_TEST_WORK/services/$1"; }

# start_silent: starts a server that takes connections and never answers; sets service_address.
start_silent() {
    _serve "$(_new_name silent)" python3 -c 'if True:
        import socket
        listener = socket.create_server(("127.0.0.1", 0))
        print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
        connections = []
        while True:
            connections.append(listener.accept())'
}

# registry_digest HOST REPOSITORY TAG [USER:PASSWORD]: what a tag names; nothing if there is none.
registry_digest() {
    _curl --head ${4:+--user "$4"} \
        --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        --header 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$1/v2/$2/manifests/$3" |
        tr -d '\r' | sed -n 's/^docker-content-digest: *//ip'
}

# image_config HOST REPOSITORY TAG: the configuration of an image in the registry, as JSON.
image_config() {
    local digest
    digest=$(_curl --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        --header 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$1/v2/$2/manifests/$3" |
        jq --raw-output .config.digest)
    _curl --location "http://$1/v2/$2/blobs/$digest"
}

# make_image NAME LABEL [USER:PASSWORD]: pushes an image on the base image, with the label `who`; its name does not stay
# on the daemon.
make_image() {
    printf 'FROM %s\nLABEL who=%s\n' "$base" "$2" | DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" - >/dev/null 2>&1
    if [ "$#" -gt 2 ]; then
        printf '%s' "${3#*:}" | docker login --username "${3%%:*}" --password-stdin "${1%%/*}" >/dev/null 2>&1
    fi
    docker push --quiet "$1" >/dev/null
    docker image rm "$1" >/dev/null
}

docker_image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# exported IMAGE FOLDER: unpacks the file system of an image into a new folder.
exported() {
    local container
    docker pull --quiet "$1" >/dev/null
    # It is never started, so any command will do.
    container=$(docker create "$1" none)
    mkdir -p "$2"
    docker export "$container" | tar --extract --directory="$2" --no-same-owner
    docker rm "$container" >/dev/null
    docker image rm "$1" >/dev/null
}

# ---- Files -----------------------------------------------------------------------------------------------------------

# write_file PATH LINE…: makes a file with these lines, and its folder.
write_file() {
    local path=$1
    shift
    mkdir -p "$(dirname "$path")"
    printf '%s\n' "$@" >"$path"
}

# In a repository: commits all there is and prints the commit's id. The machine's own git settings play no part.
commit() {
    git -C "$1" add --all --force
    GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -C "$1" -c user.name=tests \
        -c user.email=tests@localhost commit --quiet --message "${2:-a change}"
    git -C "$1" rev-parse HEAD
}

new_repository() {
    mkdir -p "$1"
    GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git init --quiet --initial-branch=main "$1"
}

# publish CHECKOUT NAME: puts all of its refs on the git server, where its URL is $git_url/NAME.
publish() {
    local place=$git_folder/$2
    if [ ! -d "$place" ]; then git init --quiet --bare --initial-branch=main "$place"; fi
    git -C "$1" push --quiet --force "$place" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*' \
        '+refs/pull/*:refs/pull/*'
}
