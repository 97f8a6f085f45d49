//! Beginning a TLS handshake outside of the engine.
//!
//! Reading the client's key may need its password, and whoever is asked for that may use the
//! connection: so the engine must not be borrowed meanwhile. A host that wants this says so by
//! [`Connection::set_tls_by_host`]; [`Connection::connect_poll`] then stops where
//! [`Connection::take_tls_start`] has something to begin.

use std::os::fd::RawFd;

use crate::transport::tls::{Handshake, KeyPasswordHook, TlsSettings};
use crate::transport::{NotEncrypted, Socket};

use super::super::Connection;
use super::super::state::Polling;
use super::{Step, Stepped, Turn};

/// A handshake that is to begin.
pub struct TlsStart {
    socket: Socket,
    settings: TlsSettings,
}

/// Where a handshake that the host begins stands.
pub(in crate::connection) enum ByHost {
    /// The host has not taken it yet.
    Offered(Box<TlsStart>),
    /// The host is at it.
    Taken(RawFd),
    /// It has begun, or failed to.
    Begun(Box<Result<Handshake, NotEncrypted>>),
}

impl TlsStart {
    pub(super) fn new(socket: Socket, settings: TlsSettings) -> Self {
        Self { socket, settings }
    }

    /// Begins the handshake; the hook is asked for the password of the client's key, if need be.
    pub fn begin(mut self, hook: Option<KeyPasswordHook>) -> Result<Handshake, NotEncrypted> {
        self.settings.key_password_hook = hook;
        Handshake::start(self.socket, &self.settings)
    }
}

impl ByHost {
    pub(super) fn fd(&self) -> Option<RawFd> {
        match self {
            Self::Offered(start) => Some(start.socket.fd()),
            Self::Taken(fd) => Some(*fd),
            Self::Begun(begun) => match begun.as_ref() {
                Ok(handshake) => Some(handshake.fd()),
                Err(failed) => failed.socket.as_ref().map(Socket::fd),
            },
        }
    }
}

impl Connection {
    /// Sets whether the host begins TLS handshakes.
    pub fn set_tls_by_host(&mut self, by_host: bool) {
        self.tls_by_host = by_host;
    }

    /// The handshake that is to begin now, if one is: the host begins it and gives it back by
    /// [`put_tls`](Self::put_tls).
    pub fn take_tls_start(&mut self) -> Option<TlsStart> {
        let attempt = self.attempt.as_mut()?;
        let Step::TlsByHost(ByHost::Offered(start)) = &attempt.step else {
            return None;
        };
        let taken = Step::TlsByHost(ByHost::Taken(start.socket.fd()));
        match std::mem::replace(&mut attempt.step, taken) {
            Step::TlsByHost(ByHost::Offered(start)) => Some(*start),
            _ => None,
        }
    }

    /// The handshake that the host has begun.
    pub fn put_tls(&mut self, begun: Result<Handshake, NotEncrypted>) {
        if let Some(attempt) = &mut self.attempt
            && matches!(attempt.step, Step::TlsByHost(ByHost::Taken(_)))
        {
            attempt.step = Step::TlsByHost(ByHost::Begun(Box::new(begun)));
        }
    }

    /// Goes on once the handshake has begun.
    pub(super) fn await_host(&mut self, state: ByHost) -> Stepped {
        match state {
            ByHost::Begun(begun) => self.begin_handshake(*begun),
            waiting => Ok(Turn::Wait(Step::TlsByHost(waiting), Polling::Writing)),
        }
    }
}
