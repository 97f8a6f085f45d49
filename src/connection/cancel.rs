//! Asking the server to give up a command.
//!
//! A [`CancelKey`] is all that is needed to ask at once, over a connection without encryption, from
//! any thread and from a signal handler. A cancel request with the encryption of the session is a
//! connection of its own, made by [`Connection::cancel_request`].
//!
//! Manual: "Canceling Queries in Progress".

use std::io;
use std::sync::Arc;

use crate::transport::socket::{NO_SIGNAL, signal_safe_socket};
use crate::transport::{Address, DialOptions, SecureKind, apply_tcp_options};
use crate::wire::frontend;

use super::Connection;
use super::connect::dial_options;
use super::state::ConnStatus;

/// Whom a cancel request is for, and where it goes.
#[derive(Debug, Clone)]
pub(super) struct CancelTarget {
    pub(super) host: usize,
    pub(super) address: Address,
    /// What encrypts the session, if anything.
    pub(super) encryption: Option<SecureKind>,
    pub(super) pid: i32,
    pub(super) key: Vec<u8>,
}

/// A cancel request, encoded and ready to be sent.
#[derive(Debug, Clone)]
pub struct CancelKey {
    address: Address,
    packet: Vec<u8>,
    options: DialOptions,
}

/// A cancel request as a connection of its own.
pub struct CancelRequest(Connection);

impl Connection {
    fn cancel_target(&self) -> Option<CancelTarget> {
        let stream = self.stream.as_ref()?;
        if self.session.cancel_key.is_empty() {
            return None;
        }
        Some(CancelTarget {
            host: self.host,
            address: self.address.clone()?,
            encryption: stream.secure().map(|stream| stream.kind()),
            pid: self.session.pid,
            key: self.session.cancel_key.clone(),
        })
    }

    /// What is needed to cancel commands of this connection; `None` where the server gave no key.
    pub fn cancel_key(&self) -> Option<CancelKey> {
        let target = self.cancel_target()?;
        let mut packet = Vec::new();
        frontend::cancel_request(&mut packet, target.pid, &target.key).ok()?;
        let options = dial_options(self.settings.as_ref()?).unwrap_or_default();
        Some(CancelKey {
            address: target.address,
            packet,
            options,
        })
    }

    /// A cancel request that is encrypted as this connection is. It is not started yet.
    pub fn cancel_request(&self) -> CancelRequest {
        let mut connection = Self::with_info(Arc::clone(&self.info));
        connection.pending_cancel = self.cancel_target();
        if connection.pending_cancel.is_some() {
            connection.status = ConnStatus::Allocated;
        } else {
            let reason = if self.stream.is_none() {
                "connection not open"
            } else {
                "no cancellation key received"
            };
            connection.error.push(reason);
        }
        CancelRequest(connection)
    }
}

impl Connection {
    /// A connection that cannot be had, for this reason.
    pub fn failed(reason: &str) -> Self {
        let mut connection = Self::with_info(Arc::default());
        connection.error.push(reason);
        connection
    }

    /// Starts the cancel request that this connection is made for; `false` when it cannot be.
    pub fn start_cancel(&mut self) -> bool {
        match self.status {
            ConnStatus::Allocated => {}
            ConnStatus::Bad => return false,
            _ => {
                let reason = "cancel request is already being sent on this connection";
                self.error.push(reason);
                self.status = ConnStatus::Bad;
                return false;
            }
        }
        let target = self.pending_cancel.clone();
        self.begin_attempt(target);
        self.status != ConnStatus::Bad
    }

    /// Gets ready for another request to the same server.
    pub fn reset_cancel(&mut self) {
        self.disconnect();
        self.error.clear();
        if self.pending_cancel.is_some() {
            self.status = ConnStatus::Allocated;
        }
    }
}

impl CancelRequest {
    /// Starts the request; `false` when it cannot be.
    pub fn start(&mut self) -> bool {
        self.0.start_cancel()
    }

    /// Gets ready for another request to the same server.
    pub fn reset(&mut self) {
        self.0.reset_cancel();
    }

    /// The connection that carries the request.
    pub fn into_connection(self) -> Connection {
        self.0
    }

    /// The connection that carries the request.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }

    /// The same, to look at.
    pub fn as_connection(&self) -> &Connection {
        &self.0
    }
}

impl CancelKey {
    /// Process and key, where the key is a number: as it always was before protocol 3.2.
    pub fn numbers(&self) -> Option<(i32, i32)> {
        let [_, _, _, _, _, _, _, _, pid @ .., a, b, c, d] = self.packet.as_slice() else {
            return None;
        };
        let pid = i32::from_be_bytes(pid.try_into().ok()?);
        Some((pid, i32::from_be_bytes([*a, *b, *c, *d])))
    }

    /// Sends the request and waits until the server has taken it.
    ///
    /// Fit for a signal handler: it allocates nothing and takes no lock. The error is a system call
    /// and its number.
    pub fn cancel(&self) -> Result<(), CancelFailure> {
        let address = self.address.raw();
        let fd = signal_safe_socket(i32::from(address.family()));
        if fd < 0 {
            return Err(CancelFailure::now("socket()"));
        }
        // SAFETY: the descriptor is our own, open, and closed once.
        unsafe {
            let done = self.exchange(fd);
            libc::close(fd);
            done
        }
    }

    /// # Safety
    /// `fd` is an open socket.
    unsafe fn exchange(&self, fd: i32) -> Result<(), CancelFailure> {
        let address = self.address.raw();
        if !self.address.is_unix()
            && let Err((option, error)) = apply_tcp_options(fd, &self.options)
        {
            return Err(CancelFailure::of(option, &error));
        }
        // SAFETY: address and packet are valid for their lengths; the reply is read into one byte.
        unsafe {
            retry(|| libc::connect(fd, address.as_ptr().cast(), address.len()) as isize)
                .map_err(|()| CancelFailure::now("connect()"))?;
            let (data, length) = (self.packet.as_ptr(), self.packet.len());
            retry(|| libc::send(fd, data.cast(), length, NO_SIGNAL))
                .map_err(|()| CancelFailure::now("send()"))?;
            // The server closes the connection when it has dealt with the request; whether the
            // request took effect is not told.
            let mut byte = 0u8;
            let _ = retry(|| libc::recv(fd, (&raw mut byte).cast(), 1, 0));
        }
        Ok(())
    }
}

/// Repeats a call that a signal has interrupted.
fn retry(mut call: impl FnMut() -> isize) -> Result<isize, ()> {
    loop {
        let done = call();
        if done >= 0 {
            return Ok(done);
        }
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return Err(());
        }
    }
}

/// Why a cancel request could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelFailure {
    /// The system call that failed, such as `connect()`.
    pub call: &'static str,
    /// Its error number.
    pub errno: i32,
}

impl CancelFailure {
    fn now(call: &'static str) -> Self {
        Self::of(call, &io::Error::last_os_error())
    }

    fn of(call: &'static str, error: &io::Error) -> Self {
        Self {
            call,
            errno: error.raw_os_error().unwrap_or(0),
        }
    }
}
