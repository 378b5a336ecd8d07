#!/usr/bin/env bash
# Looks into a context: what is in it, and why. The output is that of the README.
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"

# shown COMMAND: what the README says the command writes.
shown() { sed -n "/^\$ slipway $1$/,/^\(\$ .*\|\`\`\`\)$/p" "$scenario/README.md" | sed '1d;$d' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }

umask 022
cp -r "$scenario/app" "$work/app"
chmod -R u=rwX,go=rX "$work/app"
cd "$work"

for command in 'context ls app' 'context explain app src/main.py.bak' \
    'context match --rules app/.dockerignore src/main.py docs/x'; do
    # shellcheck disable=SC2086  # its words
    expect_exit "slipway $command works" 0 slipway $command
    printf '%s\n' "$output"
    expect_equal '  and writes what the README says' "$(shown "${command//[*.\/]/.}")" "$output"
done
expect_equal 'scripts get JSON' '[".dockerignore","Dockerfile"]' \
    "$(slipway context ls --json app | jq --compact-output .carried)"
expect_equal 'the tar has what is listed' $'.dockerignore\nDockerfile\nsrc/\nsrc/main.py' \
    "$(slipway context tar app | tar -t)"

new_repository "$work/repository"
cp -r app "$work/repository/service"
commit "$work/repository" >/dev/null
publish "$work/repository" "$name/app.git"
export XDG_CACHE_HOME=$work/cache
expect_equal 'a folder of a git repository has the same in it' \
    "$(slipway context ls --json app | jq --sort-keys '.included, .carried')" \
    "$(slipway context ls --json "$git_url/$name/app.git#main:service" | jq --sort-keys '.included, .carried')"
