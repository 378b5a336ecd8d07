#!/usr/bin/env bash
# `slipway context` on folders and against a real git server: what it lists is what a build copies.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server
export XDG_CACHE_HOME=$work/cache

# copied TAG: the paths in an image that was built from scratch with everything copied to /ctx, as JSON.
copied() {
    exported "$registry/$name/app:$1" "$work/export-$1"
    (cd "$work/export-$1/ctx" && find . -mindepth 1 -printf '%P\n') | LC_ALL=C sort | jq --raw-input | jq --slurp --compact-output
}
# listed ARGUMENT…: what COPY is said to see.
listed() { slipway context ls --json "$@" | jq --compact-output .included; }

# ---- A folder ----

app=$work/app
write_file "$app/Dockerfile" 'FROM scratch' 'COPY . /ctx'
write_file "$app/.dockerignore" 'Dockerfile' '**/*.tmp' 'data/*' '!data/keep' '!.git/HEAD'
write_file "$app/src/a.c" 'int main() {}'
write_file "$app/src/b.tmp" ignored
write_file "$app/data/keep/x" kept
write_file "$app/data/drop/x" ignored
ln -s ../outside "$app/link"
new_repository "$app"
commit "$app" >/dev/null
for builder in buildkit classic; do
    expect_exit "$builder builds the folder" 0 slipway build --builder "$builder" -t "$name/app:$builder" "$app"
    expect_equal "  and COPY sees what ls lists" "$(listed "$app")" "$(copied "$builder")"
done
expect_equal 'the Dockerfile is carried' '["Dockerfile"]' "$(slipway context ls --json "$app" | jq --compact-output .carried)"
mkdir "$work/unpacked"
slipway context tar "$app" | tar -x -C "$work/unpacked"
expect_equal 'docker build sees the same in the tar of the context' "$(listed "$app")" \
    "$(slipway context tar "$app" | docker build --quiet --tag "$registry/$name/app:docker" - >/dev/null 2>&1 &&
        docker push --quiet "$registry/$name/app:docker" >/dev/null && copied docker)"
expect_equal 'a file of the tar is that of the folder' "$(cat "$app/src/a.c")" "$(cat "$work/unpacked/src/a.c")"
expect_contains 'explain names the line for a dropped file' "line 2 of .dockerignore, '**/*.tmp'" \
    "$(slipway context explain "$app" src/b.tmp)"
expect_contains 'and for one brought back, by the folder above it' "line 4 of .dockerignore, '!data/keep', brings data/keep/" \
    "$(slipway context explain "$app" data/keep/x)"
expect_contains 'and for what is there only as a folder' 'travels as the folder of something in it' \
    "$(slipway context explain "$app" .git)"
expect_equal 'match decides as explain does' 'true false' \
    "$(slipway context match --json --rules "$app/.dockerignore" src/b.tmp data/keep/x | jq --raw-output 'map(.excluded) | join(" ")')"

# ---- A git repository ----

checkout=$work/checkout
new_repository "$checkout"
write_file "$checkout/Dockerfile" 'FROM scratch' 'COPY . /ctx'
write_file "$checkout/service/Dockerfile" 'FROM scratch' 'COPY . /ctx'
write_file "$checkout/service/.dockerignore" '*.tmp'
write_file "$checkout/service/a.tmp" ignored
write_file "$checkout/service/.gitignore" '*.o'
write_file "$checkout/service/tool.sh" '#!/bin/sh'
chmod 755 "$checkout/service/tool.sh"
ln -s tool.sh "$checkout/service/link"
commit "$checkout" >/dev/null
publish "$checkout" "$name/app.git"
url=$git_url/$name/app.git
expect_exit 'a folder of a repository is built' 0 slipway build -t "$name/app:git" "$url#main:service"
expect_equal '  and COPY sees what ls lists' "$(listed "$url#main:service")" "$(copied git)"
expect_equal 'the modes and links are those of the tree' 'file 0755, symlink tool.sh' \
    "$(slipway context ls --json "$url#main:service" | jq --raw-output '[.entries[] |
        select(.path == "tool.sh" or .path == "link") | if .type == "file" then "file " + .mode else .type + " " + .target end] |
        sort | join(", ")')"
expect_contains 'explain knows the ignore file of that folder' "line 1 of .dockerignore, '*.tmp'" \
    "$(slipway context explain "$url#:service" a.tmp)"
expect 'the mirror is in the cache' test -d "$XDG_CACHE_HOME/slipway/git"
expect_exit 'a branch that is not there is an error' 1 slipway context ls --json "$url#nowhere"
expect_equal 'with its code' no-ref "$(jq --raw-output .error.code <<<"$output")"

# ---- A git repository with a login ----

publish "$checkout" "private/$name.git"
private=$git_url/private/$name.git
expect_exit 'without a login it is refused' 1 slipway context ls --json "$private"
expect_equal 'with its code' access-refused "$(jq --raw-output .error.code <<<"$output")"
(umask 077 && printf '%s\n' "$SLIPWAY_TEST_PRIVATE_PASSWORD" >"$work/token")
with_user=${private/:\/\//:\/\/$SLIPWAY_TEST_PRIVATE_USER@}
expect_exit 'a token from a file lets in' 0 slipway context ls --git-token-file "$work/token" "$with_user"
expect_lacks '  and is not shown' "$SLIPWAY_TEST_PRIVATE_PASSWORD" "$output"
with_password=${private/:\/\//:\/\/$SLIPWAY_TEST_PRIVATE_USER:$SLIPWAY_TEST_PRIVATE_PASSWORD@}
expect_exit 'a login in the URL lets in' 0 slipway context ls "$with_password#main:service"
expect_exit 'and an error does not show it' 1 slipway context ls --json "$with_password#nowhere"
expect_lacks '  the password' "$SLIPWAY_TEST_PRIVATE_PASSWORD" "$output"

# ---- A large folder ----

write_file "$work/large/Dockerfile" 'FROM scratch'
mkdir -p "$work/large/web/node_modules/x"
# What can't be compressed: a server does not take archives that grow too much.
head --bytes 101M /dev/urandom >"$work/large/web/node_modules/x/y"
expect_exit 'a large folder is built' 0 slipway build --no-push "$work/large"
expect_contains 'and what is large in it is named' '  web: 4 entries, 101.0 MiB' "$output"
expect_contains 'with a line that leaves it out' "a line '**/node_modules' in .dockerignore" "$output"
printf '**/node_modules\n' >"$work/large/.dockerignore"
expect_exit 'with that line' 0 slipway build --no-push "$work/large"
expect_lacks 'nothing is said any more' 'is large' "$output"
