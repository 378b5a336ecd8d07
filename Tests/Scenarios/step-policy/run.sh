#!/usr/bin/env bash
# A pool whose policy gives steps the daemon's socket: lines that need a shell, the docker client in steps, names of
# containers, what is cleaned up then; secrets of the vault; the record of steps.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_services
make_local_images
start_server "pools:
  - name: default
    slots: 2
    docker: '$docker_host'
    policy:
      allow: [docker-socket]
  - name: closed
    slots: 1
    docker: '$docker_host'
steps:
  shellImage: docker"

write_file "$work/app/acb.yaml" 'version: v1.1.0' \
    'secrets: [{id: token, keyvault: "https://vault.example.com/secrets/token"}]' \
    'steps:' \
    '  - id: piped' \
    '    cmd: busybox echo "{{.Secrets.token}} through a pipe" | tr a-z A-Z' \
    '  - id: kept' \
    '    cmd: busybox echo said by a kept step' \
    '    keep: true' \
    '  - id: asks' \
    '    cmd: docker logs kept' \
    '  - id: side' \
    '    cmd: docker run --detach --volume {{.Run.SharedVolume}}:/w busybox sleep 1000' \
    '  - id: several' \
    '    cmd: |' \
    '      busybox echo first' \
    '      busybox sh -c "echo $HOME; exit 3"' \
    '    ignoreErrors: true' \
    '  - id: files' \
    '    cmd: busybox cat /workspace/given > copy; cat copy; ls'
write_file "$work/app/given" 'given with the context'

expect_exit 'a run whose secret is not stored fails' 1 slipway run "$work/app"
expect_contains '        and says how to store it' 'slipway secret set https://vault.example.com/secrets/token' \
    "$(run_field "$(newest_run)" .runErrorMessage)"

printf 'token-of-the-vault\n' | slipway secret set https://vault.example.com/secrets/token >/dev/null
expect_exit 'a run in a pool that gives the socket' 0 slipway run "$work/app"
run=$(newest_run) log=$(log_of_run "$(newest_run)")
expect_contains 'a pipe goes through the shell' 'THROUGH A PIPE' "$log"
expect_not '        the secret in it is masked' grep -qF 'token-of-the-vault' <<<"$log"
expect_equal 'a kept container is found by the id of its step' 2 "$(grep -c 'said by a kept step' <<<"$log")"
expect_contains 'a line of several commands is several' first "$log"
expect_contains '        the home is not the agent'"'"'s' /acb/home "$log"
expect_contains 'a file is written next to the container, in the workspace' 'given with the context' "$log"
expect_equal 'nothing is left' '' "$(
    docker ps --all --filter "label=slipway.run=$run" --format '{{.Names}}'
    docker ps --all --filter "volume=$(sed -n 's/.*\(c[a-z0-9]*-1-workspace-[a-z0-9]*\).*/\1/p' <<<"$log" | head -n 1)" \
        --format '{{.Names}}'
    docker volume ls --filter "label=slipway.run=$run" --format '{{.Name}}'
)"

steps=$(slipway runs show "$run" --output json | jq --compact-output '[.steps[] | [.id, .type, .status, .launches, .exitCode]]')
expect_equal 'each step has a record' \
    '[["piped","cmd","successful",1,0],["kept","cmd","successful",1,0],["asks","cmd","successful",1,0],["side","cmd","successful",1,0],["several","cmd","successful",1,3],["files","cmd","successful",1,0]]' \
    "$steps"
expect_match 'and is in the table' '.*several.*' "$(slipway runs show "$run" | grep several)"

# ---- The other pool ----

expect_exit 'the same file is refused in a pool that does not give it' 1 slipway run "$work/app" --agent-pool closed
refusal=$(slipway run "$work/app" --agent-pool closed 2>&1) || true
expect_contains '        and the setting is named' 'pools[].policy.allow: [docker-socket]' "$refusal"

# ---- Stopping ----

write_file "$work/long/acb.yaml" 'steps:' \
    "  - cmd: busybox sh -c 'trap \"echo asked; exit 0\" TERM; echo ready; while :; do sleep 0.1; done' | cat"
slipway run "$work/long" --no-wait >/dev/null
run=$(newest_run)
wait_for_log "$run" ready
slipway runs cancel "$run" >/dev/null
wait_for_end "$run"
expect_equal 'a line that is canceled' Canceled "$status"
expect 'its container was asked to end' log_contains "$run" asked
expect_equal '        nothing is left' '' "$(docker ps --all --filter "label=slipway.run=$run" --format '{{.Names}}')"
