"""One item on one library: runs programs and writes down what can be compared."""

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .library import Library, NotProven
from .server import Server, as_server, give_to_server, programs, server_user
from .terminal import Terminal
from .versions import older_words

DATABASE = "drivers"
Scrub = tuple[str, str]


class Unexpected(Exception):
    """A program's outcome is not the one its item needs, on whichever library."""


@dataclass
class Done:
    code: int
    out: str
    err: str


class Attempt:
    """What an item gets to work with; its transcript is what gets compared."""

    def __init__(self, library: Library, reference: Library, server: Server, work: Path, cache: Path):
        self.library = library
        # The original, for what has to be measured in turns.
        self.reference = reference
        self.server = server
        self.work = work
        self.cache = cache
        self.transcript: list[str] = []
        self.shown = ""
        self.testimony = work / "witness"
        self.servers: list[Server] = []
        work.mkdir(parents=True)
        self.testimony.mkdir()
        self.testimony.chmod(0o777)
        (work / "home").mkdir()
        server.sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.sql(f"CREATE DATABASE {DATABASE}")

    # What programs see.

    def environment(self, extra: dict[str, str] | None = None, under_test: bool = True) -> dict[str, str]:
        base = {
            "PATH": f"{programs()}:{os.environ['PATH']}",
            "HOME": str(self.work / "home"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "TERM": "dumb",
            "PSQL_HISTORY": "/dev/null",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        base |= self.server.environment()
        if under_test:
            base |= self.library.environment(self.testimony)
        return base | (extra or {})

    @property
    def socket(self) -> dict[str, str]:
        """Environment that leads over the Unix socket: no TLS, no password."""
        return {"PGHOST": str(self.server.home), "PGSSLMODE": "disable"}

    # What an item does.

    def run(self, *argv, stdin: str | None = None, env: dict[str, str] | None = None,
            expect: int | None = 0, seconds: float = 60, record: bool = True,
            under_test: bool = True, connects: bool = True, scrub: tuple[Scrub, ...] = (),
            cwd: Path | None = None) -> Done:
        """Runs a program on the library; records its exit code and what it printed. One that connects
        and ends well has to have testified which library it ran on."""
        words = [str(word) for word in argv]
        before = self.testimonies()
        process = subprocess.Popen(
            words, env=self.environment(env, under_test), cwd=cwd or self.work, text=True, errors="replace",
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise TimeoutError(f"{words[0]} took more than {seconds} s\n{out[-1000:]}{err[-1000:]}") from None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        done = Done(process.returncode, out, err)
        if record:
            self.note(f"$ {os.path.basename(words[0])} {' '.join(words[1:])}", scrub)
            self.note(f"exit {done.code}")
            self.note(out, scrub)
            if err:
                self.note("stderr:\n" + err, scrub)
        if expect is not None and done.code != expect:
            raise Unexpected(f"{' '.join(words)}: exit {done.code}, not {expect}\n{(out + err)[-3000:]}")
        if under_test and connects and done.code == 0 and self.testimonies() == before:
            raise NotProven(f"{' '.join(words)}: nobody has testified")
        return done

    def testimonies(self) -> dict[str, int]:
        """What processes have written down so far, by its size."""
        return {record.name: record.stat().st_size for record in self.testimony.iterdir()}

    def psql(self, script: str, *options: str, **settings) -> Done:
        """A psql script, with its errors in their place among the output."""
        file = self.work / "script.sql"
        file.write_text(script)
        return self.run("/bin/sh", "-c", f'exec psql -X -f "$0" "$@" 2>&1', file, *options, **settings)

    def terminal(self, *argv, env: dict[str, str] | None = None, seconds: float = 60) -> Terminal:
        words = [str(word) for word in argv]
        if "/" not in words[0]:
            words[0] = shutil.which(words[0], path=self.environment()["PATH"]) or words[0]
        return Terminal(words, self.environment(env), seconds)

    def note(self, text: str, scrub: tuple[Scrub, ...] = ()) -> None:
        """Adds to the transcript; `scrub` takes out what differs from run to run."""
        text = older_words(text)
        for pattern, replacement in scrub:
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
        self.transcript += text.rstrip("\n").splitlines() or [""]

    def check(self, what: str, holds: bool) -> None:
        """Something that must hold on both libraries."""
        self.note(f"{what}: {'yes' if holds else 'NO'}")
        if not holds:
            raise Unexpected(f"{what}: no")

    def sql(self, statement: str, database: str = DATABASE) -> str:
        """SQL on the side, not part of the test."""
        return self.server.sql(statement, database)

    def server_on_library(self, name: str) -> Server:
        """A server that itself loads the library under test; stopped when the item ends."""
        server = Server(self.work / name, self.library.environment(self.testimony))
        self.servers.append(server)
        return server

    def end(self) -> None:
        for server in reversed(self.servers):
            server.stop()


__all__ = ["Attempt", "DATABASE", "Done", "Unexpected", "as_server", "give_to_server", "programs", "server_user"]
