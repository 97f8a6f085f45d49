//! The hook that is asked for the password of the client's key.
//!
//! Manual: "Database Connection Control Functions", `PQsetSSLKeyPassHook_OpenSSL`.

use std::ffi::{c_char, c_int};
use std::sync::{Arc, Mutex, PoisonError};

use super::boundary::{guard, with_conn_ref};
use super::conn::PGconn;
use crate::conninfo::OptionId;
use crate::transport::tls::{KeyPasswordHook, copy_key_password};

/// Writes the password of the client's key and a NUL into a buffer of `size` bytes, and returns its
/// length; 0 for a failure.
pub type PQsslKeyPassHook_OpenSSL_type =
    Option<unsafe extern "C" fn(buf: *mut c_char, size: c_int, conn: *mut PGconn) -> c_int>;

/// The hook of the process.
static HOOK: Mutex<PQsslKeyPassHook_OpenSSL_type> = Mutex::new(None);

fn hook() -> PQsslKeyPassHook_OpenSSL_type {
    *HOOK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there is a hook: handshakes begin outside of the engine then, as a hook may use the
/// connection.
pub fn is_set() -> bool {
    hook().is_some()
}

/// A connection that is handed to the hook.
struct Asked(*mut PGconn);

// SAFETY: the hook is called by the thread that works on the connection, in the call that has made
// this; that the type has to be fit for more is not made use of.
unsafe impl Send for Asked {}
// SAFETY: as above.
unsafe impl Sync for Asked {}

/// The hook for this connection, if there is one.
pub fn for_conn(conn: *mut PGconn) -> Option<KeyPasswordHook> {
    let hook = hook()?;
    let asked = Asked(conn);
    Some(Arc::new(move |buffer: &mut [u8]| {
        let asked = &asked;
        let size = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        // SAFETY: a callback that C has set, with a connection that nothing borrows meanwhile and a
        // buffer of the size told.
        let length = unsafe { hook(buffer.as_mut_ptr().cast(), size, asked.0) };
        usize::try_from(length).unwrap_or(0)
    }))
}

/// The hook that is asked for the password of the client's key; NULL where none is set, which
/// stands for PQdefaultSSLKeyPassHook_OpenSSL.
#[unsafe(no_mangle)]
pub extern "C" fn PQgetSSLKeyPassHook_OpenSSL() -> PQsslKeyPassHook_OpenSSL_type {
    guard(None, hook)
}

/// Sets the hook that is asked for the password of the client's key, for all connections that are
/// made from now on. NULL goes back to the default.
///
/// The hook may use the connection, but must not leave by an exception or `longjmp`.
#[unsafe(no_mangle)]
pub extern "C" fn PQsetSSLKeyPassHook_OpenSSL(hook: PQsslKeyPassHook_OpenSSL_type) {
    guard((), || {
        *HOOK.lock().unwrap_or_else(PoisonError::into_inner) = hook;
    });
}

/// What is done without a hook: writes the option `sslpassword` and a NUL into a buffer of `size`
/// bytes, and returns its length. What does not fit is cut off, with a warning on standard error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQdefaultSSLKeyPassHook_OpenSSL(
    buf: *mut c_char,
    size: c_int,
    conn: *mut PGconn,
) -> c_int {
    let Ok(size @ 1..) = usize::try_from(size) else {
        return 0;
    };
    if buf.is_null() {
        return 0;
    }
    // SAFETY: the pointer contract; the buffer has `size` bytes, which need not be initialised.
    unsafe {
        buf.write_bytes(0, size);
        let buffer = std::slice::from_raw_parts_mut(buf.cast::<u8>(), size);
        with_conn_ref(conn, 0, |conn| {
            let password = conn.engine.info().get(OptionId::Sslpassword);
            copy_key_password(password.map(|password| password.to_bytes()), buffer) as c_int
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Connection;
    use crate::conninfo::ConnInfo;

    unsafe extern "C" fn fixed(buf: *mut c_char, size: c_int, conn: *mut PGconn) -> c_int {
        // SAFETY: the buffer has as many bytes as are told, and the connection may be used.
        unsafe {
            assert!(size > 6);
            buf.copy_from_nonoverlapping(c"secret".as_ptr(), 7);
            super::super::conn_status::PQsocket(conn)
        };
        6
    }

    #[test]
    fn the_hook_is_asked_for_the_connection() {
        assert!(PQgetSSLKeyPassHook_OpenSSL().is_none());
        PQsetSSLKeyPassHook_OpenSSL(Some(fixed));
        assert!(PQgetSSLKeyPassHook_OpenSSL().is_some());
        let ask = for_conn(std::ptr::null_mut()).unwrap();
        let mut buffer = [0; 16];
        assert_eq!(ask(&mut buffer), 6);
        assert_eq!(&buffer[..6], b"secret");
        PQsetSSLKeyPassHook_OpenSSL(None);
        assert!(!is_set());
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri runs no C")]
    fn without_a_hook_the_option_is_the_password() {
        let info = ConnInfo::parse(b"sslpassword=open").unwrap();
        let conn = PGconn::into_raw(Connection::start(Ok(info)));
        let mut buffer = [1; 8];
        let start = buffer.as_mut_ptr();
        // SAFETY: a live connection, and a buffer of the size told.
        unsafe {
            assert_eq!(PQdefaultSSLKeyPassHook_OpenSSL(start, 8, conn), 4);
            assert_eq!(std::ffi::CStr::from_ptr(start), c"open");
            assert_eq!(PQdefaultSSLKeyPassHook_OpenSSL(start, 3, conn), 2);
            assert_eq!(
                PQdefaultSSLKeyPassHook_OpenSSL(start, 8, std::ptr::null_mut()),
                0
            );
            assert_eq!(PQdefaultSSLKeyPassHook_OpenSSL(start, 0, conn), 0);
            super::super::connect::PQfinish(conn);
        }
    }
}
