//! Asking whether a server accepts connections.
//!
//! Manual: "Database Connection Control Functions", `PQping`.

use std::ffi::{c_char, c_int};

use super::boundary::{guard, with_conn};
use super::conn::PGconn;
use super::connect::{PQconnectdb, PQconnectdbParams, PQfinish};
use super::types::PGPing;
use crate::connection::{ConnStatus, Connection};
use crate::error::ServerError;

/// The SQLSTATE of a server that is starting up or shutting down.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// Whether the server of a connection string accepts connections. User, password and database need
/// not be right.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQping(conninfo: *const c_char) -> PGPing {
    // SAFETY: the pointer contract.
    unsafe { judge_and_finish(PQconnectdb(conninfo)) }
}

/// The same with options in two arrays, as PQconnectdbParams has them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQpingParams(
    keywords: *const *const c_char,
    values: *const *const c_char,
    expand_dbname: c_int,
) -> PGPing {
    // SAFETY: the pointer contract.
    unsafe { judge_and_finish(PQconnectdbParams(keywords, values, expand_dbname)) }
}

/// # Safety
/// The pointer contract of [`super`]; the connection is not used afterwards.
unsafe fn judge_and_finish(conn: *mut PGconn) -> PGPing {
    // SAFETY: as the caller promises.
    unsafe {
        let answer = with_conn(conn, PGPing::PQPING_NO_ATTEMPT, |driver| {
            driver.conn(|conn| guard(PGPing::PQPING_NO_RESPONSE, || judge(&conn.engine)))
        });
        PQfinish(conn);
        answer
    }
}

/// What an attempt to connect has shown.
fn judge(engine: &Connection) -> PGPing {
    if engine.settings().is_none() {
        return PGPing::PQPING_NO_ATTEMPT;
    }
    // A server that asks for a password or refuses for any reason of its own is alive.
    if engine.status() == ConnStatus::Ok || engine.reached_authentication() {
        return PGPing::PQPING_OK;
    }
    match engine.refusal().map(ServerError::code) {
        Some(CANNOT_CONNECT_NOW) => PGPing::PQPING_REJECT,
        Some(_) => PGPing::PQPING_OK,
        None => PGPing::PQPING_NO_RESPONSE,
    }
}
