#!/usr/bin/env bash
# What the Azure CLI sent, as recorded in Tests/Conformance/captures, gets answers with which it can go on: each request
# is sent again, with the names of this server in it, and the answer is compared. See table.py for what is left out.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_gateway_server

# A repository with what the captures ask for.
checkout=$work/checkout
new_repository "$checkout"
for folder in . folder sub; do
    write_file "$checkout/$folder/Dockerfile" 'FROM scratch AS t' 'COPY hello.txt /hello.txt' 'FROM t AS z'
    cp "$checkout/$folder/Dockerfile" "$checkout/$folder/other.Dockerfile"
    write_file "$checkout/$folder/hello.txt" hello
done
for file in task other; do
    write_file "$checkout/$file.yaml" 'version: v1.1.0' 'steps:' \
        "  - cmd: $login_server/base/busybox:1 echo {{.Values.A}}"
done
for file in v values; do write_file "$checkout/$file.yaml" 'A: from a file'; done
commit "$checkout" >/dev/null
for branch in dev rel; do git -C "$checkout" branch "$branch"; done
publish "$checkout" "$name/app.git"

expect_exit 'the image that the captures ask about is built' 0 slipway build -t x:y "$git_url/$name/app.git"
jq --null-input --arg git "$git_url/$name/app.git" --arg base "$login_server/base/busybox:1" \
    --arg loginServer "$login_server" --arg digest "$(registry_digest "$registry" x y)" \
    --slurpfile client "$SLIPWAY_LOCAL" '$client[0] +
        {ca: $client[0].caFile, $git, $base, $loginServer, $digest}' >"$work/settings.json"
python3 "$scenario/replay.py" "$root/Tests/Conformance/captures" "$work/settings.json" "$@" >"$work/results" || true
take_results <"$work/results"
expect 'all captures were gone through' test "$(wc -l <"$work/results")" -gt "$([ "$#" -gt 0 ] && echo 0 || echo 100)"
slipway runs cancel --all >/dev/null 2>&1
