"""Runs items on both libraries, compares, and prints the table."""

import difflib
import os
import shutil
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from .attempt import Attempt, Unexpected
from .library import Library, NotProven
from .registry import Item
from .server import Server

# How much of a difference is printed.
SHOWN_LINES = 60


@dataclass
class Outcome:
    """What an item came to on one library."""

    summary: str
    transcript: list[str] = field(default_factory=list)
    failure: str | None = None


@dataclass
class Row:
    item: Item
    original: Outcome
    ours: Outcome

    @property
    def passed(self) -> bool:
        return (
            self.original.failure is None
            and self.ours.failure is None
            and self.original.transcript == self.ours.transcript
        )


def attempt(item: Item, library: Library, reference: Library, server: Server, work: Path,
            cache: Path) -> Outcome:
    """One item on one library, cleaned up whatever happens."""
    shutil.rmtree(work, ignore_errors=True)
    started = time.monotonic()
    trial = None
    failure = None
    processes = 0
    try:
        trial = Attempt(library, reference, server, work, cache)
        item.action(trial)
        trial.end()
        processes = trial.library.prove(trial.testimony)
    except (Unexpected, NotProven, TimeoutError, EOFError, RuntimeError) as error:
        failure = str(error)
    except Exception:  # noqa: BLE001 - an item's own mistake fails that item alone
        failure = traceback.format_exc()
    finally:
        if trial is not None:
            trial.end()
    transcript = trial.transcript if trial else []
    if failure is not None:
        return Outcome("failed", transcript, failure)
    if os.environ.get("DRIVERS_KEEP") is None:
        shutil.rmtree(work, ignore_errors=True)
    what = trial.shown or f"{len(transcript)} lines"
    return Outcome(f"{what}, {processes} proc, {time.monotonic() - started:.1f} s", transcript)


def explain(row: Row) -> None:
    """Says why an item has failed."""
    print(f"\n--- {row.item.name} ---")
    for name, outcome in (("original", row.original), ("ours", row.ours)):
        if outcome.failure is not None:
            print(f"{name}: {outcome.failure.rstrip()}")
    if row.original.failure is None or row.ours.failure is None:
        changes = list(
            difflib.unified_diff(
                row.original.transcript, row.ours.transcript, "original", "ours", lineterm="", n=2
            )
        )
        print("\n".join(changes[:SHOWN_LINES]))
        if len(changes) > SHOWN_LINES:
            print(f"({len(changes) - SHOWN_LINES} further lines)")


def table(rows: list[Row]) -> str:
    """program, what it did, original, ours."""
    lines = [("program", "what it did", "original", "ours")]
    for row in rows:
        ours = row.ours.summary
        if row.ours.failure is None and not row.passed:
            ours = "DIFFERS"
        lines.append((row.item.program, row.item.does, row.original.summary, ours))
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    text = []
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths)]
        text.append("  ".join([*cells, line[3]]).rstrip())
    text.insert(1, "-" * max(map(len, text)))
    return "\n".join(text)


def run(items: list[Item], original: Library, ours: Library, server: Server, work: Path,
        cache: Path) -> list[Row]:
    """Every item on the original, then on ours."""
    rows = []
    for item in items:
        print(f"{item.name} ...", end="", flush=True)
        folder = work / item.name
        row = Row(
            item,
            attempt(item, original, original, server, folder, cache),
            attempt(item, ours, original, server, folder, cache),
        )
        rows.append(row)
        print(" ok" if row.passed else " FAILED", flush=True)
        if not row.passed:
            explain(row)
    return rows
