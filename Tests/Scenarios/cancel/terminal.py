#!/usr/bin/env python3
"""Runs a command in a terminal and types when its output says that the gate is shut.

    terminal.py KEYS COMMAND...

KEYS are words: `interrupt` (Ctrl-C), `yes` and `no` (typed once a question is seen). Prints what the terminal showed and,
at the end, "exit status N". Ends with 1 if the command does not end.
"""

import os
import pty
import select
import sys
import time

PATIENCE = 120


class Terminal:
    def __init__(self, command):
        self.seen = b""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execv(command[0], command)

    def read(self, seconds):
        """Takes what comes; false once the command has closed the terminal."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self.descriptor, 65536)
        except OSError:
            return False
        self.seen += part
        return bool(part)

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            if time.monotonic() > end or not self.read(1):
                return

    def type(self, text):
        os.write(self.descriptor, text)

    def end(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.read(1):
            pass
        ended, status = os.waitpid(self.process, os.WNOHANG)
        while ended == 0 and time.monotonic() < end:
            time.sleep(0.05)
            ended, status = os.waitpid(self.process, os.WNOHANG)
        if ended == 0:
            os.kill(self.process, 9)
            return None
        return os.waitstatus_to_exitcode(status)


def main():
    terminal = Terminal(sys.argv[2:])
    terminal.wait_for(b"the gate is shut")
    for key in sys.argv[1].split():
        if key == "interrupt":
            terminal.type(b"\x03")
            terminal.wait_for(b"[y/N]")
        else:
            terminal.type(b"y\n" if key == "yes" else b"n\n")
    status = terminal.end()
    print(terminal.seen.decode(errors="replace").replace("\r\n", "\n"))
    print("exit status", status)
    sys.exit(1 if status is None else 0)


main()
