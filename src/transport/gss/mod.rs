//! GSSAPI: Kerberos, as a proof of identity and as encryption.
//!
//! The library is loaded at run time, when it is needed first: by a server that asks for GSSAPI
//! authentication, by `gssencmode=require`, or by `gssencmode=prefer` where there may be
//! credentials. A program that never uses Kerberos never maps it. Once loaded it stays.
//!
//! A call that makes a token may wait for a Kerberos server (KDC), within the library and for as
//! long as that likes, as it does in libpq: neither a deadline nor `PQconnectPoll` can cut it short.
//!
//! Manual: "GSSAPI Authentication", "Secure TCP/IP Connections with GSSAPI Encryption", "GSSAPI
//! Session Encryption"; RFC 2744 for the functions of the library.
//!
//! What differs from libpq, on purpose:
//!
//! - libpq asks the library for credentials before every connection. Here a look at the places where
//!   credentials lie comes first, and where there are none the library is not even loaded: see
//!   `likely.rs`.
//! - A server that answers with an error message in the middle of the exchange of tokens is not
//!   quoted: nobody knows yet who says it.
//! - A server that hangs up during that exchange is said to have done so; libpq says nothing.

mod context;
mod handle;
mod handshake;
mod library;
mod likely;
mod packet;
mod status;
mod stream;
mod sys;

pub use context::{Purpose, SecurityContext, Target};
pub use handle::Credential;
pub use handshake::{Handshake, Step};

use crate::error::{Error, ErrorKind};

/// The credentials for a connection with `gssencmode=prefer`, if there are any.
///
/// Costs a few look-ups in the environment and the file system where there are none.
pub fn preferred_credential() -> Option<Credential> {
    likely::credential().then(Credential::acquire)?
}

fn gss_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Auth, message)
}
