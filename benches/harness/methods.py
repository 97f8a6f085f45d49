"""Connecting to a real server by every method of authentication and encryption."""

import os
import statistics
import subprocess
from dataclasses import dataclass

from . import build, report
from .cases import CPU, WALL

TIMEOUT_SECONDS = 120
# At most this much of libpq's wall time, and of its CPU time with SCRAM.
WALL_TARGET, SCRAM_TARGET = 1.0, 0.25
HEADINGS = ["method", "what", "libpq", "ours", "ratio", "libpq's CPU", "ours", "ratio",
            "at most", "met"]


@dataclass(frozen=True)
class Method:
    """One line of the table.

    Each process connects `warm` times uncounted, then `times` times. `keys` says whether ferropq
    remembers the keys of SCRAM; `cpu_target` is the most that our CPU may be of libpq's.
    """

    name: str
    title: str
    conninfo: str
    warm: int = 2
    times: int = 40
    keys: bool = True
    cpu_target: float | None = None
    kerberos: bool = False


CLEAR = "sslmode=disable gssencmode=disable"
TLS = "sslmode=verify-full sslrootcert={root} gssencmode=disable"
SCRAM = "user=scram_user password='scram secret'"

METHODS = [
    Method("method_unix", "trust, Unix socket", f"host={{socket}} user=trust_user {CLEAR}"),
    Method("method_trust", "trust, TCP", f"user=trust_user {CLEAR}"),
    Method("method_password", "password in clear",
           f"user=password_user password='clear secret' {CLEAR}"),
    Method("method_md5", "MD5", f"user=md5_user password='md5 secret' {CLEAR}"),
    Method("method_scram", "SCRAM, a process's next", f"{SCRAM} {CLEAR}", cpu_target=SCRAM_TARGET),
    Method("method_scram_first", "SCRAM, a process's first", f"{SCRAM} {CLEAR}", warm=0, times=1,
           cpu_target=SCRAM_TARGET),
    Method("method_scram_anew", "SCRAM, keys not remembered", f"{SCRAM} {CLEAR}", keys=False,
           cpu_target=SCRAM_TARGET),
    Method("method_tls", "trust, TLS", f"user=trust_user {TLS}"),
    Method("method_tls_scram", "SCRAM, TLS, bound to it", f"{SCRAM} {TLS} channel_binding=require"),
    Method("method_tls_cert", "certificate, TLS",
           f"user=cert_user sslcert={{client}} sslkey={{key}} {TLS}"),
    Method("method_gss", "GSSAPI authentication", f"user=peer_user {CLEAR}", kerberos=True),
    Method("method_gss_encrypted", "GSSAPI encryption",
           "user=peer_user sslmode=disable gssencmode=require", kerberos=True),
]


def chosen(names):
    return [method for method in METHODS
            if not names or any(method.name.startswith(name) for name in names)]


class Runner:
    """The program, and the place of the server."""

    def __init__(self):
        folder = build.target_directory() / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        self.program = folder / "methods"
        build.run(build.compiler(), *build.CFLAGS, build.CLIENT / "methods.c", "-o", self.program,
                  "-ldl")
        self.port = os.environ["PGPORT"]
        root = os.environ["PGSSLROOTCERT"]
        folder = os.path.dirname(root)
        self.places = {
            "root": root,
            "client": os.path.join(folder, "client.crt"),
            "key": os.path.join(folder, "client.key"),
            "socket": os.environ["FERROPQ_SOCKET_FOLDER"],
        }
        kept = ("PATH", "TMPDIR", "KRB5_CONFIG", "KRB5CCNAME")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= {"HOME": "/nonexistent", "LC_ALL": "C"}
        self.has_kerberos = "KRB5CCNAME" in os.environ

    def run(self, library, method):
        """One process: the wall time of each connection, and the CPU time of one on average."""
        place = f"host=localhost hostaddr=127.0.0.1 port={self.port} dbname=postgres"
        # The last mention of an option counts.
        place = place if "{socket}" not in method.conninfo else f"port={self.port} dbname=postgres"
        conninfo = f"{place} {method.conninfo.format(**self.places)}"
        command = [self.program, library, method.warm, method.times, int(method.keys), conninfo]
        try:
            done = subprocess.run([str(word) for word in command], env=self.environment,
                                  capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
                                  check=False)
        except subprocess.TimeoutExpired:
            raise build.Failure(f"{method.name}: took longer than {TIMEOUT_SECONDS} s") from None
        if done.returncode != 0:
            raise build.Failure(f"{method.name}, {library}: {done.stderr.strip()}")
        numbers = [line.split("=", 1) for line in done.stdout.splitlines()]
        walls = [int(value) for key, value in numbers if key == "wall"]
        cpu = next(int(value) for key, value in numbers if key == "cpu")
        return walls, cpu / method.times


def lacks_gss(library):
    """Whether a libpq is built without GSSAPI: then there is nothing to compare."""
    with open(library, "rb") as file:
        return b"could not initiate GSSAPI" not in file.read()


def line(runner, method, libraries, runs):
    walls, cpus = ({name: [] for name in libraries} for _ in range(2))
    for turn in range(runs * (10 if method.times == 1 else 1)):
        names = list(libraries) if turn % 2 == 0 else list(reversed(libraries))
        for name in names:
            some, cpu = runner.run(libraries[name], method)
            walls[name] += some
            cpus[name].append(cpu)
    wall = {name: statistics.median(values) for name, values in walls.items()}
    cpu = {name: statistics.median(values) for name, values in cpus.items()}
    of_wall = report.divide(wall["ours"], wall["baseline"])
    of_cpu = report.divide(cpu["ours"], cpu["baseline"])
    # Two libraries that wait for the same server differ by a few percent from run to run.
    met = [of_wall <= WALL_TARGET + 0.02]
    demands = [report.ratio(WALL_TARGET)]
    if method.cpu_target is not None:
        met.append(of_cpu <= method.cpu_target)
        demands.append(f"{report.ratio(method.cpu_target)} of CPU")
    return [method.name, method.title, report.quantity(wall["baseline"], WALL),
            report.quantity(wall["ours"], WALL), report.ratio(of_wall),
            report.quantity(cpu["baseline"], CPU), report.quantity(cpu["ours"], CPU),
            report.ratio(of_cpu), ", ".join(demands),
            ", ".join("yes" if each else "no" for each in met)]


def measure(methods, runs):
    libraries = {"baseline": build.baseline_library(), "ours": build.our_library()}
    runner = Runner()
    print(f"connecting to a real server, {runs} processes for each library")
    print(f"libpq: {libraries['baseline']}\nours: {libraries['ours']}\n", flush=True)
    lines, notes = [], []
    for method in methods:
        if method.kerberos and not runner.has_kerberos:
            notes.append(f"{method.name}: no KDC is installed")
        elif method.kerberos and lacks_gss(libraries["baseline"]):
            notes.append(f"{method.name}: this libpq is built without GSSAPI")
        else:
            lines.append(line(runner, method, libraries, runs))
    print(report.table(HEADINGS, lines))
    if notes:
        print("\n" + "\n".join(notes))
    return 0
