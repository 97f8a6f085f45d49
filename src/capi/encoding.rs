//! Encodings: names, numbers, and the length and width of characters.
//!
//! Manual: "Control Functions" (`PQclientEncoding`) and "Character Set Support".

use std::ffi::{c_char, c_int, c_uchar};

use super::boundary::{guard, with_conn, with_conn_ref};
use super::conn::PGconn;
use super::driver::Driver;
use super::memory;
use crate::charset::{self, Encoding};
use crate::connection::{ConnStatus, blocking, blocking::Host};
use crate::result::ExecStatus;

/// The longest name that the server is asked to set.
const LONGEST_NAME: usize = 100;

/// The most bytes of a character that a length or width can depend on.
const LONGEST: usize = 4;

/// The encoding with this number; `SQL_ASCII` for a number that is none, as in libpq.
fn encoding(number: c_int) -> Encoding {
    Encoding::from_id(number).unwrap_or(Encoding::SQL_ASCII)
}

/// The first bytes of a text, which ends at a NUL.
///
/// # Safety
/// `text` is NULL or ends in a NUL.
unsafe fn head<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: as the caller promises; strnlen reads no further than the NUL.
    unsafe { memory::counted(text.cast::<u8>(), libc::strnlen(text, LONGEST)) }
}

/// The client's encoding as a number, which pg_encoding_to_char names; -1 for NULL and a bad
/// connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQclientEncoding(conn: *const PGconn) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_conn_ref(conn, -1, |conn| match conn.engine.status() {
            ConnStatus::Ok => conn.engine.encoding().id(),
            _ => -1,
        })
    }
}

/// Sets the client's encoding by its name; `auto` stands for that of the process's locale. Returns
/// 0, or -1 when the server refuses or the connection is NULL or bad.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQsetClientEncoding(conn: *mut PGconn, encoding: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        let Some(name) = memory::bytes(encoding) else {
            return -1;
        };
        with_conn(
            conn,
            -1,
            |driver| if set_encoding(driver, name) { 0 } else { -1 },
        )
    }
}

fn set_encoding(driver: &mut Driver, name: &[u8]) -> bool {
    if driver.engine().status() != ConnStatus::Ok {
        return false;
    }
    let name = match name {
        b"auto" => charset::from_locale()
            .unwrap_or(Encoding::SQL_ASCII)
            .name()
            .as_bytes(),
        _ if name.len() > LONGEST_NAME => return false,
        _ => name,
    };
    let mut sql = b"set client_encoding to '".to_vec();
    for &byte in name {
        sql.push(byte);
        if byte == b'\'' {
            sql.push(byte);
        }
    }
    sql.push(b'\'');
    let result = blocking::exec(driver, &sql);
    result.is_some_and(|result| result.status() == ExecStatus::CommandOk)
}

/// The bytes that the character at the start of a text has in an encoding, at least 1. Nothing is
/// checked; the text may end before the character does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQmblen(s: *const c_char, encoding: c_int) -> c_int {
    // SAFETY: the pointer contract.
    guard(1, || unsafe {
        self::encoding(encoding).mblen(head(s)) as c_int
    })
}

/// The same, but no more bytes than the text has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQmblenBounded(s: *const c_char, encoding: c_int) -> c_int {
    // SAFETY: the pointer contract.
    guard(0, || unsafe {
        self::encoding(encoding).mblen_bounded(head(s)) as c_int
    })
}

/// The columns of a terminal that the character at the start of a text takes; -1 for a control
/// character.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQdsplen(s: *const c_char, encoding: c_int) -> c_int {
    // SAFETY: the pointer contract.
    guard(0, || unsafe { self::encoding(encoding).dsplen(head(s)) })
}

/// The encoding that the environment variable PGCLIENTENCODING names, as a number; 0 (SQL_ASCII)
/// where it names none.
#[unsafe(no_mangle)]
pub extern "C" fn PQenv2encoding() -> c_int {
    guard(0, || charset::from_environment().id())
}

/// The number of the encoding with this name; -1 where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pg_char_to_encoding(name: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    guard(-1, || unsafe {
        let found = memory::bytes(name).and_then(Encoding::from_name);
        found.map_or(-1, Encoding::id)
    })
}

/// The name of the encoding with this number; empty where there is none. A constant.
#[unsafe(no_mangle)]
pub extern "C" fn pg_encoding_to_char(encoding: c_int) -> *const c_char {
    Encoding::from_id(encoding)
        .map_or(c"", Encoding::c_name)
        .as_ptr()
}

/// 1 when a database may have the encoding with this number, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn pg_valid_server_encoding_id(encoding: c_int) -> c_int {
    Encoding::from_id(encoding)
        .is_some_and(Encoding::is_valid_server_encoding)
        .into()
}

/// The number of the encoding with this name, if a database may have it; else -1.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pg_valid_server_encoding(name: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    guard(-1, || unsafe {
        let found = memory::bytes(name).and_then(Encoding::from_name);
        let valid = found.filter(|encoding| encoding.is_valid_server_encoding());
        valid.map_or(-1, Encoding::id)
    })
}

/// The bytes that the UTF-8 character at the start of a text has.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pg_utf_mblen(s: *const c_uchar) -> c_int {
    // SAFETY: the pointer contract.
    guard(1, || unsafe {
        Encoding::UTF8.mblen(head(s.cast())) as c_int
    })
}
