#!/usr/bin/env bash
# Contexts that are no folder and no repository: an archive or a Dockerfile at a URL or on standard input, and none.
# part: timeout 900
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
need_packages 'for a server with a certificate' openssl bzip2:bzip2 xz:xz-utils zstd:zstd

# ---- Servers to fetch from -------------------------------------------------------------------------------------------

files=$work/files
mkdir -p "$files"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null
cat "$work/certificate.pem" "$work/key.pem" >"$work/both.pem"
# A secret as a login and one as a signature. Both need escaping in a URL.
password="$(head -c 12 /dev/urandom | base64 | tr '+/' 'xy')/p"
signature="$(head -c 12 /dev/urandom | base64 | tr '+/' 'xy')+s"
# serve NAME [OPTION…]: sets address.
serve() {
    local service=$1
    shift
    _serve "$service" python3 "$scenario/file-server.py" "$@" "$files"
    address=$service_address
}
serve plain --login "reader:$password"
plain=http://$address
serve other
other=http://$address
serve encrypted --certificate "$work/both.pem"
encrypted=https://$address
serve forbidden --certificate "$work/both.pem"
forbidden=https://$address
start_server "sources: {allow: ['$plain', '$encrypted']}
tls: {extraCertificates: ['$work/certificate.pem']}"

# label TAG NAME: a label of an image of this scenario.
label() { image_config "$registry" "$name/app" "$1" | jq --raw-output ".config.Labels[\"$2\"]"; }

# copied TAG: the names in an image that was built from scratch with everything copied to /ctx.
copied() {
    exported "$registry/$name/app:$1" "$work/export-$1"
    (cd "$work/export-$1/ctx" && find . -mindepth 1 | sort | sed 's|^\./||')
}

escaped() { jq --null-input --raw-output --arg text "$1" '$text | @uri'; }

# ---- What is there to build ------------------------------------------------------------------------------------------

# The ignore file would leave out the text, and its second rule is none at all.
write_file "$work/app/Dockerfile" 'FROM scratch' 'LABEL content=archive' 'COPY . /ctx'
write_file "$work/app/.dockerignore" '*.txt'
write_file "$work/app/a.txt" 'a text'
write_file "$work/app/.git/HEAD" 'a file like any other'
write_file "$work/app/sub/Other" 'FROM scratch' 'LABEL content=other'
cp -r "$work/app" "$work/broken"
write_file "$work/broken/.dockerignore" '[a-'
everything=$'.dockerignore\n.git\n.git/HEAD\nDockerfile\na.txt\nsub\nsub/Other'
tar --create --directory="$work/app" --owner=1000 --file="$files/app.tar" .
tar --create --directory="$work/broken" --format=pax --pax-option=comment=first --file="$files/broken.tar" .
for program in gzip bzip2 xz zstd; do "$program" --keep --quiet "$files/app.tar"; done
write_file "$files/Dockerfile" 'FROM scratch' 'LABEL content=lone' 'COPY . /ctx'
write_file "$files/page.html" '<!DOCTYPE html>' '<html><body>Please log in.</body></html>'
write_file "$work/Dockerfile.local" 'FROM scratch' 'LABEL content=local' 'COPY . /ctx'
head -c 5000000 /dev/urandom >"$work/noise"
tar --create --gzip --directory="$work" --file="$files/large.tar.gz" noise
head -c 2500000 "$files/large.tar.gz" >"$files/half.tar.gz"

# built TAG TEXT CONTENT FILES ARGUMENT…: a build that ends well, with that label and those files. Standard input goes to
# it.
built() {
    local tag=$1 text=$2 content=$3 expected=$4
    shift 4
    expect_exit "$text is built" 0 slipway build -t "$name/app:$tag" "$@"
    expect_equal '        it is the right one' "$content" "$(label "$tag" content)"
    if [ -n "$expected" ]; then expect_equal '        with these files in it' "$expected" "$(copied "$tag")"; fi
}

# ---- Downloads -------------------------------------------------------------------------------------------------------

built tar 'an archive at a URL, its ignore file not applied,' archive "$everything" "$plain/app.tar"
expect_contains '        the log says from where' "from $plain/app.tar" "$output"
expect_equal '        its files belong to root' '0 0' \
    "$(docker run --rm -v "$work/export-tar:/look:ro" "$base" stat -c '%u %g' /look/ctx/a.txt)"
built classic 'the same with the classic builder' archive "$everything" --builder classic "$plain/app.tar"
built pax 'an archive with a pax header in front and an ignore file that is none' archive "$everything" \
    "$plain/broken.tar"
for kind in gz bz2 xz zst; do
    built "$kind" "an archive in .$kind" archive '' "$plain/app.tar.$kind"
done
built https 'an archive over https, after a redirect,' archive '' "$plain/to/$(escaped "$encrypted/app.tar.gz")"
built other 'another Dockerfile of an archive' other '' -f sub/Other "$plain/app.tar"
built lone 'a lone Dockerfile at a URL' lone Dockerfile "$plain/Dockerfile"
expect_run 'a file beside a lone Dockerfile' Failed 'single Dockerfile' -f sub/Other -t "$name/app:bad" \
    "$plain/Dockerfile"

# ---- Standard input and nothing --------------------------------------------------------------------------------------

built stdin-tar 'an archive on standard input' archive "$everything" - <"$files/app.tar"
built stdin-gz 'a packed one' archive "$everything" - <"$files/app.tar.gz"
built stdin-other 'another Dockerfile in it' other '' -f sub/Other - <"$files/app.tar"
built stdin-dockerfile 'a Dockerfile on standard input' lone Dockerfile - <"$files/Dockerfile"
built null 'a Dockerfile without a context' local Dockerfile -f "$work/Dockerfile.local" /dev/null
built null-stdin 'one from standard input' lone Dockerfile -f - /dev/null <"$files/Dockerfile"
built null-url 'one from a URL' lone Dockerfile -f "$plain/Dockerfile" /dev/null
write_file "$work/folder/file" x
built folder-url 'a folder with the Dockerfile of a URL' lone file -f "$plain/Dockerfile" "$work/folder"

# ---- .git that is asked for ------------------------------------------------------------------------------------------

write_file "$work/folder/.dockerignore" .git
write_file "$work/folder/.git/HEAD" 'ref: refs/heads/main'
write_file "$work/folder/Dockerfile" 'FROM scratch' 'LABEL content=folder' 'COPY . /ctx'
built with-git 'a folder with --include-git, against its ignore file,' folder \
    $'.dockerignore\n.git\n.git/HEAD\nDockerfile\nfile' --include-git "$work/folder"

# ---- Mistakes --------------------------------------------------------------------------------------------------------

# refused TEXT NEEDLE ARGUMENT…: nothing is queued.
refused() {
    local text=$1 needle=$2 before
    before=$(newest_run)
    expect_exit "$text" 1 slipway build -t "$name/app:bad" "${@:3}"
    expect_contains "        is refused: $(grep '^error' <<<"$output" | head -c 300)" "$needle" "$output"
    expect_equal '        and queues no run' "$before" "$(newest_run)"
}
refused '/dev/null without a Dockerfile' "'-f -'" /dev/null
refused 'standard input twice' "goes with a folder" -f - - <"$files/Dockerfile"
refused 'nothing on standard input' 'nothing on standard input' - </dev/null
refused 'a file of a Dockerfile on standard input' 'single Dockerfile' -f sub/Other - <"$files/Dockerfile"
refused 'a Dockerfile of a URL for an archive' 'goes with a folder' -f "$plain/Dockerfile" "$plain/app.tar"
refused 'a Dockerfile of a URL that is not there' '404' -f "$plain/none" "$work/folder"
refused 'an archive as the Dockerfile' 'is an archive' -f "$plain/app.tar" "$work/folder"
refused 'plain http that is not allowed' "add $other to sources.allow" "$other/app.tar"
refused 'an artifact' 'may come later' "oci://$registry/app:v1"
expect_run 'a URL where nothing is' Failed "status 404, 'There is no none.tar here.'" -t "$name/app:bad" \
    "$plain/none.tar"
expect_contains '        has its code in brackets' '[not-found]' "$(run_field "$run" .runErrorMessage)"
expect_run 'a server that has its own trouble' Error 'status 503' -t "$name/app:bad" "$plain/status/503"
expect_run 'a page of a website' Failed 'DOCTYPE' -t "$name/app:bad" "$plain/page.html"
expect_run 'half an archive' Failed 'ends early' -t "$name/app:bad" "$plain/half.tar.gz"
expect_run 'half an answer' Error 'broke' -t "$name/app:bad" "$plain/cut/large.tar.gz"
expect_run 'half an archive on standard input' Failed 'ends early' -t "$name/app:bad" - <"$files/half.tar.gz"
expect_run 'a redirect from https to http' Error 'https never becomes http' -t "$name/app:bad" \
    "$encrypted/to/$(escaped "$plain/app.tar")"
expect_contains '        has its code in brackets' '[RedirectRefused]' "$(run_field "$run" .runErrorMessage)"
expect_run 'a redirect to plain http that is not allowed' Error "add $other to sources.allow" -t "$name/app:bad" \
    "$plain/to/$(escaped "$other/app.tar")"
expect_run 'a redirect to a blocked address' Error "$forbidden" -t "$name/app:bad" \
    "$plain/to/$(escaped "$forbidden/app.tar")"
expect_contains '        has its code in brackets' '[SourceAddressBlocked]' "$(run_field "$run" .runErrorMessage)"
api POST scheduleRun '{"type": "DockerBuildRequest", "sourceLocation": "/dev/null", "imageNames": ["a:1"]}'
expect_equal 'the API refuses /dev/null' '400 InvalidSourceLocation source-refused' \
    "$api_status $(jq --raw-output '.error.code + " " + .error.details[0].code' <<<"$api_answer")"

# ---- Secrets ---------------------------------------------------------------------------------------------------------

# nowhere TEXT: neither secret, in any form, is in a file below the data folder, in what the server wrote, in the run's
# record or log, or in $output.
nowhere() {
    local found='' secret form
    slipway runs show "$run" --output json >"$work/shown"
    log_of_run "$run" >>"$work/shown"
    printf '%s\n' "$output" >>"$work/shown"
    for secret in "$password" "$signature"; do
        for form in "$secret" "$(escaped "$secret")" "$(printf 'reader:%s' "$secret" | base64 --wrap=0)"; do
            found+=$(grep --recursive --files-with-matches --fixed-strings -e "$form" "$data" "$server_log" \
                "$work/shown" || true)
        done
    done
    expect_equal "$1: the secrets are nowhere" '' "$found"
}

downloads_of() { ls -l "/proc/$1/fd" 2>/dev/null | grep -F '/.download-'; }
no_downloads() { ! downloads_of "$server_process"; }

with_login=${plain/:\/\//://reader:$(escaped "$password")@}
query="?sv=1&sig=$(escaped "$signature")"
new_gate
mkdir "$work/gated"
write_file "$work/gated/Dockerfile" "FROM $base" 'COPY . /ctx' "RUN $gate"
tar --create --directory="$work/gated" --file="$files/gated.tar" .
output=''
submit --no-cache -t "$name/app:gated" "$with_login/private/gated.tar$query"
wait_at_gate "$run"
nowhere 'while a download with a login and a signature is used'
expect_contains '        it is in a file without a name' '(deleted)' "$(downloads_of "$server_process")"
expect_equal '        which leaves nothing in the folder' '' "$(find "$data" -name '.download*')"
open_gate "$gate_number"
wait_for_end "$run"
expect_equal '        the run ends well' Succeeded "$status"
expect '        the file is gone then' wait_until 30 no_downloads
nowhere 'afterwards'
for path in "/private/none.tar" "/status/403" "/status/500" "/to/$(escaped "$plain/status/404$query")" \
    "/to/$(escaped "ftp://$signature@127.0.0.1/")" "/page.html" "/half.tar.gz" "/cut/large.tar.gz"; do
    # The signature in a path that redirects is of the redirect.
    expect_exit "a download that fails ($(sed 's|to/.*|to/…|' <<<"$path"))" 1 \
        slipway build -t "$name/app:bad" "$with_login$path$query"
    run=$(newest_run)
    nowhere '        and is told of'
done
run=$(newest_run) refused 'a wrong URL with secrets' 'port' "${with_login/127.0.0.1:*/127.0.0.1:0}/a.tar$query"
nowhere '        and is told of'

# ---- The end of a run that has a download ----------------------------------------------------------------------------

new_gate
write_file "$work/gated/Dockerfile" "FROM $base" 'COPY . /ctx' "RUN $gate"
tar --create --directory="$work/gated" --file="$files/gated.tar" .
submit --no-cache -t "$name/app:gated" "$plain/gated.tar"
wait_at_gate "$run"
slipway runs cancel "$run" >/dev/null
wait_for_end "$run"
expect_equal 'a run with a download can be canceled' Canceled "$status"
expect '        and its file is gone' wait_until 30 no_downloads
open_gate "$gate_number"
new_gate
write_file "$work/gated/Dockerfile" "FROM $base" 'COPY . /ctx' "RUN $gate"
tar --create --directory="$work/gated" --file="$files/gated.tar" .
submit --no-cache -t "$name/app:gated" "$plain/gated.tar"
wait_at_gate "$run"
kill_server_hard
open_gate "$gate_number"
expect_equal 'a server that was killed leaves no download behind' '' "$(find "$data" -name '.download*')"
restart_server main
wait_for_end "$run"
expect_equal '        and the run has ended' Error "$status"
