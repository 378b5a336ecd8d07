# Asks the site for its version until it answers, and compares it with what is expected.
attempt=0
until found=$(wget -q -O - "http://$SITE:8080/version"); do
    attempt=$((attempt + 1))
    [ "$attempt" -lt 30 ] || exit 1
    sleep 1
done
echo "the site has version $found"
[ "$found" = "$VERSION" ]
