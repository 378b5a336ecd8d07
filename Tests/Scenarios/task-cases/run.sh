#!/usr/bin/env bash
# Every case of a task file that is to be carried out: `slipway exec` does what the case says, on the real daemon.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_services
make_local_images

cases=("$@")
if [ "${#cases[@]}" -eq 0 ]; then
    mapfile -t cases < <(grep -l '"mode": "exec"' "$root"/Tests/Conformance/cases/task/*.json | xargs -n 1 basename -s .json)
fi
[ "${#cases[@]}" -gt 0 ] || not_ok 'there are cases' 'none was found'
for case in "${cases[@]}"; do
    # Each has its own state, so that what a case leaves can't hide in another's.
    if problems=$(XDG_STATE_HOME=$work/state SLIPWAY=$bin/slipway python3 "$scenario/carry_out.py" \
        "$root/Tests/Conformance/cases/task/$case.json" "$registry" "$work/$case"); then
        ok "$case"
    else
        not_ok "$case" "$problems" "$(cat "$work/$case/stderr" "$work/$case/stdout" 2>/dev/null)"
    fi
done
