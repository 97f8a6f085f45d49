//! The bytes between a TLS library and the socket.
//!
//! TLS libraries read a record in two parts, header and body. Here one read of the socket takes
//! what has arrived, so that a small answer costs one system call and a large one fewer than one
//! for each record. What is read into belongs to the process: a connection has it only as long as it
//! holds something that has not been taken.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use crate::transport::socket::as_uninit;
use crate::transport::{Socket, Wait};

/// What one read takes at the most. Memory that nothing has been read into costs nothing yet.
const BUFFER: usize = 256 << 10;

/// So many buffers are kept for reads to come.
const KEPT: usize = 16;

/// The buffers that no connection uses. Whoever finds the lock taken does without, as it may stay
/// taken in a forked process.
static SPARE: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

/// A buffer kept, or a new one.
fn take_buffer() -> Box<[u8]> {
    let kept = SPARE.try_lock().ok().and_then(|mut spare| spare.pop());
    kept.unwrap_or_else(|| vec![0; BUFFER].into_boxed_slice())
}

/// Keeps a buffer for another read.
fn give_buffer(buffer: Box<[u8]>) {
    if let Ok(mut spare) = SPARE.try_lock()
        && spare.len() < KEPT
    {
        spare.push(buffer);
    }
}

/// The socket as a TLS library sees it.
#[derive(Debug)]
pub struct Channel {
    socket: Arc<Socket>,
    wait: Wait,
    /// Empty where nothing is held.
    buffer: Box<[u8]>,
    /// What is held lies between `start` and `end`.
    start: usize,
    end: usize,
    eof: bool,
    blocked_on_write: bool,
}

impl Channel {
    /// A channel that does not wait, over this socket.
    pub fn new(socket: Arc<Socket>) -> Self {
        Self {
            socket,
            wait: Wait::Never,
            buffer: Box::default(),
            start: 0,
            end: 0,
            eof: false,
            blocked_on_write: false,
        }
    }

    /// Whether the reads and writes that follow may wait.
    pub fn set_wait(&mut self, wait: Wait) {
        self.wait = wait;
    }

    /// The socket below.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Whether the peer has ended the stream below the encryption.
    pub fn at_eof(&self) -> bool {
        self.eof
    }

    /// Whether the last call of the socket was a write that would have had to wait.
    pub fn blocked_on_write(&self) -> bool {
        self.blocked_on_write
    }

    /// Whether a whole record has been read from the socket and not been taken: the library makes
    /// progress with it, while a part of one needs more from the socket.
    pub fn holds_record(&self) -> bool {
        let held = &self.buffer[self.start..self.end];
        match held {
            [_, _, _, high, low, body @ ..] => {
                body.len() >= usize::from(u16::from_be_bytes([*high, *low]))
            }
            _ => false,
        }
    }
}

impl Channel {
    /// Reads from the socket.
    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = take_buffer();
        match self.socket.recv(as_uninit(&mut buffer), self.wait) {
            Ok(0) => {
                self.eof = true;
                give_buffer(buffer);
            }
            Ok(count) => {
                (self.start, self.end) = (0, count);
                self.buffer = buffer;
            }
            Err(error) => {
                give_buffer(buffer);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Read for Channel {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.blocked_on_write = false;
        if self.start == self.end {
            self.fill()?;
        }
        let count = buf.len().min(self.end - self.start);
        buf[..count].copy_from_slice(&self.buffer[self.start..self.start + count]);
        self.start += count;
        if self.start == self.end && count > 0 {
            (self.start, self.end) = (0, 0);
            give_buffer(std::mem::take(&mut self.buffer));
        }
        Ok(count)
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.socket.send(bytes, self.wait);
        let would_block = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        self.blocked_on_write = sent.as_ref().is_err_and(would_block);
        sent
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The failure of an established stream, in libpq's words. After it the stream is of no use.
pub(super) fn broken(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, message.into())
}

/// The failure of an established stream whose peer has said goodbye.
pub(super) fn closed() -> io::Error {
    broken("SSL connection has been closed unexpectedly")
}

/// The failure of an established stream that ended without a goodbye.
pub(super) fn cut_off() -> io::Error {
    broken("SSL SYSCALL error: EOF detected")
}

/// The failure of an established stream where the system call below failed. Two errors mean that
/// the peer is gone and are left as they are: they read the same on an unencrypted stream.
pub(super) fn system_failure(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::EPIPE | libc::ECONNRESET) => error,
        _ => {
            let text = crate::transport::os_error::text(&error);
            io::Error::new(error.kind(), format!("SSL SYSCALL error: {text}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_record_counts_once_it_is_whole() {
        let (a, mut b) = UnixStream::pair().unwrap();
        let mut channel = Channel::new(Arc::new(Socket::from(a)));
        assert!(!channel.holds_record());
        b.write_all(&[23, 3, 3, 0, 2, 7, 8, 23, 3, 3, 0, 2, 7])
            .unwrap();
        let mut byte = [0];
        assert_eq!(channel.read(&mut byte).unwrap(), 1);
        assert!(
            !channel.holds_record(),
            "what is left does not begin a record"
        );
        let mut rest = [0; 6];
        assert_eq!(channel.read(&mut rest).unwrap(), 6);
        assert_eq!(rest, [3, 3, 0, 2, 7, 8]);
        assert!(!channel.holds_record(), "a byte of the second is missing");
    }

    #[test]
    fn a_channel_that_holds_nothing_has_no_buffer() {
        let (a, mut b) = UnixStream::pair().unwrap();
        let mut channel = Channel::new(Arc::new(Socket::from(a)));
        b.write_all(b"abc").unwrap();
        assert_eq!(channel.read(&mut [0; 2]).unwrap(), 2);
        assert_eq!(channel.buffer.len(), BUFFER);
        assert_eq!(channel.read(&mut [0; 2]).unwrap(), 1);
        assert!(channel.buffer.is_empty());
        assert!(channel.read(&mut [0; 2]).is_err());
        assert!(channel.buffer.is_empty());
    }

    #[test]
    fn no_more_than_a_few_buffers_are_kept() {
        for _ in 0..2 * KEPT {
            give_buffer(vec![0; BUFFER].into_boxed_slice());
        }
        assert!(SPARE.lock().unwrap().len() <= KEPT);
        assert_eq!(take_buffer().len(), BUFFER);
    }

    #[test]
    fn the_end_of_the_stream_is_remembered() {
        let (a, b) = UnixStream::pair().unwrap();
        let mut channel = Channel::new(Arc::new(Socket::from(a)));
        let error = channel.read(&mut [0; 4]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(!channel.at_eof());
        drop(b);
        assert_eq!(channel.read(&mut [0; 4]).unwrap(), 0);
        assert!(channel.at_eof());
    }
}
