//! What is to be sent.

use std::io;

use crate::transport::{Stream, Wait};

/// Capacity that an idle connection keeps.
const KEPT: usize = 16 << 10;

/// The send buffer of a connection: whole messages, encoded.
#[derive(Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    /// How much of them has been sent.
    sent: usize,
}

impl Output {
    /// Where encoders append.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Bytes still to be sent.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// The length up to which the buffer can be cut back with [`truncate`](Self::truncate).
    pub(super) fn mark(&self) -> usize {
        self.bytes.len()
    }

    /// Takes back what was appended since a mark, none of which may have been sent.
    pub(super) fn truncate(&mut self, mark: usize) {
        self.bytes.truncate(mark);
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.sent = 0;
        if self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
    }

    /// Sends what can be sent without waiting; `WouldBlock` when bytes are left.
    pub(super) fn send(&mut self, stream: &mut Stream) -> io::Result<()> {
        while self.sent < self.bytes.len() {
            self.sent += stream.send(&self.bytes[self.sent..], Wait::Never)?;
        }
        self.clear();
        Ok(())
    }
}
