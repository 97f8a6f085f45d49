//! What has been received and not yet been consumed.
//!
//! Bytes stay where `recv` put them. As long as a chunk holds rows of the result that is being
//! read it is not overwritten: a full one goes to the result, and only the incomplete message at
//! its end moves on to the next chunk. See `result::rows` for what a row needs of the byte behind it.

use std::io;
use std::mem::MaybeUninit;

use crate::result::{Chunk, FULL_CHUNK, OutOfMemory, RowSet, SMALL_CHUNK, Stop};
use crate::transport::{Stream, Wait};

/// The chunk after the first, which is small, as most answers are.
const SECOND_CHUNK: usize = 128 << 10;
/// Type byte and length word.
pub(super) const HEADER: usize = 5;

/// The head of the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// What message it is.
    pub(super) tag: u8,
    /// Its length word, as sent.
    pub(super) length: i32,
}

impl Head {
    /// Bytes of the whole message, its type byte included. A length that cannot be counts as the
    /// shortest that can.
    pub(super) fn size(self) -> usize {
        self.length.max(4) as usize + 1
    }
}

/// The receive buffer of a connection.
#[derive(Default)]
pub(super) struct Input {
    chunk: Chunk,
    /// Where the next message begins.
    start: usize,
    /// Where the received bytes end.
    end: usize,
    /// Where in this chunk the rows of the unfinished result begin, and which row that is.
    rows: Option<(usize, usize)>,
    /// Bytes of a message over the limit that are still to be thrown away.
    skip: usize,
    /// Whether the last read filled all the room there was.
    filled: bool,
}

impl Input {
    /// The bytes not yet consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: `start..end` of the chunk has been received.
        unsafe {
            std::slice::from_raw_parts(self.chunk.as_ptr().add(self.start), self.end - self.start)
        }
    }

    /// Whether nothing waits to be consumed.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The head of the next message, once it has arrived.
    pub(super) fn head(&self) -> Option<Head> {
        let head = self.bytes().first_chunk::<HEADER>()?;
        Some(Head {
            tag: head[0],
            length: i32::from_be_bytes([head[1], head[2], head[3], head[4]]),
        })
    }

    /// The body of the next message, once all of it has arrived.
    pub(super) fn body(&self, head: Head) -> Option<&[u8]> {
        self.bytes().get(HEADER..head.size())
    }

    /// Steps over the next `size` bytes and clears the first: the byte behind a row's last value.
    pub(super) fn consume(&mut self, size: usize) {
        debug_assert!(size <= self.end - self.start);
        if size > 0 {
            // SAFETY: `start` lies inside the chunk.
            unsafe { *self.chunk.as_ptr().add(self.start) = 0 };
        }
        self.start += size;
        if self.start == self.end && self.rows.is_none() {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Throws away a message that is over the limit, now or as it arrives.
    pub(super) fn skip_message(&mut self, head: Head) {
        let here = head.size().min(self.end - self.start);
        self.consume(here);
        self.skip = head.size() - here;
    }

    /// Throws away all that has been received.
    pub(super) fn clear(&mut self) {
        self.consume(self.end - self.start);
        self.skip = 0;
        self.filled = false;
    }

    /// How many bytes wait to be consumed.
    pub(super) fn unread(&self) -> usize {
        self.end - self.start
    }

    /// Takes complete DataRow messages, `most` at the most, as rows.
    pub(super) fn take_rows(&mut self, rows: &mut RowSet, most: usize) -> Stop {
        let before = rows.len();
        let from = self.start;
        // SAFETY: `end` bytes of the chunk are initialised, and the chunk is not overwritten as
        // long as `self.rows` tells of rows in it: `detach` copies them or gives it to the set.
        let (position, stop) =
            unsafe { rows.take_messages(self.chunk.as_ptr(), from, self.end, most) };
        self.start = position;
        if rows.len() > before && self.rows.is_none() {
            self.rows = Some((from, before));
        }
        stop
    }

    /// Makes the rows of a finished result independent of this buffer.
    pub(super) fn detach(&mut self, rows: &mut RowSet) -> Result<(), OutOfMemory> {
        let Some((from, first)) = self.rows.take() else {
            return Ok(());
        };
        let (size, rest) = (self.start - from, self.end - self.start);
        // Copying the lesser part keeps the cost in proportion, and a chunk that is hardly used
        // is better reused than kept.
        if size <= rest || size < self.chunk.capacity() / 2 {
            // SAFETY: the rows from `first` on lie in `from..start` of the chunk.
            unsafe { rows.copy_rows_from(first, self.chunk.as_ptr(), from, self.start)? };
        } else {
            self.rotate(rows, SMALL_CHUNK)?;
        }
        rows.trim();
        self.consume(0);
        Ok(())
    }

    /// Forgets the rows of a result that is thrown away.
    pub(super) fn forget_rows(&mut self) {
        self.rows = None;
        self.consume(0);
    }

    /// Gives the chunk to the set, and moves what has not been consumed to a new one.
    fn rotate(&mut self, rows: &mut RowSet, size: usize) -> Result<(), OutOfMemory> {
        let rest = self.end - self.start;
        let next = Chunk::with_capacity(size.max(rest + 1))?;
        // SAFETY: both chunks have room; the byte at `start` has been moved and lies inside the old
        // chunk, whose last byte is never received into.
        unsafe {
            let old = self.chunk.as_ptr().add(self.start);
            old.copy_to_nonoverlapping(next.as_ptr(), rest);
            *old = 0;
        }
        rows.keep(std::mem::replace(&mut self.chunk, next));
        self.rows = None;
        self.start = 0;
        self.end = rest;
        Ok(())
    }

    /// Room behind the received bytes. One byte stays free, for the NUL behind a last row.
    fn room(&self) -> usize {
        self.chunk.capacity().saturating_sub(self.end + 1)
    }

    /// Bytes that the next message takes, as far as is known.
    fn wanted(&self) -> usize {
        self.head().map_or(HEADER, |head| head.size().max(HEADER))
    }

    /// The size of the chunk that follows this one.
    fn next_size(&self) -> usize {
        match self.chunk.capacity() {
            0 => SMALL_CHUNK,
            size if size <= SMALL_CHUNK => SECOND_CHUNK,
            _ => FULL_CHUNK,
        }
    }

    /// Makes room for what comes next; `rows` is the set that rows in this chunk belong to.
    fn make_room(&mut self, rows: Option<&mut RowSet>) -> Result<(), OutOfMemory> {
        let wanted = self.wanted();
        let capacity = self.chunk.capacity();
        // Complete messages that nobody takes yet do not keep more from being received.
        let size = self.next_size().max(wanted + 1).max(2 * self.unread());
        if let (Some(_), Some(rows)) = (self.rows, rows) {
            if self.start + wanted < capacity && self.room() >= capacity / 64 {
                return Ok(());
            }
            return self.rotate(rows, size);
        }
        if self.start > 0 && (self.start + wanted >= capacity || self.room() < capacity / 2) {
            let base = self.chunk.as_ptr();
            // SAFETY: `start..end` lies inside the chunk.
            unsafe { base.add(self.start).copy_to(base, self.end - self.start) };
            self.end -= self.start;
            self.start = 0;
        }
        if wanted >= capacity || self.room() == 0 || (self.filled && capacity < FULL_CHUNK) {
            let larger = Chunk::with_capacity(size)?;
            // SAFETY: the new chunk is larger than what has been received.
            unsafe {
                let old = self.chunk.as_ptr().add(self.start);
                old.copy_to_nonoverlapping(larger.as_ptr(), self.end - self.start);
            }
            self.end -= self.start;
            self.start = 0;
            self.chunk = larger;
        }
        Ok(())
    }

    /// Receives once, as much as there is room for. 0 is the end of the stream.
    pub(super) fn receive(
        &mut self,
        stream: &mut Stream,
        wait: Wait,
        rows: Option<&mut RowSet>,
    ) -> io::Result<usize> {
        if self.make_room(rows).is_err() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let room = self.room();
        // SAFETY: `room` bytes behind `end` lie inside the chunk.
        let free = unsafe {
            let begin = self.chunk.as_ptr().add(self.end).cast::<MaybeUninit<u8>>();
            std::slice::from_raw_parts_mut(begin, room)
        };
        let count = stream.recv(free, wait)?;
        self.filled = count == room;
        self.end += count;
        if self.skip > 0 {
            self.discard_skipped(count);
        }
        Ok(count)
    }

    /// Drops the newly received bytes that belong to a message over the limit.
    fn discard_skipped(&mut self, count: usize) {
        let begin = self.end - count;
        let dropped = self.skip.min(count);
        let base = self.chunk.as_ptr();
        // SAFETY: all inside the received bytes.
        unsafe {
            base.add(begin + dropped)
                .copy_to(base.add(begin), count - dropped);
        }
        self.end -= dropped;
        self.skip -= dropped;
    }

    /// Gives the chunk back: an idle connection needs none.
    pub(super) fn relax(&mut self) {
        if self.is_empty() && self.rows.is_none() && self.skip == 0 {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Socket;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::thread;

    #[test]
    fn there_is_room_behind_a_message_that_is_not_consumed() {
        let size = FULL_CHUNK + 5;
        let mut message = vec![b'D'];
        message.extend_from_slice(&(size as u32 - 1).to_be_bytes());
        message.resize(size, 7);
        let both = [&message[..], &message[..]].concat();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let writer = thread::spawn(move || theirs.write_all(&both).map(|()| theirs));
        let mut stream = Stream::from(Socket::from(ours));
        let mut input = Input::default();
        while input.bytes().len() < 2 * size {
            assert_ne!(input.receive(&mut stream, Wait::Block, None).unwrap(), 0);
        }
        for _ in 0..2 {
            let head = input.head().unwrap();
            assert_eq!(head.size(), size);
            assert!(input.body(head).unwrap().iter().all(|byte| *byte == 7));
            input.consume(size);
        }
        drop(writer.join().unwrap());
    }
}
