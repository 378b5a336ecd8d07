#!/usr/bin/env python3
"""Makes the trees that contexts are measured with, the same each time.

    trees.py small FOLDER       50,000 files of 1 to 8 KiB, 40,000 of them below node_modules
    trees.py large FOLDER       four files of 512 MiB each, which nothing can compress
    trees.py rules FOLDER       20,000 files and an ignore file of 2,000 rules with wildcards and exceptions
    trees.py changes            a repository with 20,000 files, 66 MB, and branches c0 to c50, of which each changes one file
                                of the one before, as input for git fast-import
    trees.py history            a repository with 20,000 files and 2,000 commits, as input for git fast-import
"""

import os
import random
import sys

# Some time in 2023, for every file.
TIME = 1_700_000_000


def write(path, content):
    with open(path, "wb") as out:
        out.write(content)
    os.utime(path, (TIME, TIME))


class Text:
    """Lines of words, of which a third is left when they are compressed, as of most sources."""

    def __init__(self, numbers):
        words = [numbers.randbytes(numbers.randint(1, 5)).hex() for _ in range(1000)]
        lines = (" ".join(numbers.choices(words, k=numbers.randint(1, 12))) for _ in range(50_000))
        self.text = "\n".join(lines).encode()
        self.numbers = numbers

    def file(self, size):
        start = self.numbers.randrange(len(self.text) - size)
        return self.text[start : start + size]


def small_files(numbers, count, size=(1024, 8192)):
    """Paths and contents of files that are spread over folders, 20 in each."""
    text = Text(numbers)
    for number in range(count):
        folder = number // 20
        yield (f"part{folder % 25}/module{folder}", f"file{number}.txt"), text.file(numbers.randint(*size))


def tree(folder, files):
    last = None
    for (inner, name), content in files:
        path = os.path.join(folder, inner)
        if path != last:
            os.makedirs(path, exist_ok=True)
            last = path
        write(os.path.join(path, name), content)


def small(folder):
    numbers = random.Random(1)
    tree(folder, small_files(numbers, 10_000))
    tree(os.path.join(folder, "node_modules"), small_files(numbers, 40_000))
    write(os.path.join(folder, "Dockerfile"), b"FROM scratch\nCOPY . /\n")
    write(os.path.join(folder, ".dockerignore"), b"node_modules\n")


def large(folder):
    numbers = random.Random(2)
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(folder, "Dockerfile"), b"FROM scratch\nCOPY . /\n")
    for name in "abcd":
        with open(os.path.join(folder, name), "wb") as out:
            for _ in range(512):
                out.write(numbers.randbytes(1 << 20))
        os.utime(os.path.join(folder, name), (TIME, TIME))


def rules(folder):
    numbers = random.Random(3)
    tree(folder, small_files(numbers, 20_000, size=(0, 64)))
    # Half of the files are dropped at first, so that all exceptions are looked at.
    lines = ["**/file*[13579].txt"]
    for number in range(500):
        lines += [
            f"part{number % 25}/module{number}/*.log",
            f"**/cache{number}/**",
            f"part*/tmp{number}?/[a-f]*.o",
            f"!part{number % 25}/**/keep{number}*",
        ]
    write(os.path.join(folder, ".dockerignore"), "\n".join(lines).encode() + b"\n")
    write(os.path.join(folder, "Dockerfile"), b"FROM scratch\nCOPY . /\n")


def changes():
    numbers = random.Random(5)
    text = Text(numbers)
    out = sys.stdout.buffer

    def commit(number, files):
        out.write(b"commit refs/heads/c%d\n" % number)
        out.write(b"committer A <a@example.com> %d +0000\n" % (TIME + number * 60))
        out.write(b"data 6\ncommit\n")
        if number:
            out.write(b"from refs/heads/c%d\n" % (number - 1))
        for path, content in files:
            out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))

    files = [("/".join(parts), content) for parts, content in small_files(numbers, 20_000, size=(1024, 5576))]
    commit(0, [("Dockerfile", b"FROM scratch\nCOPY . /src\n")] + files)
    for number in range(1, 51):
        path, content = numbers.choice(files)
        commit(number, [(path, text.file(len(content)))])
    out.write(b"done\n")


def history():
    numbers = random.Random(4)
    text = Text(numbers)
    out = sys.stdout.buffer
    paths = []

    def commit(number, files):
        message = f"commit {number}\n".encode()
        out.write(b"commit refs/heads/main\n")
        out.write(b"committer A <a@example.com> %d +0000\n" % (TIME + number * 60))
        out.write(b"data %d\n%s" % (len(message), message))
        for path, content in files:
            out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))

    first = [("Dockerfile", b"FROM scratch\nCOPY . /\n")]
    for parts, content in small_files(numbers, 20_000):
        paths.append("/".join(parts))
        first.append((paths[-1], content))
    commit(0, first)
    for number in range(1, 2000):
        commit(number, [(path, text.file(numbers.randint(1024, 8192))) for path in numbers.sample(paths, 5)])
    out.write(b"done\n")


if __name__ == "__main__":
    {"small": small, "large": large, "rules": rules, "changes": changes, "history": history}[sys.argv[1]](*sys.argv[2:])
