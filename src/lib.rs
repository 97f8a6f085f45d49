//! libpq's whole interface as a memory-safe, blocking library.
//!
//! The layers, each using only those above it:
//! `error`, `wire`, `charset`, `conninfo`, `transport`, `auth`, `result`, `connection`, and the two
//! faces `client` (Rust) and `capi` (C).

#[doc(hidden)]
pub mod auth;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod capi;
#[doc(hidden)]
pub mod charset;
#[doc(hidden)]
pub mod connection;
#[doc(hidden)]
pub mod conninfo;
pub mod error;
#[doc(hidden)]
pub mod result;
#[doc(hidden)]
pub mod transport;
#[doc(hidden)]
pub mod wire;

pub use error::{Error, ErrorKind, ServerError};
