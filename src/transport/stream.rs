//! What the engine reads from and writes to: a plain socket, or one with encryption over it.

use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use super::socket::{Socket, Wait};
use crate::error::Error;

/// Which kind of encryption a stream has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecureKind {
    /// TLS (the manual says SSL).
    Tls,
    /// GSSAPI encryption.
    Gss,
}

/// What became of the client's certificate (option `sslcertmode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The server asked for one.
    pub requested: bool,
    /// One was sent.
    pub sent: bool,
}

/// An encrypted stream after its handshake.
///
/// A failure that has words of its own (`SSL SYSCALL error: EOF detected`) is an [`io::Error`]
/// without an error number, whose text is the whole message.
pub trait SecureStream: Send {
    /// Receives decrypted bytes, as [`Socket::recv`]; 0 is never returned for a non-empty buffer:
    /// the end of an encrypted stream is an error.
    fn recv(&mut self, buf: &mut [MaybeUninit<u8>], wait: Wait) -> io::Result<usize>;

    /// Sends bytes, as [`Socket::send`]. After [`io::ErrorKind::WouldBlock`] the next call must
    /// offer the same bytes again, with or without more behind them; the wait may be for either
    /// direction.
    fn send(&mut self, bytes: &[u8], wait: Wait) -> io::Result<usize>;

    /// Whether a read makes progress without the socket being readable. Such a read may still end
    /// in [`io::ErrorKind::WouldBlock`], when what was buffered held no bytes for the caller.
    fn pending(&self) -> bool;

    /// Whether a failure is all that comes next: one met behind bytes that were handed over.
    fn holds_failure(&self) -> bool {
        false
    }

    /// The socket below.
    fn socket(&self) -> &Socket;

    /// Which kind of encryption this is.
    fn kind(&self) -> SecureKind;

    /// The hash of the server's certificate for the channel binding `tls-server-end-point`
    /// (RFC 5929), where there is such a hash.
    fn server_end_point(&self) -> Option<Vec<u8>> {
        None
    }

    /// A fact about the encryption (`PQsslAttribute`), where this kind has one of that name.
    fn attribute(&self, _name: &str) -> Option<String> {
        None
    }

    /// What became of the client's certificate; `None` where the implementation cannot tell.
    fn client_certificate(&self) -> Option<ClientCertificate> {
        None
    }

    /// The implementation's own object under this name (`PQsslStruct`), or NULL. It belongs to the
    /// stream and is valid as long as that is.
    fn raw(&self, _name: &str) -> *mut c_void {
        std::ptr::null_mut()
    }

    /// Tells the peer that no more bytes follow. Never waits, and a failure is of no interest: the
    /// connection is about to be closed.
    fn shutdown(&mut self);
}

/// What is left where a handshake for encryption has failed.
pub struct NotEncrypted {
    /// What went wrong.
    pub error: Error,
    /// The socket, on which nothing more is said: whoever watches it has yet to take it out of that.
    pub socket: Option<Socket>,
}

/// The bytes of one connection.
pub enum Stream {
    /// Unencrypted.
    Plain(Socket),
    /// Encrypted.
    Secure(Box<dyn SecureStream>),
}

impl Stream {
    /// Receives what there is; see [`Socket::recv`].
    pub fn recv(&mut self, buf: &mut [MaybeUninit<u8>], wait: Wait) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.recv(buf, wait),
            Self::Secure(stream) => stream.recv(buf, wait),
        }
    }

    /// Sends bytes and says how many were taken; see [`SecureStream::send`] for what follows a
    /// [`io::ErrorKind::WouldBlock`].
    pub fn send(&mut self, bytes: &[u8], wait: Wait) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.send(bytes, wait),
            Self::Secure(stream) => stream.send(bytes, wait),
        }
    }

    /// Whether a read is worth a try although the socket is not readable.
    pub fn pending(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Secure(stream) => stream.pending(),
        }
    }

    /// Whether the next read fails for certain, whatever the socket holds.
    pub fn holds_failure(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Secure(stream) => stream.holds_failure(),
        }
    }

    /// The socket, for waiting.
    pub fn socket(&self) -> &Socket {
        match self {
            Self::Plain(socket) => socket,
            Self::Secure(stream) => stream.socket(),
        }
    }

    /// The descriptor's number.
    pub fn fd(&self) -> RawFd {
        self.socket().fd()
    }

    /// The encryption, where there is one.
    pub fn secure(&self) -> Option<&dyn SecureStream> {
        match self {
            Self::Plain(_) => None,
            Self::Secure(stream) => Some(&**stream),
        }
    }

    /// The socket of an unencrypted stream, to start encryption on; an encrypted one comes back.
    pub fn into_socket(self) -> Result<Socket, Self> {
        match self {
            Self::Plain(socket) => Ok(socket),
            secure => Err(secure),
        }
    }

    /// Says goodbye where the encryption has a word for it. Never waits.
    pub fn shutdown(&mut self) {
        if let Self::Secure(stream) = self {
            stream.shutdown();
        }
    }
}

impl From<Socket> for Stream {
    fn from(socket: Socket) -> Self {
        Self::Plain(socket)
    }
}
