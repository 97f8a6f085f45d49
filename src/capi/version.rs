//! Versions and abilities of the library.
//!
//! Manual: "Miscellaneous Functions", `PQlibVersion`; "Behavior in Threaded Programs".

use std::ffi::c_int;

/// The version of libpq whose interface this is: 180000 for that of PostgreSQL 18.
const INTERFACE: c_int = 180_000;

/// The version of libpq whose interface this library has, such as 180000. See ferropq_version for
/// its own.
#[unsafe(no_mangle)]
pub extern "C" fn PQlibVersion() -> c_int {
    INTERFACE
}

/// 1: the library may be used by several threads, each connection by one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn PQisthreadsafe() -> c_int {
    1
}
