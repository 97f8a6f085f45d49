//! Rows lent and kept, memory and keys that outlive a connection.

use std::ffi::CString;
use std::ptr;

use ferropq::capi::async_::*;
use ferropq::capi::conn_status::*;
use ferropq::capi::connect::*;
use ferropq::capi::copy::*;
use ferropq::capi::exec::*;
use ferropq::capi::ferropq::{
    ferropq_get_copy_view, ferropq_set_kept_memory, ferropq_set_scram_key_cache,
};
use ferropq::capi::result::*;
use ferropq::capi::result_error::PQresultErrorMessage;
use ferropq::capi::types::ConnStatusType;
use ferropq::result::store;
use support::{SCRAM_USER, SUPERUSER, Via, require_server};

use crate::handles::*;

#[test]
fn copied_rows_are_lent_where_they_lie() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = Conn::ready(&server.conninfo(SUPERUSER, Via::Unix));
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
        .map(|_| Conn::ready(&server.conninfo(SUPERUSER, Via::Unix)))
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
        Conn::ready(&conninfo).run("select 1");
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
    let conn = Conn::ready(&server.conninfo(SUPERUSER, Via::Unix));
    let killer = Conn::ready(&server.conninfo(SUPERUSER, Via::Unix));
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
