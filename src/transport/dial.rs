//! Connecting without waiting.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use socket2::Type;

use super::address::Address;
use super::os_error;
use super::socket::Socket;
use crate::error::{Error, ErrorKind};

/// The options of a connection's socket (options `keepalives`, `keepalives_idle`,
/// `keepalives_interval`, `keepalives_count` and `tcp_user_timeout`); for a Unix-domain socket they
/// mean nothing.
///
/// A number that is not positive leaves the system's default in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DialOptions {
    /// Whether keepalive probes are sent at all.
    pub keepalives: bool,
    /// Seconds without traffic before the first probe.
    pub keepalives_idle: i32,
    /// Seconds between probes.
    pub keepalives_interval: i32,
    /// Unanswered probes before the connection counts as lost.
    pub keepalives_count: i32,
    /// Milliseconds that sent bytes may stay unacknowledged before the connection counts as lost.
    pub tcp_user_timeout: i32,
}

impl Default for DialOptions {
    fn default() -> Self {
        Self {
            keepalives: true,
            keepalives_idle: 0,
            keepalives_interval: 0,
            keepalives_count: 0,
            tcp_user_timeout: 0,
        }
    }
}

/// A connection that has been started.
#[derive(Debug)]
pub struct Dial {
    /// The socket, in non-blocking mode.
    pub socket: Socket,
    /// Whether the connection stands already. Otherwise wait until the socket is writable, then ask
    /// [`connect_finish`].
    pub connected: bool,
}

/// A socket in non-blocking mode, made in one call where the system has one for it.
fn nonblocking_socket(address: &Address) -> Result<Socket, Error> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    let (kind, is_blocking) = (Type::STREAM.nonblocking(), false);
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let (kind, is_blocking) = (Type::STREAM, true);
    let socket = socket2::Socket::new(address.domain(), kind, None)
        .map_err(|e| failed("could not create socket", e))?;
    if is_blocking {
        let set = socket.set_nonblocking(true);
        set.map_err(|e| failed("could not set socket to nonblocking mode", e))?;
    }
    Ok(Socket::from(socket))
}

/// Why connecting could not be started.
#[derive(Debug)]
pub enum DialFailure {
    /// There is no socket, or it does not take its options.
    Socket(Error),
    /// The address cannot be connected to.
    Address(Error),
}

/// A socket with its options set.
fn prepared_socket(address: &Address, options: &DialOptions) -> Result<Socket, Error> {
    let socket = nonblocking_socket(address)?;
    if !address.is_unix() {
        let no_delay = socket.inner().set_nodelay(true);
        no_delay.map_err(|e| failed("could not set socket to TCP no delay mode", e))?;
        set_tcp_options(&socket, options)?;
    }
    Ok(socket)
}

/// Starts connecting to this address.
///
/// The error is libpq's sentence without the prefix that names the server; what the kernel says of
/// the address itself (`Connection refused`) comes alone.
pub fn connect_start(address: &Address, options: &DialOptions) -> Result<Dial, DialFailure> {
    let socket = prepared_socket(address, options).map_err(DialFailure::Socket)?;
    match socket.inner().connect(address.raw()) {
        Ok(()) => Ok(Dial {
            socket,
            connected: true,
        }),
        Err(error) if in_progress(&error, address) => Ok(Dial {
            socket,
            connected: false,
        }),
        Err(error) => Err(DialFailure::Address(refused(error))),
    }
}

/// Whether the connection will complete or fail later. A Unix-domain socket that cannot connect at
/// once has a full backlog and never will: nothing reports when there is room again.
fn in_progress(error: &io::Error, address: &Address) -> bool {
    match error.raw_os_error() {
        Some(libc::EINPROGRESS | libc::EINTR) => true,
        Some(libc::EAGAIN) => !address.is_unix(),
        _ => false,
    }
}

/// What became of a connection, asked once its socket is writable.
pub fn connect_finish(socket: &Socket) -> Result<(), Error> {
    match socket.take_error() {
        Ok(None) => Ok(()),
        Ok(Some(error)) => Err(refused(error)),
        Err(error) => Err(failed("could not get socket error status", error)),
    }
}

fn refused(error: io::Error) -> Error {
    Error::new(ErrorKind::Connect, os_error::text(&error)).with_source(error)
}

fn failed(what: &str, error: io::Error) -> Error {
    let text = format!("{what}: {}", os_error::text(&error));
    Error::new(ErrorKind::Connect, text).with_source(error)
}

#[cfg(target_vendor = "apple")]
const TCP_KEEPIDLE: libc::c_int = libc::TCP_KEEPALIVE;
#[cfg(not(target_vendor = "apple"))]
const TCP_KEEPIDLE: libc::c_int = libc::TCP_KEEPIDLE;

fn set_tcp_options(socket: &Socket, options: &DialOptions) -> Result<(), Error> {
    apply_tcp_options(socket.as_raw_fd(), options)
        .map_err(|(name, error)| failed(&format!("{name} failed"), error))
}

/// Sets the options of a TCP socket. Fit for a signal handler; the error is the call that failed, and
/// the system's error.
pub fn apply_tcp_options(
    fd: RawFd,
    options: &DialOptions,
) -> Result<(), (&'static str, io::Error)> {
    if options.keepalives {
        set_number(
            fd,
            libc::SOL_SOCKET,
            "setsockopt(SO_KEEPALIVE)",
            libc::SO_KEEPALIVE,
            1,
        )?;
        let idle = options.keepalives_idle;
        set_number(
            fd,
            libc::IPPROTO_TCP,
            "setsockopt(TCP_KEEPIDLE)",
            TCP_KEEPIDLE,
            idle,
        )?;
        let (name, interval) = ("setsockopt(TCP_KEEPINTVL)", options.keepalives_interval);
        set_number(fd, libc::IPPROTO_TCP, name, libc::TCP_KEEPINTVL, interval)?;
        let count = options.keepalives_count;
        set_number(
            fd,
            libc::IPPROTO_TCP,
            "setsockopt(TCP_KEEPCNT)",
            libc::TCP_KEEPCNT,
            count,
        )?;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let (name, millis) = ("setsockopt(TCP_USER_TIMEOUT)", options.tcp_user_timeout);
        set_number(fd, libc::IPPROTO_TCP, name, libc::TCP_USER_TIMEOUT, millis)?;
    }
    Ok(())
}

/// Sets one number, unless it asks for the system's default.
fn set_number(
    fd: RawFd,
    level: libc::c_int,
    name: &'static str,
    option: libc::c_int,
    value: libc::c_int,
) -> Result<(), (&'static str, io::Error)> {
    if value <= 0 {
        return Ok(());
    }
    // SAFETY: the pointer is to one c_int that lives through the call, and the length says so.
    let answer = unsafe {
        libc::setsockopt(
            fd,
            level,
            option,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    match answer {
        0 => Ok(()),
        _ => Err((name, io::Error::last_os_error())),
    }
}
