//! Asking the server to give up the command it is working on.
//!
//! There are two ways: a [`PGcancel`] sends its request at once and without encryption, from any
//! thread and from a signal handler; a [`PGcancelConn`] is a connection of its own, encrypted as
//! the one it was made from. Either way, the request may come too late.
//!
//! Manual: "Canceling Queries in Progress".

use std::ffi::{c_char, c_int};
use std::ptr;

use super::boundary::{guard, with_conn, with_conn_ref};
use super::conn::PGconn;
use super::conn_status::{PQerrorMessage, PQsocket, PQstatus};
use super::connect;
use super::driver::Driver;
use super::exposed::CancelHead;
use super::types::{ConnStatusType, PostgresPollingStatusType};
use crate::connection::blocking::Host;
use crate::connection::{CancelFailure, CancelKey, ConnStatus};

/// PQcancelCreate and its kin are there.
pub const LIBPQ_HAS_ASYNC_CANCEL: c_int = 1;

/// What PQcancel needs.
//
// The layout is C's because of the head; in this form cbindgen leaves it out of the header.
#[cfg_attr(feature = "capi", repr(C))]
pub struct pg_cancel {
    head: CancelHead,
    /// The request; `None` where the server gave no key for it.
    key: Option<CancelKey>,
}
/// What PQcancel needs.
pub type PGcancel = pg_cancel;

/// A cancel request as a connection of its own.
pub struct pg_cancel_conn {
    /// The connection; the key hook of OpenSSL gets it.
    conn: PGconn,
}
/// A cancel request as a connection of its own.
pub type PGcancelConn = pg_cancel_conn;

/// A message being written to a buffer of C's, with no memory but the buffer's: what does not fit
/// is left out.
struct Message {
    buffer: *mut c_char,
    /// Bytes left, the NUL's included.
    room: usize,
}

impl Message {
    /// # Safety
    /// `buffer` is NULL or has room for `size` bytes, as long as the message is written.
    unsafe fn new(buffer: *mut c_char, size: c_int) -> Self {
        let room = usize::try_from(size).unwrap_or(0);
        Self {
            buffer,
            room: if buffer.is_null() { 0 } else { room },
        }
    }

    /// Appends a text, leaving room for so many bytes and the NUL.
    fn push(&mut self, text: &[u8], reserved: usize) {
        let length = text.len().min(self.room.saturating_sub(1 + reserved));
        if self.room == 0 {
            return;
        }
        // SAFETY: less than `room` bytes are written, and a NUL.
        unsafe {
            self.buffer
                .copy_from_nonoverlapping(text.as_ptr().cast(), length);
            self.buffer = self.buffer.add(length);
            self.buffer.write(0);
        }
        self.room -= length;
    }

    /// Appends what failed. The number of the error stands for its text, which no signal handler
    /// may ask for.
    fn push_failure(&mut self, failure: &CancelFailure) {
        self.push(b"PQcancel() -- ", 0);
        self.push(failure.call.as_bytes(), 0);
        self.push(b" failed: ", 0);
        if self.room < 2 {
            return;
        }
        let mut digits = [0; 10];
        let mut begin = digits.len();
        let mut rest = failure.errno.unsigned_abs();
        loop {
            begin -= 1;
            digits[begin] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 || begin == 0 {
                break;
            }
        }
        self.push(b"error ", 1);
        self.push(&digits[begin..], 1);
        self.push(b"\n", 0);
    }
}

/// What is needed to cancel commands of a connection, to be freed with PQfreeCancel; NULL where it
/// is not connected, and for NULL.
///
/// It stays usable while the connection is in use, or after it has ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetCancel(conn: *mut PGconn) -> *mut PGcancel {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, ptr::null_mut(), |conn| {
            if conn.engine.fd().is_none() {
                return ptr::null_mut();
            }
            let key = conn.engine.cancel_key();
            let head = CancelHead::new(key.as_ref().and_then(CancelKey::numbers));
            Box::into_raw(Box::new(pg_cancel { head, key }))
        })
    }
}

/// Frees what PQgetCancel has made. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfreeCancel(cancel: *mut PGcancel) {
    if cancel.is_null() {
        return;
    }
    // SAFETY: the pointer contract; it came from a box and is not used again.
    guard((), || drop(unsafe { Box::from_raw(cancel) }));
}

/// Asks the server to give up the command it is working on, and waits until the request has
/// arrived. Returns 1, or 0 when it could not be sent: the reason is in `errbuf` then, of
/// `errbufsize` bytes (256 are enough).
///
/// Fit for a signal handler. The request is not encrypted: PQcancelCreate is to be preferred.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancel(
    cancel: *mut PGcancel,
    errbuf: *mut c_char,
    errbufsize: c_int,
) -> c_int {
    // Nothing here may allocate, take a lock or panic: a signal may have come at any point.
    // SAFETY: the pointer contract, and errno is this thread's own.
    unsafe {
        let errno = errno();
        let before = errno.read();
        let mut message = Message::new(errbuf, errbufsize);
        let sent = match cancel.as_ref() {
            None => {
                message.push(b"PQcancel() -- no cancel object supplied", 0);
                false
            }
            Some(pg_cancel { key: None, .. }) => {
                message.push(b"PQcancel() -- no cancellation key received", 0);
                false
            }
            Some(pg_cancel { key: Some(key), .. }) => match key.cancel() {
                Ok(()) => true,
                Err(failure) => {
                    message.push_failure(&failure);
                    false
                }
            },
        };
        errno.write(before);
        sent.into()
    }
}

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as errno;
#[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "hurd"))]
use libc::__errno_location as errno;
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
use libc::__error as errno;

/// PQcancel for a connection itself; not fit for signal handlers or other threads, and superseded.
/// Returns 1, or 0 when the request could not be sent, which PQerrorMessage explains, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQrequestCancel(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_conn(conn, 0, |driver| request_cancel(driver).into()) }
}

fn request_cancel(driver: &mut Driver) -> bool {
    let engine = driver.engine();
    let mut reason = [0u8; 256];
    if engine.fd().is_none() {
        engine.error_mut().clear();
        let reason = "PQrequestCancel() -- connection is not open";
        engine.error_mut().push(reason);
        return false;
    }
    let cancel = pg_cancel {
        head: CancelHead::new(None),
        key: engine.cancel_key(),
    };
    // SAFETY: the request and the buffer live through the call, which does not change the former.
    let sent = unsafe {
        let buffer = reason.as_mut_ptr().cast();
        PQcancel(
            (&raw const cancel).cast_mut(),
            buffer,
            reason.len() as c_int,
        )
    };
    if sent == 0 {
        let length = reason.iter().position(|&byte| byte == 0);
        engine.error_mut().clear();
        let reason = &reason[..length.unwrap_or(reason.len())];
        engine.error_mut().push(reason);
    }
    sent != 0
}

/// A cancel request for a connection, not started yet, which is encrypted as the connection is.
///
/// Never NULL, except where there is no memory; PQcancelStatus is CONNECTION_BAD when no request
/// can be made, and PQcancelErrorMessage tells why. To be freed with PQcancelFinish.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelCreate(conn: *mut PGconn) -> *mut PGcancelConn {
    // SAFETY: the pointer contract.
    guard(ptr::null_mut(), || unsafe {
        let request = match conn.as_ref() {
            Some(conn) => conn.engine.cancel_request().into_connection(),
            None => crate::connection::Connection::failed("connection pointer is NULL"),
        };
        let conn = PGconn::new(request);
        Box::into_raw(Box::new(pg_cancel_conn { conn }))
    })
}

/// The connection below a request; NULL for NULL.
fn below(request: *mut PGcancelConn) -> *mut PGconn {
    match request.is_null() {
        true => ptr::null_mut(),
        // SAFETY: a pointer to a field of what is alive, as the pointer contract says.
        false => unsafe { &raw mut (*request).conn },
    }
}

/// Begins to send a request without waiting for the server; PQcancelPoll goes on. Returns 1, or 0
/// when it has failed or been started before, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelStart(cancelConn: *mut PGcancelConn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(below(cancelConn), 0, |driver| {
            (driver.engine().start_cancel() && connect::first_step(driver)).into()
        })
    }
}

/// Sends a request and waits until the server has taken it. Returns 1, or 0 when it has failed or
/// been started before, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelBlocking(cancelConn: *mut PGcancelConn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(below(cancelConn), 0, |driver| {
            (driver.engine().start_cancel() && connect::wait_until_connected(driver)).into()
        })
    }
}

/// Goes on with a request as far as it goes without waiting, and tells what to wait for before the
/// next call, as PQconnectPoll does. PGRES_POLLING_OK once the server has taken the request;
/// PGRES_POLLING_FAILED when that has failed, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelPoll(cancelConn: *mut PGcancelConn) -> PostgresPollingStatusType {
    let failed = PostgresPollingStatusType::PGRES_POLLING_FAILED;
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(below(cancelConn), failed, |driver| {
            let engine = driver.engine();
            if engine.status() == ConnStatus::Allocated {
                engine
                    .give_up("invalid connection state, probably indicative of memory corruption");
            }
            connect::step(driver)
        })
    }
}

/// How far a request is: CONNECTION_ALLOCATED before it is started, CONNECTION_OK once the server
/// has taken it; CONNECTION_BAD for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelStatus(cancelConn: *const PGcancelConn) -> ConnStatusType {
    // SAFETY: the pointer contract.
    unsafe { PQstatus(below(cancelConn.cast_mut())) }
}

/// The descriptor of a request's socket; -1 while there is none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelSocket(cancelConn: *const PGcancelConn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { PQsocket(below(cancelConn.cast_mut())) }
}

/// What went wrong with a request; empty where nothing did.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelErrorMessage(cancelConn: *const PGcancelConn) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { PQerrorMessage(below(cancelConn.cast_mut())) }
}

/// Closes a request's connection and gets it ready for another request. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelReset(cancelConn: *mut PGcancelConn) {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn(below(cancelConn), (), |driver| {
            driver.engine().reset_cancel();
        });
    }
}

/// Closes a request's connection and frees it. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcancelFinish(cancelConn: *mut PGcancelConn) {
    if cancelConn.is_null() {
        return;
    }
    // SAFETY: the pointer contract; it came from a box and is not used again.
    guard((), || drop(unsafe { Box::from_raw(cancelConn) }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: usize, write: impl FnOnce(&mut Message)) -> String {
        let mut buffer = vec![b'z'; size + 1];
        // SAFETY: the buffer has room for as many bytes and one more.
        let mut message = unsafe { Message::new(buffer.as_mut_ptr().cast(), size as c_int) };
        write(&mut message);
        assert_eq!(buffer[size], b'z', "nothing is written behind the buffer");
        let end = buffer.iter().position(|&byte| byte == 0);
        String::from_utf8(buffer[..end.unwrap_or(size)].to_vec()).unwrap()
    }

    #[test]
    fn a_reason_is_cut_to_the_buffer_and_keeps_its_newline() {
        let failure = CancelFailure {
            call: "connect()",
            errno: 111,
        };
        let of = |size| message(size, |message| message.push_failure(&failure));
        assert_eq!(of(256), "PQcancel() -- connect() failed: error 111\n");
        assert_eq!(of(35), "PQcancel() -- connect() failed: e\n");
        assert_eq!(of(34), "PQcancel() -- connect() failed: \n");
        assert_eq!(of(33), "PQcancel() -- connect() failed: ");
        assert_eq!(of(5), "PQca");
        assert_eq!(of(1), "");
        assert_eq!(of(0), "");
    }

    #[test]
    fn without_a_handle_there_is_a_reason_and_no_request() {
        // SAFETY: NULL is allowed, and the buffer is as long as is said.
        unsafe {
            assert!(PQgetCancel(ptr::null_mut()).is_null());
            PQfreeCancel(ptr::null_mut());
            let mut buffer = [1; 64];
            assert_eq!(PQcancel(ptr::null_mut(), buffer.as_mut_ptr(), 64), 0);
            let reason = std::ffi::CStr::from_ptr(buffer.as_ptr());
            assert_eq!(reason, c"PQcancel() -- no cancel object supplied");
            assert_eq!(PQcancel(ptr::null_mut(), ptr::null_mut(), 9), 0);
            assert_eq!(PQrequestCancel(ptr::null_mut()), 0);
            let request = PQcancelCreate(ptr::null_mut());
            assert_eq!(PQcancelStatus(request), ConnStatusType::CONNECTION_BAD);
            assert_eq!(PQcancelStart(request), 0);
            let reason = std::ffi::CStr::from_ptr(PQcancelErrorMessage(request));
            assert_eq!(reason, c"connection pointer is NULL\n");
            PQcancelFinish(request);
        }
    }
}
