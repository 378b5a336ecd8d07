"""Says what a receiver was told: `ledger.py LEDGER SECRET`.

A line for each delivery, in the order of their first calls: event, run, status, and whether every call of it was signed and said the same.
"""

import hashlib
import hmac
import json
import sys

deliveries = {}
for line in open(sys.argv[1]):
    call = json.loads(line)
    headers, body = call["headers"], call["body"]
    text = headers["x-slipway-timestamp"] + "." + body
    digits = hmac.new(sys.argv[2].encode(), text.encode(), hashlib.sha256).hexdigest()
    is_signed = hmac.compare_digest("sha256=" + digits, headers["x-slipway-signature-256"])
    known, was_right = deliveries.get(headers["x-slipway-delivery"], (body, True))
    deliveries[headers["x-slipway-delivery"]] = (known, was_right and is_signed and known == body)
for body, is_right in deliveries.values():
    message = json.loads(body)
    run = (message.get("run") or {}).get("name", "-")
    print(message["event"], run, message.get("status", "-"), "signed" if is_right else "WRONG")
