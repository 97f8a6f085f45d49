//! Pipeline mode: commands sent without waiting for the answers of those before them.
//!
//! All of these return 1, or 0 when they cannot do what they are asked for, which PQerrorMessage
//! explains, and for a NULL connection.
//!
//! Manual: "Pipeline Mode".

use std::ffi::c_int;

use super::async_::send;
use super::conn::PGconn;

/// PQenterPipelineMode and its kin are there.
pub const LIBPQ_HAS_PIPELINING: c_int = 1;
/// PQsendPipelineSync is there.
pub const LIBPQ_HAS_SEND_PIPELINE_SYNC: c_int = 1;

/// Enters pipeline mode. Refused while the connection is not idle; nothing is sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQenterPipelineMode(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { send(conn, |engine| engine.enter_pipeline()) }
}

/// Leaves pipeline mode. Refused while results are still to be fetched.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQexitPipelineMode(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { send(conn, |engine| engine.exit_pipeline()) }
}

/// Marks a synchronisation point and sends everything that is queued. Its own result has the
/// status PGRES_PIPELINE_SYNC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQpipelineSync(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { send(conn, |engine| engine.pipeline_sync(true)) }
}

/// As PQpipelineSync, but what is queued is sent only once there is much of it; PQflush sends it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendPipelineSync(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { send(conn, |engine| engine.pipeline_sync(false)) }
}

/// Asks the server to send the results it has without waiting for a synchronisation point. The
/// request is queued; PQflush sends it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsendFlushRequest(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { send(conn, |engine| engine.send_flush_request()) }
}
