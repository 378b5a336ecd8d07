#!/usr/bin/env bash
# A folder and a git repository become pushed images: what is in them, what the record and the log say.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server

# label TAG NAME: a label of an image of this scenario.
label() { image_config "$registry" "$name/app" "$1" | jq --raw-output ".config.Labels[\"$2\"]"; }

# files TAG: the names in an image that was built from scratch with everything copied to /ctx.
files() {
    exported "$registry/$name/app:$1" "$work/export-$1"
    (cd "$work/export-$1/ctx" && find . -mindepth 1 | sort | sed 's|^\./||')
}

# ---- A folder ----

app=$work/app
write_file "$app/Dockerfile" "FROM $base" 'ARG WHO=nobody' 'COPY . /ctx' "RUN echo \"hello \$WHO\"" \
    'LABEL content=folder' \
    'CMD ["cat", "/ctx/a.txt"]'
write_file "$app/a.txt" 'a text'
write_file "$app/a.log" ignored
write_file "$app/keep.log" kept
write_file "$app/modules/x" ignored
write_file "$app/.dockerignore" '# a comment' '*.log' '!keep.log' modules
new_repository "$app"
commit "$app" >/dev/null
cd "$app"

expect_exit 'the current folder is built' 0 slipway build -t "$name/app:folder" --build-arg WHO=skipper \
    --label made.by=scenario .
expect_contains 'packing is announced' 'Packing source code into tar to upload...' "$output"
expect_contains 'the run is announced' 'Queued a build with ID: ' "$output"
expect_contains 'the build argument reached the build' 'hello skipper' "$output"
folder_run=$(newest_run)
expect_equal 'the record says Succeeded' Succeeded "$(run_field "$folder_run" .status)"
expect_equal "the record's image is the tag" "$registry/$name/app:folder" \
    "$(run_field "$folder_run" '.outputImages[0] | .registry + "/" + .repository + ":" + .tag')"
expect_equal 'there is one image in the record' 1 "$(run_field "$folder_run" '.outputImages | length')"
digest=$(registry_digest "$registry" "$name/app" folder)
expect_match 'the registry has the tag' 'sha256:[0-9a-f]{64}' "$digest"
expect_equal "the record's digest is the registry's" "$digest" "$(run_field "$folder_run" '.outputImages[0].digest')"
expect_equal 'the label of the command line is on the image' scenario "$(label folder made.by)"
expect_equal 'what is ignored, and .git, is not in the context' $'.dockerignore\nDockerfile\na.txt\nkeep.log' \
    "$(files folder)"
expect_not "the run's name is gone from the daemon" docker_image_exists "$registry/$name/app:folder"

printf '!.git/**\n' >>.dockerignore
expect_exit 'a folder that asks for .git is built' 0 slipway build -t "$name/app:with-git" .
expect_contains "'!.git/**' brings .git" .git/HEAD "$(files with-git)"
expect_lacks 'and the rules still hold' modules "$(files with-git)"

# ---- The log ----

raw_log "$folder_run" "$work/raw"
expect_equal 'every line of the stored log ends in CR LF' "$(tr -cd '\n' <"$work/raw" | wc -c)" \
    "$(grep -c $'\r$' "$work/raw")"
expect_equal 'and no CR stands elsewhere' "$(tr -cd '\r' <"$work/raw" | wc -c)" "$(grep -c $'\r$' "$work/raw")"
tr -d '\r' <"$work/raw" >"$work/log"
expect_equal 'slipway logs shows the same with LF' "$(cat "$work/log")" "$(log_of_run "$folder_run")"
stamp='[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
expect_match 'the first line is the begin of the step' \
    "$stamp Executing step ID: build. Timeout\\(sec\\): 28800, Working directory: '', Network: ''" \
    "$(head -n 1 "$work/log")"
expect_match 'the last line is the result' "Run ID: $folder_run was successful after ([0-9]+m)?[0-9]+s" \
    "$(tail -n 1 "$work/log")"
for line in 'Scanning for dependencies...' 'Successfully scanned dependencies' 'Launching container with name: build' \
    'Successfully executed container: build' "Pushing image: $registry/$name/app:folder, attempt 1" \
    "Successfully pushed image: $registry/$name/app:folder" 'Successfully populated digests for step ID: build' \
    'The following dependencies were found:'; do
    expect "the log has '$line'" grep -qE "^$stamp $(sed 's/[.[]/\\&/g' <<<"$line")$" "$work/log"
done
expect_contains "the log's dependency record has the pushed digest" "digest: $digest" "$(cat "$work/log")"

# ---- Other options ----

write_file "$work/stages/build/Dockerfile.two" 'FROM scratch AS first' 'LABEL stage=first' 'FROM scratch AS second' \
    'LABEL stage=second'
cd "$work/stages"
expect_exit '-f names the Dockerfile from the current folder, --target a stage' 0 \
    slipway build -t "$name/app:first" -f build/Dockerfile.two --target first --platform linux/amd64 .
expect_equal 'that stage was built' first "$(label first stage)"
expect_equal 'for that platform' linux/amd64 \
    "$(image_config "$registry" "$name/app" first | jq --raw-output '.os + "/" + .architecture')"
expect_exit 'without --target the last stage' 0 slipway build -t "$name/app:second" -t "$name/app:{{.Run.ID}}" \
    -f build/Dockerfile.two .
expect_equal 'is built' second "$(label second stage)"
run=$(newest_run)
expect_equal 'two tags make two images in the record' "second $run" \
    "$(run_field "$run" '[.outputImages[].tag] | join(" ")')"
expect_equal 'the tag from a template is in the registry' "$(registry_digest "$registry" "$name/app" second)" \
    "$(registry_digest "$registry" "$name/app" "$run")"
expect_exit 'a Dockerfile from standard input is built' 0 \
    slipway build -t "$name/app:stdin" -f - . <<<$'FROM scratch\nLABEL stage=stdin'
expect_equal 'it is the one that was read' stdin "$(label stdin stage)"
write_file "$work/stages/.dockerignore" build
write_file "$work/elsewhere/Other" 'FROM scratch' 'COPY . /ctx' 'LABEL stage=elsewhere'
for builder in buildkit classic; do
    expect_exit "$builder: a Dockerfile outside of the context is built" 0 \
        slipway build --builder "$builder" -t "$name/app:outside-$builder" -f ../elsewhere/Other .
    expect_equal '  it is that one' elsewhere "$(label "outside-$builder" stage)"
done
expect_equal '  and the context is what it was' '.dockerignore' "$(files outside-buildkit)"
rm .dockerignore
expect_exit '--no-push builds' 0 slipway build --no-push -t "$name/app:unpushed" -f build/Dockerfile.two .
expect_equal 'but pushes nothing' '' "$(registry_digest "$registry" "$name/app" unpushed)"
expect_equal 'and records no image' 0 "$(run_field "$(newest_run)" '.outputImages // [] | length')"
expect_not 'and leaves no name on the daemon' docker_image_exists "$registry/$name/app:unpushed"
expect_exit 'the classic builder builds too' 0 slipway build --builder classic -t "$name/app:classic" "$app"
expect_equal 'its digest is in the record' "$(registry_digest "$registry" "$name/app" classic)" \
    "$(run_field "$(newest_run)" '.outputImages[0].digest')"
expect_contains 'its steps are in the log' 'Step 1/' "$output"
write_file "$work/failing/Dockerfile" "FROM $base" "RUN echo about to fail; exit 7"
expect_exit 'a failing step fails the command' 1 slipway build -t "$name/app:failing" "$work/failing"
expect_contains 'its output is in the log' 'about to fail' "$output"
expect_contains 'and its exit code' '7' "$(run_field "$(newest_run)" .runErrorMessage)"
expect_equal 'the run is Failed' Failed "$(run_field "$(newest_run)" .status)"
expect_equal 'nothing is pushed' '' "$(registry_digest "$registry" "$name/app" failing)"

# ---- A git repository ----

checkout=$work/checkout
new_repository "$checkout"
write_file "$checkout/Dockerfile" 'FROM scratch' 'LABEL content=first' 'COPY . /ctx'
first=$(commit "$checkout")
write_file "$checkout/Dockerfile" 'FROM scratch' 'LABEL content=main' 'COPY . /ctx'
write_file "$checkout/service/Dockerfile" 'FROM scratch' 'LABEL content=main-service' 'COPY . /ctx'
write_file "$checkout/service/.dockerignore" '*.tmp'
write_file "$checkout/service/a.tmp" ignored
write_file "$checkout/service/tool.sh" '#!/bin/sh'
write_file "$checkout/service/build/Other" 'FROM scratch' 'LABEL content=other'
chmod 755 "$checkout/service/tool.sh"
ln -s tool.sh "$checkout/service/link"
main=$(commit "$checkout")
git -C "$checkout" -c user.name=tests -c user.email=tests@localhost tag --annotate --message 'a release' v1.0 "$first"
git -C "$checkout" checkout --quiet -b team/feature
write_file "$checkout/service/Dockerfile" 'FROM scratch' 'LABEL content=feature-service'
feature=$(commit "$checkout")
git -C "$checkout" checkout --quiet --detach main
write_file "$checkout/Dockerfile" 'FROM scratch' 'LABEL content=pull-request'
pull_request=$(commit "$checkout")
git -C "$checkout" update-ref refs/pull/1/head "$pull_request"
publish "$checkout" "$name/app.git"
url=$git_url/$name/app.git

# builds_git TEXT REFERENCE LABEL COMMIT [OPTION…]
number=0
builds_git() {
    local text=$1 reference=$2 content=$3 id=$4 tag
    shift 4
    number=$((number + 1)) tag=git-$number
    expect_exit "$text is built" 0 slipway build -t "$name/app:$tag" "$@" "$reference"
    expect_equal "  it is the right tree" "$content" "$(label "$tag" content)"
    expect_equal "  the record has the commit" "$id" "$(run_field "$(newest_run)" .sourceRevision.commitId)"
    expect_equal "  the record has the registry's digest" "$(registry_digest "$registry" "$name/app" "$tag")" \
        "$(run_field "$(newest_run)" '.outputImages[0].digest')"
}
builds_git 'the default branch' "$url" main "$main"
expect_contains 'the commit is in the log' "git-head-revision: $main" "$output"
builds_git 'a folder of the default branch' "$url#:service" main-service "$main"
service_tag=git-$number
builds_git 'a branch and a folder' "$url#team/feature:service" feature-service "$feature"
builds_git 'a tag' "$url#v1.0" first "$first"
builds_git 'a commit that is no tip' "$url#$first" first "$first"
builds_git 'a pull request' "$url#refs/pull/1/head" pull-request "$pull_request"
builds_git 'a Dockerfile in a sub-folder of the folder' "$url#main:service" other "$main" -f build/Other
expect_equal "a folder's own ignore file counts, and modes and links are there" \
    $'.dockerignore 644 \nDockerfile 644 \nbuild 755 \nbuild/Other 644 \nlink 777 tool.sh\ntool.sh 755 ' \
    "$(files "$service_tag" >/dev/null && cd "$work/export-$service_tag/ctx" &&
        find . -mindepth 1 -printf '%P %m %l\n' | sort)"

# The commit is looked up anew each time, and only what is new is fetched into the mirror.
git -C "$checkout" checkout --quiet main
write_file "$checkout/Dockerfile" 'FROM scratch' 'LABEL content=moved'
moved=$(commit "$checkout")
publish "$checkout" "$name/app.git"
builds_git 'a branch that has moved' "$url#main" moved "$moved"

# ---- The .git of a git context ----

expect_lacks 'without being asked for there is no .git' .git/ "$(files git-1)"
for builder in buildkit classic; do
    builds_git "$builder: a commit with --include-git" "$url#main:service" main-service "$moved" --include-git \
        --builder "$builder"
    files "git-$number" >/dev/null
    in_image() { git -C "$work/export-git-$number/ctx" -c safe.directory='*' "$@"; }
    expect_equal '  git takes it for a clone of that branch' "$moved main" \
        "$(in_image rev-parse HEAD) $(in_image rev-parse --abbrev-ref HEAD)"
    expect_equal '  with that commit' 'a change' "$(in_image log --format=%s)"
    expect_equal '  and that remote' "$url" "$(in_image config remote.origin.url)"
done
write_file "$checkout/.dockerignore" '!.git/**'
write_file "$checkout/Dockerfile" "FROM $base" 'LABEL content=asks' 'COPY . /ctx' 'RUN cat /ctx/.git/refs/heads/main'
asks=$(commit "$checkout")
publish "$checkout" "$name/app.git"
builds_git 'an ignore file that asks for .git' "$url#main" asks "$asks"
expect_contains '  a step of the build reads it' "$asks" "$(sed 's/^git-head-revision.*//' <<<"$output")"
files "git-$number" >/dev/null
expect_equal '  git finds nothing changed' '' \
    "$(git -C "$work/export-git-$number/ctx" -c safe.directory='*' status --porcelain)"
builds_git 'the same again' "$url#main" asks "$asks"
expect_match '  its COPY comes from the cache: the bytes are the same' '[1-9][0-9]*' \
    "$(grep -c '^#[0-9]* CACHED' <<<"$output" || true)"
expect_equal '  and so is the image' "$(registry_digest "$registry" "$name/app" "git-$((number - 1))")" \
    "$(registry_digest "$registry" "$name/app" "git-$number")"
