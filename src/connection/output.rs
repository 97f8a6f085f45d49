//! What is to be sent.

use std::io;

use crate::transport::{Stream, Wait};
use crate::wire::tag::frontend as tag;

use super::input::HEADER;

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
    /// Where the CopyData message at the end begins, as long as more data may be put into it.
    open_copy: Option<usize>,
}

impl Output {
    /// Where encoders append.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.open_copy = None;
        &mut self.bytes
    }

    /// Appends copied data to the CopyData message at the end, or begins one. To the server the
    /// borders between these messages mean nothing while it takes data in.
    pub(super) fn append_copy_data(&mut self, data: &[u8]) {
        let begin = match self.open_copy {
            Some(begin) => begin,
            None => self.begin_copy_data(),
        };
        self.open_copy = Some(begin);
        self.bytes.extend_from_slice(data);
        self.set_copy_length(begin, self.bytes.len() - begin - 1);
    }

    /// Appends the head of a CopyData message whose data, so many bytes, is sent from elsewhere.
    pub(super) fn announce_copy_data(&mut self, size: usize) {
        let begin = self.begin_copy_data();
        self.open_copy = None;
        self.set_copy_length(begin, size + 4);
    }

    /// Appends what could not be sent of data announced.
    pub(super) fn append_announced(&mut self, rest: &[u8]) {
        self.bytes.extend_from_slice(rest);
        self.traced = self.bytes.len();
    }

    fn begin_copy_data(&mut self) -> usize {
        self.bytes.extend_from_slice(&[tag::COPY_DATA, 0, 0, 0, 0]);
        self.bytes.len() - HEADER
    }

    fn set_copy_length(&mut self, begin: usize, length: usize) {
        let length = (length as u32).to_be_bytes();
        self.bytes[begin + 1..begin + HEADER].copy_from_slice(&length);
    }

    /// Whether nothing waits to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
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
        self.open_copy = None;
    }

    /// Gives back memory that an idle connection does not need.
    pub(super) fn relax(&mut self) {
        if self.bytes.is_empty() && self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
    }

    /// Forgets what has been sent, so that a peer that is slow does not make the buffer grow.
    fn compact(&mut self) {
        if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.traced = self.traced.saturating_sub(self.sent);
            self.sent = 0;
        }
        self.open_copy = None;
    }

    /// Sends what can be sent without waiting; `WouldBlock` when bytes are left.
    pub(super) fn send(&mut self, stream: &mut Stream) -> io::Result<()> {
        while self.sent < self.bytes.len() {
            match stream.send(&self.bytes[self.sent..], Wait::Never) {
                Ok(count) => self.sent += count,
                Err(error) => {
                    self.compact();
                    return Err(error);
                }
            }
        }
        self.clear();
        Ok(())
    }
}
