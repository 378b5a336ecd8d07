"""Contexts as the client uploads them, logs as it reads them."""

import gzip
import io
import random
import tarfile
import time
import urllib.parse
import xml.etree.ElementTree


def context(files):
    """A tar.gz as the client makes it: the folder itself is the first member, with an empty name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        root = tarfile.TarInfo("")
        root.type, root.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(root)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 1767225600.25
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), 9, mtime=0)


def noise(count):
    """Bytes that can't be compressed, always the same."""
    return random.Random(1).randbytes(count)


def with_query(url, **extra):
    """The URL with these parameters before its own, as the client puts them."""
    return url.replace("?", "?" + urllib.parse.urlencode(extra) + "&", 1)


def upload_in_blocks(session, url, content, block_list, headers):
    """Sends the content in as many blocks as the list has, then the list; the statuses of all answers."""
    ids = [item.text for item in xml.etree.ElementTree.fromstring(block_list)]
    size = -(-len(content) // len(ids))
    statuses = []
    for index, name in enumerate(ids):
        block = content[index * size:(index + 1) * size]
        statuses.append(session.send("PUT", with_query(url, comp="block", blockid=name), block, headers).status)
    statuses.append(session.send("PUT", with_query(url, comp="blocklist"), block_list.encode(), headers).status)
    return statuses


def follow(session, url, seconds, when_shown=None):
    """Reads a log to its end in the way of the client, and holds the server to what that needs.

    `when_shown` is called once there is something to see. Returns how the log says that the run ended.
    """
    headers = {"x-ms-version": "2026-04-06", "Accept": "application/xml"}
    text, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        head = session.send("HEAD", url, headers=headers)
        if head.status == 404:
            if head.headers.get("x-ms-error-code") != "BlobNotFound":
                raise ValueError("HEAD of a log that is not there has no x-ms-error-code: BlobNotFound")
            time.sleep(0.2)
            continue
        if head.status != 200:
            raise ValueError(f"HEAD of the log answers {head.status}")
        complete = head.headers.get("x-ms-meta-complete")
        length = int(head.headers["content-length"])
        while len(text) < length:
            text += _part(session, url, headers, len(text))
        if text and when_shown:
            when_shown = when_shown()
        if complete:
            _check_text(text)
            return complete.lower()
        time.sleep(0.2)
    raise ValueError(f"the log has no end after {seconds} s: {text[-300:]!r}")


def _part(session, url, headers, offset):
    answer = session.send("GET", url, headers={**headers, "x-ms-range": f"bytes={offset}-{offset + 4095}"})
    if answer.status != 206:
        raise ValueError(f"a part of the log answers {answer.status}, not 206")
    content_range = answer.headers["content-range"]
    last, total = content_range.removeprefix("bytes ").split("/")
    if last != f"{offset}-{offset + len(answer.content) - 1}" or int(total) < offset + len(answer.content):
        raise ValueError(f"{len(answer.content)} bytes from {offset} on have Content-Range {content_range}")
    if not 0 < len(answer.content) <= 4096:
        raise ValueError(f"a part of the log has {len(answer.content)} bytes")
    return answer.content


def _check_text(text):
    if not text.endswith(b"\r\n") or text.count(b"\n") != text.count(b"\r\n"):
        raise ValueError(f"lines of the log don't end in CR LF: {text[-200:]!r}")
