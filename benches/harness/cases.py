"""The cases: what each one runs, what of it is compared, and what is aimed at."""

from dataclasses import dataclass, field

MIB = 1 << 20

# What a line of the table is about, and with it how its numbers are shown.
CPU, WALL, BYTES, COUNT, TIMES = "CPU", "wall", "memory", "count", "times"

# The tables, in their order: which library is compared with which, and how.
STANDARD, TLS, RUST, LARGE = "standard", "TLS", "Rust", "large"
TITLES = {
    STANDARD: "The C library",
    TLS: "The C library over TLS",
    RUST: "The Rust face, beside the postgres crate",
    LARGE: "Large results",
}

# In place of the baseline in a case of the Rust face: ours is compared with itself.
OURSELVES = "ferropq"

# What the client's cases count: the measure of the second table.
UNITS = {
    "exec_rows": "row",
    "single_row": "row",
    "chunked_rows": "row",
    "copy_out": "message",
    "copy_in": "message",
    "pipeline": "command",
    "round_trip": "round trip",
    "connect": "connection",
    "escape_literal": "call",
    "escape_bytea": "call",
    "unescape_bytea": "call",
    "copy_view": "message",
    "rows": "row",
    "one": "query",
    "one_by_text": "query",
    "insert_together": "row",
}


@dataclass(frozen=True)
class Case:
    """One line of a table.

    `client` is the client's case and `arguments` what it is told; `baseline_client` and
    `floor_client` are the baseline's and the floor's, where they are others, and `baseline` is the
    library in place of the usual one. `value` gives from a run's printed numbers the one that
    counts. `target` is the most that ours may be of the baseline's,
    `limit` the most that ours may be by itself, `floor_limit` the most that it may be of the floor.
    """

    name: str
    title: str
    client: str
    kind: str
    value: callable
    arguments: dict = field(default_factory=dict)
    target: float | None = None
    limit: float | None = None
    floor_limit: float | None = None
    floor: bool = True
    preload: bool = False
    table: str = STANDARD
    baseline: str | None = None
    baseline_client: str | None = None
    floor_client: str | None = None
    # For the second table: what replaces `arguments` under callgrind, which is some fifty times
    # slower; None leaves the case out. `instructions_target` is its most of the baseline's.
    instructions: dict | None = None
    instructions_target: float | None = None


def cpu(per):
    return lambda run: run["cpu_ns"] / per


def wall(per):
    return lambda run: run["wall_ns"] / per


def resident(per=1):
    return lambda run: run["resident_growth_kb"] * 1024 / per


def io_calls(run, of=1):
    """System calls of so many units: rows, messages, commands, connections."""
    return of * sum(count for key, count in run.items() if key.startswith("io_")) / run["units"]


def io_calls_of(units):
    return lambda run: io_calls(run, units)


def rows(count, columns, width, **more):
    return {"rows": count, "columns": columns, "width": width, **more}


WIDE = rows(200_000, 10, 8)
NARROW = rows(1_000_000, 1, 4)
STREAM = rows(300_000, 10, 8)
FEW_WIDE = rows(5_000, 10, 8)
COPY_ROWS = {"rows": 1_000_000, "width": 80}
FEW_COPY_ROWS = {"rows": 20_000, "width": 80}
ONE_MIB = {"width": MIB, "warm": 1, "repeat": 50}
ONE_MIB_ONCE = {"width": MIB, "repeat": 1}

C_CASES = [
    Case("exec_rows_first", "PQexec 200,000 x 10 x 8, a process's first", "exec_rows", CPU,
         cpu(1), WIDE, target=0.55),
    Case("exec_rows_repeated", "PQexec 200,000 x 10 x 8, repeated", "exec_rows", CPU,
         cpu(5), WIDE | {"warm": 1, "repeat": 5}, target=0.25, floor_limit=4.0,
         instructions=FEW_WIDE | {"warm": 1}),
    Case("exec_rows_read", "the same, every value read", "exec_rows", CPU,
         cpu(5), WIDE | {"warm": 1, "repeat": 5, "read": 1}, target=0.35,
         instructions=FEW_WIDE | {"warm": 1, "read": 1}),
    Case("exec_narrow_read", "PQexec 1,000,000 x 1 x 4, read", "exec_rows", CPU,
         cpu(3), NARROW | {"warm": 1, "repeat": 3, "read": 1}, target=0.40,
         instructions=rows(50_000, 1, 4, warm=1, read=1)),
    Case("result_memory", "PQresultMemorySize, 200,000 x 10 x 8", "exec_rows", BYTES,
         lambda run: run["result_memory"], WIDE | {"hold": 1}, target=0.62, floor=False),
    Case("result_resident", "resident growth, the same result", "exec_rows", BYTES,
         resident(), WIDE | {"hold": 1}, target=0.62,
         floor=False),
    Case("result_peak", "peak growth, the same result", "exec_rows", BYTES,
         lambda run: run["peak_growth_kb"] * 1024, WIDE | {"hold": 1}, floor=False),
    Case("single_row", "single-row mode, 300,000 x 10 x 8, read", "single_row", CPU,
         cpu(1), STREAM, target=0.55, instructions=FEW_WIDE),
    Case("chunked_rows", "chunks of 1,000 rows, the same", "chunked_rows", CPU,
         cpu(1), STREAM | {"batch": 1000}, target=0.50,
         instructions=FEW_WIDE | {"batch": 1000}),
    Case("copy_out", "PQgetCopyData, 1,000,000 x 80", "copy_out", CPU,
         cpu(1), COPY_ROWS, target=0.90, instructions=FEW_COPY_ROWS),
    Case("copy_view", "ferropq_get_copy_view, the same", "copy_view", CPU,
         cpu(1), COPY_ROWS, target=0.60, instructions=FEW_COPY_ROWS, baseline_client="copy_out"),
    Case("copy_in", "PQputCopyData, 1,000,000 x 80", "copy_in", CPU,
         cpu(1), COPY_ROWS, target=0.65, instructions=FEW_COPY_ROWS),
    Case("copy_in_large", "PQputCopyData, 256 x 1 MiB", "copy_in", CPU,
         cpu(1), {"rows": 256, "width": MIB}, target=0.80,
         instructions={"rows": 16, "width": MIB}),
    Case("pipeline", "100,000 prepared in pipelines of 100", "pipeline", CPU,
         cpu(1), {"batch": 100, "warm": 10, "repeat": 1000}, target=0.60,
         instructions={"batch": 100, "warm": 2, "repeat": 20}),
    Case("round_trip", "one prepared round trip", "round_trip", CPU,
         cpu(5000), {"warm": 100, "repeat": 5000},
         instructions={"warm": 10, "repeat": 500}, instructions_target=0.70),
    Case("round_trip_calls", "its system calls", "round_trip", COUNT,
         io_calls, {"warm": 100, "repeat": 1000}, limit=2.0, preload=True),
    Case("exec_calls", "system calls of 1,000 rows by PQexec", "exec_rows", COUNT,
         io_calls_of(1000), WIDE | {"warm": 1}, preload=True),
    Case("single_row_calls", "of 1,000 rows in single-row mode", "single_row", COUNT,
         io_calls_of(1000), STREAM, preload=True),
    Case("copy_out_calls", "of 1,000 messages by PQgetCopyData", "copy_out", COUNT,
         io_calls_of(1000), COPY_ROWS, preload=True),
    Case("copy_in_calls", "of 1,000 messages by PQputCopyData", "copy_in", COUNT,
         io_calls_of(1000), COPY_ROWS, preload=True),
    Case("pipeline_calls", "of 100 commands in a pipeline", "pipeline", COUNT,
         io_calls_of(100), {"batch": 100, "warm": 10, "repeat": 1000}, preload=True),
    Case("connect_calls", "of connecting and finishing", "connect", COUNT,
         io_calls, {"warm": 1, "repeat": 100}, preload=True),
    Case("connect_trust", "connect and finish, no password", "connect", CPU,
         cpu(500), {"warm": 1, "repeat": 500}, target=0.90,
         instructions={"warm": 1, "repeat": 50}),
    Case("connect_scram_first", "the same with SCRAM, a process's first", "connect", CPU,
         cpu(1), {"user": "scram"}, target=0.20, floor=False),
    Case("connect_scram_others", "SCRAM, another user each time", "connect_others", CPU,
         cpu(50), {"user": "scram", "warm": 1, "repeat": 50}, target=0.30, floor=False),
    Case("connect_scram_repeat", "SCRAM, the same password again", "connect", CPU,
         cpu(50), {"user": "scram", "warm": 1, "repeat": 50}, target=0.06, floor=False),
    Case("escape_literal", "PQescapeLiteral, 1 MiB", "escape_literal", CPU,
         cpu(50), ONE_MIB, target=0.50, floor=False, instructions=ONE_MIB_ONCE),
    Case("escape_bytea", "PQescapeByteaConn, 1 MiB", "escape_bytea", CPU,
         cpu(50), ONE_MIB, target=0.50, floor=False, instructions=ONE_MIB_ONCE),
    Case("unescape_bytea", "PQunescapeBytea to 1 MiB", "unescape_bytea", CPU,
         cpu(50), ONE_MIB, target=0.50, floor=False, instructions=ONE_MIB_ONCE),
    Case("startup", "start, connect, select 1, exit", "startup", WALL,
         wall(50), {"warm": 3, "repeat": 50}, target=0.60),
    Case("idle_connection", "one idle connection, resident", "idle", BYTES,
         resident(200), {"repeat": 200},
         limit=8192.0, floor=False),
    Case("kept_memory", "resident after large results on 8 connections", "many_results", BYTES,
         resident(), WIDE | {"repeat": 8}, limit=36 * MIB, floor=False),
    Case("shared_objects", "shared objects mapped", "load", COUNT,
         lambda run: run["shared_objects"], limit=8, floor=False),
]



def over_tls(name, title, client, kind, value, arguments, target=0.80, **more):
    """A case whose connections are encrypted; what a floor would be is up to a TLS library."""
    return Case(name, title, client, kind, value, arguments | {"tls": 1}, target=target,
                floor=False, table=TLS, **more)


TLS_CASES = [
    over_tls("tls_exec_rows", "PQexec 200,000 x 10 x 8, repeated", "exec_rows", CPU,
             cpu(5), WIDE | {"warm": 1, "repeat": 5}),
    over_tls("tls_exec_rows_read", "the same, every value read", "exec_rows", CPU,
             cpu(5), WIDE | {"warm": 1, "repeat": 5, "read": 1}),
    over_tls("tls_chunked_rows", "chunks of 1,000 rows, 300,000 x 10 x 8", "chunked_rows", CPU,
             cpu(1), STREAM | {"batch": 1000}),
    over_tls("tls_copy_out", "PQgetCopyData, 1,000,000 x 80", "copy_out", CPU,
             cpu(1), COPY_ROWS),
    over_tls("tls_copy_view", "ferropq_get_copy_view, the same", "copy_view", CPU,
             cpu(1), COPY_ROWS, baseline_client="copy_out"),
    over_tls("tls_copy_in", "PQputCopyData, 1,000,000 x 80", "copy_in", CPU,
             cpu(1), COPY_ROWS),
    over_tls("tls_copy_in_large", "PQputCopyData, 256 x 1 MiB", "copy_in", CPU,
             cpu(1), {"rows": 256, "width": MIB}),
    over_tls("tls_pipeline", "100,000 prepared in pipelines of 100", "pipeline", CPU,
             cpu(1), {"batch": 100, "warm": 10, "repeat": 1000}),
    over_tls("tls_round_trip", "one prepared round trip", "round_trip", CPU,
             cpu(5000), {"warm": 100, "repeat": 5000}, target=1.0),
    over_tls("tls_connect", "connect and finish, no password", "connect", CPU,
             cpu(100), {"warm": 1, "repeat": 100}, target=1.0),
    over_tls("tls_idle_connection", "one idle connection, resident", "idle", BYTES,
             resident(100), {"repeat": 100}),
]


def in_rust(name, title, client, kind, value, arguments, floor_client=None, **more):
    """A case of the Rust face."""
    return Case(name, title, client, kind, value, arguments, table=RUST,
                floor=floor_client is not None, floor_client=floor_client, **more)


ONE_BY_ONE = {"warm": 100, "repeat": 5000}
FEW_ONE_BY_ONE = {"warm": 10, "repeat": 500}

RUST_CASES = [
    in_rust("rust_rows", "query 200,000 x 10 x 8 into rows", "rows", CPU,
            cpu(5), WIDE | {"warm": 1, "repeat": 5}, "exec_rows", target=0.40,
            instructions=FEW_WIDE | {"warm": 1}),
    in_rust("rust_rows_read", "the same, every value read as &str", "rows", CPU,
            cpu(5), WIDE | {"warm": 1, "repeat": 5, "read": 1}, "exec_rows", target=0.40,
            instructions=FEW_WIDE | {"warm": 1, "read": 1}),
    in_rust("rust_query", "one prepared query", "one", CPU,
            cpu(5000), ONE_BY_ONE, "round_trip", target=0.55, instructions=FEW_ONE_BY_ONE),
    in_rust("rust_query_wall", "the same", "one", WALL,
            wall(5000), ONE_BY_ONE, "round_trip", target=0.70),
    in_rust("rust_query_text", "the same by its text", "one_by_text", CPU,
            cpu(5000), ONE_BY_ONE, "round_trip", instructions=FEW_ONE_BY_ONE),
    in_rust("rust_copy_out", "copy_out, 1,000,000 x 80", "copy_out", CPU,
            cpu(1), COPY_ROWS, "copy_out", instructions=FEW_COPY_ROWS),
    in_rust("rust_copy_in", "copy_in, 1,000,000 x 80", "copy_in", CPU,
            cpu(1), COPY_ROWS, "copy_in", instructions=FEW_COPY_ROWS),
    in_rust("rust_batch", "10,000 inserts in a batch, beside our single calls",
            "insert_together", WALL, wall(1), {"warm": 100, "repeat": 10_000}, target=0.10,
            baseline=OURSELVES, baseline_client="insert"),
]


def growing(exponent):
    """The cost of one row when there are 10 to the `exponent` of them."""
    count = 10 ** exponent
    repeat = max(1, 10 ** (6 - exponent))
    return Case(f"rows_1e{exponent}", f"one row of 10^{exponent} (4 x 8), read", "exec_rows", CPU,
                cpu(count * repeat), rows(count, 4, 8, warm=1, repeat=repeat, read=1),
                table=LARGE)


def growing_memory(exponent):
    """The memory of one row when there are 10 to the `exponent` of them."""
    count = 10 ** exponent
    return Case(f"memory_1e{exponent}", f"PQresultMemorySize of one row of 10^{exponent}",
                "exec_rows", BYTES, lambda run: run["result_memory"] / count,
                rows(count, 4, 8, hold=1), floor=False, table=LARGE)


def peak_of(data):
    return lambda run: run["peak_growth_kb"] * 1024 / data


# Only with --large: they take gigabytes of memory.
LARGE_CASES = [
    *map(growing, range(3, 8)),
    *map(growing_memory, range(3, 8)),
    Case("large_value", "peak for one value of 800 MiB, of its size", "exec_rows", TIMES,
         peak_of(800 * MIB), rows(1, 1, 800 * MIB, read=2, hold=1), limit=1.3, floor=False,
         table=LARGE),
    Case("large_result", "peak for a result of 4 GiB, of its size", "exec_rows", TIMES,
         peak_of(4096 * MIB), rows(4 * MIB, 1, 1024, read=2, hold=1), limit=1.3, floor=False,
         table=LARGE),
]

USUAL = C_CASES + TLS_CASES + RUST_CASES
