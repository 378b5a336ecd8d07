#!/usr/bin/env bash
# `az acr build` makes the files that `docker build` makes, where the Azure CLI reads .dockerignore otherwise than
# docker: for the client, a rule with a slash at its end or at its beginning matches nothing, so it packs too much.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_azure cli-2.91.0
start_server
use_az 2.91.0
umask 022

folder=$work/context
write_file "$folder/Dockerfile" 'FROM scratch' 'COPY . /'
write_file "$folder/.dockerignore" '/a' 'b/' './c' '**/*.tmp' '!kept.tmp'
write_file "$folder/a" 'left out: a rule with a slash before it'
write_file "$folder/b/file" 'left out: a rule with a slash behind it'
write_file "$folder/c" 'left out: a rule with ./ before it'
write_file "$folder/root.tmp" 'left out: two stars mean no folder, too'
write_file "$folder/kept.tmp" 'brought back'
write_file "$folder/keep/a" 'only at the top is it left out'
write_file "$folder/keep/b/file" 'only at the top is it left out'
ln -s keep/a "$folder/link"
find "$folder" -depth -exec touch --no-dereference --date='2026-01-01T00:00:00Z' {} +

diff_ids() { image_config "$registry" "$name/app" "$1" | jq --raw-output '.rootfs.diff_ids[]'; }

tree() {
    exported "$1" "$work/tree"
    (cd "$work/tree" && find . \( -printf '%P %y %m %l ' -a \
        \( -type f -exec sha256sum {} \; -o -printf '\n' \) \) | LC_ALL=C sort)
    rm -rf "$work/tree"
}

az_run acr build -r tests -t "$name/app:az" "$folder"
expect_equal 'az acr build succeeds' 0 "$az_status"
expect_equal '  the client has packed what docker ignores' 3 \
    "$(python3 - "$azure_folder" "$folder" <<'PYTHON'
import glob, subprocess, sys
script = """
import re, sys
from azure.cli.command_modules.acr._archive_utils import IgnoreRule
rules = [IgnoreRule(line.rstrip()) for line in open(sys.argv[1] + '/.dockerignore')]
print(sum(not any(re.match(rule.pattern, name) for rule in rules) for name in ('a', 'b', 'c')))
"""
python = sys.argv[1] + "/venv-2.91.0/bin/python"
print(subprocess.run([python, "-c", script, sys.argv[2]], capture_output=True, text=True).stdout.strip())
PYTHON
)"

# Docker's own client is the judge of what is left out; it has the classic builder alone everywhere.
(cd "$folder" && DOCKER_BUILDKIT=0 docker build --quiet --no-cache --tag "$registry/$name/app:docker" . >/dev/null 2>&1)
docker push --quiet "$registry/$name/app:docker" >/dev/null
docker image rm "$registry/$name/app:docker" >/dev/null
expected=$(tree "$registry/$name/app:docker")
expect_contains 'docker keeps what is brought back' kept.tmp "$expected"
expect_equal 'az acr build has the same files' "$expected" "$(tree "$registry/$name/app:az")"

# The server builds with BuildKit, which is given the same files here.
tar --create --directory="$folder" --owner=0 --group=0 --numeric-owner --exclude=./a --exclude=./b --exclude=./c \
    --exclude=./root.tmp . |
    curl --silent --max-time 120 --unix-socket "${docker_host#unix://}" --header 'Content-Type: application/x-tar' \
        --data-binary @- "http://docker/v1.40/build?version=2&nocache=1&t=$registry/$name/app:buildkit" >"$work/answer"
expect 'BuildKit builds the same files' docker push --quiet "$registry/$name/app:buildkit"
docker image rm "$registry/$name/app:buildkit" >/dev/null
expect_equal 'slipway build has the same layers' "$(diff_ids buildkit)" \
    "$(slipway build --no-cache --context-transfer tar -t "$name/app:slipway" "$folder" >/dev/null 2>&1 && diff_ids slipway)"

# ---- An ignore file of the Dockerfile's own ----

# The client finds it only where it is started in the folder. It packs a copy of the Dockerfile under another name.
write_file "$folder/Dockerfile.dockerignore" 'keep/' '.dockerignore'
cd "$folder"
az_run acr build -r tests -t "$name/app:own" .
expect_equal 'az acr build succeeds with Dockerfile.dockerignore' 0 "$az_status"
expect_contains '  the client says that it takes it' 'Overriding .dockerignore' "$output"
expect_equal '  the image has what that leaves' $'Dockerfile\nDockerfile.dockerignore\na\nb\nb/file\nc\nkept.tmp\nlink\nroot.tmp' \
    "$(tree "$registry/$name/app:own" | cut -d ' ' -f 1 | grep -vE '^(dev|etc|proc|sys|\.dockerenv|)(/|$)')"
