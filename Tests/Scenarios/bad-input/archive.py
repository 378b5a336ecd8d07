#!/usr/bin/env python3
"""Makes an archive as a client could send it: archive.py KIND FILE BASE-IMAGE."""

import gzip
import io
import random
import sys
import tarfile


def add(archive, name, content=b"", kind=tarfile.REGTYPE, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, link, len(content)
    archive.addfile(entry, io.BytesIO(content))


def bomb(path, dockerfile):
    """Zeros: about a thousand times what the archive has."""
    entry = tarfile.TarInfo("zeros")
    entry.size = 512 << 20
    with gzip.open(path, "wb", compresslevel=9) as out:
        file = tarfile.TarInfo("Dockerfile")
        file.size = len(dockerfile)
        out.write(file.tobuf() + dockerfile + bytes(-len(dockerfile) % 512) + entry.tobuf())
        for _ in range(512):
            out.write(bytes(1 << 20))
        out.write(bytes(1024))


def main():
    kind, path, base = sys.argv[1:]
    dockerfile = f"FROM {base}\nCOPY . /ctx\n".encode()
    if kind == "bomb":
        bomb(path, dockerfile)
        return
    with tarfile.open(path, "w:gz") as archive:
        if kind != "bare":
            add(archive, "Dockerfile", dockerfile)
        if kind == "parent":
            add(archive, "../escaped", b"x")
        elif kind == "absolute":
            add(archive, "/etc/escaped", b"x")
        elif kind == "through-link":
            add(archive, "link", kind=tarfile.SYMTYPE, link="/tmp")
            add(archive, "link/escaped", b"x")
        elif kind == "device":
            add(archive, "null", kind=tarfile.CHRTYPE)
        elif kind == "hard-link":
            add(archive, "a", kind=tarfile.LNKTYPE, link="nothing")
        elif kind == "large":
            add(archive, "noise", random.Random(1).randbytes(1 << 20))
        else:
            add(archive, "file", b"x")


main()
