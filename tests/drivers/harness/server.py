"""A throw-away PostgreSQL server: TLS, SCRAM over TCP, logical WAL."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

USER = "tester"
PASSWORD = "correct-horse"

CONFIGURATION = """
listen_addresses = 'localhost'
fsync = off
max_connections = 150
wal_level = logical
max_wal_senders = 20
max_replication_slots = 20
max_prepared_transactions = 20
max_logical_replication_workers = 8
max_worker_processes = 16
wal_receiver_status_interval = 1
wal_retrieve_retry_interval = 200ms
shared_buffers = 64MB
ssl = on
timezone = 'UTC'
log_line_prefix = '%m [%p] %a '
lc_messages = 'C'
"""

ACCESS = """
local all tester_md5 md5
local all all trust
local replication all trust
hostssl all tester_md5 localhost md5
hostssl all all localhost scram-sha-256
hostssl replication all localhost scram-sha-256
hostnossl all all localhost scram-sha-256
"""


def programs() -> Path:
    """The folder of PostgreSQL's own programs: DRIVERS_PGBIN, or the newest installed."""
    if named := os.environ.get("DRIVERS_PGBIN"):
        return Path(named)
    found = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "postgres").exists()]
    if not found:
        raise FileNotFoundError("no PostgreSQL server is installed")
    return max(found, key=lambda p: float(p.parent.name))


def server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError("running as root, and there is no user to run a server as")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent() -> None:
    """In a child: has the kernel end it when the runner is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def as_server(argv: list, **options) -> subprocess.CompletedProcess:
    """Runs a program as the server's user, in a folder that user may enter."""
    user = server_user()
    if user:
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    options.setdefault("cwd", "/")
    done = subprocess.run([str(a) for a in argv], text=True, capture_output=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def give_to_server(path: Path) -> None:
    """Hands a folder with all it contains to the server's user."""
    user = server_user()
    if user is None:
        return
    os.chown(path, user.pw_uid, user.pw_gid)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(folder, name), user.pw_uid, user.pw_gid, follow_symlinks=False)


class Server:
    """One postmaster; `environment` is what it and its children see beyond the essentials."""

    def __init__(self, home: Path, environment: dict[str, str] | None = None):
        self.home = home
        self.data = home / "data"
        self.port = free_port()
        self.log = home / "log"
        self.root_certificate = home / "root.crt"
        self.extra = environment or {}
        self.process: subprocess.Popen | None = None

    def create(self) -> "Server":
        """Makes a new cluster with its roles and starts it."""
        self.home.mkdir(parents=True)
        give_to_server(self.home)
        as_server(
            [programs() / "initdb", "-D", self.data, "-U", USER, "-A", "trust", "-N",
             "-E", "UTF8", "--locale=C.UTF-8"],
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )
        self._certificates()
        (self.data / "pg_hba.conf").write_text(ACCESS)
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        self.start()
        self.sql(f"ALTER ROLE {USER} PASSWORD '{PASSWORD}'")
        return self

    def adopt(self, data: Path) -> "Server":
        """Starts a server on a folder that a backup has filled."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.data = data
        give_to_server(self.home)
        give_to_server(data)
        data.chmod(0o700)
        self.start()
        return self

    def start(self) -> None:
        user = server_user()
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [programs() / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.home],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | self.extra,
                preexec_fn=end_with_parent, **options,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.sql("SELECT 1")
                return
            except RuntimeError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError("the server did not start:\n" + self.tail()) from None
                time.sleep(0.1)

    def stop(self) -> None:
        """Ends the server at once (its data is of no further use) and waits until it is gone."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)
        self.process = None

    def destroy(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def tail(self, lines: int = 20) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Runs SQL on the side: on the system's library, over the socket, not part of a test."""
        done = subprocess.run(
            [programs() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.home,
             "-p", str(self.port), "-U", USER, "-d", database],
            input=statement, text=True, capture_output=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGCLIENTENCODING": "UTF8"},
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def wait_for(self, query: str, wanted: str = "t", database: str = "postgres",
                 seconds: float = 30) -> None:
        """Repeats a query until it answers `wanted`."""
        deadline = time.monotonic() + seconds
        while (answer := self.sql(query, database)) != wanted:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{query}: still {answer!r}, not {wanted!r}\n{self.tail()}")
            time.sleep(0.05)

    def environment(self, database: str = "drivers") -> dict[str, str]:
        """What leads a client here: TCP, TLS with the identity verified, SCRAM."""
        return {
            "PGHOST": "localhost",
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": PASSWORD,
            "PGDATABASE": database,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.root_certificate),
        }

    def _certificates(self) -> None:
        key, certificate = self.data / "server.key", self.data / "server.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )
        shutil.copyfile(certificate, self.root_certificate)
        key.chmod(0o600)
        give_to_server(self.data)
