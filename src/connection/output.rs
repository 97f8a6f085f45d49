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
    /// How much of them a trace has shown.
    traced: usize,
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

    /// What no trace has shown yet; it counts as shown now.
    pub(super) fn take_untraced(&mut self) -> &[u8] {
        let from = std::mem::replace(&mut self.traced, self.bytes.len());
        &self.bytes[from..]
    }

    /// Counts everything as shown: a trace begins.
    pub(super) fn skip_trace(&mut self) {
        self.traced = self.bytes.len();
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.sent = 0;
        self.traced = 0;
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
