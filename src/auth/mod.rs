//! Authentication: each method as a pure state machine, bytes in and bytes out.
//!
//! Nothing here owns a socket or knows how a message is framed. The connection hands in the body
//! of what the server sent and gets back the body of what to answer.
//!
//! Manual: "SASL Authentication" and "Start-up" in the chapter "Frontend/Backend Protocol"; the
//! options `require_auth`, `channel_binding`, `scram_client_key` and `scram_server_key`.

pub mod exchange;
pub mod gss;
pub mod key_cache;
pub mod md5;
pub mod mechanism;
pub mod oauth;
pub mod password_encryption;
pub mod requirement;
pub mod saslprep;
pub mod scram;

use crate::error::{Error, ErrorKind};

/// The error of an authentication that failed, with libpq's words where libpq has them.
fn auth_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Auth, message)
}
