//! COPY as programs of old did it, line by line. The functions of [`super::copy`] do it better.
//!
//! Manual: "Obsolete Functions for COPY".

use std::ffi::{CStr, c_char, c_int};

use super::boundary::with_conn;
use super::conn::PGconn;
use super::copy::{PQputCopyData, length_of};
use super::driver::Driver;
use crate::connection::blocking::{self, Host};
use crate::connection::{CopyOut, Refused};
use crate::result::ExecStatus;

/// What C's library has for the end of a file.
const EOF: c_int = -1;

/// Reads a line of the data that the server sends, as text, waiting for it, into `buffer`, which
/// has room for `length` bytes.
///
/// 0 for a whole line, whose newline is left out; 1 when the buffer is full before the line ends;
/// EOF for an error. The end of the data is the line `\.`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetline(conn: *mut PGconn, buffer: *mut c_char, length: c_int) -> c_int {
    let Ok(size @ 1..) = usize::try_from(length) else {
        return EOF;
    };
    if buffer.is_null() {
        return EOF;
    }
    // SAFETY: the pointer contract; the buffer has `size` bytes, at least 3 where a line is read.
    unsafe {
        buffer.write(0);
        if size < 3 {
            return EOF;
        }
        with_conn(conn, EOF, |driver| {
            if !driver.engine().is_copying_text_out() {
                let reason = "PQgetline: not doing text COPY OUT";
                driver.engine().error_mut().push(reason);
                return EOF;
            }
            let Ok(read) = read_part(driver, buffer, size - 1) else {
                return EOF;
            };
            let Some(length) = read else {
                buffer.copy_from_nonoverlapping(c"\\.".as_ptr(), 3);
                return 0;
            };
            let end = buffer.add(length);
            if length > 0 && *end.sub(1) == b'\n' as c_char {
                end.sub(1).write(0);
                return 0;
            }
            end.write(0);
            1
        })
    }
}

/// Reads what has arrived of the data that the server sends into `buffer`, which has room for
/// `bufsize` bytes: a whole line with its newline, a row of binary data, or a part of one that does
/// not fit. No NUL is put behind it.
///
/// Returns the number of bytes, 0 when nothing has arrived, and -1 at the end of the data or when
/// no data is being copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetlineAsync(
    conn: *mut PGconn,
    buffer: *mut c_char,
    bufsize: c_int,
) -> c_int {
    let size = usize::try_from(bufsize).unwrap_or(0);
    // SAFETY: the pointer contract; the buffer has `size` bytes.
    unsafe {
        with_conn(conn, -1, |driver| {
            if !driver.engine().is_copying_out() {
                return -1;
            }
            let fill = |data: &[u8]| fill(data, buffer);
            match driver.engine().get_copy_part(size, fill) {
                Ok(CopyOut::Data(length)) => length_of(length),
                Ok(CopyOut::Wait) => 0,
                Ok(CopyOut::Done) | Err(_) => -1,
            }
        })
    }
}

/// Reads a line or what fits of it, waiting for it; `None` at the end of the data.
///
/// # Safety
/// `buffer` has room for `size` bytes.
unsafe fn read_part(
    driver: &mut Driver,
    buffer: *mut c_char,
    size: usize,
) -> Result<Option<usize>, Refused> {
    // SAFETY: as the caller promises; no more than `size` bytes are lent.
    let fill = |data: &[u8]| unsafe { fill(data, buffer) };
    blocking::get_copy_part(driver, size, fill)
}

/// # Safety
/// `buffer` has room for the data.
unsafe fn fill(data: &[u8], buffer: *mut c_char) -> usize {
    // SAFETY: as the caller promises.
    unsafe { buffer.copy_from_nonoverlapping(data.as_ptr().cast(), data.len()) };
    data.len()
}

/// Sends a string as data. Returns 0, or EOF for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQputline(conn: *mut PGconn, string: *const c_char) -> c_int {
    if string.is_null() {
        return EOF;
    }
    // SAFETY: the pointer contract.
    unsafe {
        PQputnbytes(
            conn,
            string,
            length_of(CStr::from_ptr(string).count_bytes()),
        )
    }
}

/// Sends bytes as data. Returns 0, or EOF for an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQputnbytes(
    conn: *mut PGconn,
    buffer: *const c_char,
    nbytes: c_int,
) -> c_int {
    // SAFETY: the pointer contract.
    match unsafe { PQputCopyData(conn, buffer, nbytes) } {
        1 => 0,
        _ => EOF,
    }
}

/// Ends a copy in either direction and waits for the server to confirm it. Returns 0 for success
/// and for a NULL connection, else 1; what the server complains of is delivered as a notice.
///
/// On a non-blocking connection it may return 1 when it would have to wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQendcopy(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, 0, |driver| (!end_copy(driver)).into()) }
}

fn end_copy(driver: &mut Driver) -> bool {
    let engine = driver.engine();
    if engine.end_copy().is_err() {
        return false;
    }
    if engine.is_nonblocking() && engine.is_busy() {
        return false;
    }
    let result = blocking::get_result(driver);
    if result.is_some_and(|result| result.status() == ExecStatus::CommandOk) {
        return true;
    }
    let engine = driver.engine();
    let complaint = String::from_utf8_lossy(engine.error().as_bytes()).into_owned();
    if !complaint.is_empty() {
        engine.add_notice(complaint.trim_end_matches('\n'));
    }
    false
}
