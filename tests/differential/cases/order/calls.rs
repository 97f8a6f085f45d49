//! One call after the other, as a program that has lost its way makes them.

use crate::calls::FnArg;
use crate::conn::Conn;
use crate::params::Params;
use crate::text::NULL;
use crate::transcript::Transcript;

/// A call by its name; the answer goes into the transcript.
pub(super) type Call = (&'static str, fn(&mut Transcript, &Conn<'_>));

/// Calls of one kind by the kind's name.
pub(super) const GROUPS: &[(&str, &[Call])] = &[
    ("synchronous", SYNCHRONOUS),
    ("function", FUNCTION),
    ("asynchronous", ASYNCHRONOUS),
    ("collecting", COLLECTING),
    ("pipeline", PIPELINE),
    ("copy", COPY),
    ("large object", LARGE_OBJECT),
    ("setting", SETTING),
    ("connecting", CONNECTING),
];

const SYNCHRONOUS: &[Call] = &[
    ("exec", |t, c| t.result("", &c.exec(c"SELECT 1"))),
    ("exec NULL", |t, c| t.result("", &c.exec(NULL))),
    ("exec params", |t, c| {
        t.result(
            "",
            &c.exec_params(c"SELECT $1::int", Params::new().text("7")),
        );
    }),
    ("exec params NULL", |t, c| {
        t.result("", &c.exec_params(NULL, Params::new()));
    }),
    ("too many params", |t, c| {
        t.result("", &c.exec_params(c"SELECT 1", Params::new().count(65_536)));
    }),
    ("fewer params than none", |t, c| {
        t.result("", &c.exec_params(c"SELECT 1", Params::new().count(-1)));
    }),
    ("prepare", |t, c| {
        t.result("", &c.prepare(c"p", c"SELECT 1", &[]))
    }),
    ("prepare NULL", |t, c| {
        t.result("", &c.prepare(NULL, NULL, &[]))
    }),
    ("exec prepared", |t, c| {
        t.result("", &c.exec_prepared(c"absent", Params::new()));
    }),
    ("exec prepared NULL", |t, c| {
        t.result("", &c.exec_prepared(NULL, Params::new()));
    }),
    ("describe prepared", |t, c| {
        t.result("", &c.describe_prepared(c"absent"))
    }),
    ("describe prepared NULL", |t, c| {
        t.result("", &c.describe_prepared(NULL))
    }),
    ("describe portal", |t, c| {
        t.result("", &c.describe_portal(c"absent"))
    }),
    ("describe portal NULL", |t, c| {
        t.result("", &c.describe_portal(NULL))
    }),
];

const FUNCTION: &[Call] = &[
    ("function", |t, c| {
        let (result, length, value) = c.call(1598, true, &[FnArg::Int(1), FnArg::Null]);
        t.result("", &result);
        t.value("length", length);
        t.bytes("value", &value);
    }),
    ("no function", |t, c| {
        t.result("", &c.call(-1, false, &[]).0)
    }),
];

const ASYNCHRONOUS: &[Call] = &[
    ("query", |t, c| t.value("", c.send_query(c"SELECT 2"))),
    ("query NULL", |t, c| t.value("", c.send_query(NULL))),
    ("params", |t, c| {
        t.value(
            "",
            c.send_query_params(c"SELECT $1::int", Params::new().text("8")),
        );
    }),
    ("params NULL", |t, c| {
        t.value("", c.send_query_params(NULL, Params::new()))
    }),
    ("too many params", |t, c| {
        t.value(
            "",
            c.send_query_params(c"SELECT 1", Params::new().count(65_536)),
        );
    }),
    ("prepare", |t, c| {
        t.value("", c.send_prepare(c"q", c"SELECT 1", &[]))
    }),
    ("prepare NULL", |t, c| {
        t.value("", c.send_prepare(NULL, NULL, &[]))
    }),
    ("prepared", |t, c| {
        t.value("", c.send_query_prepared(c"absent", Params::new()))
    }),
    ("prepared NULL", |t, c| {
        t.value("", c.send_query_prepared(NULL, Params::new()))
    }),
    ("describe prepared", |t, c| {
        t.value("", c.send_describe_prepared(c"absent"))
    }),
    ("describe prepared NULL", |t, c| {
        t.value("", c.send_describe_prepared(NULL))
    }),
    ("describe portal", |t, c| {
        t.value("", c.send_describe_portal(c"absent"))
    }),
    ("describe portal NULL", |t, c| {
        t.value("", c.send_describe_portal(NULL))
    }),
];

/// Calls that libpq 17 added.
pub(super) const NEWER: &[Call] = &[
    ("change password", |t, c| {
        t.result("", &c.change_password(c"absent role", c"secret"));
    }),
    ("close prepared", |t, c| {
        t.result("", &c.close_prepared(c"absent"))
    }),
    ("close prepared NULL", |t, c| {
        t.result("", &c.close_prepared(NULL))
    }),
    ("close portal", |t, c| {
        t.result("", &c.close_portal(c"absent"))
    }),
    ("close portal NULL", |t, c| {
        t.result("", &c.close_portal(NULL))
    }),
    ("send close prepared", |t, c| {
        t.value("", c.send_close_prepared(c"absent"))
    }),
    ("send close prepared NULL", |t, c| {
        t.value("", c.send_close_prepared(NULL))
    }),
    ("send close portal", |t, c| {
        t.value("", c.send_close_portal(c"absent"))
    }),
    ("send close portal NULL", |t, c| {
        t.value("", c.send_close_portal(NULL))
    }),
    ("send sync", |t, c| t.value("", c.send_pipeline_sync())),
    ("chunks of 2", |t, c| {
        t.value("", c.set_chunked_rows_mode(2))
    }),
    ("chunks of 0", |t, c| {
        t.value("", c.set_chunked_rows_mode(0))
    }),
    ("chunks of -1", |t, c| {
        t.value("", c.set_chunked_rows_mode(-1))
    }),
];

const COLLECTING: &[Call] = &[
    ("result", |t, c| t.result("", &c.get_result())),
    ("busy", |t, c| t.value("", c.is_busy())),
    ("consume", |t, c| t.value("", c.consume_input())),
    ("flush", |t, c| t.value("", c.flush())),
    ("single rows", |t, c| t.value("", c.set_single_row_mode())),
    ("non-blocking", |t, c| {
        t.value("", c.set_nonblocking(1));
        t.value("is", c.is_nonblocking());
        t.value("back", c.set_nonblocking(0));
        t.value("is", c.is_nonblocking());
    }),
    ("notification", |t, c| {
        t.value("", c.notification().is_some())
    }),
];

const PIPELINE: &[Call] = &[
    ("enter", |t, c| t.value("", c.enter_pipeline())),
    ("exit", |t, c| t.value("", c.exit_pipeline())),
    ("sync", |t, c| t.value("", c.pipeline_sync())),
    ("flush request", |t, c| t.value("", c.send_flush_request())),
];

const COPY: &[Call] = &[
    ("put", |t, c| t.value("", c.put_copy_data(b"1\n"))),
    ("put nothing", |t, c| t.value("", c.put_copy_data(b""))),
    ("put less than nothing", |t, c| {
        t.value("", c.put_copy_counted(b"x", -1))
    }),
    ("end", |t, c| t.value("", c.put_copy_end(NULL))),
    ("end with an error", |t, c| {
        t.value("", c.put_copy_end(c"given up"))
    }),
    ("get", |t, c| {
        let (code, row) = c.get_copy_data(0);
        t.value("", code);
        t.text("row", &row);
    }),
    ("get now", |t, c| {
        let (code, row) = c.get_copy_data(1);
        t.value("", code);
        t.text("row", &row);
    }),
    ("line", |t, c| {
        let (code, row) = c.get_line(80);
        t.value("", code);
        t.text("row", &row);
    }),
    ("no room for a line", |t, c| t.value("", c.get_line(0).0)),
    ("line now", |t, c| {
        let (code, row) = c.get_line_async(80);
        t.value("", code);
        t.text("row", &row);
    }),
    ("put line", |t, c| t.value("", c.put_line(c"2\n"))),
    ("put bytes", |t, c| t.value("", c.put_bytes(b"3\n"))),
    ("end copy", |t, c| t.value("", c.end_copy())),
];

const LARGE_OBJECT: &[Call] = &[
    ("creat", |t, c| t.value("", c.lo_creat(0x20000) != 0)),
    ("create", |t, c| t.value("", c.lo_create(0) != 0)),
    ("open", |t, c| t.value("", c.lo_open(1, 0x40000))),
    ("read", |t, c| t.value("", c.lo_read(0, 10).0)),
    ("read too much", |t, c| {
        t.value("", c.lo_read(-1, usize::from(u16::MAX)).0)
    }),
    ("write", |t, c| t.value("", c.lo_write(0, b"abc"))),
    ("seek", |t, c| t.value("", c.lo_lseek(0, 0, 0))),
    ("seek nowhere", |t, c| t.value("", c.lo_lseek(0, -1, 99))),
    ("seek far", |t, c| t.value("", c.lo_lseek64(0, i64::MAX, 0))),
    ("tell", |t, c| t.value("", c.lo_tell(0))),
    ("tell far", |t, c| t.value("", c.lo_tell64(77))),
    ("truncate", |t, c| t.value("", c.lo_truncate(0, 5))),
    ("truncate too far", |t, c| {
        t.value("", c.lo_truncate(0, usize::MAX))
    }),
    ("truncate far", |t, c| t.value("", c.lo_truncate64(0, -1))),
    ("close", |t, c| t.value("", c.lo_close(0))),
    ("unlink", |t, c| t.value("", c.lo_unlink(1))),
    ("import", |t, c| t.value("", c.lo_import(c"/nonexistent"))),
    ("import as", |t, c| {
        t.value("", c.lo_import_with_oid(c"/nonexistent", 1))
    }),
    ("export", |t, c| {
        t.value("", c.lo_export(1, c"/nonexistent/file"))
    }),
];

const SETTING: &[Call] = &[
    ("encoding", |t, c| {
        t.value("", c.set_client_encoding(c"LATIN1"))
    }),
    ("encoding NULL", |t, c| {
        t.value("", c.set_client_encoding(NULL))
    }),
    ("encoding of none", |t, c| {
        t.value("", c.set_client_encoding(c"bogus"))
    }),
    ("verbosity", |t, c| {
        t.value("", c.set_verbosity(2));
        t.value("left", c.set_verbosity(1));
    }),
    ("context", |t, c| {
        t.value("", c.set_context_visibility(2));
        t.value("left", c.set_context_visibility(1));
    }),
    ("trace flags", |t, c| {
        c.set_trace_flags(3);
        c.untrace();
        t.line("done");
    }),
    ("parameters", |t, c| {
        t.text("", &c.parameter_status(c"server_encoding"));
        t.text("of none", &c.parameter_status(c"bogus"));
        t.text("NULL", &c.parameter_status(NULL));
    }),
    ("escaping", |t, c| {
        t.text("literal", &c.escape_literal(b"it's \\ \xc3\xbc"));
        t.text("identifier", &c.escape_identifier(b"a\"b"));
        t.text("half a character", &c.escape_literal(b"\xc3"));
        t.text("message", &c.error_message());
        t.value("string", c.escape_string(b"\xc3'").2);
        t.text("bytes", &c.escape_bytea(b"\0\xff'\\").0);
    }),
    ("secret", |t, c| {
        let secret = c.encrypt_password(c"secret", c"user", c"md5");
        t.text("md5", &secret);
        t.text("of none", &c.encrypt_password(c"secret", c"user", c"bogus"));
    }),
    ("secret by the server's way", |t, c| {
        t.value("", c.encrypt_password(c"secret", c"user", NULL).is_some());
    }),
    ("empty result", |t, c| t.result("", &c.make_empty(7))),
];

const CONNECTING: &[Call] = &[
    ("poll", |t, c| t.value("", c.connect_poll())),
    ("reset poll", |t, c| t.value("", c.reset_poll())),
    ("reset", |t, c| {
        c.reset();
        t.value("", c.status());
    }),
    ("reset start", |t, c| {
        t.value("", c.reset_start());
        t.value("status", c.status());
        t.value("has a socket", c.socket() >= 0);
    }),
    ("facts", |t, c| {
        t.text("database", &c.db());
        t.text("user", &c.user());
        t.value("has a process", c.backend_pid() != 0);
        t.value("protocol", c.protocol_version());
        t.value("has a version", c.server_version() > 0);
        t.value("encoding", c.client_encoding());
        t.value("has a socket", c.socket() >= 0);
        t.value("options", !c.conninfo().is_null());
        t.value("tls", c.ssl_in_use());
        t.text("library", &c.ssl_attribute(c"library"));
        t.text("attribute of none", &c.ssl_attribute(c"bogus"));
        t.text("attribute NULL", &c.ssl_attribute(c"cipher"));
    }),
];
