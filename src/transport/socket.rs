//! A connected stream socket, and how its reads and writes may wait.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::wait::{Deadline, poll};

/// Whether a read or a write may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Wait as long as it takes: one plain system call, and a poll only where a host program has
    /// put the descriptor in non-blocking mode.
    Block,
    /// Fail with [`io::ErrorKind::WouldBlock`] instead of waiting, whatever mode the descriptor is
    /// in.
    Never,
}

impl Wait {
    fn flags(self) -> libc::c_int {
        match self {
            Self::Block => 0,
            Self::Never => libc::MSG_DONTWAIT,
        }
    }
}

/// An owned stream socket, closed when dropped and not inherited by programs that are executed.
#[derive(Debug)]
pub struct Socket(socket2::Socket);

impl Socket {
    /// Receives what there is, up to the length of `buf`; 0 is the end of the stream.
    ///
    /// The bytes counted are initialised. A read that may wait and finds the descriptor in blocking
    /// mode is one `recv(2)`.
    pub fn recv(&self, buf: &mut [MaybeUninit<u8>], wait: Wait) -> io::Result<usize> {
        loop {
            match self.0.recv_with_flags(buf, wait.flags()) {
                Ok(count) => return Ok(count),
                Err(error) => self.wait_out(error, wait, Direction::Read)?,
            }
        }
    }

    /// Sends bytes and says how many were taken. A closed peer is an error, never a signal.
    pub fn send(&self, bytes: &[u8], wait: Wait) -> io::Result<usize> {
        loop {
            match self.0.send_with_flags(bytes, wait.flags() | NO_SIGNAL) {
                Ok(count) => return Ok(count),
                Err(error) => self.wait_out(error, wait, Direction::Write)?,
            }
        }
    }

    /// Returns when the call that failed is worth repeating, or hands the error on.
    #[cold]
    fn wait_out(&self, error: io::Error, wait: Wait, direction: Direction) -> io::Result<()> {
        match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            io::ErrorKind::WouldBlock if wait == Wait::Block => {
                let read = direction == Direction::Read;
                poll(self.as_raw_fd(), read, !read, Deadline::NEVER)?;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// Puts the descriptor in blocking mode, in which a read that may wait costs one system call.
    pub fn set_blocking(&self) -> io::Result<()> {
        let mut off: libc::c_int = 0;
        // One call, where fcntl takes two.
        // SAFETY: the descriptor is ours, and FIONBIO reads one int.
        let done = unsafe { libc::ioctl(self.as_raw_fd(), libc::FIONBIO, &raw mut off) };
        if done == 0 {
            return Ok(());
        }
        Err(io::Error::last_os_error())
    }

    /// Puts the descriptor in non-blocking mode.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        self.0.set_nonblocking(true)
    }

    /// The error that the kernel holds for this socket, which is cleared by asking.
    ///
    /// The outer error is a failure to ask.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.take_error()
    }

    /// The descriptor's number.
    pub fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    pub(super) fn inner(&self) -> &socket2::Socket {
        &self.0
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
}

/// What keeps `send` from raising SIGPIPE.
#[cfg(not(target_vendor = "apple"))]
pub const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;
/// What keeps `send` from raising SIGPIPE: these systems have an option of the socket instead, which
/// every new one gets.
#[cfg(target_vendor = "apple")]
pub const NO_SIGNAL: libc::c_int = 0;

/// A new stream socket, closed by `exec`: its descriptor, or -1 with `errno` set.
///
/// Fit for a signal handler: system calls and nothing else.
#[cfg(not(target_vendor = "apple"))]
pub fn signal_safe_socket(family: libc::c_int) -> RawFd {
    // SAFETY: a plain system call.
    unsafe { libc::socket(family, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) }
}

/// A new stream socket, closed by `exec`: its descriptor, or -1 with `errno` set.
///
/// Fit for a signal handler: system calls and nothing else.
#[cfg(target_vendor = "apple")]
pub fn signal_safe_socket(family: libc::c_int) -> RawFd {
    let on: libc::c_int = 1;
    // SAFETY: plain system calls on a descriptor of our own, with an option of the length said.
    unsafe {
        let fd = libc::socket(family, libc::SOCK_STREAM, 0);
        if fd >= 0 {
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
            let length = size_of_val(&on) as libc::socklen_t;
            let value = (&raw const on).cast();
            libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_NOSIGPIPE, value, length);
        }
        fd
    }
}

impl From<socket2::Socket> for Socket {
    fn from(inner: socket2::Socket) -> Self {
        Self(inner)
    }
}

impl From<OwnedFd> for Socket {
    fn from(fd: OwnedFd) -> Self {
        Self(socket2::Socket::from(fd))
    }
}

impl From<std::net::TcpStream> for Socket {
    fn from(stream: std::net::TcpStream) -> Self {
        Self(socket2::Socket::from(stream))
    }
}

impl From<std::os::unix::net::UnixStream> for Socket {
    fn from(stream: std::os::unix::net::UnixStream) -> Self {
        Self(socket2::Socket::from(stream))
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The bytes as memory that a read may fill: for callers whose buffer is initialised already.
pub fn as_uninit(buf: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (start, len) = (buf.as_mut_ptr(), buf.len());
    // SAFETY: both types have the same layout, the borrow is exclusive and lasts as long, and
    // nothing in this crate writes uninitialised bytes through such a slice.
    unsafe { std::slice::from_raw_parts_mut(start.cast(), len) }
}
