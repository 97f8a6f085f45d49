//! Escaping values for use in SQL text.
//!
//! Manual: "Escaping Strings for Inclusion in SQL Commands", "Escaping Binary Strings for Inclusion
//! in SQL Commands".

use std::ffi::{c_char, c_int, c_uchar};
use std::ptr;

use super::boundary::{guard, with_conn};
use super::conn::{EscapeSettings, PGconn};
use super::memory;
use super::sink::{BufferSink, MallocSink};
use crate::charset::{self, Encoding};

/// From this version on servers read bytea values in hex.
const HEX_SINCE: i32 = 90_000;

/// The text of an argument: `length` bytes, or up to a NUL before them.
///
/// # Safety
/// `from` is NULL, or has a NUL or `length` bytes.
unsafe fn source<'a>(from: *const c_char, length: usize) -> &'a [u8] {
    if from.is_null() {
        return &[];
    }
    // SAFETY: as the caller promises; strnlen reads no further.
    unsafe { memory::counted(from.cast::<u8>(), libc::strnlen(from, length)) }
}

/// Writes escaped text and a NUL to C's buffer and returns its length. The buffer has room for
/// twice the text and a NUL, which is what escaping makes of it at the most.
///
/// # Safety
/// `to` has `2 * length + 1` bytes, and `from` is as [`source`] demands.
unsafe fn escape_into(
    to: *mut c_char,
    from: *const c_char,
    length: usize,
    settings: EscapeSettings,
) -> (usize, Result<(), &'static str>) {
    // SAFETY: as the caller promises. Escaping doubles a byte or replaces it by two.
    unsafe {
        let source = source(from, length);
        let mut escaped = BufferSink::new(to, 2 * source.len());
        let EscapeSettings {
            encoding,
            standard_strings,
        } = settings;
        let outcome = charset::escape_string(encoding, standard_strings, source, &mut escaped);
        (escaped.finish(), outcome)
    }
}

/// Escapes text for use between the quotes of a string literal, by the settings of a connection.
///
/// `to` has room for `2 * length + 1` bytes and does not overlap `from`, whose first `length` bytes
/// are escaped, or fewer where a NUL comes first. A NUL is put behind the escaped text, whose
/// length is returned. `*error` is set to 0, or to 1 where the text is not valid in the client's
/// encoding; the connection has the message then. `error` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQescapeStringConn(
    conn: *mut PGconn,
    to: *mut c_char,
    from: *const c_char,
    length: usize,
    error: *mut c_int,
) -> usize {
    // SAFETY: the pointer contract; the buffers are as described.
    unsafe {
        let tell = |failed: bool| {
            if !error.is_null() {
                *error = failed.into();
            }
        };
        if to.is_null() {
            tell(true);
            return 0;
        }
        if conn.is_null() {
            to.write(0);
            tell(true);
            return 0;
        }
        with_conn(conn, 0, |driver| {
            driver.conn(|conn| {
                conn.engine.clear_error_if_idle();
                let (written, outcome) = escape_into(to, from, length, conn.escape_settings());
                if let Err(reason) = outcome {
                    conn.engine.error_mut().push(reason);
                }
                tell(outcome.is_err());
                written
            })
        })
    }
}

/// As PQescapeStringConn, by the settings of whichever connection of the process told its own last.
/// Not safe where connections differ; it cannot report an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQescapeString(
    to: *mut c_char,
    from: *const c_char,
    length: usize,
) -> usize {
    if to.is_null() {
        return 0;
    }
    // SAFETY: the pointer contract; the buffers are as described.
    guard(0, || unsafe {
        escape_into(to, from, length, EscapeSettings::last_told()).0
    })
}

/// What quotes a text.
type Quote = fn(Encoding, &[u8], &mut MallocSink) -> Result<(), &'static str>;

/// # Safety
/// The pointer contract of [`super`], and `str` is as [`source`] demands.
unsafe fn quote(conn: *mut PGconn, str: *const c_char, length: usize, quote: Quote) -> *mut c_char {
    if str.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: as the caller promises.
    unsafe {
        with_conn(conn, ptr::null_mut(), |driver| {
            driver.conn(|conn| {
                conn.engine.clear_error_if_idle();
                let mut quoted = MallocSink::default();
                match quote(conn.engine.encoding(), source(str, length), &mut quoted) {
                    Ok(()) => quoted.into_c().0,
                    Err(reason) => {
                        conn.engine.error_mut().push(reason);
                        ptr::null_mut()
                    }
                }
            })
        })
    }
}

/// The text as a string literal with its quotes, to be freed with PQfreemem.
///
/// NULL where the text is not valid in the client's encoding; the connection has the message then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQescapeLiteral(
    conn: *mut PGconn,
    str: *const c_char,
    len: usize,
) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { quote(conn, str, len, charset::write_literal) }
}

/// The text as an SQL identifier between double quotes, to be freed with PQfreemem.
///
/// NULL where the text is not valid in the client's encoding; the connection has the message then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQescapeIdentifier(
    conn: *mut PGconn,
    str: *const c_char,
    len: usize,
) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe { quote(conn, str, len, charset::write_identifier) }
}

/// Gives C what `write` writes, and tells its length with so many NULs.
///
/// # Safety
/// `length` is NULL or can be written to.
unsafe fn give(
    length: *mut usize,
    nuls: usize,
    write: impl FnOnce(&mut MallocSink),
) -> *mut c_uchar {
    let mut sink = MallocSink::default();
    write(&mut sink);
    let (start, written) = sink.into_c();
    if !start.is_null() && !length.is_null() {
        // SAFETY: as the caller promises.
        unsafe { *length = written + nuls };
    }
    start.cast()
}

/// The bytes as the text of a bytea value, for use between the quotes of a string literal.
///
/// To be freed with PQfreemem; `*to_length` is set to the length with the NUL behind the text. NULL
/// for a NULL connection and where there is no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQescapeByteaConn(
    conn: *mut PGconn,
    from: *const c_uchar,
    from_length: usize,
    to_length: *mut usize,
) -> *mut c_uchar {
    // SAFETY: the pointer contract; `from` has so many bytes.
    unsafe {
        with_conn(conn, ptr::null_mut(), |driver| {
            driver.conn(|conn| {
                conn.engine.clear_error_if_idle();
                let session = conn.engine.session();
                let use_hex = session.server_version >= HEX_SINCE;
                let bytes = memory::counted(from, from_length);
                let standard_strings = session.standard_strings;
                give(to_length, 1, |sink| {
                    charset::write_bytea(use_hex, standard_strings, bytes, sink);
                })
            })
        })
    }
}

/// As PQescapeByteaConn, by the settings of whichever connection of the process told its own last,
/// and in the format that every server reads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQescapeBytea(
    from: *const c_uchar,
    from_length: usize,
    to_length: *mut usize,
) -> *mut c_uchar {
    let standard_strings = EscapeSettings::last_told().standard_strings;
    // SAFETY: the pointer contract; `from` has so many bytes.
    guard(ptr::null_mut(), || unsafe {
        let bytes = memory::counted(from, from_length);
        give(to_length, 1, |sink| {
            charset::write_bytea(false, standard_strings, bytes, sink);
        })
    })
}

/// The bytes that the text of a bytea value stands for, in either format.
///
/// To be freed with PQfreemem; `*retbuflen` is set to their number. NULL for NULL and where there
/// is no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQunescapeBytea(
    strtext: *const c_uchar,
    retbuflen: *mut usize,
) -> *mut c_uchar {
    // SAFETY: the pointer contract; `retbuflen` is NULL or can be written to.
    guard(ptr::null_mut(), || unsafe {
        let Some(text) = memory::bytes(strtext.cast()) else {
            return ptr::null_mut();
        };
        give(retbuflen, 0, |sink| {
            charset::write_unescaped_bytea(text, sink);
        })
    })
}
