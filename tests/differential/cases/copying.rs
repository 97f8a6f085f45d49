//! COPY in both directions, by the current and by the deprecated functions.

use crate::case::{Area, Table};
use crate::cases::asynchronous::collect;
use crate::conn::Conn;
use crate::params::Params;
use crate::text::NULL;
use crate::text::cstring;
use crate::transcript::Transcript;

const OUT: &[(&str, &str)] = &[
    ("text", "COPY item TO STDOUT"),
    ("csv", "COPY item TO STDOUT (FORMAT csv, HEADER)"),
    (
        "binary",
        "COPY (SELECT 1, 'x'::text, NULL::int) TO STDOUT (FORMAT binary)",
    ),
    ("no rows", "COPY (SELECT 1 WHERE false) TO STDOUT"),
    ("no columns", "COPY (SELECT FROM item) TO STDOUT"),
    (
        "error in the middle",
        "COPY (SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n) TO STDOUT",
    ),
    (
        "empty lines",
        "COPY (VALUES (''), (E'a\\nb'), (E'\\\\.')) TO STDOUT",
    ),
];

const IN: &[(&str, &str, &[&[u8]])] = &[
    ("text", "COPY q FROM STDIN", &[b"1\ta\n", b"2\tb\n"]),
    (
        "pieces",
        "COPY q FROM STDIN",
        &[b"1", b"\t", b"a\n2\tb", b"\n"],
    ),
    ("nothing", "COPY q FROM STDIN", &[]),
    (
        "csv",
        "COPY q FROM STDIN (FORMAT csv)",
        &[b"1,\"a,b\"\n", b"2,\n"],
    ),
    (
        "end marker",
        "COPY q FROM STDIN",
        &[b"1\ta\n", b"\\.\n", b"2\tb\n"],
    ),
    ("bad value", "COPY q FROM STDIN", &[b"1\ta\n", b"x\tb\n"]),
    ("too few columns", "COPY q FROM STDIN", &[b"1\n"]),
    ("bad bytes", "COPY q FROM STDIN", &[b"1\t\xff\n"]),
    ("unfinished line", "COPY q FROM STDIN", &[b"1\ta"]),
    ("empty piece", "COPY q FROM STDIN", &[b"", b"1\ta\n", b""]),
    (
        "not binary",
        "COPY q FROM STDIN (FORMAT binary)",
        &[b"garbage"],
    ),
];

fn drain(t: &mut Transcript, conn: &Conn<'_>) {
    for _ in 0..100 {
        let (code, row) = conn.get_copy_data(0);
        t.value("code", code);
        if code <= 0 {
            t.text("message", &conn.error_message());
            break;
        }
        t.text("row", &row);
    }
}

pub(crate) fn add(table: &mut Table) {
    for &(name, sql) in OUT {
        table.add(Area::Copy, format!("out {name}"), move |ctx, t| {
            let conn = ctx.connect(t);
            t.result("start", &conn.exec(&cstring(sql)));
            t.value("transaction", conn.transaction_status());
            drain(t, &conn);
            collect(t, &conn);
            t.value("transaction", conn.transaction_status());
        });
        table.add(Area::Copy, format!("out extended {name}"), move |ctx, t| {
            let conn = ctx.connect(t);
            t.result("start", &conn.exec_params(&cstring(sql), Params::new()));
            drain(t, &conn);
            collect(t, &conn);
        });
    }
    for &(name, sql, pieces) in IN {
        table.add(Area::Copy, format!("in {name}"), move |ctx, t| {
            let conn = ctx.connect(t);
            conn.exec(c"CREATE TEMP TABLE q (a int, b text)");
            t.result("start", &conn.exec(&cstring(sql)));
            for piece in pieces {
                t.value("put", conn.put_copy_data(piece));
            }
            t.value("end", conn.put_copy_end(NULL));
            collect(t, &conn);
            t.result("table", &conn.exec(c"SELECT * FROM q"));
        });
        table.add(Area::Copy, format!("in extended {name}"), move |ctx, t| {
            let conn = ctx.connect(t);
            conn.exec(c"CREATE TEMP TABLE q (a int, b text)");
            t.result("start", &conn.exec_params(&cstring(sql), Params::new()));
            for piece in pieces {
                t.value("put", conn.put_copy_data(piece));
            }
            t.value("end", conn.put_copy_end(NULL));
            collect(t, &conn);
            t.result("table", &conn.exec(c"SELECT * FROM q"));
        });
    }
    table.add(Area::Copy, "in given up", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"CREATE TEMP TABLE q (a int, b text)");
        for message in [c"changed my mind", c"", c"it's żółw"] {
            conn.exec(c"COPY q FROM STDIN");
            conn.put_copy_data(b"1\ta\n");
            t.value("end", conn.put_copy_end(message));
            collect(t, &conn);
        }
        t.result("table", &conn.exec(c"SELECT * FROM q"));
    });
    table.add(Area::Copy, "at wrong times", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("put", conn.put_copy_data(b"x"));
        t.text("message", &conn.error_message());
        t.value("end", conn.put_copy_end(NULL));
        t.text("message", &conn.error_message());
        t.value("get", conn.get_copy_data(0).0);
        t.text("message", &conn.error_message());
        conn.exec(c"COPY part FROM STDIN");
        t.value("get during copy in", conn.get_copy_data(0).0);
        t.text("message", &conn.error_message());
        t.value("negative length", conn.put_copy_counted(b"x", -1));
        t.text("message", &conn.error_message());
        t.value("query during copy in", conn.send_query(c"SELECT 1"));
        t.text("message", &conn.error_message());
        conn.put_copy_end(NULL);
        collect(t, &conn);
        conn.exec(c"COPY item TO STDOUT");
        t.value("put during copy out", conn.put_copy_data(b"x"));
        t.text("message", &conn.error_message());
        t.value("busy", conn.is_busy());
    });
    table.add(Area::Copy, "result during copy", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"COPY item TO STDOUT");
        t.result("first", &conn.get_result());
        t.result("again", &conn.get_result());
        drain(t, &conn);
        collect(t, &conn);
    });
    table.add(Area::Copy, "asynchronous get", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"COPY (SELECT n, pg_sleep(0.02) FROM generate_series(1, 3) AS n) TO STDOUT");
        let mut rows = Vec::new();
        for _ in 0..1000 {
            match conn.get_copy_data(1) {
                (0, _) => {
                    conn.wait_readable();
                    conn.consume_input();
                }
                (code, row) if code > 0 => rows.push(row),
                (code, _) => {
                    t.value("code", code);
                    break;
                }
            }
        }
        rows.iter().for_each(|row| t.text("row", row));
        collect(t, &conn);
    });
    table.add(Area::Copy, "large", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"CREATE TEMP TABLE q (a int, b text)");
        conn.exec(c"COPY q FROM STDIN");
        let line = format!("1\t{}\n", "z".repeat(1000));
        for _ in 0..20_000 {
            assert_eq!(conn.put_copy_data(line.as_bytes()), 1);
        }
        conn.put_copy_end(NULL);
        collect(t, &conn);
        conn.exec(c"COPY q TO STDOUT");
        let (mut rows, mut bytes) = (0, 0);
        while let (length @ 1.., _) = conn.get_copy_data(0) {
            rows += 1;
            bytes += length;
        }
        t.line(format_args!("{rows} rows, {bytes} bytes"));
        collect(t, &conn);
    });
    add_deprecated(table);
    add_nonblocking(table);
    table.add(Area::Copy, "both", |ctx, t| {
        let conn = ctx.connect_with(t, "replication=true");
        // The same name could still be taken by the other library's connection.
        let name = format!("diff_slot_{}", conn.backend_pid());
        let create = format!("CREATE_REPLICATION_SLOT {name} TEMPORARY PHYSICAL");
        let slot = conn.exec(&cstring(create));
        t.value("slot", slot.status_name());
        let start = conn.exec(c"START_REPLICATION PHYSICAL 0/FFFFFF00");
        t.value("start", start.status_name());
        t.failure(&start);
        let identity = conn.exec(c"IDENTIFY_SYSTEM");
        let position =
            String::from_utf8(identity.getvalue(0, 2).unwrap_or_default()).unwrap_or_default();
        let start = conn.exec(&cstring(format!("START_REPLICATION PHYSICAL {position}")));
        t.result("start", &start);
        t.value("put", conn.put_copy_data(b"r\0"));
        t.value("end", conn.put_copy_end(NULL));
        t.text("message", &conn.error_message());
    });
}

/// Sends what is left, and takes in what comes meanwhile.
fn push(conn: &Conn<'_>) -> i32 {
    loop {
        let left = conn.flush();
        if left != 1 {
            return left;
        }
        conn.wait_either(true);
        if conn.consume_input() == 0 {
            return -1;
        }
    }
}

fn add_nonblocking(table: &mut Table) {
    for (name, format) in [
        ("text", "COPY q FROM STDIN"),
        ("csv", "COPY q FROM STDIN (FORMAT csv, DELIMITER E'\\t')"),
    ] {
        let name = format!("in {name} without waiting");
        table.add(Area::Copy, name, move |ctx, t| {
            let conn = ctx.connect(t);
            conn.exec(c"CREATE TEMP TABLE q (a int, b text)");
            conn.set_nonblocking(1);
            t.result("start", &conn.exec(&cstring(format)));
            let line = format!("1\t{}\n", "z".repeat(100_000));
            for _ in 0..300 {
                // No room for it now: once more when there is.
                while conn.put_copy_data(line.as_bytes()) == 0 {
                    conn.wait_either(true);
                    conn.flush();
                }
            }
            while conn.put_copy_end(NULL) == 0 {
                conn.wait_either(true);
            }
            t.value("left", push(&conn));
            collect(t, &conn);
            let sql = c"SELECT count(*), sum(length(b)) FROM q";
            t.result("table", &conn.exec(sql));
        });
    }
    table.add(Area::Copy, "in without waiting, to an error", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"CREATE TEMP TABLE q (a int, b text)");
        conn.set_nonblocking(1);
        t.result("start", &conn.exec(c"COPY q FROM STDIN"));
        t.value("put", conn.put_copy_data(b"1\ta\nx\tb\n"));
        // The server reads large pieces only, or the end.
        t.value("put", conn.put_copy_data(&vec![b'y'; 200_000]));
        t.value("left", push(&conn));
        conn.wait_readable();
        t.value("consume", conn.consume_input());
        t.value("put behind it", conn.put_copy_data(b"2\tb\n"));
        t.text("message", &conn.error_message());
        t.value("end behind it", conn.put_copy_end(NULL));
        t.text("message", &conn.error_message());
        t.value("left", push(&conn));
        collect(t, &conn);
        t.result("after", &conn.exec(c"SELECT count(*) FROM q"));
    });
    table.add(Area::Copy, "out without waiting", |ctx, t| {
        let conn = ctx.connect(t);
        conn.set_nonblocking(1);
        let sql =
            c"COPY (SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) AS n) TO STDOUT";
        t.value("sent", conn.send_query(sql));
        t.value("left", push(&conn));
        while conn.is_busy() == 1 {
            conn.wait_readable();
            conn.consume_input();
        }
        t.result("start", &conn.get_result());
        let (mut rows, mut bytes) = (0, 0);
        let last = loop {
            match conn.get_copy_data(1).0 {
                0 => {
                    conn.wait_readable();
                    assert_eq!(conn.consume_input(), 1);
                }
                length @ 1.. => {
                    rows += 1;
                    bytes += length;
                }
                code => break code,
            }
        };
        t.line(format_args!("{rows} rows, {bytes} bytes, then {last}"));
        collect(t, &conn);
    });
}

fn add_deprecated(table: &mut Table) {
    table.add(Area::Copy, "out by lines", |ctx, t| {
        for size in [80, 8, 3, 1] {
            let conn = ctx.connect(t);
            conn.exec(c"COPY item TO STDOUT");
            for _ in 0..100 {
                let (code, line) = conn.get_line(size);
                t.value("code", code);
                t.text("line", &line);
                if code == -1 || (code == 0 && line.as_deref() == Some(b"\\.")) {
                    break;
                }
            }
            t.value("end", conn.end_copy());
            t.result("after", &conn.exec(c"SELECT 1"));
        }
    });
    table.add(Area::Copy, "out by lines asynchronously", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"COPY item TO STDOUT");
        for _ in 0..1000 {
            let (code, line) = conn.get_line_async(7);
            match code {
                0 => {
                    conn.wait_readable();
                    conn.consume_input();
                }
                _ => {
                    t.value("code", code);
                    t.text("line", &line);
                }
            }
            if code < 0 {
                break;
            }
        }
        t.value("end", conn.end_copy());
    });
    table.add(Area::Copy, "in by lines", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"CREATE TEMP TABLE q (a int, b text)");
        conn.exec(c"COPY q FROM STDIN");
        t.value("line", conn.put_line(c"1\ta\n"));
        t.value("bytes", conn.put_bytes(b"2\tb\n"));
        t.value("end marker", conn.put_line(c"\\.\n"));
        t.value("end", conn.end_copy());
        t.result("table", &conn.exec(c"SELECT * FROM q"));
        t.value("line outside", conn.put_line(c"x\n"));
        t.text("message", &conn.error_message());
        t.value("end outside", conn.end_copy());
        t.text("message", &conn.error_message());
        t.value("get outside", conn.get_line(10).0);
    });
    table.add(Area::Copy, "end of a failed copy", |ctx, t| {
        let mut conn = ctx.connect(t);
        conn.record_by_processor();
        conn.exec(c"CREATE TEMP TABLE q (a int)");
        conn.exec(c"COPY q FROM STDIN");
        conn.put_line(c"x\n");
        t.value("end", conn.end_copy());
        t.text("message", &conn.error_message());
        for notice in conn.take_notices() {
            t.text("notice", &notice.text);
        }
    });
}
