//! Memory that the caller frees: everything here comes from `malloc`.

use std::ffi::{CStr, c_char, c_uchar, c_void};
use std::ptr;

/// A copy of `bytes` with a NUL behind them, for C to free; NULL where there is no memory.
pub fn copy_bytes(bytes: &[u8]) -> *mut c_char {
    // SAFETY: a plain allocation of at least one byte, which the copy and its NUL fit exactly.
    unsafe {
        let start = libc::malloc(bytes.len() + 1).cast::<u8>();
        if !start.is_null() {
            start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            start.add(bytes.len()).write(0);
        }
        start.cast()
    }
}

/// The same for bytes that C knows as `unsigned char`.
pub fn copy_unsigned(bytes: &[u8]) -> *mut c_uchar {
    copy_bytes(bytes).cast()
}

/// A copy of a string, for C to free; NULL for none.
pub fn copy_string(text: Option<&CStr>) -> *mut c_char {
    text.map_or(ptr::null_mut(), |text| copy_bytes(text.to_bytes()))
}

/// The bytes of a string argument, without its NUL; `None` for NULL.
///
/// # Safety
/// `text` is NULL or ends in a NUL, and stays as it is as long as the bytes are used.
pub unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// `length` bytes of an argument; none for NULL.
///
/// # Safety
/// `start` is NULL or so many bytes are there, and stay as they are as long as they are used.
pub unsafe fn counted<'a, T>(start: *const T, length: usize) -> &'a [T] {
    if start.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { std::slice::from_raw_parts(start, length) }
}

/// Frees memory that a function of this library has allocated for the caller. NULL does nothing.
///
/// The same as `free`, for programs whose C library is not the one that this library uses.
///
/// Manual: "Miscellaneous Functions", `PQfreemem`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQfreemem(ptr: *mut c_void) {
    // SAFETY: NULL, or allocated by `malloc` and not used again, as the caller promises.
    unsafe { libc::free(ptr) };
}
