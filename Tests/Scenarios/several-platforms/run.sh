#!/usr/bin/env bash
# One run builds an image for several platforms: a lane for each, then one index under the tags that were asked for.
# part: timeout 300
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server

# index_of TAG: what the tag names in the registry, an index or not.
index_of() {
    _curl --header 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
        --header 'Accept: application/vnd.oci.image.index.v1+json' \
        --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        "http://$registry/v2/$name/$1/manifests/$2"
}
tags_of() { _curl "http://$registry/v2/$name/$1/tags/list" | jq --compact-output '.tags | sort'; }

# Programs for 386 run on amd64 as well, so this base needs no emulation.
mkdir -p "$work/base"
cp "$(command -v busybox)" "$work/base/busybox"
write_file "$work/base/Dockerfile" 'FROM scratch' 'COPY busybox /bin/busybox' 'ARG TARGETARCH' 'ENV BASE_OF=$TARGETARCH'
expect_exit 'a base for two platforms is built and pushed' 0 \
    slipway build --platform linux/amd64,linux/386 -t "$name/base:1" "$work/base"
expect_contains '  each line of a builder carries its lane' 'build-linux-386 | #' "$output"
index=$(index_of base 1)
expect_equal '  the tag is an index of both' 'linux/amd64 linux/386' \
    "$(jq --raw-output '[.manifests[].platform | .os + "/" + .architecture] | join(" ")' <<<"$index")"
expect_equal '  the helper tags are gone, where the registry can remove tags, or the log says that they stay' \
    'true' "$(if [ "$(tags_of base)" = '["1"]' ]; then echo true; else grep -q 'The helper tags .* stay in' <<<"$output" && echo true; fi)"

cp -r "$work/base" "$work/scratch"

write_file "$work/app/Dockerfile" "FROM $registry/$name/base:1" 'ARG TARGETPLATFORM' \
    'RUN ["/bin/busybox", "sh", "-c", "echo $TARGETPLATFORM on $BASE_OF >/what"]' 'CMD ["/bin/busybox", "cat", "/what"]'
expect_exit 'an image on it is built for both, with steps that run' 0 \
    slipway build --platform linux/amd64,linux/386 -t "$name/app:1" -t "$name/app:more" -t "$name/other:1" "$work/app"
run=$(sed -n 's/.*Run ID: \([a-z0-9]*\).*/\1/p' <<<"$output" | head -n 1)
[ -n "$run" ] || run=$(slipway runs list -o json | jq --raw-output '.[0].runId')
for image in app:1 app:more other:1; do
    digests=$(index_of "${image%:*}" "${image#*:}" | jq --raw-output '.manifests[].digest')
    expect_equal "  $image names two images" 2 "$(wc -l <<<"$digests")"
    for digest in $digests; do
        docker pull --quiet "$registry/$name/${image%:*}@$digest" >/dev/null
        said=$(docker run --rm "$registry/$name/${image%:*}@$digest")
        platform=$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$registry/$name/${image%:*}@$digest")
        expect_equal "  the image for $platform is what it says" "$platform on ${platform#*/}" "$said"
        docker image rm "$registry/$name/${image%:*}@$digest" >/dev/null
    done
done
expect_equal '  the record has a step for each lane, and one that pushes' \
    'build-linux-amd64 build-linux-386 push: successful successful successful' \
    "$(slipway runs show "$run" -o json | jq --raw-output '([.steps[].id] | join(" ")) + ": " + ([.steps[].status] | join(" "))')"
expect_equal '  and both platforms' 'amd64 386' \
    "$(slipway runs show "$run" -o json | jq --raw-output '[.platforms[].architecture] | join(" ")')"
expect_equal '  its images are the tags with the digest of the index, and each image below' \
    "$(index_of app 1 | sha256sum | cut -d ' ' -f 1)" \
    "$(slipway runs show "$run" -o json | jq --raw-output '.outputImages[] | select(.tag == "more") | .digest' | cut -d : -f 2)"
expect_equal '  4 images and 3 tags' 7 "$(slipway runs show "$run" -o json | jq '.outputImages | length')"

write_file "$work/half/Dockerfile" "FROM $registry/$name/base:1" 'ARG TARGETARCH' \
    'RUN ["/bin/busybox", "sh", "-c", "test $TARGETARCH = amd64"]'
before=$(index_of app 1)
expect_exit 'when one lane fails the run fails' 1 \
    slipway build --platform linux/amd64,linux/386 -t "$name/app:1" "$work/half"
expect_contains '  naming the lane' 'build-linux-386' "$output"
expect_equal '  and the tag stays what it was' "$before" "$(index_of app 1)"

# A program of a machine that nobody emulates.
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\231\231\1\0\0\0%s' "$(printf 'x%.0s' {1..100})" >"$work/base/odd"
write_file "$work/base/Dockerfile" 'FROM scratch' 'COPY --chmod=755 odd /odd' 'RUN ["/odd"]'
expect_exit 'a platform that the host can not emulate' 1 slipway build --platform linux/arm64 --no-push "$work/base"
expect_contains '  is told with what to do' 'install qemu-user-static' "$output"
expect_exit 'several platforms and the classic builder exclude each other' 1 \
    slipway build --builder classic --platform linux/amd64,linux/386 -t "$name/x:1" "$work/app"

# Registries that remove tags, with the manifest or without.
start_registry
behind=$service_address
# shellcheck disable=SC2012  # names of our own
store=$(ls -td "$SLIPWAY_TEST_WORK"/registry*/ | head -n 1)data
for manner in '' --greedy; do
    # shellcheck disable=SC2086  # no word, or one
    _serve "$(_new_name untagging)" python3 "$scenario/untagging_registry.py" "$behind" "$store" $manner
    untagging=$service_address
    stop_server
    start_server "registries: [{name: tests, loginServer: '$untagging'}]"
    expect_exit "a registry that removes tags${manner:+ with their manifests}" 0 \
        slipway build --platform linux/amd64,linux/386 -t "$name/own$manner:1" "$work/scratch"
    said=$output
    tags=$(_curl "http://$untagging/v2/$name/own$manner/tags/list" | jq --raw-output '.tags | sort | join(" ")')
    for digest in $(registry=$untagging index_of "own$manner" 1 | jq --raw-output '.manifests[].digest'); do
        expect_equal '  the image is there' 200 "$(_curl --output /dev/null --write-out '%{http_code}' --head \
            --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
            "http://$untagging/v2/$name/own$manner/manifests/$digest")"
    done
    if [ -z "$manner" ]; then
        expect_equal '  only the tag that was asked for is left' 1 "$tags"
        expect_equal '  and the record has the others by digest alone' 2 \
            "$(run_field "$(newest_run)" '[.outputImages[] | select(.tag == null)] | length')"
    else
        expect_contains '  what went with its tag was pushed again, and the log says so' 'pushing it again' "$said"
    fi
done

stop_server
start_server "pools: [{name: default, slots: 3, docker: '$docker_host', policy: {emulation: false}}]"
expect_exit 'a pool without emulation builds no foreign platform' 1 \
    slipway build --platform linux/amd64,linux/arm64 -t "$name/x:2" "$work/app"
expect_contains '  and names the setting' 'pools[].policy.emulation' "$output"
