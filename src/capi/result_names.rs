//! The names of the statuses of results.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::types::{ExecStatusType, number};
use crate::result::ExecStatus;

/// A table of C strings.
#[repr(transparent)]
pub struct Names<const N: usize>([*const c_char; N]);

// SAFETY: the strings are constants that nobody writes to.
unsafe impl<const N: usize> Sync for Names<N> {}

impl<const N: usize> Names<N> {
    /// A table of constants; NULL may mark its end.
    pub(super) const fn new(names: [*const c_char; N]) -> Self {
        Self(names)
    }

    /// The table as C sees it.
    pub(super) fn as_ptr(&'static self) -> *const *const c_char {
        self.0.as_ptr()
    }
}

/// The names of the statuses, by their numbers. PQresStatus is to be preferred: it knows how many
/// there are.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub static pgresStatus: Names<13> = {
    let mut names = [std::ptr::null(); 13];
    let mut index = 0;
    while index < names.len() {
        names[index] = ExecStatus::ALL[index].name().as_ptr();
        index += 1;
    }
    Names::new(names)
};

/// The name of a status, such as `PGRES_TUPLES_OK`; `invalid ExecStatusType code` for a number that
/// is none.
#[unsafe(no_mangle)]
pub extern "C" fn PQresStatus(status: MaybeUninit<ExecStatusType>) -> *mut c_char {
    let number: c_int = number(status);
    let name = ExecStatus::from_number(number).map_or(c"invalid ExecStatusType code", |s| s.name());
    name.as_ptr().cast_mut()
}
