"""The canned server, started and ended."""

import os
import subprocess

from .build import Failure


class Server:
    """Runs while the `with` block does, and not longer: it ends when its standard input closes."""

    def __init__(self, program, directory, tcp, core):
        self.program, self.directory, self.tcp, self.core = program, directory, tcp, core

    def __enter__(self):
        with pinned(self.core):
            self.process = subprocess.Popen([self.program, self.directory], text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = self.process.stdout.readline().strip()
        if not self.port:
            raise Failure("the canned server did not start")
        self.host = "127.0.0.1" if self.tcp else self.directory
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class pinned:  # noqa: N801 - used as a statement
    """Processes started inside run on this core alone; None leaves them free."""

    def __init__(self, core):
        self.core = core

    def __enter__(self):
        if self.core is not None:
            self.before = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {self.core})

    def __exit__(self, *_):
        if self.core is not None:
            os.sched_setaffinity(0, self.before)


def cores(placement):
    """The cores of the client and of the server."""
    if placement == "free" or not hasattr(os, "sched_getaffinity"):
        return None, None
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[-1], (allowed[0] if placement == "apart" else allowed[-1])
