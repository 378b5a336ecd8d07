#!/usr/bin/env bash
# Builds log in at a server with a key that they never see.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
[ "$(id -u)" -eq 0 ] || skip 'needs root, for sshd'
need_services
need_packages 'for ssh' ssh:openssh-client sshd:openssh-server
start_server

# ---- A server, and an image with a client ----

for key in host build other; do ssh-keygen -q -N '' -t ed25519 -f "$work/$key"; done
ssh-keygen -q -N '' -t rsa -b 3072 -f "$work/rsa"
ssh-keygen -q -N 'a passphrase' -t ed25519 -f "$work/locked"
cat "$work/build.pub" "$work/rsa.pub" >"$work/authorized"
host=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}')
port=$(free_port)
write_file "$work/sshd_config" "ListenAddress $host:$port" "HostKey $work/host" "AuthorizedKeysFile $work/authorized" \
    'PidFile none' 'StrictModes no' 'UsePAM no' 'PermitRootLogin yes' 'PasswordAuthentication no'
mkdir -p /run/sshd
/usr/sbin/sshd -D -e -f "$work/sshd_config" >"$work/sshd.log" 2>&1 </dev/null &
_remember sshd $!
wait_until 30 grep -q 'Server listening' "$work/sshd.log"

mkdir -p "$work/tools"
cp --parents --dereference "$(command -v ssh)" "$(command -v ssh-add)" "$work/tools"
for program in ssh ssh-add; do
    ldd "$(command -v "$program")" | grep -o '/[^ ]*' | while read -r library; do
        cp --parents --dereference "$library" "$work/tools"
    done
done
write_file "$work/tools/etc/passwd" root:x:0:0:root:/root:/bin/sh
write_file "$work/tools/etc/known_hosts" "[$host]:$port $(cut -d ' ' -f 1,2 "$work/host.pub")"
write_file "$work/tools/Dockerfile" "FROM $base" 'COPY . /' 'ENV PATH=/bin:/usr/bin'
tools=$registry/$name/tools:1
DOCKER_BUILDKIT=0 docker build --quiet --tag "$tools" "$work/tools" >/dev/null 2>&1
docker push --quiet "$tools" >/dev/null
docker image rm "$tools" >/dev/null

log_in="ssh -F /dev/null -o UserKnownHostsFile=/etc/known_hosts -o BatchMode=yes -p $port root@$host"
write_file "$work/app/Dockerfile" "FROM $tools" "RUN --mount=type=ssh ssh-add -l && $log_in echo logged in"
write_file "$work/two/Dockerfile" "FROM $tools" "RUN --mount=type=ssh,id=two $log_in echo logged in"
write_file "$work/required/Dockerfile" "FROM $tools" 'RUN --mount=type=ssh,required=true true'

# ---- slipway build ----

for key in build rsa; do
    expect_exit "$key: a build logs in with the key" 0 \
        slipway build --no-cache -t "$name/app:1" --ssh "default=$work/$key" "$work/app"
    expect_contains '  at the server' ' logged in' "$output"
    line=$(sed -n 3p "$work/$key")
    expect_lacks '  the key is not in the log' "$line" "$output"
    expect_lacks '  nor in the record' "$line" "$(slipway runs show "$(newest_run)" --output json)"
    expect_equal '  nor in a file of the server' '' \
        "$(grep --recursive --files-with-matches --fixed-strings "$line" "$data" "$server_log" || true)"
done
expect_exit 'a key has an id, and one id several keys' 0 \
    slipway build --no-cache -t "$name/app:1" --ssh "two=$work/other,$work/build" "$work/two"
expect_run 'a build with a key that the server does not know fails' Failed 'exit code' \
    --no-cache -t "$name/app:1" --ssh "default=$work/other" "$work/app"
expect_contains '  in the words of ssh' 'Permission denied' "$output"
expect_run 'a build without the key that it requires fails' Failed '--ssh default=KEYFILE' \
    --no-cache -t "$name/app:1" "$work/required"
expect_exit 'a key with a passphrase is refused before anything is sent' 1 \
    slipway build -t "$name/app:1" --ssh "default=$work/locked" "$work/app"
expect_contains '  with what to do' "ssh-keygen -t ed25519 -N ''" "$output"
expect_exit 'an agent is refused' 1 slipway build -t "$name/app:1" --ssh default "$work/app"
expect_contains '  with what to do' '--ssh default=~/.ssh/id_ed25519' "$output"

# ---- Task files ----

write_file "$work/app/task.yaml" 'version: v1.1.0' 'volumes:' '  - name: keys' '    secret:' \
    '      id: {{ .Values.key | b64enc }}' 'steps:' \
    '  - build: --no-cache --ssh default=/keys/id -t $Registry/'"$name"'/task:1 .' \
    '    volumeMounts: [{name: keys, mountPath: /keys}]'
expect_exit 'a build step has a key of a volume' 0 \
    slipway run -f task.yaml --set-secret "key=$(cat "$work/build")" "$work/app"
expect_contains '  and logs in' ' logged in' "$output"
expect_lacks '  the key is not in the log' "$(sed -n 3p "$work/build")" "$output"
