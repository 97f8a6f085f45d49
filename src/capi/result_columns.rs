//! What a result tells of its columns.
//!
//! Manual: "Retrieving Query Result Information".

use std::ffi::{c_char, c_int};
use std::ptr;

use super::boundary::with_result;
use super::memory;
use super::result::PGresult;
use super::types::{InvalidOid, Oid};
use crate::result::Column;

/// One fact about a column; `missing` where there is no such column or no result.
///
/// # Safety
/// The pointer contract of [`super`].
unsafe fn column<R>(
    res: *const PGresult,
    number: c_int,
    missing: R,
    fact: impl FnOnce(&Column) -> R,
) -> R
where
    R: Copy,
{
    // SAFETY: as the caller promises.
    unsafe {
        with_result(res, missing, |result| {
            match result.core.columns.get(number as usize) {
                Some(column) => fact(column),
                None => {
                    result.has_column(number);
                    missing
                }
            }
        })
    }
}

/// 1 when all columns are binary, or when the data of a COPY is; else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQbinaryTuples(res: *const PGresult) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { with_result(res, 0, |result| result.core.binary.into()) }
}

/// The name of a column; NULL where there is no such column, and for those of a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfname(res: *const PGresult, field_num: c_int) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, ptr::null_mut(), |result| {
            match result.core.columns.name(field_num as usize) {
                Some(name) => name.as_ptr().cast_mut(),
                None => {
                    result.has_column(field_num);
                    ptr::null_mut()
                }
            }
        })
    }
}

/// The number of the column with this name; -1 where there is none.
///
/// The name is read as SQL reads an identifier: in lower case, except between double quotes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfnumber(res: *const PGresult, field_name: *const c_char) -> c_int {
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, -1, |result| {
            let Some(name @ [_, ..]) = memory::bytes(field_name) else {
                return -1;
            };
            let columns = &result.core.columns;
            let found = if is_plain(name) {
                columns.index_of(name)
            } else {
                columns.index_of(&identifier(name))
            };
            found
                .and_then(|index| c_int::try_from(index).ok())
                .unwrap_or(-1)
        })
    }
}

/// Whether the name means itself.
fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|&byte| byte != b'"' && byte == lower(byte))
}

/// The name that SQL makes of an identifier.
fn identifier(text: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(text.len());
    let mut quoted = false;
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' if quoted && rest.next_if_eq(&b'"').is_some() => name.push(b'"'),
            b'"' => quoted = !quoted,
            _ if quoted => name.push(byte),
            _ => name.push(lower(byte)),
        }
    }
    name
}

/// A byte in lower case; one beyond ASCII as the process's locale has it.
fn lower(byte: u8) -> u8 {
    if byte < 0x80 {
        return byte.to_ascii_lowercase();
    }
    // SAFETY: any unsigned char may be asked about.
    let lowered = unsafe {
        match libc::isupper(byte.into()) {
            0 => byte.into(),
            _ => libc::tolower(byte.into()),
        }
    };
    u8::try_from(lowered).unwrap_or(byte)
}

/// The table that a column comes from; 0 where it comes from none or there is no such column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQftable(res: *const PGresult, field_num: c_int) -> Oid {
    // SAFETY: the pointer contract.
    unsafe { column(res, field_num, InvalidOid, |column| column.table_oid) }
}

/// The number of a column in its table, the first being 1; 0 where PQftable gives 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQftablecol(res: *const PGresult, field_num: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { column(res, field_num, 0, |column| column.table_column) }
}

/// The format of a column's values: 0 for text, 1 for binary. 0 where there is no such column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfformat(res: *const PGresult, field_num: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { column(res, field_num, 0, |column| column.format) }
}

/// The type of a column; 0 where there is no such column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQftype(res: *const PGresult, field_num: c_int) -> Oid {
    // SAFETY: the pointer contract.
    unsafe { column(res, field_num, InvalidOid, |column| column.type_oid) }
}

/// The bytes that the server stores a value of the column in; negative for variable length, 0 where
/// there is no such column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfsize(res: *const PGresult, field_num: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { column(res, field_num, 0, |column| column.type_len) }
}

/// The type modifier of a column, such as a length or precision; -1 for none, 0 where there is no
/// such column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfmod(res: *const PGresult, field_num: c_int) -> c_int {
    // SAFETY: the pointer contract.
    unsafe { column(res, field_num, 0, |column| column.type_mod) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_lowered_except_between_quotes() {
        let cases: [(&[u8], &[u8]); 6] = [
            (b"FOO", b"foo"),
            (b"\"FOO\"", b"FOO"),
            (b"a\"B\"C", b"aBc"),
            (b"\"a\"\"B\"", b"a\"B"),
            (b"\"open", b"open"),
            (b"\"\"", b""),
        ];
        for (text, name) in cases {
            assert_eq!(identifier(text), name, "{}", text.escape_ascii());
        }
        assert!(is_plain(b"foo_1") && !is_plain(b"Foo") && !is_plain(b"\"foo\""));
    }
}
