//! Connecting anew with the same options.
//!
//! Manual: "Database Connection Control Functions", `PQreset`.

use std::ffi::c_int;

use super::boundary::with_conn;
use super::conn::PGconn;
use super::connect;
use super::driver::Driver;
use super::events;
use super::types::PostgresPollingStatusType;
use crate::connection::ConnStatus;
use crate::connection::blocking::Host;

/// Closes the connection and connects anew with the same options, waiting until that has succeeded
/// or failed; PQstatus tells. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQreset(conn: *mut PGconn) {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, (), |driver| {
            if restart(driver) && connect::wait_until_connected(driver) {
                events::fire_reset(driver.as_ptr());
            }
        });
    }
}

/// Closes the connection and begins to connect anew with the same options; PQresetPoll goes on, as
/// PQconnectPoll does after PQconnectStart. Returns 1, or 0 when it has failed or for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresetStart(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, 0, |driver| {
            (restart(driver) && connect::first_step(driver)).into()
        })
    }
}

/// As PQconnectPoll, for a connection that PQresetStart has begun to reset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresetPoll(conn: *mut PGconn) -> PostgresPollingStatusType {
    let failed = PostgresPollingStatusType::PGRES_POLLING_FAILED;
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(conn, failed, |driver| {
            let polling = connect::step(driver);
            if polling == PostgresPollingStatusType::PGRES_POLLING_OK {
                events::fire_reset(driver.as_ptr());
            }
            polling
        })
    }
}

fn restart(driver: &mut Driver) -> bool {
    driver.end_token();
    driver.conn(|conn| {
        conn.ssl_attributes.clear();
        conn.forget_settings();
        conn.engine.restart();
    });
    driver.engine().status() != ConnStatus::Bad
}
