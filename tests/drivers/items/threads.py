"""Threads under a race detector, callbacks that call back, fork."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from harness.attempt import Attempt, Unexpected
from harness.library import Library
from harness.python import PROGRAMS
from harness.registry import item
from items.languages import build, compiled

ROOT = Path(__file__).resolve().parents[3]
TARGET = "x86_64-unknown-linux-gnu"
# How ours is told from the original, which comes without sources to instrument.
OURS = "ours"


@item("16 threads", "a connection each, handed around, cancelled: no report of a race")
def races(t: Attempt) -> None:
    detector = thread_sanitizer if t.library.name == OURS else helgrind
    if os.uname().machine != "x86_64":
        raise RuntimeError("this item knows the runtime of x86_64 alone")
    detect, name = detector(t)
    reports = detect("own", 5, {})
    for way, rounds in (("own", 5), ("handed", 4), ("cancel", 1)):
        reports += detect(way, rounds, t.socket)
    # The system's libpq brings libraries along whose locks the detector does not understand.
    if t.library.name == OURS and reports > 0:
        raise Unexpected(f"{name}: {reports} reports, the last ones in {t.cache}/races-{OURS}.txt")
    t.check("the detector sees what is wrong", detect("wrong", 1, t.socket) > 0)
    t.shown = f"{name}: {reports} reports"


def helgrind(t: Attempt):
    """valgrind's detector, which knows POSIX locks: enough for a library in C."""
    program = compiled(t.cache, PROGRAMS / "threads.c", "cc", "-lpq", "-lpthread")

    def detect(way: str, rounds: int, environment: dict[str, str]) -> int:
        done = t.run("valgrind", "-q", "--tool=helgrind", "--history-level=approx", program, way, rounds,
                     env=environment | {"LD_PRELOAD": ""}, seconds=300, record=False)
        t.note(done.out)
        return reports_about(t, done.err, r"^==\d+== Possible data race.*?(?=^==\d+== -{20}|\Z)")

    return detect, "helgrind"


def thread_sanitizer(t: Attempt):
    """ThreadSanitizer with our library and the standard library instrumented: helgrind takes
    every atomic counter and every lock of Rust's for a race."""
    library = sanitized(t.cache)
    t.library = Library(t.library.name, library.parent, t.library.witness)
    program = t.cache / "threads-sanitized"
    runtime = subprocess.run(["rustc", "+nightly", "--print", "sysroot"], check=True, capture_output=True, text=True)
    runtime = next(Path(runtime.stdout.strip()).glob(f"lib/rustlib/{TARGET}/lib/*rt.tsan.a"))
    unlinked = t.work / "threads.o"
    include = subprocess.run(["pg_config", "--includedir"], check=True, capture_output=True, text=True).stdout.strip()
    build(["cc", "-fsanitize=thread", "-g", "-c", "-I", include, PROGRAMS / "threads.c", "-o", unlinked])
    build(["cc", unlinked, "-o", program, "-Wl,--whole-archive", runtime, "-Wl,--no-whole-archive", "-rdynamic",
           "-lpq", "-ldl", "-lrt", "-lm", "-lpthread", "-lstdc++"])

    def detect(way: str, rounds: int, environment: dict[str, str]) -> int:
        done = t.run(program, way, rounds, env=environment | {"LD_PRELOAD": "", "TSAN_OPTIONS": "exitcode=0"},
                     seconds=300, record=False)
        t.note(done.out)
        return reports_about(t, done.err, r"^WARNING: ThreadSanitizer.*?(?=^SUMMARY|\Z)")

    return detect, "ThreadSanitizer"


def reports_about(t: Attempt, text: str, pattern: str) -> int:
    """How many of a detector's reports have a frame in the library."""
    wanted = ("ferropq", "libpq")
    found = [r for r in re.findall(pattern, text, re.MULTILINE | re.DOTALL) if any(w in r for w in wanted)]
    (t.cache / f"races-{t.library.name}.txt").write_text("\n".join(found))
    return len(found)


def sanitized(cache: Path) -> Path:
    """Our library with everything below it instrumented; needs the nightly toolchain's sources."""
    target = cache / "sanitized"
    done = subprocess.run(
        ["cargo", "+nightly", "build", "--quiet", "-Zbuild-std", "--target", TARGET, "--lib", "--features", "capi,openssl",
         "--target-dir", target],
        cwd=ROOT, text=True, capture_output=True,
        env=os.environ | {"RUSTFLAGS": "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"},
    )
    if done.returncode != 0:
        raise RuntimeError(f"the sanitized library: {done.stderr[-3000:]}")
    folder = cache / "lib" / "sanitized"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(target / TARGET / "debug" / "libferropq.so", folder / "libpq.so.5")
    return folder / "libpq.so.5"


@item("callbacks", "notice receiver, event procedure and key hook call back into their connection")
def callbacks(t: Attempt) -> None:
    program = compiled(t.cache, PROGRAMS / "callbacks.c", "cc", "-lpq")
    key, certificate = t.work / "client.key", t.work / "client.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:opensesame", "-days", "2", "-subj", "/CN=tester",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    key.chmod(0o600)
    conninfo = f"sslkey={key} sslcert={certificate}"
    t.run(program, conninfo, f"{conninfo} sslpassword=opensesame")


@item("fork", "children with connections of their own, also of a process with busy threads")
def fork(t: Attempt) -> None:
    program = compiled(t.cache, PROGRAMS / "forks.c", "cc", "-lpq", "-lpthread")
    t.run(program)
    t.run(program, env=t.socket)
