//! Copying data to and from the server, after a result PGRES_COPY_IN, PGRES_COPY_OUT or
//! PGRES_COPY_BOTH.
//!
//! Manual: "Functions Associated with the COPY Command".

use std::ffi::{c_char, c_int};
use std::ptr;

use super::boundary::with_conn;
use super::conn::PGconn;
use super::driver::Driver;
use super::memory;
use crate::connection::blocking::{self, Host};
use crate::connection::{CopyOut, Flush, Refused};

/// Sends data to the server, in pieces of any size. Returns 1 when it was sent or queued, 0 when
/// a non-blocking connection has no room for it now, and -1 for an error or a NULL connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQputCopyData(
    conn: *mut PGconn,
    buffer: *const c_char,
    nbytes: c_int,
) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        let length = usize::try_from(nbytes).unwrap_or(0);
        let data = memory::counted(buffer.cast::<u8>(), length);
        if let Some(conn) = conn.as_mut()
            && conn.engine.put_copy_more(data)
        {
            return 1;
        }
        with_conn(conn, -1, |driver| {
            match driver.engine().put_copy_data(data) {
                Ok(Flush::Done) => 1,
                Ok(Flush::Pending) => 0,
                Err(Refused) => -1,
            }
        })
    }
}

/// Ends the copy to the server; with a message that is not NULL the server is made to fail it.
/// Returns 1, or -1 for an error or a NULL connection. PQgetResult tells how the copy ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQputCopyEnd(conn: *mut PGconn, errormsg: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        let failure = memory::bytes(errormsg);
        with_conn(conn, -1, |driver| {
            match driver.engine().put_copy_end(failure) {
                // What is left to send is sent by PQflush, and by whoever waits.
                Ok(_) => 1,
                Err(Refused) => -1,
            }
        })
    }
}

/// The next row of the data that the server sends. Returns its length and sets `*buffer` to a copy
/// with a NUL behind it, to be freed with PQfreemem.
///
/// 0 when no row has arrived and `async` is not 0; -1 when the copy is over, and PQgetResult tells
/// how; -2 for an error or a NULL connection. `*buffer` is NULL then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetCopyData(
    conn: *mut PGconn,
    buffer: *mut *mut c_char,
    r#async: c_int,
) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        buffer.write(ptr::null_mut());
        with_conn(conn, -2, |driver| {
            let copy = |data: &[u8]| (memory::copy_bytes(data), data.len());
            match next_row(driver, r#async != 0, copy) {
                Ok(CopyOut::Data((copy, length))) if !copy.is_null() => {
                    buffer.write(copy);
                    length_of(length)
                }
                Ok(CopyOut::Data(_)) => {
                    driver.engine().error_mut().push("out of memory");
                    -2
                }
                Ok(CopyOut::Wait) => 0,
                Ok(CopyOut::Done) => -1,
                Err(Refused) => -2,
            }
        })
    }
}

/// The next row, lent to `take`; waits for it unless it is asked not to.
pub(super) fn next_row<T>(
    driver: &mut Driver,
    is_async: bool,
    take: impl FnMut(&[u8]) -> T,
) -> Result<CopyOut<T>, Refused> {
    if is_async {
        return driver.engine().get_copy_data(take);
    }
    let row = blocking::get_copy_data(driver, take)?;
    Ok(row.map_or(CopyOut::Done, CopyOut::Data))
}

/// A length, none of which exceeds the limit of a message, an int.
pub(super) fn length_of(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(c_int::MAX)
}
