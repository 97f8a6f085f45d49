"""Running the client, once per process, and gathering what it prints."""

import shutil
import statistics
import subprocess
from dataclasses import dataclass, field

from . import cases
from .build import Failure
from .server import pinned

EXIT_LACKS = 77
TIMEOUT_SECONDS = 600


@dataclass
class Outcome:
    """What one library, or the floor, did in one case."""

    values: list = field(default_factory=list)
    answers: set = field(default_factory=set)
    # Why there are no values: a function that the library lacks, or what went wrong.
    lacks: str | None = None
    error: str | None = None

    @property
    def median(self):
        return statistics.median(self.values) if self.values and not self.error else None

    @property
    def spread(self):
        """The distance between the quartiles, of the median."""
        if len(self.values) < 3 or not self.median:
            return 0.0
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return (high - low) / self.median


class Bench:
    """What the runs of all cases share."""

    def __init__(self, pieces, server, core, environment):
        self.pieces, self.server, self.core = pieces, server, core
        self.environment = environment
        self.programs = {}

    def startup_program(self, library, name):
        if name not in self.programs:
            self.programs[name] = self.pieces.startup_program(library, name)
        return self.programs[name]

    def command(self, case, name, libraries, arguments):
        """What runs a case on the side of this name: the baseline, ours, the floor."""
        client = self.client_case(case, name)
        told = {"host": self.server.host, "port": self.server.port} | arguments
        if client == "startup":
            told["program"] = self.startup_program(libraries[name], name)
        program = [self.pieces.client, libraries[name] or "-"]
        if case.table == cases.RUST and name != "floor":
            crates = {"baseline": case.baseline or "postgres", "ours": "ferropq"}
            program = [self.pieces.rust_client, crates[name]]
        return [*program, client] + [f"{k}={v}" for k, v in told.items()]

    @staticmethod
    def client_case(case, name):
        special = {"floor": case.floor_client, "ours": None}.get(name, case.baseline_client)
        return special or case.client

    @staticmethod
    def sides(case, libraries):
        """Which of the libraries a case is for."""
        known = ["baseline", "ours"]
        if case.table == cases.TLS and "system" in libraries:
            known.insert(1, "system")
        if case.floor:
            known.append("floor")
        return known

    def run(self, command, preload=False):
        """One process. Gives the printed numbers, or raises Failure, or Lacks."""
        environment = dict(self.environment)
        if preload:
            environment["LD_PRELOAD"] = str(self.pieces.io_counter)
        with pinned(self.core):
            try:
                done = subprocess.run(command, env=environment, capture_output=True, text=True,
                                      timeout=TIMEOUT_SECONDS, check=False)
            except subprocess.TimeoutExpired:
                raise Failure(f"took longer than {TIMEOUT_SECONDS} s") from None
        message = done.stderr.strip() or f"exit status {done.returncode}"
        if done.returncode == EXIT_LACKS:
            raise Lacks(message)
        if done.returncode != 0:
            raise Failure(message)
        pairs = (line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        return {key: int(value) for key, value in pairs}

    def case(self, case, libraries, runs):
        """Measures one case, the libraries in turn, first forwards, then backwards."""
        outcomes = {name: Outcome() for name in self.sides(case, libraries)}
        for turn in range(runs):
            order = list(outcomes) if turn % 2 == 0 else list(reversed(outcomes))
            for name in order:
                outcome = outcomes[name]
                if outcome.lacks or outcome.error:
                    continue
                command = self.command(case, name, libraries, case.arguments)
                try:
                    printed = self.run(command, case.preload)
                except Lacks as lacks:
                    outcome.lacks = str(lacks)
                except Failure as failure:
                    outcome.error = str(failure)
                else:
                    outcome.values.append(case.value(printed))
                    outcome.answers.add((printed["bytes_read"], printed["checksum"]))
        return outcomes

    def instructions(self, case, libraries, folder):
        """Instructions per row, message or call, by callgrind; they hardly vary, so one run."""
        if not shutil.which("valgrind"):
            raise Failure("valgrind is not installed")
        outcomes = {name: Outcome() for name in ("baseline", "ours")}
        for name, outcome in outcomes.items():
            file = f"{folder}/callgrind.{name}"
            client = self.command(case, name, libraries, case.instructions)
            callgrind = ["valgrind", "--quiet", "--tool=callgrind",
                         "--toggle-collect=bench_measured", f"--callgrind-out-file={file}"]
            try:
                printed = self.run(callgrind + client)
                outcome.values.append(callgrind_total(file) / printed["units"])
            except Lacks as lacks:
                outcome.lacks = str(lacks)
            except Failure as failure:
                outcome.error = str(failure)
        return outcomes


class Lacks(Exception):
    """The library has not the function that the case is about."""


def callgrind_total(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    raise Failure("callgrind wrote no total")
