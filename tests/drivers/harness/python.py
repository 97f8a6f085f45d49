"""A virtual environment with the Python drivers, built from their source distributions."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent.parent / "programs"

# The versions are named: a new release is looked at before it changes the table.
FROM_SOURCE = ("psycopg2==2.9.13", "psycopg-c==3.3.8")
PACKAGES = ("psycopg==3.3.8", "setuptools")


def pip(*words: str, environment: Path) -> None:
    """Runs the environment's pip; the drivers are built against the system's libpq."""
    done = subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", *words],
        text=True, capture_output=True,
        env={key: value for key, value in os.environ.items() if not key.startswith(("LD_", "PG"))},
    )
    if done.returncode != 0:
        raise RuntimeError(f"pip {' '.join(words)}: {done.stderr[-2000:]}")


def environment(cache: Path) -> Path:
    """The environment's folder, made when it is not there or holds other versions."""
    folder = cache / "python"
    marker = folder / "made"
    wanted = " ".join((sys.version, *FROM_SOURCE, *PACKAGES))
    if marker.exists() and marker.read_text() == wanted:
        return folder
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip("install", *PACKAGES, environment=folder)
    for package in FROM_SOURCE:
        name = package.split("==")[0]
        pip("install", "--no-binary", name, "--no-cache-dir", package, environment=folder)
    marker.write_text(wanted)
    return folder


def psycopg2_tests(cache: Path) -> Path:
    """psycopg2's own tests, as its source distribution carries them."""
    package = FROM_SOURCE[0]
    unpacked = cache / package.replace("==", "-")
    if not (unpacked / "tests").is_dir():
        pip("download", "--no-deps", "--no-binary", "psycopg2", "--dest", str(cache), package,
            environment=environment(cache))
        with tarfile.open(next(cache.glob("psycopg2-*.tar.gz"))) as archive:
            archive.extractall(cache, filter="data")
    return unpacked / "tests"
