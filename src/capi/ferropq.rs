//! Functions of our own, which libpq does not have. They are declared in `ferropq.h`.

use std::ffi::c_char;

/// The version of this library itself, such as `0.1.0`. A constant.
#[unsafe(no_mangle)]
pub extern "C" fn ferropq_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
