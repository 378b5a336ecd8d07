#!/usr/bin/env bash
# Carries out every task file here with `slipway exec`, some of them on a server too, and checks what they print.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../../Tests/Scenarios/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../Tests/Scenarios/lib.sh"
make_local_images
export XDG_STATE_HOME=$work/state
cd "$scenario"

# carry_out FILE STATUS [OPTION…]: the file is right, and carried out with this folder as its context it ends with that
# exit status. Sets output, and lines to those that its steps printed.
carry_out() {
    local file=$1 expected=$2 status=0
    shift 2
    tried+=("$file")
    if ! output=$(slipway task check "$file" --registry "$registry" "$@" 2>&1); then
        not_ok "$file is right" "$output"
    fi
    slipway exec "$file" . --registry "$registry" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    lines=$(cat "$work/stdout")
    output=$(cat "$work/stderr" "$work/stdout")
    if [ "$status" -eq "$expected" ]; then
        ok "$file"
    else
        not_ok "$file" "exit status $status instead of $expected" "$(tail -n 20 <<<"$output")"
    fi
}

# prints LINE…: the steps printed these lines, in this order and perhaps others.
prints() {
    local line rest=$lines
    for line in "$@"; do
        if ! grep -qxF -- "$line" <<<"$rest"; then
            not_ok "    prints '$line'" "$lines"
            return
        fi
        rest=$(sed "1,$(grep -nxF -m 1 -- "$line" <<<"$rest" | cut -d: -f1)d" <<<"$rest")
    done
    ok "    prints '$1'$([ "$#" -eq 1 ] || printf ' and more')"
}

# pushes TAG…: images are in the registry.
pushes() {
    local tag
    for tag in "$@"; do
        expect_match "    $tag is in the registry" 'sha256:[0-9a-f]{64}' \
            "$(registry_digest "$registry" "$name/${tag%:*}" "${tag#*:}")"
    done
}

tried=()

# ---- Commands --------------------------------------------------------------------------------------------------------

carry_out hello-world.yaml 0
prints 'Hello from a step'
carry_out aliases.yaml 0
prints 'Hello from run ca1 on linux/amd64' 'the home is /acb/home'
carry_out sequential.yaml 0
prints one two three
carry_out when.yaml 0
prints begin left end
prints begin right end
carry_out workspace.yaml 0
prints 'written by the first step' /workspace/results note.txt '<h1>Hello from Slipway</h1>'
carry_out environment.yaml 0
prints 'test in the default' 'test in berlin' 1000
carry_out unreliable.yaml 0
prints busy busy trying done done
carry_out fails.yaml 1
prints 'there is nothing to compile'
expect_lacks '    what comes after it never began' 'never to be seen' "$output"
expect_contains '    says which step it was' 'failed to run step ID: compile: exit status 2' "$output"

# ---- Builds ----------------------------------------------------------------------------------------------------------

carry_out build.yaml 0
expect_not '    nothing of it stays' docker_image_exists "$registry/$name/web"
carry_out build-and-push.yaml 0
pushes web:ca1 web:latest
carry_out build-run-push.yaml 0
prints ca1
pushes checked:ca1
carry_out build-test-push.yaml 0
prints 'the site has version ca1' 'site:ca1 is what runs now'
pushes site:ca1
carry_out parallel-builds.yaml 0
prints 'both are built'
start_registry
carry_out two-registries.yaml 0 --set "first=$registry" --set "second=$service_address"
pushes twice:ca1
expect_equal '    and the same in the other one' "$(registry_digest "$registry" "$name/twice" ca1)" \
    "$(registry_digest "$service_address" "$name/twice" ca1)"
carry_out cache.yaml 0
pushes cached:ca1 cached:cache_quickrun_acb_step_0

# ---- Services and networks -------------------------------------------------------------------------------------------

carry_out services.yaml 0
prints '<h1>Hello from Slipway</h1>'
carry_out networks.yaml 0
prints '<h1>Hello from Slipway</h1>' 'no store from here'

# ---- Values and secrets ----------------------------------------------------------------------------------------------

carry_out values.yaml 0 --values values.values.yaml --set place=Bremen
prints 'Good morning, Bremen' 'to EAST' 'to WEST' 'nothing is released'
password=a-password-for-once carry_out secret-volumes.yaml 0 --set-secret user=robot --set-secret password
prints 20 'the password is ***' 'none here'
expect_lacks '    the password is nowhere to be seen' a-password-for-once "$output"
printf '{"https://vault.example.com/secrets/deploy-token": "a-token-for-once"}\n' >"$work/secrets.json"
carry_out vault-secrets.yaml 0 --secrets "$work/secrets.json"
prints 'the token is ***' 17

# ---- The docker client -----------------------------------------------------------------------------------------------

carry_out shell.yaml 1
expect_contains '    is refused without docker-socket' docker-socket "$output"
carry_out docker-client.yaml 0 --policy docker-socket
pushes by-hand:ca1
expect_equal '    a container that is kept has its log' 2 "$(grep -cxF 'kept for later' <<<"$lines")"
carry_out shell.yaml 0 --policy docker-socket
prints 'PIPED THROUGH TWO CONTAINERS' 'PIPED WITHIN ONE'

# ---- All of them -----------------------------------------------------------------------------------------------------

expect_equal 'no file was left out' "$(printf '%s\n' [a-z]*.yaml | grep -v '\.values\.yaml$')" \
    "$(printf '%s\n' "${tried[@]}" | sort -u)"
expect_equal 'nothing is left on the daemon' '' "$(docker ps --all --quiet --filter label=slipway.run=ca1)"

# ---- On a server -----------------------------------------------------------------------------------------------------

start_server

# on_server FILE [OPTION…]: sets run, and lines to its log.
on_server() {
    expect_exit "$1 on a server" 0 slipway run . -f "$@"
    run=$(newest_run) lines=$(log_of_run "$(newest_run)" | sed 's,^[a-z-]* | ,,')
}

on_server build-test-push.yaml
prints "the site has version $run" "site:$run is what runs now"
pushes "site:$run"
expect_equal '    its record has every step' 'build-site build-checks site test publish release' \
    "$(run_field "$run" '[.steps[].id] | join(" ")')"
on_server values.yaml --values values.values.yaml --set place=Bremen
prints 'Good morning, Bremen' 'to EAST' 'to WEST' 'nothing is released'
printf a-token-for-once | slipway secret set https://vault.example.com/secrets/deploy-token >/dev/null
on_server vault-secrets.yaml
prints 'the token is ***' 17
