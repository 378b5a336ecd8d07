#!/usr/bin/env bash
# The same layers come out of `slipway build URL#branch:folder`, `slipway build` in a checkout of it, and docker, when
# the checkout's files carry the commit's time, contexts travel as archives and no cache is used.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server
umask 022

# ---- A repository with what packers treat differently: modes, links, empty files, long and odd names ----

checkout=$work/checkout folder=$work/checkout/service
long=$(printf 'long-name-%.0s' {1..12})
new_repository "$checkout"
write_file "$checkout/README" 'not in the context'
write_file "$folder/Dockerfile" 'FROM scratch' 'COPY . /' 'COPY src /' 'COPY tool.sh /tool'
write_file "$folder/Dockerfile.steps" "FROM $base" 'WORKDIR /app' 'COPY . .' 'RUN ./tool.sh && ln -s a.txt made'
write_file "$folder/.dockerignore" '**/*.tmp'
write_file "$folder/a.txt" 'a text'
write_file "$folder/ignored.tmp" 'not in the context'
write_file "$folder/tool.sh" '#!/bin/sh' 'echo made by a step >made-file'
chmod 755 "$folder/tool.sh"
write_file "$folder/src/$long/$long/file" 'behind a long name'
write_file "$folder/src/größe und  blank" 'an odd name'
: >"$folder/src/empty"
printf 'odd' >"$folder/src/"$'two\nlines'
ln -s ../a.txt "$folder/src/link"
ln -s nowhere "$folder/src/dangling"
commit "$checkout" >/dev/null
git -C "$checkout" branch release
publish "$checkout" "$name/app.git"
reference=$git_url/$name/app.git#release:service

# A fresh checkout, with the commit's time on everything, the folder itself included.
fresh=$work/fresh/service
git clone --quiet --branch release "$git_folder/$name/app.git" "$work/fresh"
find "$fresh" -depth -exec touch --no-dereference --date="$(git -C "$work/fresh" log -1 --format=%cI)" {} +

# ---- Layers ----

# Only what is copied into folders that are there: new ones get the time of the build from docker itself.

diff_ids() { image_config "$registry" "$name/app" "$1" | jq --raw-output '.rootfs.diff_ids[]'; }

# builds_with_docker VERSION TAG FOLDER: the classic builder (1) or BuildKit (2), asked as docker asks it. Not every
# docker client has BuildKit.
build_with_docker() {
    local answer
    answer=$(tar --create --directory="$3" --owner=0 --group=0 --numeric-owner --exclude='*.tmp' . |
        curl --silent --max-time 120 --unix-socket "${docker_host#unix://}" --header 'Content-Type: application/x-tar' \
            --data-binary @- "http://docker/v1.40/build?version=$1&nocache=1&t=$registry/$name/app:$2")
    if ! docker_image_exists "$registry/$name/app:$2"; then
        not_ok "docker builds $2" "$answer"
        return 1
    fi
    docker push --quiet "$registry/$name/app:$2" >/dev/null
    docker image rm "$registry/$name/app:$2" >/dev/null
}

for builder in buildkit classic; do
    expect_exit "$builder: the git reference is built" 0 \
        slipway build --no-cache --context-transfer tar --builder "$builder" -t "$name/app:git-$builder" "$reference"
    expect_exit "$builder: the checkout is built" 0 \
        slipway build --no-cache --context-transfer tar --builder "$builder" -t "$name/app:folder-$builder" "$fresh"
done
build_with_docker 2 docker-buildkit "$fresh"
build_with_docker 1 docker-classic "$fresh"

for builder in buildkit classic; do
    layers=$(diff_ids "docker-$builder")
    expect_equal "$builder: docker made three layers" 3 "$(wc -l <<<"$layers")"
    expect_equal "$builder: the git reference has the same layers" "$layers" "$(diff_ids "git-$builder")"
    expect_equal "$builder: the checkout has the same layers" "$layers" "$(diff_ids "folder-$builder")"
done

# The client of docker packs in its own way, and older clients can do both.
(cd "$fresh" && DOCKER_BUILDKIT=0 docker build --quiet --no-cache --tag "$registry/$name/app:client" . >/dev/null 2>&1)
expect_equal 'the docker client has the same layers' "$(diff_ids docker-classic)" \
    "$(docker image inspect --format '{{json .RootFS.Layers}}' "$registry/$name/app:client" | jq --raw-output '.[]')"

# ---- Trees, where times differ ----

# tree IMAGE: names, kinds, modes, owners, link targets and contents.
tree() {
    exported "$1" "$work/tree"
    (cd "$work/tree" && find . -path ./bin -prune -o \( -printf '%P %y %m %l ' -a \
        \( -type f -exec sha256sum {} \; -o -printf '\n' \) \) | LC_ALL=C sort)
    rm -rf "$work/tree"
}

other=$work/other
git clone --quiet --branch release "$git_folder/$name/app.git" "$other"
(cd "$other/service" && DOCKER_BUILDKIT=0 docker build --quiet --no-cache --file Dockerfile.steps \
    --tag "$registry/$name/app:tree" . >/dev/null 2>&1)
docker push --quiet "$registry/$name/app:tree" >/dev/null
expect_exit 'an image with steps is built from git' 0 \
    slipway build --no-cache -f Dockerfile.steps -t "$name/app:tree-git" "$reference"
expect_exit 'and from another checkout' 0 \
    slipway build --no-cache -f "$other/service/Dockerfile.steps" -t "$name/app:tree-folder" "$other/service"
expected=$(tree "$registry/$name/app:tree")
expect_contains 'the tree has what the step made' 'app/made-file' "$expected"
expect_equal 'the tree from git is that of docker' "$expected" "$(tree "$registry/$name/app:tree-git")"
expect_equal 'the tree from the folder is that of docker' "$expected" "$(tree "$registry/$name/app:tree-folder")"
