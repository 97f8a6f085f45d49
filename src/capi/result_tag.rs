//! What a command reported when it was done.
//!
//! Manual: "Retrieving Other Result Information".

use std::ffi::{CString, c_char};
use std::ptr;

use super::boundary::with_result;
use super::notice;
use super::result::PGresult;
use super::types::{InvalidOid, Oid};

/// The command tag, such as `INSERT 0 1`; empty where there is none. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcmdStatus(res: *mut PGresult) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, ptr::null_mut(), |result| {
            result.core.tag.as_c_str().as_ptr().cast_mut()
        })
    }
}

/// The number of rows that the command affected or returned, as digits; empty for commands that
/// have none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQcmdTuples(res: *mut PGresult) -> *mut c_char {
    let none = c"".as_ptr().cast_mut();
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, none, |result| {
            let tag = &result.core.tag;
            let rows = tag.rows();
            if rows.is_empty() && tag.counts_rows() {
                let shown = tag.as_c_str().to_string_lossy();
                let message = format!("could not interpret result from server: {shown}");
                notice::complain(result, &message);
            }
            rows.as_ptr().cast_mut()
        })
    }
}

/// The OID of the row that an INSERT made, as digits; `0` where it made none or several, and empty
/// for other commands.
///
/// Deprecated in favour of PQoidValue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQoidStatus(res: *const PGresult) -> *mut c_char {
    let none = c"".as_ptr().cast_mut();
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, none, |result| {
            let Some(digits) = result.core.tag.oid_digits() else {
                return none;
            };
            let kept = result
                .oid_status
                .get_or_init(|| CString::new(digits).unwrap_or_default());
            kept.as_ptr().cast_mut()
        })
    }
}

/// The OID of the row that an INSERT made; 0 where it made none or several, and for other commands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQoidValue(res: *const PGresult) -> Oid {
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, InvalidOid, |result| {
            let digits = result.core.tag.oid_digits().unwrap_or_default();
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            digits.parse().unwrap_or(InvalidOid)
        })
    }
}

/// The bytes of memory in use for a result; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultMemorySize(res: *const PGresult) -> usize {
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, 0, |result| {
            let fixed = size_of::<PGresult>() - size_of_val(&result.core);
            fixed + result.core.memory() + result.arena.memory() + size_of_val(&*result.events)
        })
    }
}
