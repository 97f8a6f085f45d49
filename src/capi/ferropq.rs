//! Functions of our own, which libpq does not have. They are declared in `ferropq.h`.

use std::ffi::{c_char, c_int};
use std::ptr;

use super::boundary::{guard, with_conn};
use super::conn::PGconn;
use super::copy::{length_of, next_row};
use crate::auth::key_cache::set_key_cache;
use crate::connection::{CopyOut, Refused};
use crate::result::store;

/// The version of this library itself, such as `0.1.0`. A constant.
#[unsafe(no_mangle)]
pub extern "C" fn ferropq_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Switches on (1) or off (0), for the whole process, that the keys which SCRAM derives from a
/// password are remembered for the next connection with the same password; they are at the start.
///
/// Deriving them is nearly all that connecting costs a client. At most 64 pairs of keys are
/// remembered, not the passwords, in memory that is overwritten when one gives way to another.
/// Switching off overwrites them all.
#[unsafe(no_mangle)]
pub extern "C" fn ferropq_set_scram_key_cache(enabled: c_int) {
    guard((), || set_key_cache(enabled != 0));
}

/// Sets how many bytes the process keeps of the memory of cleared results, for results to come:
/// 32 MiB unless set, and with 0 nothing.
///
/// However many connections read large results, no more is kept; what has not been needed for some
/// ten seconds is given back when other memory is. What is kept beyond a lower number goes back to
/// the system now.
#[unsafe(no_mangle)]
pub extern "C" fn ferropq_set_kept_memory(bytes: usize) {
    guard((), || store::set_limit(bytes));
}

/// As PQgetCopyData, without a copy: `*data` points into the connection's own memory.
///
/// The row is valid until the next call with the connection, must not be freed, and has no NUL
/// behind it. Returns its length; 0 when no row has arrived and `async` is not 0; -1 when the copy
/// is over; -2 for an error or a NULL connection. `*data` is NULL then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ferropq_get_copy_view(
    conn: *mut PGconn,
    data: *mut *const c_char,
    r#async: c_int,
) -> c_int {
    // SAFETY: the pointer contract. What has been received stays where it is until more is received
    // or acted upon, which only a call with the connection does.
    unsafe {
        data.write(ptr::null());
        with_conn(conn, -2, |driver| {
            let view = |row: &[u8]| (row.as_ptr(), row.len());
            match next_row(driver, r#async != 0, view) {
                Ok(CopyOut::Data((start, length))) => {
                    data.write(start.cast());
                    length_of(length)
                }
                Ok(CopyOut::Wait) => 0,
                Ok(CopyOut::Done) => -1,
                Err(Refused) => -2,
            }
        })
    }
}
