#!/usr/bin/env bash
# What a run built can be kept and downloaded, without a push, in a form that other tools read.
# part: timeout 300
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_packages "to read OCI archives" skopeo || skip "there is no skopeo here"
start_server

cd "$work"
write_file "$work/app/Dockerfile" "FROM $base" 'RUN echo kept >/who' 'RUN echo kept >/who' 'CMD ["cat", "/who"]'
expect_exit 'an image is built and kept as what docker reads' 0 \
    slipway build --no-push --keep docker -t "$name/app:1" "$work/app"
run=$(newest_run)
expect_contains '  the log says how to get it' "slipway runs download $run" "$output"
expect_equal '  and so does the record' docker "$(run_field "$run" .keptOutput.form)"
expect_exit '  it is downloaded' 0 slipway runs download "$run"
expect_equal '  all of it' "$(run_field "$run" .keptOutput.size)" "$(stat --format %s "$run.docker.tar")"
expect_contains '  docker loads it under its name' "$registry/$name/app:1" "$(docker load --input "$run.docker.tar")"
expect_equal '  and it runs' kept "$(docker run --rm "$registry/$name/app:1")"
expect_equal '  nothing was pushed' '' "$(registry_digest "$registry" "$name/app" 1)"

expect_exit 'an image is kept as an OCI archive' 0 slipway build --no-push --keep oci -t "$name/app:2" "$work/app"
run=$(newest_run)
expect_exit '  it goes to standard output, too' 0 sh -c "'$bin/slipway' runs download '$run' -o - >oci.tar"
expect_exit '  other tools can copy it' 0 \
    skopeo copy --insecure-policy --dest-tls-verify=false "oci-archive:oci.tar:2" "docker://$registry/$name/copied:2"
docker pull --quiet "$registry/$name/copied:2" >/dev/null
expect_equal '  and it runs' kept "$(docker run --rm "$registry/$name/copied:2")"

mkdir -p "$work/many"
cp "$(command -v busybox)" "$work/many/busybox"
write_file "$work/many/Dockerfile" 'FROM scratch' 'COPY busybox /bin/busybox' 'ARG TARGETARCH' 'ENV ARCH=$TARGETARCH'
expect_exit 'an image of two platforms is kept as one OCI archive' 0 \
    slipway build --no-push --keep oci --platform linux/amd64,linux/386 -t "$name/many:1" "$work/many"
slipway runs download -o many.tar
expect_exit '  with both in it' 0 skopeo copy --all --insecure-policy --dest-tls-verify=false \
    "oci-archive:many.tar:1" "docker://$registry/$name/many:1"
expect_equal '  under one index' 'amd64 386' "$(_curl --header 'Accept: application/vnd.oci.image.index.v1+json' \
    "http://$registry/v2/$name/many/manifests/1" | jq --raw-output '[.manifests[].platform.architecture] | join(" ")')"
expect_exit '  a docker archive of two is refused' 1 \
    slipway build --no-push --keep docker --platform linux/amd64,linux/386 "$work/many"

expect_exit 'a run that kept nothing' 0 slipway build --no-push "$work/app"
expect_exit '  has nothing to download' 3 slipway runs download
expect_contains '  and says so' 'is kept for a download' "$output"
expect_equal '  and leaves no file' '' "$(find "$work" -name '*.part')"

stop_server
start_server 'limits: {outputBytes: 1MiB}'
expect_exit 'an archive over the limit' 1 slipway build --no-push --keep docker "$work/app"
expect_contains '  ends the run with the name of the limit' limits.outputBytes "$output"
expect_equal '  and leaves nothing' '' "$(find "$data/outputs" -name "$(newest_run).*")"
