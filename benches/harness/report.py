"""The tables, and whether targets are met."""

from .cases import BYTES, COUNT, CPU, RUST, TIMES, TLS, UNITS, WALL


def quantity(value, kind):
    """A number with the unit that suits its size."""
    if value is None:
        return "-"
    if kind in (CPU, WALL):
        steps = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (0, "ns")]
    elif kind == BYTES:
        steps = [(1 << 20, "MiB"), (1 << 10, "KiB"), (0, "B")]
    elif kind == COUNT:
        return f"{value:.0f}" if abs(value - round(value)) < 0.005 else f"{value:.2f}"
    elif kind == TIMES:
        return f"{value:.2f} x"
    else:
        return f"{value:,.0f}"
    size, unit = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    value = value / size if size else value
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def divide(value, by):
    return value / by if value is not None and by else None


def ratio(value):
    return "-" if value is None else f"{value:.2f}"


class Line:
    """One line of the first table."""

    def __init__(self, case, outcomes):
        self.case = case
        self.baseline = outcomes["baseline"]
        self.ours = outcomes["ours"]
        self.floor = outcomes.get("floor")
        self.system = outcomes.get("system")
        self.ratio = divide(self.ours.median, self.baseline.median)
        self.of_floor = divide(self.ours.median, self.floor.median if self.floor else None)
        sides = (self.baseline, self.ours, self.system)
        answers = [side.answers for side in sides if side and side.values]
        self.differs = any(len(each) != 1 or each != answers[0] for each in answers)

    def demands(self):
        """What is asked, as text and whether it is met (None where that cannot be said)."""
        case, ours = self.case, self.ours.median
        if case.target is not None:
            met = None if self.ratio is None else self.ratio <= case.target
            yield f"{case.target:.2f}", met
        if case.limit is not None:
            yield quantity(case.limit, case.kind), None if ours is None else ours <= case.limit
        if case.floor_limit is not None:
            met = None if self.of_floor is None else self.of_floor <= case.floor_limit
            yield f"{case.floor_limit:.0f} floors", met

    def cells(self):
        kind = self.case.kind
        demands = list(self.demands())
        verdicts = [{True: "yes", False: "no", None: "-"}[met] for _, met in demands]
        last = [
            ", ".join(text for text, _ in demands) or "-",
            ", ".join(verdicts) or "-",
            f"{100 * max(self.baseline.spread, self.ours.spread):.0f} %",
        ]
        first = [self.case.name, self.case.title, kind, quantity(self.baseline.median, kind)]
        ours = [quantity(self.ours.median, kind), ratio(self.ratio)]
        if self.case.table == TLS:
            system = self.system.median if self.system else None
            return [*first, quantity(system, kind), *ours,
                    ratio(divide(self.ours.median, system)), *last]
        floor = self.floor.median if self.floor else None
        return [*first, *ours, quantity(floor, kind), ratio(divide(self.baseline.median, floor)),
                ratio(self.of_floor), *last]

    def notes(self):
        yield from troubles(self.case.name, {"baseline": self.baseline, "ours": self.ours,
                                             "floor": self.floor, "system": self.system})
        if self.differs:
            yield f"{self.case.name}: the two libraries do not give the same answers"

    @property
    def failed(self):
        errors = [side.error for side in (self.ours, self.baseline, self.system) if side]
        return bool(self.differs or any(errors))

    def as_json(self):
        return {
            "case": self.case.name,
            "kind": self.case.kind,
            "baseline": self.baseline.median,
            "system": self.system.median if self.system else None,
            "ours": self.ours.median,
            "ratio": self.ratio,
            "floor": self.floor.median if self.floor else None,
            "target": self.case.target,
            "limit": self.case.limit,
            "floor_limit": self.case.floor_limit,
            "met": [met for _, met in self.demands()],
        }


def headings(table_name):
    """The columns of the table of this name."""
    baseline = "postgres" if table_name == RUST else "libpq"
    first = ["case", "what", "of", baseline]
    last = ["at most", "met", "spread"]
    if table_name == TLS:
        return [*first, "system's", "ours", "ratio", "of system's", *last]
    return [*first, "ours", "ratio", "floor", f"{baseline}/floor", "ours/floor", *last]


class InstructionLine:
    """One line of the second table."""

    HEADINGS = ["case", "instructions per", "baseline", "ours", "ratio", "at most", "met"]

    def __init__(self, case, outcomes):
        self.case = case
        self.baseline, self.ours = outcomes["baseline"], outcomes["ours"]
        self.ratio = divide(self.ours.median, self.baseline.median)
        self.failed = bool(self.baseline.error or self.ours.error)

    def cells(self):
        target = self.case.instructions_target
        verdict = "-"
        if target is not None and self.ratio is not None:
            verdict = "yes" if self.ratio <= target else "no"
        return [
            self.case.name,
            UNITS[self.case.client],
            quantity(self.baseline.median, "instructions"),
            quantity(self.ours.median, "instructions"),
            ratio(self.ratio),
            ratio(target),
            verdict,
        ]

    def notes(self):
        yield from troubles(self.case.name, {"baseline": self.baseline, "ours": self.ours})


def troubles(case, sides):
    for name, side in sides.items():
        if side and (side.lacks or side.error):
            yield f"{case}, {name}: {side.lacks or 'failed: ' + side.error}"


def table(headings, rows):
    """A Markdown table whose columns stand under one another."""
    rows = [headings, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
