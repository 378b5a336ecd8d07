#!/usr/bin/env bash
# Many runs at once: each ends once, in the order of the queue, with its own image; lists and filters find them.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server "pools:
- {name: default, slots: 4, docker: '$docker_host'}
- {name: other, slots: 1, docker: '$docker_host'}"

new_repository "$work/checkout"
write_file "$work/checkout/Dockerfile" 'FROM scratch' 'ARG WHO' 'LABEL who=$WHO'
write_file "$work/checkout/bad/Dockerfile" 'FROM scratch' 'COPY nothing /'
commit "$work/checkout" >/dev/null
publish "$work/checkout" "$name/app.git"
total=40

# A gate in each slot, so that there is a queue.
gates=()
for number in 1 2 3 4; do
    new_gate
    gates+=("$gate_number")
    write_file "$work/gate-$number/Dockerfile" "FROM $base" "RUN $gate"
    submit --no-cache "$work/gate-$number"
    wait_at_gate "$run"
done
ids=()
for ((number = 1; number <= total; number++)); do
    api POST scheduleRun "$(jq --null-input --arg source "$git_url/$name/app.git" \
        --arg image "$name/app:{{.Run.ID}}" --arg who "$number" \
        '{type: "DockerBuildRequest", sourceLocation: $source, imageNames: [$image], isPushEnabled: true,
          platform: {os: "Linux"}, arguments: [{type: "Argument", name: "WHO", value: $who, isSecret: false}]}')"
    ids+=("$(jq --raw-output .properties.runId <<<"$api_answer")")
done
expect_equal "$total runs are queued" "$total" "$(slipway runs list --status Queued --top 0 --output json | jq length)"
submit --agent-pool other "$work/checkout/bad"
wait_for_end "$run"
bad=$run
expect_equal 'a run in another pool passes them' Failed "$status"
for gate_number in "${gates[@]}"; do open_gate "$gate_number"; done
for id in "${ids[@]}"; do wait_for_end "$id"; done
slipway runs list --top 0 --output json >"$work/runs.json"
expect_equal 'all ended well' "$((total + 4))" \
    "$(jq '[.[] | select(.status == "Succeeded")] | length' "$work/runs.json")"
expect_equal 'they started in the order of the queue' "${ids[*]}" \
    "$(jq --raw-output --arg bad "$bad" --argjson total "$total" \
        '[.[] | select(.runId != $bad)] | reverse | .[4:] | sort_by(.startTime) | [.[].runId] | join(" ")' \
        "$work/runs.json")"
wrong=0
for ((number = 1; number <= total; number++)); do
    id=${ids[number - 1]}
    if [ "$(image_config "$registry" "$name/app" "$id" | jq --raw-output .config.Labels.who)" != "$number" ] ||
        [ "$(registry_digest "$registry" "$name/app" "$id")" != \
            "$(jq --raw-output --arg id "$id" '.[] | select(.runId == $id) | .outputImages[0].digest' \
            "$work/runs.json")" ]; then
        wrong=$((wrong + 1))
    fi
done
expect_equal 'each has its own image, with the digest of its record' 0 "$wrong"
expect_equal 'no name is left on the daemon' '' \
    "$(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep "/$name/" || true)"

# ---- Lists ----

# listed ARGUMENT…: the ids that a list has.
listed() { slipway runs list --output json "$@" | jq --raw-output '[.[].runId] | join(" ")'; }
all=$(jq --raw-output '[.[].runId] | join(" ")' "$work/runs.json")
expect_equal 'a list begins with the newest run' "$bad ${ids[total - 1]}" "$(listed --top 2)"
expect_equal 'the usual list has 15' 15 "$(listed | wc -w)"
expect_equal 'by status' "$bad" "$(listed --status Failed --top 0)"
expect_equal 'by several' "$all" "$(listed --status Failed --status Succeeded --top 0)"
expect_equal 'by pool' "$bad" "$(listed --pool other --top 0)"
expect_equal 'by image and tag' "${ids[3]}" "$(listed --image "$name/app:${ids[3]}")"
expect_equal 'by image and digest' "${ids[4]}" \
    "$(listed --image "$name/app@$(registry_digest "$registry" "$name/app" "${ids[4]}")")"
expect_equal "by a filter in OData's notation" "${ids[5]}" "$(listed --filter "RunId eq '${ids[5]}'")"
created=$(run_field "${ids[9]}" .createTime)
expect_equal 'by time' "$bad" "$(listed --filter "CreateTime gt $(run_field "${ids[total - 1]}" .createTime)" --top 0)"
expect_equal 'by time and status' "$(printf '%s\n' "${ids[@]:9}" | tac | tr '\n' ' ' | sed 's/ $//')" \
    "$(listed --filter "CreateTime ge $created and Status eq 'Succeeded'" --top 0)"
expect_equal 'a table has a line for each' 7 "$(slipway runs list --top 5 | wc -l)"
expect_equal 'tsv has no other' 5 "$(slipway runs list --top 5 --output tsv | wc -l)"
expect_equal 'a list of nothing is one' '[]' "$(slipway runs list --status Timeout --output json | tr -d ' \n')"

# Page after page, as clients do that are not ours.
for _ in {1..120}; do
    api POST scheduleRun "$(jq --null-input --arg source "$git_url/$name/app.git" \
        '{type: "DockerBuildRequest", sourceLocation: $source, imageNames: [], platform: {os: "Linux"}}')"
done
api GET runs
first_page=$(jq '.value | length' <<<"$api_answer")
next=$(jq --raw-output '.nextLink // empty' <<<"$api_answer")
expect_equal 'a page has 100 runs' 100 "$first_page"
expect_match 'and a link to the next one' 'https://.*' "$next"
second_page=$(server_curl --header "@$work/servers/$server/token" "$next")
expect_equal 'which has the rest' $((total + 5 + 120 - 100)) "$(jq '.value | length' <<<"$second_page")"
expect_equal 'and no link' null "$(jq .nextLink <<<"$second_page")"
slipway runs cancel --all >/dev/null
