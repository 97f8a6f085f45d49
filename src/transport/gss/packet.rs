//! The packets of an encrypted connection: a length in four bytes, then a token of the library.
//!
//! Manual: "GSSAPI Session Encryption".

use std::io;

use super::gss_error;
use crate::error::Error;
use crate::transport::socket::as_uninit;
use crate::transport::{Socket, Wait};

/// The size of the largest packet once the connection is encrypted, its length word included.
pub(super) const MAX_PACKET: usize = 16_384;
/// The size of the largest packet of the exchange before: tickets may be large.
pub(super) const MAX_TOKEN_PACKET: usize = 65_536;
/// The size of the length word.
pub(super) const HEADER: usize = 4;

/// Two of the largest packets: one read of the socket takes what has arrived.
const BUFFER: usize = 2 * MAX_PACKET;

/// Appends a packet with this token.
pub(super) fn append(out: &mut Vec<u8>, token: &[u8], max_packet: usize) -> Result<(), Error> {
    let max = max_packet - HEADER;
    match u32::try_from(token.len()) {
        Ok(length) if token.len() <= max => {
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(token);
            Ok(())
        }
        _ => Err(gss_error(format!(
            "client tried to send oversize GSSAPI packet ({} > {max})",
            token.len()
        ))),
    }
}

/// What has been received and not been taken yet.
pub(super) struct Incoming {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Incoming {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; BUFFER],
            start: 0,
            end: 0,
        }
    }

    /// The bytes that have not been taken.
    pub(super) fn held(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The length of the next token, once that much has arrived.
    fn token_length(&self) -> Option<usize> {
        let header = self.held().first_chunk::<HEADER>()?;
        Some(u32::from_be_bytes(*header) as usize)
    }

    /// Whether the next packet has arrived in full, or is known to be too long.
    pub(super) fn holds_packet(&self, max_packet: usize) -> bool {
        self.token_length().is_some_and(|length| {
            length > max_packet - HEADER || self.held().len() - HEADER >= length
        })
    }

    /// Takes the next packet's token, once it has arrived in full.
    pub(super) fn take(&mut self, max_packet: usize) -> Result<Option<&[u8]>, Error> {
        let Some(length) = self.token_length() else {
            return Ok(None);
        };
        let max = max_packet - HEADER;
        if length > max {
            return Err(gss_error(format!(
                "oversize GSSAPI packet sent by the server ({length} > {max})"
            )));
        }
        let token = self.start + HEADER;
        if self.end - token < length {
            return Ok(None);
        }
        self.start = token + length;
        Ok(Some(&self.bytes[token..self.start]))
    }

    /// Receives once; 0 is the end of the stream.
    pub(super) fn receive(&mut self, socket: &Socket, wait: Wait) -> io::Result<usize> {
        self.make_room();
        let count = socket.recv(as_uninit(&mut self.bytes[self.end..]), wait)?;
        self.end += count;
        Ok(count)
    }

    /// Makes room for the rest of the next packet, whose length has been checked if it is known.
    fn make_room(&mut self) {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let packet = HEADER + self.token_length().unwrap_or(0);
        if packet > self.bytes.len() {
            self.bytes.resize(packet, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    fn received(bytes: &[u8]) -> Incoming {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(bytes).unwrap();
        let mut incoming = Incoming::new();
        let socket = Socket::from(ours);
        while incoming.held().len() < bytes.len() {
            assert_ne!(incoming.receive(&socket, Wait::Never).unwrap(), 0);
        }
        incoming
    }

    #[test]
    fn a_packet_is_taken_once_it_is_whole() {
        let mut incoming = received(b"\0\0\0\x02ab\0\0\0\0\0\0\0\x03c");
        assert!(incoming.holds_packet(MAX_PACKET));
        assert_eq!(incoming.take(MAX_PACKET).unwrap(), Some(&b"ab"[..]));
        assert_eq!(incoming.take(MAX_PACKET).unwrap(), Some(&b""[..]));
        assert!(!incoming.holds_packet(MAX_PACKET));
        assert_eq!(incoming.take(MAX_PACKET).unwrap(), None);
        assert_eq!(incoming.held(), b"\0\0\0\x03c");
    }

    #[test]
    fn a_packet_that_is_too_long_is_an_error_before_it_arrives() {
        let mut incoming = received(&16_381_u32.to_be_bytes());
        assert!(incoming.holds_packet(MAX_PACKET));
        let error = incoming.take(MAX_PACKET).unwrap_err();
        assert_eq!(
            error.message(),
            "oversize GSSAPI packet sent by the server (16381 > 16380)"
        );
        assert_eq!(incoming.take(MAX_TOKEN_PACKET).unwrap(), None);
        let mut negative = received(b"\xff\xff\xff\xff");
        assert!(negative.take(MAX_TOKEN_PACKET).is_err());
    }

    #[test]
    fn a_token_of_the_largest_size_finds_room() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let token = vec![7; MAX_TOKEN_PACKET - HEADER];
        let mut packet = Vec::new();
        append(&mut packet, &token, MAX_TOKEN_PACKET).unwrap();
        let writer = std::thread::spawn(move || theirs.write_all(&packet));
        let (mut incoming, socket) = (Incoming::new(), Socket::from(ours));
        while !incoming.holds_packet(MAX_TOKEN_PACKET) {
            assert_eq!(incoming.take(MAX_TOKEN_PACKET).unwrap(), None);
            incoming.receive(&socket, Wait::Block).unwrap();
        }
        assert_eq!(incoming.take(MAX_TOKEN_PACKET).unwrap(), Some(&token[..]));
        writer.join().unwrap().unwrap();
    }

    #[test]
    fn a_token_that_is_too_long_is_not_sent() {
        let mut out = Vec::new();
        append(&mut out, &[0; 5], 9).unwrap();
        let error = append(&mut out, &[0; 6], 9).unwrap_err();
        assert_eq!(
            error.message(),
            "client tried to send oversize GSSAPI packet (6 > 5)"
        );
        assert_eq!(out.len(), 9);
    }
}
