//! What is to be sent.

use std::io;

use crate::transport::{Stream, Wait};
use crate::wire::tag::frontend as tag;

use super::input::HEADER;

/// So many bytes of copied data are gathered before they are sent.
pub(super) const COPY_BATCH: usize = 64 << 10;

/// So much of a large piece goes with its head: both fill a record of TLS.
const WITH_HEAD: usize = (16 << 10) - HEADER;

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
    /// Where the CopyData message at the end begins, as long as more data may be put into it. Its
    /// length is filled in when it is closed.
    open_copy: Option<usize>,
}

impl Output {
    /// Where encoders append.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.close_copy_data();
        &mut self.bytes
    }

    /// Appends copied data to the CopyData message at the end, or begins one. To the server the
    /// borders between these messages mean nothing while it takes data in.
    pub(super) fn append_copy_data(&mut self, data: &[u8]) {
        if self.open_copy.is_none() {
            let begin = self.begin_copy_data();
            self.open_copy = Some(begin);
            let room = COPY_BATCH.saturating_sub(self.bytes.len());
            self.bytes.reserve(room.max(data.len()));
        }
        self.bytes.extend_from_slice(data);
    }

    /// The same, if a message is open and there is room for the data in this batch.
    #[inline(always)]
    pub(super) fn extend_copy_data(&mut self, data: &[u8]) -> bool {
        let room = self.bytes.capacity().min(COPY_BATCH);
        let fits = self.open_copy.is_some() && room.saturating_sub(self.bytes.len()) > data.len();
        if fits {
            self.bytes.extend_from_slice(data);
        }
        fits
    }

    /// Appends the beginning of a CopyData message and returns the data that is left, to be sent
    /// from where it lies. The head does not go alone: it would be a packet of its own.
    pub(super) fn begin_large_copy_data<'a>(&mut self, data: &'a [u8]) -> &'a [u8] {
        self.close_copy_data();
        let begin = self.begin_copy_data();
        self.set_copy_length(begin, data.len() + 4);
        let (first, rest) = data.split_at(data.len().min(WITH_HEAD));
        self.bytes.extend_from_slice(first);
        rest
    }

    /// Fills in the length of the CopyData message at the end: no more is put into it.
    fn close_copy_data(&mut self) {
        if let Some(begin) = self.open_copy.take() {
            self.set_copy_length(begin, self.bytes.len() - begin - 1);
        }
    }

    /// Appends what could not be sent of that data.
    pub(super) fn append_left_over(&mut self, rest: &[u8]) {
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
        self.close_copy_data();
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
    }

    /// Sends what can be sent without waiting; `WouldBlock` when bytes are left.
    pub(super) fn send(&mut self, stream: &mut Stream) -> io::Result<()> {
        self.close_copy_data();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_gathered_in_one_message_until_another_follows() {
        let mut output = Output::default();
        assert!(!output.extend_copy_data(b"nothing is open"));
        output.append_copy_data(b"ab");
        assert!(output.extend_copy_data(b"cde"));
        assert!(output.extend_copy_data(b""));
        output.buffer().extend_from_slice(b"S\0\0\0\x04");
        assert!(!output.extend_copy_data(b"closed"));
        output.append_copy_data(b"f");
        assert_eq!(output.buffer(), b"d\0\0\0\x09abcdeS\0\0\0\x04d\0\0\0\x05f");
    }

    #[test]
    fn a_batch_is_not_exceeded() {
        let mut output = Output::default();
        output.append_copy_data(b"begin");
        let piece = [b'x'; 100];
        while output.extend_copy_data(&piece) {}
        let size = output.len();
        assert!((COPY_BATCH - piece.len()..=COPY_BATCH).contains(&size));
        // What does not fit is for the next batch, unless somebody insists.
        output.append_copy_data(&piece);
        let length = u32::try_from(size + piece.len() - 1).unwrap();
        assert_eq!(output.buffer()[1..HEADER], length.to_be_bytes());
    }

    #[test]
    fn a_large_piece_goes_with_its_head_and_only_begins_there() {
        let mut output = Output::default();
        output.append_copy_data(b"before");
        let data = vec![b'x'; 100_000];
        let rest = output.begin_large_copy_data(&data);
        assert_eq!(rest.len(), data.len() - WITH_HEAD);
        assert!(!output.extend_copy_data(b"closed"));
        output.append_left_over(rest);
        let [before, large] = [b"d\0\0\0\x0abefore", &b"d\0\x01\x86\xa4"[..]];
        assert_eq!(*output.buffer(), [before, large, &data].concat());
    }
}
