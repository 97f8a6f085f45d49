//! The handshake as a machine of steps, none of which waits.

use std::os::fd::RawFd;

use super::{Step, TlsSettings};
use crate::error::Error;
use crate::transport::{SecureStream, Socket};

/// A handshake under way.
pub struct Handshake {
    fd: RawFd,
    machine: Box<dyn Machine>,
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
    pub fn start(socket: Socket, settings: &TlsSettings) -> Result<Self, Error> {
        let fd = socket.fd();
        let machine = start(socket, settings)?;
        Ok(Self { fd, machine })
    }

    /// Goes as far as the bytes that have arrived allow.
    pub fn step(self) -> Step {
        let fd = self.fd;
        match self.machine.step() {
            Progress::Done(stream) => Step::Done(stream),
            Progress::WantRead(machine) => Step::WantRead(Self { fd, machine }),
            Progress::WantWrite(machine) => Step::WantWrite(Self { fd, machine }),
            Progress::Failed(error) => Step::Failed(error),
        }
    }

    /// The descriptor to wait for between steps.
    pub fn fd(&self) -> RawFd {
        self.fd
    }

    #[cfg(test)]
    pub(super) fn from_machine(fd: RawFd, machine: Box<dyn Machine>) -> Self {
        Self { fd, machine }
    }
}

#[cfg(feature = "openssl")]
fn start(socket: Socket, settings: &TlsSettings) -> Result<Box<dyn Machine>, Error> {
    super::openssl::start(socket, settings)
}

#[cfg(all(feature = "native-tls", not(feature = "openssl")))]
fn start(socket: Socket, settings: &TlsSettings) -> Result<Box<dyn Machine>, Error> {
    super::native::start(socket, settings)
}
