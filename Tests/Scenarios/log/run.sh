#!/usr/bin/env bash
# Every byte that a build prints is in its log, in order, while it runs and afterwards, for every reader.
# part: timeout 600
# shellcheck source-path=SCRIPTDIR source=../lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
start_server

# from_log ID: what lines say that begin with "said:", without what BuildKit puts before them.
from_log() { log_of_run "$1" | sed -n 's/^\(#[0-9]* [0-9.]* \)\{0,1\}said://p'; }

# ---- Many lines ----

for builder in buildkit classic; do
    # Not too fast: BuildKit itself drops what comes faster than it likes.
    write_file "$work/many/Dockerfile" "FROM $base" \
        'RUN for n in 0 1 2 3 4 5 6 7; do seq $((n * 1000 + 1)) $((n * 1000 + 1000)) | \' \
        'sed "s/.*/said:& of many lines/"; sleep 1; done'
    submit --no-cache --builder "$builder" "$work/many"
    id=$run
    readers=()
    for number in 1 2 3; do
        slipway logs -f "$id" >"$work/reader-$number" 2>"$work/reader-$number.err" &
        readers+=($!)
    done
    for number in 1 2 3; do
        exit_status=0
        wait "${readers[number - 1]}" || exit_status=$?
        expect_equal "$builder: reader $number ends with the run" 0 "$exit_status"
    done
    wait_for_end "$id"
    expect_equal "  which ends well" Succeeded "$status"
    expect_equal "  all lines are there, in order" "$(seq -f '%.0f of many lines' 1 8000 | sha256sum)" \
        "$(from_log "$id" | sha256sum)"
    stored=$(log_of_run "$id" | sha256sum)
    for number in 1 2 3; do
        expect_equal "  reader $number saw the same" "$stored" "$(sha256sum <"$work/reader-$number")"
    done
done

# ---- As the Azure CLI reads: in pieces, by x-ms-range ----

api POST "runs/$id/listLogSasUrl"
link=$(jq --raw-output .logLink <<<"$api_answer")
curl_log() { server_curl "$@" "$link"; }
curl_log --head | tr -d '\r' >"$work/head"
length=$(sed -n 's/^content-length: //ip' "$work/head")
expect_match 'HEAD tells the length' '[0-9]+' "$length"
expect_match 'and that the log is complete' 'x-ms-meta-complete: *successful' \
    "$(grep -i '^x-ms-meta-complete' "$work/head" | tr '[:upper:]' '[:lower:]')"
curl_log --output "$work/whole"
expect_equal 'GET gives as much' "$length" "$(stat --format=%s "$work/whole")"
: >"$work/pieces"
for ((offset = 0; offset < length; offset += 40960)); do
    curl_log --header "x-ms-range: bytes=$offset-$((offset + 40959))" >>"$work/pieces"
done
expect 'and pieces of it make the same' cmp "$work/whole" "$work/pieces"
expect_equal 'a range of 10 bytes has 10' 10 "$(curl_log --header 'x-ms-range: bytes=5-14' | wc -c)"
expect_equal 'its status is 206' 206 \
    "$(curl_log --output /dev/null --write-out '%{http_code}' --header 'x-ms-range: bytes=5-14')"
expect_equal 'past the end it is 416' 416 \
    "$(curl_log --output /dev/null --write-out '%{http_code}' --header "x-ms-range: bytes=$length-$((length + 9))")"
expect_equal 'a link that was changed is refused' 403 \
    "$(server_curl --output /dev/null --write-out '%{http_code}' "${link/sig=/sig=A}")"

# ---- Odd output ----

write_file "$work/odd/Dockerfile" "FROM $base" \
    "RUN printf 'said:red \\033[31mred\\033[0m\\n'" \
    "RUN printf 'said:umlauts äöü €\\n'" \
    "RUN printf 'said:back\\rspace\\n'" \
    "RUN printf 'said:windows\\r\\n'" \
    "RUN printf 'said:bytes \\377\\376 end\\n'" \
    "RUN printf 'said:to standard error\\n' >&2" \
    "RUN head -c 200000 /dev/zero | tr '\\000' x | sed 's/^/said:/'; echo" \
    "RUN printf 'said:no line end'"
for builder in buildkit classic; do
    expect_exit "$builder: odd output is built" 0 slipway build --no-cache --builder "$builder" "$work/odd"
    id=$(newest_run)
    said=$(from_log "$id" | grep -av '^x')
    expect_contains '  colours are kept in the log, and shown to terminals only' 'red red' "$said"
    raw_log "$id" "$work/raw"
    expect '  they are in storage' grep -qaF $'said:red \e[31mred\e[0m' "$work/raw"
    expect_contains '  other letters' 'umlauts äöü €' "$said"
    expect_contains '  standard error' 'to standard error' "$said"
    expect_contains '  what has no line end' 'no line end' "$said"
    # What the classic builder prints is text on its way out of the daemon.
    if [ "$builder" = buildkit ]; then
        expect '  bytes that are no text' env LC_ALL=C grep -qaF $'said:bytes \xff\xfe end' "$work/raw"
    fi
    expect_equal '  every line ends in CR LF' "$(tr -cd '\n' <"$work/raw" | wc -c)" "$(grep -ac $'\r$' "$work/raw")"
    expect_equal '  and no line in CR CR LF' 0 "$(grep -ac $'\r\r$' "$work/raw" || true)"
    expect_equal '  a line of 200,000 bytes is whole' 200000 \
        "$(tr -cd x <<<"$(from_log "$id" | grep -a '^xxx')" | wc -c)"
    expect_match '  the last line is in a line of its own' "Run ID: $id was successful after .*" \
        "$(log_of_run "$id" | tail -n 1)"
done

# ---- A limit ----

start_server 'limits: {logBytes: 64KiB}' limited
expect_exit 'a build with a log over the limit ends well' 0 slipway build --no-cache --builder classic "$work/many"
expect_contains '  the log says that it was cut' 'limit' "$(log_of_run "$(newest_run)" | tail -n 3)"
expect_match '  and has its last line' 'Run ID: .* was successful after .*' "$(log_of_run "$(newest_run)" | tail -n 1)"
raw_log "$(newest_run)" "$work/raw"
expect '  and is not much longer than the limit' test "$(stat --format=%s "$work/raw")" -lt $((66 * 1024))
