//! What there is to know of a connection's encryption.
//!
//! Manual: "Connection Status Functions" (the functions for SSL), "SSL Library Initialization".

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use super::boundary::{guard, with_conn, with_conn_ref};
use super::conn::PGconn;
use super::memory;
use super::result_names::Names;
use crate::conninfo::TLS_AVAILABLE;
use crate::transport::tls::load_library;
use crate::transport::{SecureKind, SecureStream, Stream};

/// The name of the TLS library.
const LIBRARY: &CStr = if cfg!(feature = "openssl") {
    c"OpenSSL"
} else {
    c"native-tls"
};

#[cfg(feature = "openssl")]
static NAMES: Names<7> = Names::new([
    c"library".as_ptr(),
    c"key_bits".as_ptr(),
    c"cipher".as_ptr(),
    c"compression".as_ptr(),
    c"protocol".as_ptr(),
    c"alpn".as_ptr(),
    ptr::null(),
]);

/// The platform tells no more.
#[cfg(not(feature = "openssl"))]
static NAMES: Names<3> = Names::new([c"library".as_ptr(), c"alpn".as_ptr(), ptr::null()]);

static NO_NAMES: Names<1> = Names::new([ptr::null()]);

/// The TLS stream of a connection, if it has one.
fn tls(conn: &PGconn) -> Option<&dyn SecureStream> {
    let secure = conn.engine.stream().and_then(Stream::secure)?;
    (secure.kind() == SecureKind::Tls).then_some(secure)
}

/// 1 when the connection is encrypted with TLS, or was when it was refused; else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsslInUse(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, 0, |conn| conn.engine.tls_in_use().into()) }
}

/// A fact about the connection's TLS: `library`, `key_bits`, `cipher`, `compression`, `protocol` or
/// `alpn`. NULL where the connection does not use TLS or the fact is not known. For a NULL
/// connection, `library` tells what connections would use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsslAttribute(
    conn: *mut PGconn,
    attribute_name: *const c_char,
) -> *const c_char {
    // SAFETY: the pointer contract.
    unsafe {
        let name = memory::bytes(attribute_name).unwrap_or_default();
        if conn.is_null() && TLS_AVAILABLE && name == b"library" {
            return LIBRARY.as_ptr();
        }
        with_conn(conn, ptr::null(), |driver| {
            driver.conn(|conn| attribute(conn, name).unwrap_or(ptr::null()))
        })
    }
}

fn attribute(conn: &mut PGconn, name: &[u8]) -> Option<*const c_char> {
    let stream = tls(conn)?;
    let name = std::str::from_utf8(name).ok()?;
    let value = CString::new(stream.attribute(name)?).ok()?;
    let kept = &mut conn.ssl_attributes;
    let index = kept
        .iter()
        .position(|(known, _)| known == name)
        .unwrap_or_else(|| {
            kept.push((name.to_owned(), value.clone()));
            kept.len() - 1
        });
    // What has been handed out stays where it is as long as it is true.
    if kept[index].1 != value {
        kept[index].1 = value;
    }
    Some(kept[index].1.as_ptr())
}

/// The names that PQsslAttribute knows for a connection, ending in NULL: none where it does not use
/// TLS. For a NULL connection, those of connections that do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsslAttributeNames(conn: *mut PGconn) -> *const *const c_char {
    let default = if TLS_AVAILABLE {
        NAMES.as_ptr()
    } else {
        NO_NAMES.as_ptr()
    };
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, default, |conn| match tls(conn) {
            Some(_) => NAMES.as_ptr(),
            None => NO_NAMES.as_ptr(),
        })
    }
}

/// The TLS library's own object behind a connection: for `OpenSSL`, its `SSL *`. NULL where the
/// connection does not use TLS or this build has no access to the object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsslStruct(conn: *mut PGconn, struct_name: *const c_char) -> *mut c_void {
    // SAFETY: the pointer contract.
    unsafe {
        let name = memory::bytes(struct_name).unwrap_or_default();
        let name = std::str::from_utf8(name).unwrap_or_default();
        with_conn_ref(conn, ptr::null_mut(), |conn| {
            tls(conn).map_or(ptr::null_mut(), |stream| stream.raw(name))
        })
    }
}

/// PQsslStruct(conn, "OpenSSL"), which is to be preferred.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetssl(conn: *mut PGconn) -> *mut c_void {
    // SAFETY: the pointer contract.
    unsafe { PQsslStruct(conn, c"OpenSSL".as_ptr()) }
}

/// Not needed: OpenSSL initialises itself. With an argument that is not 0 it is loaded now, and not
/// when a connection uses it first: for programs that could not load it later, having changed their
/// root directory.
#[unsafe(no_mangle)]
pub extern "C" fn PQinitSSL(do_init: c_int) {
    PQinitOpenSSL(do_init, do_init);
}

/// Not needed, as PQinitSSL; OpenSSL is loaded now where one of the arguments is not 0.
#[unsafe(no_mangle)]
pub extern "C" fn PQinitOpenSSL(do_ssl: c_int, do_crypto: c_int) {
    if do_ssl != 0 || do_crypto != 0 {
        guard((), || {
            // Where it cannot be loaded, the first connection that needs it says so.
            let _ = load_library();
        });
    }
}

/// 1 when the connection is encrypted with GSSAPI, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgssEncInUse(conn: *mut PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, 0, |conn| {
            let secure = conn.engine.stream().and_then(Stream::secure);
            secure
                .is_some_and(|stream| stream.kind() == SecureKind::Gss)
                .into()
        })
    }
}

/// The GSSAPI context (`gss_ctx_id_t`) of a connection that is encrypted or was authenticated with
/// GSSAPI; else NULL. It belongs to the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQgetgssctx(conn: *mut PGconn) -> *mut c_void {
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, ptr::null_mut(), |conn| conn.engine.gss_context()) }
}
