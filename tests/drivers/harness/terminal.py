"""A program in a real terminal, driven by what it prints."""

import os
import pty
import re
import select
import signal
import time


class Terminal:
    """A child with a pseudo-terminal as its controlling terminal."""

    def __init__(self, argv: list[str], environment: dict[str, str], seconds: float):
        self.deadline = time.monotonic() + seconds
        self.seen = ""
        self.unread = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(argv[0], argv, environment)
            finally:
                os._exit(127)

    def expect(self, pattern: str) -> str:
        """Reads until the pattern has come; returns everything up to its end."""
        while not (found := re.search(pattern, self.unread)):
            if not self._read():
                raise EOFError(f"ended before {pattern!r}: {self.unread!r}")
        text, self.unread = self.unread[: found.end()], self.unread[found.end():]
        return text

    def send(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def finish(self) -> int:
        """Reads until the child ends; its exit code."""
        try:
            while self._read():
                pass
            _, status = os.waitpid(self.pid, 0)
        finally:
            self.close()
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """Ends the child where it has not ended by itself."""
        if self.fd < 0:
            return
        os.close(self.fd)
        self.fd = -1
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

    def _read(self) -> bool:
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            raise TimeoutError(f"nothing more came after {self.unread[-200:]!r}")
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux: the last one on the other side has closed
            return False
        if not data:
            return False
        text = data.decode(errors="replace").replace("\r", "")
        self.seen += text
        self.unread += text
        return True
