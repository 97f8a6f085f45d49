//! Queries, their parameters and errors, and escaping.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use ferropq::capi::conn_status::*;
use ferropq::capi::encoding::*;
use ferropq::capi::escape::*;
use ferropq::capi::exec::*;
use ferropq::capi::result::*;
use ferropq::capi::result_columns::*;
use ferropq::capi::result_error::*;
use ferropq::capi::result_tag::*;
use ferropq::capi::types::*;
use support::require_server;

use crate::handles::*;

#[test]
fn parameters_travel_in_both_formats() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let number = 7i32.to_be_bytes();
    let values = [number.as_ptr().cast(), c"text".as_ptr(), ptr::null()];
    let (lengths, formats) = ([4, 0, 0], [1, 0, 0]);
    let sql = c"SELECT $1::int4 + 1, $2::text, $3::text IS NULL, $1::int4";
    for result_format in [0, 1] {
        let result = Res(unsafe {
            PQexecParams(
                conn.0,
                sql.as_ptr(),
                3,
                ptr::null(),
                values.as_ptr(),
                lengths.as_ptr(),
                formats.as_ptr(),
                result_format,
            )
        });
        assert_eq!(
            result.status(),
            ExecStatusType::PGRES_TUPLES_OK,
            "{}",
            conn.error()
        );
        unsafe {
            assert_eq!(PQbinaryTuples(result.0), result_format);
            assert_eq!(
                (PQfformat(result.0, 0), PQftype(result.0, 0)),
                (result_format, 23)
            );
            assert_eq!((PQfsize(result.0, 0), PQfmod(result.0, 1)), (4, -1));
            let length = if result_format == 1 { 4 } else { 1 };
            assert_eq!(PQgetlength(result.0, 0, 0), length);
        }
        assert_eq!(result.value(0, 1), "text");
    }
}

#[test]
fn arguments_that_cannot_be_sent_are_refused() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let values = [c"1".as_ptr()];
    let refused = |count: c_int, formats: *const c_int, lengths: *const c_int| {
        let result = unsafe {
            let (types, values) = (ptr::null(), values.as_ptr());
            PQexecParams(
                conn.0,
                c"SELECT 1".as_ptr(),
                count,
                types,
                values,
                lengths,
                formats,
                0,
            )
        };
        assert!(result.is_null());
        conn.error()
    };
    let range = "number of parameters must be between 0 and 65535\n";
    assert_eq!(refused(-1, ptr::null(), ptr::null()), range);
    assert_eq!(refused(65_536, ptr::null(), ptr::null()), range);
    let no_length = "length must be given for binary parameter\n";
    assert_eq!(refused(1, [1].as_ptr(), ptr::null()), no_length);
    assert!(refused(1, [1].as_ptr(), [-3].as_ptr()).contains("negative"));
    assert!(unsafe { PQexec(conn.0, ptr::null()) }.is_null());
    assert_eq!(conn.error(), "command string is a null pointer\n");
    let prepared = unsafe { PQprepare(conn.0, ptr::null(), c"".as_ptr(), 0, ptr::null()) };
    assert!(prepared.is_null());
    assert_eq!(conn.error(), "statement name is a null pointer\n");
    assert_eq!(conn.value("SELECT 1"), "1");
}

#[test]
fn a_statement_is_prepared_described_executed_and_closed() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let name = c"twice".as_ptr();
    let status = |result: *mut PGresult| Res(result).status();
    unsafe {
        let sql = c"SELECT 2 * $1::int4 AS doubled";
        let prepared = PQprepare(conn.0, name, sql.as_ptr(), 0, ptr::null());
        assert_eq!(status(prepared), ExecStatusType::PGRES_COMMAND_OK);
        let described = Res(PQdescribePrepared(conn.0, name));
        assert_eq!(
            (PQnparams(described.0), PQparamtype(described.0, 0)),
            (1, 23)
        );
        assert_eq!(text(PQfname(described.0, 0)), "doubled");
        let values = [c"21".as_ptr()];
        let (none, values) = (ptr::null(), values.as_ptr());
        let executed = Res(PQexecPrepared(conn.0, name, 1, values, none, none, 0));
        assert_eq!(executed.value(0, 0), "42");
        assert_eq!(
            status(PQclosePrepared(conn.0, name)),
            ExecStatusType::PGRES_COMMAND_OK
        );
        let gone = Res(PQdescribePrepared(conn.0, name));
        assert_eq!(gone.field(b'C'), "26000");

        conn.exec("BEGIN");
        conn.exec("DECLARE portal CURSOR FOR SELECT 1 AS one");
        let described = Res(PQdescribePortal(conn.0, c"portal".as_ptr()));
        assert_eq!(PQfnumber(described.0, c"ONE".as_ptr()), 0);
        let closed = PQclosePortal(conn.0, c"portal".as_ptr());
        assert_eq!(status(closed), ExecStatusType::PGRES_COMMAND_OK);
        assert_eq!(
            PQtransactionStatus(conn.0),
            PGTransactionStatusType::PQTRANS_INTRANS
        );
    }
}

#[test]
fn errors_are_told_at_every_verbosity() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let terse = MaybeUninit::new(PGVerbosity::PQERRORS_TERSE);
    let former = unsafe { PQsetErrorVerbosity(conn.0, terse) };
    assert_eq!(former, PGVerbosity::PQERRORS_DEFAULT);
    let result = conn.exec("SELECT nope");
    assert_eq!(
        result.error(),
        "ERROR:  column \"nope\" does not exist at character 8\n"
    );
    assert_eq!(conn.error(), result.error());
    assert_eq!(
        (result.field(b'C'), result.field(b'P')),
        ("42703".into(), "8".into())
    );
    let again = |verbosity| {
        let context = MaybeUninit::new(PGContextVisibility::PQSHOW_CONTEXT_ERRORS);
        taken(unsafe {
            PQresultVerboseErrorMessage(result.0, MaybeUninit::new(verbosity), context)
        })
    };
    let default = "ERROR:  column \"nope\" does not exist\nLINE 1: SELECT nope\n               ^\n";
    assert_eq!(again(PGVerbosity::PQERRORS_DEFAULT), default);
    assert_eq!(again(PGVerbosity::PQERRORS_SQLSTATE), "ERROR:  42703\n");
    assert!(again(PGVerbosity::PQERRORS_VERBOSE).contains("\nLOCATION:  "));
    let always = MaybeUninit::new(PGContextVisibility::PQSHOW_CONTEXT_ALWAYS);
    let former = unsafe { PQsetErrorContextVisibility(conn.0, always) };
    assert_eq!(former, PGContextVisibility::PQSHOW_CONTEXT_ERRORS);
}

#[test]
fn escaping_follows_the_session() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let mut buffer = [0 as c_char; 32];
    let to = buffer.as_mut_ptr();
    unsafe {
        assert_eq!(PQsetClientEncoding(conn.0, c"UTF8".as_ptr()), 0);
        assert_eq!(PQclientEncoding(conn.0), 6);
        assert_eq!(PQsetClientEncoding(conn.0, c"NOPE".as_ptr()), -1);
        let mut error = 0;
        let from = c"it's \xff".as_ptr();
        PQescapeStringConn(conn.0, to, from, 6, &mut error);
        assert_eq!(error, 1);
        assert_eq!(conn.error(), "invalid multibyte character\n");
        assert_eq!(
            PQescapeStringConn(conn.0, to, c"it's".as_ptr(), 4, &mut error),
            5
        );
        assert_eq!((text(to), error), ("it''s".into(), 0));
        // The process-wide settings are some session's of this test program: all alike here.
        assert_eq!(PQescapeString(to, c"a'\\".as_ptr(), 3), 4);
        assert_eq!(text(to), "a''\\");
        let mut length = 0;
        let bytes = PQescapeByteaConn(conn.0, c"\x01'".as_ptr().cast(), 2, &mut length);
        assert_eq!((taken(bytes.cast()), length), ("\\x0127".into(), 7));
        let bytes = PQescapeBytea(c"\x01".as_ptr().cast(), 1, &mut length);
        assert_eq!((taken(bytes.cast()), length), ("\\001".into(), 5));
        let bytes = PQunescapeBytea(c"\\x4142".as_ptr().cast(), &mut length);
        assert_eq!((taken(bytes.cast()), length), ("AB".into(), 2));
        let literal = PQescapeLiteral(conn.0, c"a'b".as_ptr(), 3);
        assert_eq!(conn.value(&format!("SELECT {}", taken(literal))), "a'b");
        let identifier = PQescapeIdentifier(conn.0, c"a\"b".as_ptr(), 3);
        assert_eq!(taken(identifier), "\"a\"\"b\"");
    }
}

#[test]
fn tags_tell_rows_and_oids() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    conn.exec("CREATE TEMP TABLE tags (n int)");
    let inserted = conn.exec("INSERT INTO tags SELECT generate_series(1, 3)");
    let tag = |result: &Res| unsafe {
        (
            text(PQcmdStatus(result.0)),
            text(PQcmdTuples(result.0)),
            text(PQoidStatus(result.0)),
        )
    };
    assert_eq!(
        tag(&inserted),
        ("INSERT 0 3".into(), "3".into(), "0".into())
    );
    assert_eq!(unsafe { PQoidValue(inserted.0) }, 0);
    let selected = conn.exec("SELECT n FROM tags");
    assert_eq!(
        tag(&selected),
        ("SELECT 3".into(), "3".into(), String::new())
    );
    unsafe {
        assert_ne!(PQftable(selected.0, 0), 0);
        assert_eq!(PQftablecol(selected.0, 0), 1);
        assert!(PQresultMemorySize(selected.0) > 0);
    }
}
