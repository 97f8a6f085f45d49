//! The exchange of tokens before the connection is encrypted, as a machine of steps.

use std::io;
use std::os::fd::RawFd;

use super::context::{Established, SecurityContext};
use super::gss_error;
use super::packet::{self, HEADER, Incoming, MAX_PACKET, MAX_TOKEN_PACKET};
use super::stream::GssStream;
use crate::error::Error;
use crate::transport::{NotEncrypted, SecureStream, Socket, Wait, failure};

/// What a step has come to.
pub enum Step {
    /// The connection is encrypted.
    Done(Box<dyn SecureStream>),
    /// Take the next step when the socket is readable.
    WantRead(Handshake),
    /// Take the next step when the socket is writable.
    WantWrite(Handshake),
    /// There will be no encryption, and the connection is of no more use.
    Failed(NotEncrypted),
}

/// An exchange under way. No step waits for the server, but one that makes a token may wait for a
/// KDC.
pub struct Handshake {
    socket: Socket,
    context: SecurityContext,
    incoming: Incoming,
    outgoing: Vec<u8>,
    sent: usize,
}

/// What an exchange waits for.
enum Needs {
    Nothing,
    Read,
    Write,
}

impl Handshake {
    /// Begins, with a context that is for encryption. The server must have agreed.
    pub fn start(socket: Socket, context: SecurityContext) -> Result<Self, NotEncrypted> {
        let mut handshake = Self {
            socket,
            context,
            incoming: Incoming::new(),
            outgoing: Vec::new(),
            sent: 0,
        };
        match handshake.make_first_token() {
            Ok(()) => Ok(handshake),
            Err(error) => Err(handshake.failed(error)),
        }
    }

    fn make_first_token(&mut self) -> Result<(), Error> {
        let token = self.context.step(&[])?;
        packet::append(&mut self.outgoing, &token, MAX_TOKEN_PACKET)
    }

    /// Goes as far as the bytes that have arrived allow.
    pub fn step(mut self) -> Step {
        match self.advance() {
            Ok(Needs::Read) => Step::WantRead(self),
            Ok(Needs::Write) => Step::WantWrite(self),
            Ok(Needs::Nothing) => self.finish(),
            Err(error) => Step::Failed(self.failed(error)),
        }
    }

    /// The descriptor to wait for between steps.
    pub fn fd(&self) -> RawFd {
        self.socket.fd()
    }

    fn advance(&mut self) -> Result<Needs, Error> {
        loop {
            while self.sent < self.outgoing.len() {
                match self.socket.send(&self.outgoing[self.sent..], Wait::Never) {
                    Ok(count) => self.sent += count,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        return Ok(Needs::Write);
                    }
                    Err(error) => return Err(failure::send(error)),
                }
            }
            if self.context.is_complete() {
                return Ok(Needs::Nothing);
            }
            if !self.take_token()? && !self.receive()? {
                return Ok(Needs::Read);
            }
        }
    }

    /// Takes the server's next token and gets the answer ready; `false` where none has arrived.
    fn take_token(&mut self) -> Result<bool, Error> {
        // A length that begins with this byte would be too long by far: it is an error message.
        if self.incoming.held().first() == Some(&b'E') {
            return Err(gss_error(
                "server sent an error response during GSS encryption exchange",
            ));
        }
        let Some(token) = self.incoming.take(MAX_TOKEN_PACKET)? else {
            return Ok(false);
        };
        let answer = self.context.step(token)?;
        self.outgoing.clear();
        self.sent = 0;
        if !answer.is_empty() {
            packet::append(&mut self.outgoing, &answer, MAX_TOKEN_PACKET)?;
        }
        Ok(true)
    }

    /// Receives what has arrived; `false` where nothing has.
    fn receive(&mut self) -> Result<bool, Error> {
        match self.incoming.receive(&self.socket, Wait::Never) {
            Ok(0) => Err(failure::receive(closed())),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(failure::receive(error)),
        }
    }

    fn finish(self) -> Step {
        let established = Established::new(self.context)
            .ok_or_else(|| gss_error("the exchange of GSSAPI tokens is not complete"))
            .and_then(|context| Ok((context.wrap_size_limit(MAX_PACKET - HEADER)?, context)));
        match established {
            Ok((limit, context)) => {
                let stream = GssStream::new(self.socket, context, limit, self.incoming);
                Step::Done(Box::new(stream))
            }
            Err(error) => Step::Failed(NotEncrypted {
                error,
                socket: Some(self.socket),
            }),
        }
    }

    fn failed(self, error: Error) -> NotEncrypted {
        NotEncrypted {
            error,
            socket: Some(self.socket),
        }
    }
}

/// The end of a stream, which reads as it does on an unencrypted one.
pub(super) fn closed() -> io::Error {
    io::Error::from_raw_os_error(libc::ECONNRESET)
}
