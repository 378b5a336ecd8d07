#!/usr/bin/env bash
# Installs Azure's own clients from PyPI, each into a virtual environment of its own, once per machine.
#
#     Tests/azure-clients.sh                      all of them
#     Tests/azure-clients.sh cli-2.91.0 sdk-10     only these
#     Tests/azure-clients.sh --list               their names
#
# A command line client takes two to three minutes and 750 MB of disk, so Tests/run.sh starts this while it builds. They
# are kept below ${XDG_CACHE_HOME:-~/.cache}/acr-tasks-az (ACRT_AZ_DIR names another folder), in venv-NAME; those of the
# command line are where Tests/Conformance/az-setup looks for them, and it waits for the same lock. A file .complete is
# written last: what was broken off is done again.

set -euo pipefail
base=${ACRT_AZ_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/acr-tasks-az}
python=${ACRT_PYTHON:-python3}
all=(cli-2.91.0 sdk-15 sdk-10 cli-2.84.0)

packages_of() {
    case $1 in
        cli-*) printf 'azure-cli==%s' "${1#cli-}" ;;
        # The newest one has tasks in a package of their own, the old one in the same.
        sdk-15)
            printf '%s ' azure-mgmt-containerregistry==15.0.0 azure-mgmt-containerregistrytasks==1.0.0b1 \
                azure-identity requests
            ;;
        sdk-10) printf 'azure-mgmt-containerregistry==10.3.0 azure-identity requests' ;;
        *)
            printf 'azure-clients.sh: there is no %s; these are there: %s\n' "$1" "${all[*]}" >&2
            return 1
            ;;
    esac
}

folder_of() {
    case $1 in
        cli-*) printf '%s/venv-%s' "$base" "${1#cli-}" ;;
        *) printf '%s/venv-%s' "$base" "$1" ;;
    esac
}

# install NAME: under the lock.
install() {
    local folder packages began=$SECONDS
    packages=$(packages_of "$1")
    folder=$(folder_of "$1")
    [ ! -e "$folder/.complete" ] || return 0
    printf 'azure-clients.sh: installing %s into %s\n' "$packages" "$folder" >&2
    rm -rf "$folder"
    # What pip starts must not keep the lock when this script is stopped.
    "$python" -m venv "$folder" 9>&-
    # shellcheck disable=SC2086  # its words
    "$folder/bin/pip" install --quiet --disable-pip-version-check $packages >&2 9>&- &
    child=$!
    wait "$child"
    child=''
    : >"$folder/.complete"
    printf 'azure-clients.sh: %s took %s s\n' "$1" $((SECONDS - began)) >&2
}

child=''
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 143' TERM INT HUP
if [ "${1:-}" = --list ]; then
    printf '%s\n' "${all[@]}"
    exit 0
fi
[ "$#" -gt 0 ] || set -- "${all[@]}"
for name in "$@"; do packages_of "$name" >/dev/null; done
mkdir -p "$base"
# One at a time; whoever waits for the first goes on as soon as it is there.
exec 9>"$base/lock"
for name in "$@"; do
    [ ! -e "$(folder_of "$name")/.complete" ] || continue
    flock 9
    install "$name"
    flock --unlock 9
done
