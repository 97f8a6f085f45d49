"""Building the pieces and finding the libraries."""

import os
import re
import subprocess
from pathlib import Path

BENCHES = Path(__file__).resolve().parent.parent
ROOT = BENCHES.parent
CLIENT = BENCHES / "client"
CFLAGS = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra"]


class Failure(Exception):
    """Something that a person has to put right; its text says what."""


def target_directory():
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def compiler():
    return os.environ.get("CC", "cc")


def run(*command, **more):
    command = [str(word) for word in command]
    try:
        subprocess.run(command, check=True, **more)
    except FileNotFoundError:
        raise Failure(f"{command[0]} is not installed") from None
    except subprocess.CalledProcessError:
        raise Failure(f"failed: {' '.join(command)}") from None


class Pieces:
    """The programs of a benchmark, built."""

    def __init__(self):
        self.folder = target_directory() / "bench"
        self.folder.mkdir(parents=True, exist_ok=True)
        run("cargo", "build", "--release", "--quiet", "--locked",
            "--manifest-path", BENCHES / "canned_server" / "Cargo.toml",
            "--target-dir", self.folder)
        self.server = self.folder / "release" / "canned-server"
        self.rust_client = self.folder / "release" / "rust-client"
        sources = ["main", "library", "measure", "floor", "cases_rows", "cases_copy",
                   "cases_query", "cases_connect", "cases_escape"]
        self.client = self.folder / "client"
        run(compiler(), *CFLAGS, *(CLIENT / f"{name}.c" for name in sources),
            "-o", self.client, "-ldl")
        self.io_counter = self.folder / "io_counter.so"
        run(compiler(), *CFLAGS, "-shared", "-fPIC", CLIENT / "io_counter.c",
            "-o", self.io_counter, "-ldl")

    def build_rust_client(self):
        """Only where it is needed: what it is compared with has many parts."""
        run("cargo", "build", "--release", "--quiet",
            "--manifest-path", BENCHES / "rust_client" / "Cargo.toml",
            "--target-dir", self.folder)

    def startup_program(self, library, name):
        """The smallest whole program, linked to `library` by its path, or to none."""
        program = self.folder / f"startup-{name}"
        if library is None:
            run(compiler(), *CFLAGS, "-DFLOOR", CLIENT / "startup.c", CLIENT / "floor.c",
                "-o", program)
            return program
        # The linker records a library's own SONAME, which the dynamic linker would then look for
        # among the system's. A stand-in whose SONAME is the path has the very file loaded.
        stub = self.folder / f"startup-{name}.so"
        source = CLIENT / "startup.c"
        used = sorted(set(re.findall(r"\bPQ[a-zA-Z]+(?=\()", source.read_text())))
        functions = "".join(f"void {function}(void) {{}}\n" for function in used)
        run(compiler(), "-shared", "-fPIC", f"-Wl,-soname,{library}", "-x", "c", "-", "-o", stub,
            input=functions, text=True)
        run(compiler(), *CFLAGS, source, stub, "-o", program)
        return program


def baseline_library():
    """The library to compare with: BASELINE_LIBPQ, or the system's libpq."""
    named = os.environ.get("BASELINE_LIBPQ")
    if named:
        return existing(named, "BASELINE_LIBPQ")
    system = system_library()
    if system is None:
        raise Failure("the system has no libpq.so.5; install libpq5 or name one in BASELINE_LIBPQ")
    return system


def system_library():
    """The system's libpq, if it has one."""
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        if line.strip().startswith("libpq.so.5 "):
            return Path(line.split("=>")[1].strip()).resolve()
    return None


def our_library():
    """Ours: FERROPQ_LIB, or what cargo builds here."""
    named = os.environ.get("FERROPQ_LIB")
    if named:
        return existing(named, "FERROPQ_LIB")
    run("cargo", "rustc", "--release", "--lib", "--features", "capi,openssl,oauth",
        "--crate-type", "cdylib", cwd=ROOT)
    return existing(target_directory() / "release" / "libferropq.so", "cargo")


def existing(path, source):
    path = Path(path).resolve()
    if not path.is_file():
        raise Failure(f"{source} names {path}, which is not there")
    return path
