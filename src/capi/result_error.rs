//! What a result tells of an error.
//!
//! Manual: "Main Functions" of "Command Execution Functions".

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use super::boundary::with_result;
use super::memory;
use super::result::PGresult;
use super::types::{PGContextVisibility, PGVerbosity, number};
use crate::result::{ContextVisibility, ExecStatus, Report, TextStyle, Verbosity};

/// What PQresultVerboseErrorMessage says of a result that is no error.
const NO_ERROR: &[u8] = b"PGresult is not an error result\n";

/// The message of the error, its newline included; empty where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultErrorMessage(res: *const PGresult) -> *mut c_char {
    let none = c"".as_ptr().cast_mut();
    // SAFETY: the pointer contract.
    unsafe { with_result(res, none, |result| result.error_text().as_ptr().cast_mut()) }
}

/// The message of the error made anew, with another verbosity.
///
/// To be freed with PQfreemem; NULL where there is no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultVerboseErrorMessage(
    res: *const PGresult,
    verbosity: MaybeUninit<PGVerbosity>,
    show_context: MaybeUninit<PGContextVisibility>,
) -> *mut c_char {
    let style = TextStyle {
        verbosity: Verbosity::from_number(number(verbosity)).unwrap_or_default(),
        context: ContextVisibility::from_number(number(show_context)).unwrap_or_default(),
    };
    // SAFETY: the pointer contract.
    unsafe {
        if res.is_null() {
            return memory::copy_bytes(NO_ERROR);
        }
        with_result(res, ptr::null_mut(), |result| {
            let is_error = match result.core.status {
                ExecStatus::FatalError => true,
                ExecStatus::NonfatalError => false,
                _ => return memory::copy_bytes(NO_ERROR),
            };
            let nothing = Report::default();
            let report = result.core.report.as_deref().unwrap_or(&nothing);
            memory::copy_bytes(&report.render(style, is_error, result.encoding()))
        })
    }
}

/// One field of the error, by one of the PG_DIAG_ codes; NULL where the error does not have it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQresultErrorField(res: *const PGresult, fieldcode: c_int) -> *mut c_char {
    // SAFETY: the pointer contract.
    unsafe {
        with_result(res, ptr::null_mut(), |result| {
            let code = u8::try_from(fieldcode).ok();
            let report = result.core.report.as_deref();
            let field = code.and_then(|code| report?.field(code));
            field.map_or(ptr::null_mut(), |text| text.as_ptr().cast_mut())
        })
    }
}
