//! The handshake as a machine of steps, none of which waits.

use std::os::fd::RawFd;
use std::sync::Arc;

use super::{Step, TlsSettings};
use crate::error::Error;
use crate::transport::{NotEncrypted, SecureStream, Socket};

/// A handshake under way.
pub struct Handshake {
    machine: Box<dyn Machine>,
    /// Shared with the machine, which takes it along into the stream.
    socket: Arc<Socket>,
}

/// One implementation's handshake.
pub(super) trait Machine: Send {
    fn step(self: Box<Self>) -> Progress;
}

/// What an implementation's step has come to.
pub(super) enum Progress {
    Done(Box<dyn SecureStream>),
    WantRead(Box<dyn Machine>),
    WantWrite(Box<dyn Machine>),
    Failed(Error),
}

impl Handshake {
    /// Reads the files that the settings name and gets ready, without a byte sent.
    ///
    /// The mode of the descriptor does not matter. The program may be asked for the password of the
    /// client's key here.
    pub fn start(socket: Socket, settings: &TlsSettings) -> Result<Self, NotEncrypted> {
        let socket = Arc::new(socket);
        match start(Arc::clone(&socket), settings) {
            Ok(machine) => Ok(Self { machine, socket }),
            Err(error) => Err(not_encrypted(error, socket)),
        }
    }

    /// Goes as far as the bytes that have arrived allow.
    pub fn step(self) -> Step {
        let Self { machine, socket } = self;
        match machine.step() {
            Progress::Done(stream) => Step::Done(stream),
            Progress::WantRead(machine) => Step::WantRead(Self { machine, socket }),
            Progress::WantWrite(machine) => Step::WantWrite(Self { machine, socket }),
            Progress::Failed(error) => Step::Failed(not_encrypted(error, socket)),
        }
    }

    /// The descriptor to wait for between steps.
    pub fn fd(&self) -> RawFd {
        self.socket.fd()
    }

    #[cfg(test)]
    pub(super) fn from_machine(socket: Arc<Socket>, machine: Box<dyn Machine>) -> Self {
        Self { machine, socket }
    }
}

/// The machine is gone, so that nobody else has the socket.
fn not_encrypted(error: Error, socket: Arc<Socket>) -> NotEncrypted {
    let socket = Arc::into_inner(socket);
    NotEncrypted { error, socket }
}

#[cfg(feature = "openssl")]
fn start(socket: Arc<Socket>, settings: &TlsSettings) -> Result<Box<dyn Machine>, Error> {
    super::openssl::start(socket, settings)
}

#[cfg(all(feature = "native-tls", not(feature = "openssl")))]
fn start(socket: Arc<Socket>, settings: &TlsSettings) -> Result<Box<dyn Machine>, Error> {
    super::native::start(socket, settings)
}
