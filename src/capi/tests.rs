//! Handles without a server: what needs no socket, and what Miri can watch.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::boundary::{guard, with_conn, with_result};
use super::conn_status::{PQerrorMessage, PQstatus};
use super::connect::{PQconnectdb, PQfinish};
use super::events::*;
use super::memory::PQfreemem;
use super::notice::{PQsetNoticeProcessor, PQsetNoticeReceiver};
use super::result::*;
use super::result_build::*;
use super::result_columns::*;
use super::result_error::*;
use super::result_tag::*;
use super::types::*;

/// The string that C sees.
///
/// # Safety
/// NULL, or a string that lives as long as the answer is used.
unsafe fn seen<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_str().expect("text"))
}

fn described(name: *mut c_char) -> PGresAttDesc {
    PGresAttDesc {
        name,
        tableid: 7,
        columnid: 1,
        format: 0,
        typid: 25,
        typlen: -1,
        atttypmod: -1,
    }
}

/// A result with the columns `id` and `Name` and no rows.
///
/// # Safety
/// To be cleared.
unsafe fn two_columns() -> *mut PGresult {
    // SAFETY: a new result, and an array of two descriptions.
    unsafe {
        let status = MaybeUninit::new(ExecStatusType::PGRES_TUPLES_OK);
        let result = PQmakeEmptyPGresult(ptr::null_mut(), status);
        let mut columns = [
            described(c"id".as_ptr().cast_mut()),
            described(c"Name".as_ptr().cast_mut()),
        ];
        assert_eq!(PQsetResultAttrs(result, 2, columns.as_mut_ptr()), 1);
        result
    }
}

#[test]
fn a_panic_becomes_the_fallback() {
    assert_eq!(guard(7, || panic!("on purpose")), 7);
    // SAFETY: NULL is a handle.
    assert_eq!(unsafe { with_result(ptr::null(), 3, |_| 4) }, 3);
}

#[test]
fn a_panic_costs_the_connection_and_tells_why() {
    let conn = unconnected();
    // SAFETY: the connection is alive until it is finished.
    unsafe {
        let answer = with_conn(conn, 5, |_| panic!("on purpose, {}", 1));
        assert_eq!(answer, 5);
        let message = seen(PQerrorMessage(conn)).expect("a message");
        assert!(
            message.ends_with("internal error: on purpose, 1\n"),
            "{message}"
        );
        assert_eq!(PQstatus(conn), ConnStatusType::CONNECTION_BAD);
        PQfinish(conn);
    }
}

#[test]
fn values_set_by_hand_are_read_back() {
    // SAFETY: the result is alive until it is cleared, and lengths are those of the texts.
    unsafe {
        let result = two_columns();
        let set = |row, column, text: &CStr, length| {
            PQsetvalue(result, row, column, text.as_ptr().cast_mut(), length)
        };
        assert_eq!(set(0, 0, c"one", 3), 1);
        assert_eq!(set(0, 1, c"abc", -5), 1);
        assert_eq!(set(1, 1, c"longer than before", 18), 1);
        assert_eq!(set(1, 1, c"two", 3), 1);
        assert_eq!(PQsetvalue(result, 2, 0, ptr::null_mut(), 4), 1);
        assert_eq!((PQntuples(result), PQnfields(result)), (3, 2));
        let value = |row, column| seen(PQgetvalue(result, row, column));
        assert_eq!((value(0, 0), value(0, 1)), (Some("one"), Some("")));
        assert_eq!((value(1, 0), value(1, 1)), (Some(""), Some("two")));
        let is_null = |row, column| PQgetisnull(result, row, column);
        assert_eq!(
            (is_null(0, 1), is_null(1, 0), is_null(2, 0), is_null(1, 1)),
            (0, 1, 1, 0)
        );
        assert_eq!(
            (PQgetlength(result, 1, 1), PQgetlength(result, 1, 0)),
            (3, 0)
        );
        assert!(PQresultMemorySize(result) > 0);
        PQclear(result);
    }
}

#[test]
fn misuse_is_answered_and_changes_nothing() {
    // SAFETY: the result is alive until it is cleared; numbers may be any.
    unsafe {
        let result = two_columns();
        let text = c"x".as_ptr().cast_mut();
        for (row, column) in [
            (1, 0),
            (-1, 0),
            (0, 2),
            (0, -1),
            (c_int::MAX, 0),
            (c_int::MIN, 0),
        ] {
            assert_eq!(
                PQsetvalue(result, row, column, text, 1),
                0,
                "{row} {column}"
            );
            assert!(PQgetvalue(result, row, column).is_null());
            assert_eq!(PQgetlength(result, row, column), 0);
            assert_eq!(PQgetisnull(result, row, column), 1);
        }
        for column in [-1, 2, c_int::MIN, c_int::MAX] {
            assert!(PQfname(result, column).is_null());
            assert_eq!((PQftype(result, column), PQfmod(result, column)), (0, 0));
            assert_eq!(PQparamtype(result, column), 0);
        }
        assert_eq!(PQsetResultAttrs(result, 0, ptr::null_mut()), 0);
        assert_eq!(PQntuples(result), 0);
        PQclear(result);
    }
}

#[test]
fn columns_are_found_as_sql_finds_them() {
    // SAFETY: the result is alive until it is cleared.
    unsafe {
        let result = two_columns();
        let find = |name: &CStr| PQfnumber(result, name.as_ptr());
        assert_eq!((find(c"ID"), find(c"\"id\""), find(c"\"ID\"")), (0, 0, -1));
        assert_eq!((find(c"name"), find(c"\"Name\""), find(c"")), (-1, 1, -1));
        assert_eq!(PQfnumber(result, ptr::null()), -1);
        assert_eq!(seen(PQfname(result, 1)), Some("Name"));
        assert_eq!((PQftable(result, 0), PQftablecol(result, 0)), (7, 1));
        assert_eq!(
            (PQftype(result, 0), PQfsize(result, 0), PQfmod(result, 0)),
            (25, -1, -1)
        );
        PQclear(result);
    }
}

#[test]
fn a_copy_has_what_was_asked_for() {
    // SAFETY: both results are alive until they are cleared.
    unsafe {
        let result = two_columns();
        PQsetvalue(result, 0, 0, c"value".as_ptr().cast_mut(), 5);
        for (flags, columns, rows) in [(0, 0, 0), (1, 2, 0), (2, 2, 1), (12, 0, 0), (15, 2, 1)] {
            let copy = PQcopyResult(result, flags);
            assert_eq!(
                (PQnfields(copy), PQntuples(copy)),
                (columns, rows),
                "{flags}"
            );
            if rows > 0 {
                assert_eq!(seen(PQgetvalue(copy, 0, 0)), Some("value"));
                assert_eq!(PQgetisnull(copy, 0, 1), 1);
            }
            PQclear(copy);
        }
        PQclear(result);
    }
}

#[test]
fn memory_of_a_result_is_aligned_and_lives_with_it() {
    // SAFETY: the result is alive until it is cleared, and what it gave is as large as asked for.
    unsafe {
        let result = two_columns();
        for size in [0, 1, 7, 4096, 1] {
            let piece = PQresultAlloc(result, size).cast::<u8>();
            assert_eq!(piece as usize % 16, 0);
            piece.write_bytes(0xAA, size);
        }
        PQclear(result);
    }
}

#[test]
fn null_results_are_answered() {
    let none = ptr::null_mut();
    // SAFETY: NULL is a handle.
    unsafe {
        assert_eq!(PQresultStatus(none), ExecStatusType::PGRES_FATAL_ERROR);
        assert_eq!(
            (PQntuples(none), PQnfields(none), PQbinaryTuples(none)),
            (0, 0, 0)
        );
        assert_eq!((PQgetlength(none, 0, 0), PQgetisnull(none, 0, 0)), (0, 1));
        assert!(PQgetvalue(none, 0, 0).is_null() && PQcmdStatus(none).is_null());
        assert_eq!(seen(PQcmdTuples(none)), Some(""));
        assert_eq!((seen(PQoidStatus(none)), PQoidValue(none)), (Some(""), 0));
        assert_eq!(seen(PQresultErrorMessage(none)), Some(""));
        let style = (
            MaybeUninit::new(PGVerbosity::PQERRORS_DEFAULT),
            MaybeUninit::new(PGContextVisibility::PQSHOW_CONTEXT_ERRORS),
        );
        let message = PQresultVerboseErrorMessage(none, style.0, style.1);
        assert_eq!(seen(message), Some("PGresult is not an error result\n"));
        PQfreemem(message.cast());
        assert!(PQcopyResult(none, 15).is_null() && PQresultAlloc(none, 1).is_null());
        assert_eq!(
            (
                PQresultMemorySize(none),
                PQfireResultCreateEvents(ptr::null_mut(), none)
            ),
            (0, 0)
        );
        PQclear(none);
    }
}

/// What an event procedure has been told.
#[derive(Default)]
struct Log(Vec<(PGEventId, *mut c_void)>);

unsafe extern "C" fn record(id: PGEventId, info: *mut c_void, log: *mut c_void) -> c_int {
    // SAFETY: the log that was registered, and information of a kind that begins with a pointer.
    unsafe {
        (*log.cast::<Log>())
            .0
            .push((id, *info.cast::<*mut c_void>()));
        if id == PGEventId::PGEVT_RESULTCREATE {
            // A procedure may change the result that it is told of.
            PQresultAlloc((*info.cast::<PGEventResultCreate>()).result, 8);
        }
    }
    1
}

unsafe extern "C" fn fail(_id: PGEventId, _info: *mut c_void, _arg: *mut c_void) -> c_int {
    0
}

/// A connection that has never been one.
fn unconnected() -> *mut super::conn::PGconn {
    // SAFETY: a string that ends in a NUL.
    unsafe { PQconnectdb(c"no_such_option=1".as_ptr()) }
}

#[test]
fn event_procedures_hear_of_the_whole_life() {
    let mut log = Log::default();
    let arg: *mut c_void = (&raw mut log).cast();
    // One address each: procedures are known by their addresses.
    let (record, fail): (PGEventProc, PGEventProc) = (Some(record), Some(fail));
    // SAFETY: handles are alive until they are freed; the log outlives them.
    unsafe {
        let conn = unconnected();
        let name = c"recorder".as_ptr();
        assert_eq!(PQregisterEventProc(conn, record, name, arg), 1);
        assert_eq!(PQregisterEventProc(conn, record, name, arg), 0);
        assert_eq!(PQregisterEventProc(conn, fail, name, arg), 0);
        assert_eq!(PQregisterEventProc(conn, fail, c"".as_ptr(), arg), 0);
        assert_eq!(PQsetInstanceData(conn, record, arg), 1);
        assert_eq!(PQsetInstanceData(conn, fail, arg), 0);
        assert_eq!(PQinstanceData(conn, record), arg);

        let status = MaybeUninit::new(ExecStatusType::PGRES_TUPLES_OK);
        let result = PQmakeEmptyPGresult(conn, status);
        assert!(PQresultInstanceData(result, record).is_null());
        assert_eq!(PQfireResultCreateEvents(conn, result), 1);
        assert_eq!(PQfireResultCreateEvents(conn, result), 1);
        assert_eq!(PQresultSetInstanceData(result, record, arg), 1);
        assert_eq!(PQresultInstanceData(result, record), arg);
        let copy = PQcopyResult(result, PG_COPYRES_EVENTS);
        assert!(PQresultInstanceData(copy, record).is_null());
        let untold = PQmakeEmptyPGresult(conn, status);
        PQclear(untold);
        PQclear(copy);
        PQclear(result);
        PQfinish(conn);
        let (conn, result, copy) = (conn.cast(), result.cast(), copy.cast());
        let expected = [
            (PGEventId::PGEVT_REGISTER, conn),
            (PGEventId::PGEVT_RESULTCREATE, conn),
            (PGEventId::PGEVT_RESULTCOPY, result),
            (PGEventId::PGEVT_RESULTDESTROY, copy),
            (PGEventId::PGEVT_RESULTDESTROY, result),
            (PGEventId::PGEVT_CONNDESTROY, conn),
        ];
        assert_eq!(log.0, expected);
    }
}

unsafe extern "C" fn collect(arg: *mut c_void, message: *const c_char) {
    // SAFETY: the list that was set, and a string.
    unsafe {
        let message = CStr::from_ptr(message).to_owned();
        (*arg.cast::<Vec<CString>>()).push(message);
    }
}

#[test]
fn misuse_is_told_to_whom_the_connection_told_notices() {
    let mut told: Vec<CString> = Vec::new();
    // SAFETY: handles are alive until they are freed; the list outlives them.
    unsafe {
        let conn = unconnected();
        let status = MaybeUninit::new(ExecStatusType::PGRES_FATAL_ERROR);
        assert!(PQsetNoticeProcessor(conn, Some(collect), (&raw mut told).cast()).is_some());
        assert!(PQsetNoticeReceiver(conn, None, ptr::null_mut()).is_some());
        let result = PQmakeEmptyPGresult(conn, status);
        assert_eq!(
            seen(PQresultErrorMessage(result)),
            Some("invalid connection option \"no_such_option\"\n")
        );
        PQfinish(conn);
        PQgetvalue(result, 0, 3);
        PQfname(result, 3);
        let copy = PQcopyResult(result, PG_COPYRES_NOTICEHOOKS);
        PQgetisnull(copy, -1, 0);
        PQclear(copy);
        PQclear(result);
    }
    let expected = [
        c"row number 0 is out of range 0..-1\n",
        c"column number 3 is out of range 0..-1\n",
        c"row number -1 is out of range 0..-1\n",
    ];
    assert_eq!(
        told.iter().map(CString::as_c_str).collect::<Vec<_>>(),
        expected
    );
}
