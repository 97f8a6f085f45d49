//! Arguments and answers as C strings.

use std::ffi::{CStr, CString};

use libc::c_char;

use crate::transcript::Text;

/// A string argument that may be NULL.
pub(crate) trait Arg {
    /// The pointer to hand to C; valid while `self` lives.
    fn pointer(&self) -> *const c_char;
}

/// The NULL argument.
pub(crate) const NULL: Option<&CStr> = None;

impl Arg for &CStr {
    fn pointer(&self) -> *const c_char {
        self.as_ptr()
    }
}

impl Arg for &CString {
    fn pointer(&self) -> *const c_char {
        self.as_ptr()
    }
}

impl Arg for Option<&CStr> {
    fn pointer(&self) -> *const c_char {
        self.map_or(std::ptr::null(), CStr::as_ptr)
    }
}

/// A C string built from text that is known to hold no NUL.
pub(crate) fn cstring(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).expect("a case's text holds no NUL")
}

/// Copies the C string at `pointer`.
///
/// # Safety
/// `pointer` is NULL or a C string that stays valid during the call.
pub(crate) unsafe fn copy(pointer: *const c_char) -> Text {
    // SAFETY: the caller says that a pointer that is not NULL is a C string.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes().to_vec())
}
