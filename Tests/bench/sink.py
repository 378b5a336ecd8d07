#!/usr/bin/env python3
"""A docker daemon that swallows the context of every build and says that it was built.

    sink.py SOCKET

Prints "ready" once it listens.
"""

import os
import socket
import sys
import threading


def head(stream):
    """The request line of the next request; None at the end of the connection."""
    first = stream.readline()
    while stream.readline() not in (b"\r\n", b""):
        pass
    return first or None


def swallow(stream):
    """Reads a chunked body to its end, without looking at the chunks: the last one is empty."""
    buffer = memoryview(bytearray(1 << 20))
    end = b""
    while end != b"\r\n0\r\n\r\n":
        count = stream.readinto1(buffer)
        if not count:
            break
        end = (end + bytes(buffer[max(0, count - 7) : count]))[-7:]


def answer(connection, body=b""):
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nOstype: linux\r\nBuilder-Version: 1\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def serve(connection):
    with connection, connection.makefile("rb", buffering=1 << 20) as stream:
        while request := head(stream):
            if b"/build" in request:
                swallow(stream)
                answer(connection, b'{"stream": "Successfully built 0123456789ab\\n"}\n')
            elif request.startswith(b"HEAD"):
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nOstype: linux\r\nBuilder-Version: 1\r\n"
                    b"Content-Length: 2\r\n\r\n")
            else:
                answer(connection, b"{}")


with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
    if os.path.exists(sys.argv[1]):
        os.unlink(sys.argv[1])
    server.bind(sys.argv[1])
    server.listen()
    print("ready", flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
