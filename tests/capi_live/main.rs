//! The C functions against a real server, called from Rust as C calls them.
#![cfg(feature = "capi")]
// The functions' contract is said once, at the top of the library's folder `capi`; each call here
// keeps it: handles are alive, strings end in a NUL, arrays are as long as said.
#![allow(clippy::undocumented_unsafe_blocks)]

mod bounds;
mod callbacks;
mod connection;
mod handles;
#[cfg(feature = "openssl")]
mod key_hook;
mod lent;
mod null;
mod queries;
