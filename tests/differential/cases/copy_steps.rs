//! COPY call by call: what each call answers, and what it leaves in a trace.

use crate::case::{Area, Case, Table};
use crate::cases::asynchronous::collect;
use crate::conn::Conn;
use crate::file::CFile;
use crate::text::NULL;
use crate::transcript::Transcript;

/// One call of a copy, by its name, and its answer.
type CopyCall = (&'static str, fn(&mut Transcript, &Conn<'_>));

const GET: CopyCall = ("row", |t, c| {
    let (code, row) = c.get_copy_data(0);
    t.value("code", code);
    t.text("row", &row);
});
const GET_NOW: CopyCall = ("row now", |t, c| {
    let (code, row) = c.get_copy_data(1);
    t.value("code", code);
    t.text("row", &row);
});
const LINE: CopyCall = ("whole line", |t, c| {
    let (code, line) = c.get_line(80);
    t.value("code", code);
    t.text("line", &line);
});
const PART: CopyCall = ("part of a line", |t, c| {
    let (code, line) = c.get_line(4);
    t.value("code", code);
    t.text("line", &line);
});
const SMALL_PART: CopyCall = ("smaller part", |t, c| {
    let (code, line) = c.get_line(3);
    t.value("code", code);
    t.text("line", &line);
});
const PART_NOW: CopyCall = ("part now", |t, c| {
    let (code, line) = c.get_line_async(4);
    t.value("code", code);
    t.text("line", &line);
});
const LINE_NOW: CopyCall = ("line now", |t, c| {
    let (code, line) = c.get_line_async(80);
    t.value("code", code);
    t.text("line", &line);
});
const RESULT: CopyCall = ("result", |t, c| t.result("result", &c.get_result()));
const END_COPY: CopyCall = ("end copy", |t, c| t.value("end", c.end_copy()));
const CONSUME: CopyCall = ("consume", |t, c| {
    t.value("consume", c.consume_input());
    t.value("busy", c.is_busy());
});
const PUT: CopyCall = ("put", |t, c| t.value("put", c.put_copy_data(b"1\n")));
const PUT_NOTHING: CopyCall = ("put nothing", |t, c| t.value("put", c.put_copy_data(b"")));
const PUT_LINE: CopyCall = ("put line", |t, c| t.value("put", c.put_line(c"2\n")));
const PUT_END: CopyCall = ("put end", |t, c| t.value("end", c.put_copy_end(NULL)));
const PUT_FAILURE: CopyCall = ("put failure", |t, c| {
    t.value("end", c.put_copy_end(c"given up"))
});

const OUT: &[(&str, &[CopyCall])] = &[
    ("rows", &[GET, GET, GET, GET, GET, RESULT, RESULT]),
    (
        "rows now",
        &[GET_NOW, GET_NOW, GET_NOW, GET_NOW, GET_NOW, RESULT, RESULT],
    ),
    ("lines", &[LINE, LINE, LINE, LINE, END_COPY, RESULT]),
    (
        "parts",
        &[
            PART, PART, PART, PART, PART, PART, PART, PART, PART, PART, PART, END_COPY,
        ],
    ),
    (
        "row now after a part",
        &[
            PART_NOW, GET_NOW, PART_NOW, LINE_NOW, LINE_NOW, LINE_NOW, LINE_NOW, END_COPY,
        ],
    ),
    ("rows after a part", &[PART, GET, GET, GET, GET, RESULT]),
    (
        "last row after a part",
        &[LINE, LINE, PART, GET, LINE, RESULT],
    ),
    (
        "smaller row after a part",
        &[
            LINE, PART, PART, PART, GET, PART, SMALL_PART, LINE, LINE, RESULT,
        ],
    ),
    ("end after a part", &[PART, END_COPY, RESULT]),
    (
        "result after a part",
        &[PART, RESULT, LINE, LINE, LINE, LINE, RESULT],
    ),
    (
        "line behind the end",
        &[GET, GET, GET, GET, LINE, LINE_NOW, RESULT, RESULT],
    ),
    (
        "row behind the end",
        &[LINE, LINE, LINE, LINE, GET, RESULT, RESULT],
    ),
    (
        "consuming between",
        &[
            PART, CONSUME, LINE, CONSUME, GET, CONSUME, LINE, LINE, RESULT,
        ],
    ),
];

const IN: &[(&str, &[CopyCall])] = &[
    (
        "data",
        &[PUT, PUT, PUT_NOTHING, PUT, PUT_END, RESULT, RESULT],
    ),
    ("lines", &[PUT_LINE, PUT, PUT_LINE, END_COPY, RESULT]),
    ("failure", &[PUT, PUT_FAILURE, RESULT, RESULT]),
    ("nothing", &[PUT_END, RESULT, RESULT]),
    ("only nothing", &[PUT_NOTHING, PUT_END, RESULT, RESULT]),
    ("end twice", &[PUT, PUT_END, PUT_END, RESULT, RESULT]),
    (
        "abandoned",
        &[PUT, RESULT, CONSUME, PUT, RESULT, PUT_END, RESULT],
    ),
];

fn start_out(conn: &Conn<'_>) {
    conn.exec(c"COPY (VALUES ('first row'), ('r2'), ('third')) TO STDOUT");
}

fn start_in(conn: &Conn<'_>) {
    conn.exec(c"CREATE TEMP TABLE numbers (n int)");
    conn.exec(c"COPY numbers FROM STDIN");
}

pub(crate) fn add(table: &mut Table) {
    add_trace(table);
    for &(name, calls) in OUT {
        let case = table.add(Area::Copy, format!("step by step {name}"), move |ctx, t| {
            let conn = ctx.connect(t);
            start_out(&conn);
            for (name, call) in calls {
                t.section(name, |t| {
                    call(t, &conn);
                    t.text("message", &conn.error_message());
                });
            }
            collect(t, &conn);
        });
        mark(name, case);
    }
}

/// Marks the script in which a part of a line is left over when a row is read.
fn mark(name: &str, case: &mut Case) {
    if name == "row now after a part" {
        case.crashes_libpq("it skips as much of a later row, however long that is");
    }
}

/// The scripts in which no data is traced: what PQgetline reads never is.
const UNTRACED: [(&str, &str); 7] = [
    ("out", "lines"),
    ("out", "parts"),
    ("out", "smaller row after a part"),
    ("out", "result after a part"),
    ("out", "row behind the end"),
    ("in", "nothing"),
    ("in", "only nothing"),
];

fn add_trace(table: &mut Table) {
    for (way, scripts, start) in [
        ("out", OUT, start_out as fn(&Conn<'_>)),
        ("in", IN, start_in),
    ] {
        for &(name, calls) in scripts {
            let trace_name = format!("copy {way} step by step {name}");
            let case = table.add(Area::Trace, trace_name, move |ctx, t| {
                let conn = ctx.connect(t);
                let file = CFile::new();
                // SAFETY: the connection is live, and tracing stops before the stream closes.
                unsafe { conn.api.PQtrace(conn.raw, file.pointer()) };
                conn.set_trace_flags(3);
                let mut shown = 0;
                let mut show = |t: &mut Transcript| {
                    let contents = file.contents();
                    t.bytes("trace", &contents[shown..]);
                    shown = contents.len();
                };
                start(&conn);
                show(t);
                for (name, call) in calls {
                    t.section(name, |t| {
                        call(t, &conn);
                        show(t);
                    });
                }
                collect(t, &conn);
                show(t);
                conn.untrace();
            });
            if !UNTRACED.contains(&(way, name)) {
                case.differs_before(18, "libpq 17 completed the trace of a copy");
            }
            mark(name, case);
        }
    }
}
