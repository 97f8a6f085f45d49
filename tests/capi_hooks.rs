//! Hooks and callbacks that use the connection they are called for, and memory that is lent.
#![cfg(feature = "capi")]
// The functions' contract is said once, at the top of the library's folder `capi`; each call here
// keeps it: handles are alive, strings end in a NUL, arrays are as long as said.
#![allow(clippy::undocumented_unsafe_blocks)]

#[cfg(feature = "openssl")]
use std::ffi::c_int;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use ferropq::capi::async_::*;
use ferropq::capi::conn::PGconn;
use ferropq::capi::conn_status::*;
use ferropq::capi::connect::*;
use ferropq::capi::copy::*;
use ferropq::capi::exec::*;
use ferropq::capi::ferropq::{
    ferropq_get_copy_view, ferropq_set_kept_memory, ferropq_set_scram_key_cache,
};
use ferropq::capi::notice::PQsetNoticeReceiver;
use ferropq::capi::result::*;
use ferropq::capi::result_error::PQresultErrorMessage;
use ferropq::capi::types::ConnStatusType;
use ferropq::result::store;
use support::{SCRAM_USER, SUPERUSER, Via, require_server};

fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

fn text(pointer: *const c_char) -> String {
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().expect("UTF-8").to_owned()
}

/// A connection that is finished in the end.
struct Conn(*mut PGconn);

impl Conn {
    fn open(conninfo: &str) -> Self {
        let conn = Self(unsafe { PQconnectdb(c(conninfo).as_ptr()) });
        assert_eq!(
            conn.status(),
            ConnStatusType::CONNECTION_OK,
            "{}",
            conn.error()
        );
        conn
    }

    fn status(&self) -> ConnStatusType {
        unsafe { PQstatus(self.0) }
    }

    fn error(&self) -> String {
        text(unsafe { PQerrorMessage(self.0) })
    }

    fn run(&self, sql: &str) {
        unsafe { PQclear(PQexec(self.0, c(sql).as_ptr())) };
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        unsafe { PQfinish(self.0) };
    }
}

#[test]
fn a_notice_receiver_may_use_its_connection() {
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
    let conn = Conn::open(&server.conninfo(SUPERUSER, Via::Unix));
    unsafe { PQsetNoticeReceiver(conn.0, Some(receiver), conn.0.cast()) };
    conn.run("DO $$ BEGIN FOR i IN 1..3 LOOP RAISE NOTICE 'hello %', i; END LOOP; END $$");
    assert_eq!(SEEN.load(Ordering::Relaxed), 3);
}

#[test]
fn copied_rows_are_lent_where_they_lie() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = Conn::open(&server.conninfo(SUPERUSER, Via::Unix));
    conn.run("COPY (SELECT n, repeat('x', n % 700) FROM generate_series(1, 20000) AS n) TO STDOUT");
    let mut rows = 0;
    unsafe {
        let mut data = ptr::null();
        loop {
            let length = ferropq_get_copy_view(conn.0, &raw mut data, 0);
            let Ok(length @ 1..) = usize::try_from(length) else {
                assert_eq!(length, -1);
                assert!(data.is_null());
                break;
            };
            rows += 1;
            let row = std::slice::from_raw_parts(data.cast::<u8>(), length);
            let expected = format!("{rows}\t{}\n", "x".repeat(rows % 700));
            assert_eq!(row, expected.as_bytes());
        }
        assert_eq!(rows, 20000);
        let result = PQgetResult(conn.0);
        assert_eq!(PQresultStatus(result) as i32, 1);
        PQclear(result);
        assert!(PQgetResult(conn.0).is_null());
        assert_eq!(ferropq_get_copy_view(conn.0, &raw mut data, 0), -2);
        assert_eq!(ferropq_get_copy_view(ptr::null_mut(), &raw mut data, 0), -2);
    }
}

#[test]
fn memory_of_large_results_is_kept_within_the_bound_that_is_set() {
    let Some(server) = require_server() else {
        return;
    };
    let conns: Vec<Conn> = (0..4)
        .map(|_| Conn::open(&server.conninfo(SUPERUSER, Via::Unix)))
        .collect();
    let large = c"select repeat('x', 1000) from generate_series(1, 20000)";
    // Whatever else the process reads meanwhile, it keeps no more either.
    for bound in [8 << 20, 0, 32 << 20] {
        ferropq_set_kept_memory(bound);
        // SAFETY: the connections are there, and each result is cleared once.
        unsafe {
            let results: Vec<_> = conns.iter().map(|c| PQexec(c.0, large.as_ptr())).collect();
            results.into_iter().for_each(|result| PQclear(result));
        }
        assert!(store::kept() <= bound);
    }
}

#[test]
fn scram_works_with_remembered_keys_and_without() {
    let Some(server) = require_server() else {
        return;
    };
    let conninfo = server.conninfo(SCRAM_USER, Via::Tcp);
    let wrong = CString::new(format!("{conninfo} password=wrong")).unwrap();
    for enabled in [1, 0, 0, 1, 1] {
        ferropq_set_scram_key_cache(enabled);
        Conn::open(&conninfo).run("select 1");
        unsafe {
            let refused = PQconnectdb(wrong.as_ptr());
            assert_eq!(PQstatus(refused) as i32, 1);
            PQfinish(refused);
        }
    }
}

#[test]
fn rows_that_arrived_before_a_loss_are_still_handed_out() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = Conn::open(&server.conninfo(SUPERUSER, Via::Unix));
    let killer = Conn::open(&server.conninfo(SUPERUSER, Via::Unix));
    // The server sends what it has only once there is much of it.
    conn.run(
        "COPY (SELECT CASE WHEN n > 100 THEN pg_sleep(60)::text ELSE repeat('x', 1000) END \
         FROM generate_series(1, 101) AS n) TO STDOUT",
    );
    let pid = unsafe { PQbackendPID(conn.0) };
    // All rows but the last have been sent when the server sleeps.
    killer.run(&format!(
        "DO $$ BEGIN FOR i IN 1..1000 LOOP \
         PERFORM FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'; \
         EXIT WHEN FOUND; PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot(); \
         END LOOP; END $$"
    ));
    killer.run(&format!("SELECT pg_terminate_backend({pid})"));
    let mut lost = false;
    for _ in 0..100 {
        if unsafe { PQconsumeInput(conn.0) } == 0 {
            lost = true;
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(lost);
    let mut rows = Vec::new();
    let mut data = ptr::null_mut();
    let end = loop {
        match unsafe { PQgetCopyData(conn.0, &raw mut data, 1) } {
            length @ 1.. => {
                let row = text(data);
                assert_eq!(row.len(), length as usize);
                unsafe { ferropq::capi::memory::PQfreemem(data.cast()) };
                rows.push(row);
            }
            end => break end,
        }
    };
    assert!(rows.len() > 50, "{}", rows.len());
    assert!(rows.iter().all(|row| row.len() == 1001));
    assert!(end < 0);
    let result = unsafe { PQgetResult(conn.0) };
    assert!(!result.is_null());
    let message = text(unsafe { PQresultErrorMessage(result) });
    assert!(message.contains("terminating connection"), "{message}");
    unsafe { PQclear(result) };
    while let Some(more) = ptr::NonNull::new(unsafe { PQgetResult(conn.0) }) {
        unsafe { PQclear(more.as_ptr()) };
    }
    assert_eq!(conn.status(), ConnStatusType::CONNECTION_BAD);
}

#[cfg(feature = "openssl")]
mod key {
    use ferropq::capi::cancel::*;
    use ferropq::capi::key_hook::*;
    use ferropq::capi::reset::PQreset;
    use ferropq::capi::ssl::PQsslInUse;
    use ferropq::capi::types::PostgresPollingStatusType;
    use support::CERT_USER;

    use super::*;

    /// How often the hook has been asked.
    static ASKED: AtomicI32 = AtomicI32::new(0);

    unsafe extern "C" fn hook(buf: *mut c_char, size: c_int, conn: *mut PGconn) -> c_int {
        ASKED.fetch_add(1, Ordering::Relaxed);
        unsafe {
            assert_eq!(text(PQuser(conn)), CERT_USER.name);
            assert_eq!(PQstatus(conn), ConnStatusType::CONNECTION_SSL_STARTUP);
            assert!(PQsocket(conn) >= 0);
            assert!(text(PQhost(conn)).contains("localhost"));
            // Asking in the middle of it is of no use, and of no harm either.
            let polling = PQconnectPoll(conn);
            assert_eq!(polling, PostgresPollingStatusType::PGRES_POLLING_WRITING);
            PQdefaultSSLKeyPassHook_OpenSSL(buf, size, conn)
        }
    }

    #[test]
    fn the_key_hook_may_use_the_connection() {
        let Some(server) = require_server() else {
            return;
        };
        let conninfo = format!(
            "{} sslcert={} sslkey={} sslpassword='open sesame'",
            server.conninfo_tls(CERT_USER),
            server.certificate("client.crt"),
            server.certificate("client-locked.key")
        );
        PQsetSSLKeyPassHook_OpenSSL(Some(hook));
        let conn = Conn::open(&conninfo);
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
        assert_eq!(unsafe { PQsslInUse(conn.0) }, 1);

        // A cancel request is a connection of its own, and so is what a reset makes.
        unsafe {
            let cancel = PQcancelCreate(conn.0);
            let sent = PQcancelBlocking(cancel);
            assert_eq!(sent, 1, "{}", text(PQcancelErrorMessage(cancel)));
            PQcancelFinish(cancel);
            assert_eq!(ASKED.load(Ordering::Relaxed), 2);
            PQreset(conn.0);
        }
        assert_eq!(
            conn.status(),
            ConnStatusType::CONNECTION_OK,
            "{}",
            conn.error()
        );
        assert_eq!(ASKED.load(Ordering::Relaxed), 3);

        let wrong = conninfo.replace("open sesame", "closed");
        let refused = Conn(unsafe { PQconnectdb(c(&wrong).as_ptr()) });
        assert_eq!(refused.status(), ConnStatusType::CONNECTION_BAD);
        assert!(refused.error().contains("could not load private key file"));

        PQsetSSLKeyPassHook_OpenSSL(None);
        drop(Conn::open(&conninfo));
        assert_eq!(ASKED.load(Ordering::Relaxed), 4);
    }
}
