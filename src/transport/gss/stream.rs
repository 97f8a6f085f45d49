//! A stream encrypted by GSSAPI.

use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;

use super::handshake::closed;
use super::packet::{self, Incoming, MAX_PACKET};
use crate::error::Error;
use crate::transport::{SecureKind, SecureStream, Socket, Wait};

/// How many packets are made before they are sent together.
const BATCH: usize = 4;

/// What encrypts and decrypts, one packet at a time.
pub(super) trait Protection: Send {
    /// What both give.
    type Text: AsRef<[u8]> + Send;

    /// Encrypts what is to be sent.
    fn wrap(&mut self, plain: &[u8]) -> Result<Self::Text, Error>;

    /// Decrypts what was received.
    fn unwrap(&mut self, packet: &[u8]) -> Result<Self::Text, Error>;

    /// The library's own object.
    fn raw(&self) -> *mut c_void;
}

/// A stream whose packets are protected.
pub(super) struct GssStream<P: Protection> {
    socket: Socket,
    protection: P,
    /// How many bytes fit into a packet.
    limit: usize,
    incoming: Incoming,
    /// The packet being read, decrypted, and how much of it has been handed out.
    plain: Option<P::Text>,
    taken: usize,
    /// A failure met behind bytes that had to be handed over first.
    deferred: Option<io::Error>,
    /// Packets being sent, and how much of them has been.
    outgoing: Vec<u8>,
    sent: usize,
    /// How many bytes of the caller's these packets hold. They are not reported as sent yet.
    claimed: usize,
}

impl<P: Protection> GssStream<P> {
    /// A stream over this socket; `limit` bytes fit into a packet.
    pub(super) fn new(socket: Socket, protection: P, limit: usize, incoming: Incoming) -> Self {
        Self {
            socket,
            protection,
            limit,
            incoming,
            plain: None,
            taken: 0,
            deferred: None,
            outgoing: Vec::new(),
            sent: 0,
            claimed: 0,
        }
    }

    /// Hands out what is left of the packet being read.
    fn hand_out(&mut self, buf: &mut [MaybeUninit<u8>]) -> usize {
        let Some(plain) = &self.plain else {
            return 0;
        };
        let rest = &plain.as_ref()[self.taken..];
        let count = rest.len().min(buf.len());
        for (slot, byte) in buf.iter_mut().zip(rest) {
            slot.write(*byte);
        }
        self.taken += count;
        if count == rest.len() {
            self.plain = None;
        }
        count
    }

    /// Decrypts the next packet; `false` where none has arrived in full.
    fn next_packet(&mut self) -> io::Result<bool> {
        let Some(packet) = self.incoming.take(MAX_PACKET).map_err(broken)? else {
            return Ok(false);
        };
        self.plain = Some(self.protection.unwrap(packet).map_err(broken)?);
        self.taken = 0;
        Ok(true)
    }

    /// Sends the packets that have been made.
    fn send_packets(&mut self, wait: Wait) -> io::Result<()> {
        while self.sent < self.outgoing.len() {
            self.sent += self.socket.send(&self.outgoing[self.sent..], wait)?;
        }
        self.outgoing.clear();
        self.sent = 0;
        Ok(())
    }

    /// Makes packets of as many of the bytes as are sent together.
    fn make_packets(&mut self, bytes: &[u8]) -> io::Result<()> {
        for chunk in bytes.chunks(self.limit).take(BATCH) {
            let packet = self.protection.wrap(chunk).map_err(broken)?;
            packet::append(&mut self.outgoing, packet.as_ref(), MAX_PACKET).map_err(broken)?;
            self.claimed += chunk.len();
        }
        Ok(())
    }
}

impl<P: Protection> SecureStream for GssStream<P> {
    fn recv(&mut self, buf: &mut [MaybeUninit<u8>], wait: Wait) -> io::Result<usize> {
        if let Some(error) = self.deferred.take() {
            return Err(error);
        }
        let mut filled = 0;
        loop {
            filled += self.hand_out(&mut buf[filled..]);
            if filled == buf.len() {
                return Ok(filled);
            }
            match self.next_packet() {
                Ok(true) => {}
                Ok(false) if filled > 0 => return Ok(filled),
                Ok(false) => {
                    if self.incoming.receive(&self.socket, wait)? == 0 {
                        return Err(closed());
                    }
                }
                Err(error) if filled > 0 => {
                    self.deferred = Some(error);
                    return Ok(filled);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn send(&mut self, bytes: &[u8], wait: Wait) -> io::Result<usize> {
        if bytes.len() < self.claimed {
            return Err(io::Error::other(
                "GSSAPI caller failed to retransmit all data needing to be retried",
            ));
        }
        let mut done = 0;
        loop {
            match self.send_packets(wait) {
                Ok(()) => done += std::mem::take(&mut self.claimed),
                Err(error) if done > 0 && error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(done);
                }
                Err(error) => return Err(error),
            }
            if done == bytes.len() {
                return Ok(done);
            }
            self.make_packets(&bytes[done..])?;
        }
    }

    fn pending(&self) -> bool {
        self.deferred.is_some() || self.plain.is_some() || self.incoming.holds_packet(MAX_PACKET)
    }

    fn holds_failure(&self) -> bool {
        self.deferred.is_some()
    }

    fn socket(&self) -> &Socket {
        &self.socket
    }

    fn kind(&self) -> SecureKind {
        SecureKind::Gss
    }

    fn raw(&self, name: &str) -> *mut c_void {
        if name == "GSSAPI" {
            self.protection.raw()
        } else {
            std::ptr::null_mut()
        }
    }

    /// GSSAPI has no word for it.
    fn shutdown(&mut self) {}
}

/// The failure of a packet that cannot be made or read. After it the stream is of no use.
fn broken(error: Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, error.message().to_owned())
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
