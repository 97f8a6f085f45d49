//! The handshake of a build without TLS: there is none.

use std::os::fd::RawFd;

use super::{Step, TlsSettings, tls_error};
use crate::transport::{NotEncrypted, Socket};

/// A handshake, which this build never has.
pub enum Handshake {}

impl Handshake {
    /// Fails: this build cannot do TLS.
    pub fn start(socket: Socket, _settings: &TlsSettings) -> Result<Self, NotEncrypted> {
        let error = tls_error(
            "this build of ferropq has no SSL support: enable the feature \"native-tls\" or \
             \"openssl\"",
        );
        Err(NotEncrypted {
            error,
            socket: Some(socket),
        })
    }

    /// There is no handshake to take a step in.
    pub fn step(self) -> Step {
        match self {}
    }

    /// There is no handshake to wait for.
    pub fn fd(&self) -> RawFd {
        match *self {}
    }
}
