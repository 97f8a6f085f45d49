//! Notice receivers and event procedures, which may use the connection they are called for.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

use ferropq::capi::async_::*;
use ferropq::capi::conn::PGconn;
use ferropq::capi::conn_status::*;
use ferropq::capi::events::*;
use ferropq::capi::notice::*;
use ferropq::capi::reset::*;
use ferropq::capi::result::*;
use ferropq::capi::result_error::*;
use ferropq::capi::result_tag::*;
use ferropq::capi::types::*;
use support::{SUPERUSER, Via, require_server};

use crate::handles::*;

/// A receiver that uses the connection which the notice came from.
pub(crate) unsafe extern "C" fn ask_back(arg: *mut c_void, res: *const PGresult) {
    unsafe {
        let (conn, seen) = &mut *arg.cast::<(*mut PGconn, Vec<String>)>();
        seen.push(text(PQresultErrorField(res, b'M'.into())));
        seen.push(text(PQparameterStatus(*conn, c"client_encoding".as_ptr())));
    }
}

#[test]
fn a_notice_receiver_may_use_the_connection() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let mut state = (conn.0, Vec::<String>::new());
    unsafe { PQsetNoticeReceiver(conn.0, Some(ask_back), (&raw mut state).cast()) };
    let result = conn.exec("DO $$BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END$$");
    assert_eq!(text(unsafe { PQcmdStatus(result.0) }), "DO");
    let encoding = conn.value("SHOW client_encoding");
    assert_eq!(state.1, ["one", &encoding, "two", &encoding]);
}

#[test]
fn a_notice_receiver_is_told_that_a_query_is_under_way() {
    /// What the receiver has found.
    static SEEN: AtomicI32 = AtomicI32::new(0);

    unsafe extern "C" fn receiver(arg: *mut c_void, notice: *const PGresult) {
        let conn: *mut PGconn = arg.cast();
        unsafe {
            assert!(text(PQresultErrorMessage(notice)).contains("hello"));
            assert!(!PQuser(conn).is_null());
            // In the middle of a query there is nothing else to be had.
            assert_eq!(PQsendQuery(conn, c"SELECT 1".as_ptr()), 0);
            assert!(text(PQerrorMessage(conn)).contains("another command is already in progress"));
        }
        SEEN.fetch_add(1, Ordering::Relaxed);
    }

    let Some(server) = require_server() else {
        return;
    };
    let conn = Conn::ready(&server.conninfo(SUPERUSER, Via::Unix));
    unsafe { PQsetNoticeReceiver(conn.0, Some(receiver), conn.0.cast()) };
    conn.run("DO $$ BEGIN FOR i IN 1..3 LOOP RAISE NOTICE 'hello %', i; END LOOP; END $$");
    assert_eq!(SEEN.load(Ordering::Relaxed), 3);
}

/// Counts events by their numbers.
pub(crate) unsafe extern "C" fn count(
    id: PGEventId,
    _info: *mut c_void,
    counts: *mut c_void,
) -> c_int {
    unsafe { (*counts.cast::<[u32; 6]>())[id as usize] += 1 };
    1
}

#[test]
fn events_are_fired_for_each_result_and_reset() {
    let Some(server) = require_server() else {
        return;
    };
    let mut counts = [0u32; 6];
    {
        let conn = superuser(server);
        let arg = (&raw mut counts).cast();
        let registered =
            unsafe { PQregisterEventProc(conn.0, Some(count), c"count".as_ptr(), arg) };
        assert_eq!(registered, 1);
        // Two statements are two results, of which the first is cleared unseen.
        drop(conn.exec("SELECT 1; SELECT 2"));
        unsafe { PQreset(conn.0) };
        assert_eq!(conn.status(), ConnStatusType::CONNECTION_OK);
        unsafe {
            assert_eq!(PQresetStart(conn.0), 1);
            while PQresetPoll(conn.0) != PostgresPollingStatusType::PGRES_POLLING_OK {
                assert_ne!(
                    conn.status(),
                    ConnStatusType::CONNECTION_BAD,
                    "{}",
                    conn.error()
                );
            }
        }
        assert_eq!(conn.value("SELECT 3"), "3");
    }
    assert_eq!(counts, [1, 2, 1, 3, 0, 3]);
}
