//! The C face: libpq's functions under their own names, and our own that begin with `ferropq_`.
//!
//! Everything that C can call is defined in this folder and nowhere else. The functions are thin:
//! they turn C's arguments into Rust's, let the engine work, and turn the answer back. Each goes
//! through a wrapper of [`boundary`], which deals with NULL handles, panics and pending notices.
//!
//! # The pointer contract
//!
//! This holds for every function of the folder and is not repeated there:
//!
//! - A `PGconn`, `PGresult` or other handle is NULL or one that a function of this library has
//!   returned and that has not been freed since (`PQfinish`, `PQclear`, …). NULL is answered as
//!   libpq answers it; the function's comment says how.
//! - A `PGconn` is used by one thread at a time; a `PGresult` may be read by several.
//! - A string argument is NULL or ends in a NUL byte, and stays as it is during the call. So do
//!   arrays, which have as many elements as the function's count says.
//! - A string that is returned belongs to the handle that it was asked of, is not to be freed or
//!   written to, and is valid until the handle is freed or changes what the string tells, unless
//!   the function's comment says otherwise.
//! - Memory that a caller has to free comes from `malloc`; `PQfreemem` and `free` both fit.
//! - A callback does not unwind. It may call any function with the connection or result that it was
//!   given, but must not free it.

// The names are libpq's.
#![allow(non_snake_case, non_camel_case_types, non_upper_case_globals)]
// The contract that makes each call sound is the one above, said once.
#![allow(clippy::missing_safety_doc)]

#[cfg(panic = "abort")]
compile_error!(
    "the C library catches panics at its boundary and must be built with panic=\"unwind\""
);

pub mod async_;
pub mod auth_data;
pub mod boundary;
pub mod cancel;
pub mod conn;
pub mod conn_status;
pub mod connect;
pub mod conninfo;
pub mod copy;
pub mod copy_legacy;
pub mod driver;
pub mod encoding;
pub mod escape;
pub mod events;
pub mod exec;
pub mod expbuffer;
pub mod exposed;
pub mod ferropq;
pub mod function_call;
pub mod key_hook;
pub mod large_object;
pub mod memory;
pub mod notice;
pub mod oauth;
pub mod params;
pub mod password;
pub mod ping;
pub mod pipeline;
pub mod print;
pub mod reset;
pub mod result;
pub mod result_build;
pub mod result_columns;
pub mod result_error;
pub mod result_names;
pub mod result_tag;
pub mod signal;
pub mod sink;
pub mod ssl;
pub mod thread_lock;
pub mod trace;
pub mod types;
pub mod version;

#[cfg(test)]
mod tests;
