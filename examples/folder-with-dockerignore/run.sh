#!/usr/bin/env bash
# Builds a folder with a .dockerignore, twice: without and with its .git.
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"
start_server

# A checkout of app with what a day's work leaves in it.
cp -r "$scenario/app" "$work/app"
cd "$work/app"
write_file output/keep.txt 'kept, by the last line of .dockerignore'
write_file output/big.bin 'not needed'
write_file src/main.sh.tmp 'not needed'
new_repository .
commit=$(commit . 'The app')

expect_exit 'a folder is built' 0 slipway build . -t "$name/app:1" --build-arg "BASE=$base"
printf '%s\n' "$output"
exported "$registry/$name/app:1" "$work/1"
expect_equal 'only what .dockerignore leaves is in the image' "$(printf '%s\n' ./output/keep.txt ./src/main.sh)" \
    "$(cat "$work/1/contents")"
expect_not '.git is left out' test -e "$work/1/app/.git"
expect_equal 'what docker build makes of the folder has the same contents' "$(docker build --quiet --tag "$name/docker" \
    --build-arg "BASE=$base" . >/dev/null 2>&1 && docker run --rm --network none "$name/docker" cat /contents)" "$(cat "$work/1/contents")"
docker image rm --force "$name/docker" >/dev/null

printf '%s\n' '!.git/**' >>.dockerignore
expect_exit 'the folder is built with a last line !.git/**' 0 \
    slipway build . -t "$name/app:2" --build-arg "BASE=$base"
exported "$registry/$name/app:2" "$work/2"
expect_equal '.git is there, so the image knows its commit' "$commit" "$(cat "$work/2/commit")"
