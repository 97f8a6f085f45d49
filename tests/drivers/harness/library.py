"""The two libraries under comparison, and the proof of which one a process used."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


class NotProven(Exception):
    """A program did not run on the library it was meant to run on."""


@dataclass(frozen=True)
class Library:
    """A libpq in a folder of its own, which LD_LIBRARY_PATH names."""

    name: str
    folder: Path
    witness: Path

    @property
    def file(self) -> Path:
        return self.folder / "libpq.so.5"

    def environment(self, testimony: Path) -> dict[str, str]:
        """What makes a program use this library and say so below `testimony`."""
        return {
            "LD_LIBRARY_PATH": str(self.folder),
            "LD_PRELOAD": str(self.witness),
            "DRIVERS_WITNESS": str(testimony),
        }

    def prove(self, testimony: Path) -> int:
        """How many processes ran on this library, and nothing but it."""
        wanted = os.path.realpath(self.file)
        processes = 0
        for record in sorted(testimony.iterdir()):
            for line in record.read_text().splitlines():
                pid, program, caller, mapped = line.split("\t")
                for path in mapped.split(":"):
                    if path != wanted:
                        raise NotProven(f"{program} (process {pid}) has mapped {path}")
                if caller == "itself" or os.path.realpath(caller) == wanted:
                    processes += 1
        if processes == 0:
            raise NotProven(f"no process has mapped {wanted}")
        return processes


def prepare(source: Path, name: str, cache: Path) -> Library:
    """Copies a library into its folder: a build going on meanwhile cannot change it."""
    folder = cache / "lib" / name
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / "libpq.so.5"
    copy.unlink(missing_ok=True)
    shutil.copyfile(os.path.realpath(source), copy)
    copy.chmod(0o755)
    for beside in [*folder.glob("lib[cs]*"), *source.parent.glob("lib[cs]*.so.1.1")]:
        # A libpq that has brought its own OpenSSL finds it again.
        (folder / beside.name).unlink(missing_ok=True)
        if beside.parent != folder:
            (folder / beside.name).symlink_to(beside.resolve())
    link = folder / "libpq.so"
    link.unlink(missing_ok=True)
    link.symlink_to(copy.name)
    witness = cache / "lib" / "witness.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", witness, HERE / "witness.c", "-ldl"],
        check=True,
    )
    return Library(name, folder, witness)


def system_library() -> Path:
    """The libpq that the system's programs use."""
    listing = subprocess.run(
        ["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True
    ).stdout
    for line in listing.splitlines():
        if line.strip().startswith("libpq.so.5 ("):
            return Path(line.split("=>")[1].strip())
    raise FileNotFoundError("libpq.so.5 is not installed (on Debian: apt-get install libpq5)")
