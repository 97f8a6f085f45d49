//! Sockets against listeners of our own.

use std::io::{ErrorKind as IoErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use super::socket::as_uninit;
use super::*;
use crate::error::ErrorKind;

fn read(stream: &mut Stream, wait: Wait) -> std::io::Result<Vec<u8>> {
    let mut buf = [0u8; 64];
    let count = stream.recv(as_uninit(&mut buf), wait)?;
    Ok(buf[..count].to_vec())
}

/// Connects as the engine does: start, wait until writable, ask, switch to blocking mode.
fn why(failure: DialFailure) -> crate::Error {
    match failure {
        DialFailure::Socket(error) | DialFailure::Address(error) => error,
    }
}

fn dial(address: &Address, options: &DialOptions) -> Result<Stream, crate::Error> {
    let Dial { socket, connected } = connect_start(address, options).map_err(why)?;
    if !connected {
        let deadline = Deadline::after(Duration::from_secs(10));
        assert!(poll(socket.fd(), false, true, deadline)?.writable);
        connect_finish(&socket)?;
    }
    socket.set_blocking()?;
    Ok(Stream::from(socket))
}

fn echo_once(mut peer: impl Read + Write) {
    let mut buf = [0u8; 64];
    let count = peer.read(&mut buf).unwrap();
    peer.write_all(&buf[..count]).unwrap();
}

fn round_trip(stream: &mut Stream) {
    assert_eq!(stream.send(b"ping", Wait::Block).unwrap(), 4);
    assert_eq!(read(stream, Wait::Block).unwrap(), b"ping");
    assert!(!stream.pending());
    assert_eq!(read(stream, Wait::Block).unwrap(), b"");
}

fn tcp_round_trip(listener: TcpListener) {
    let address = Address::from(listener.local_addr().unwrap());
    let server = thread::spawn(move || echo_once(listener.accept().unwrap().0));
    let options = DialOptions {
        keepalives_idle: 60,
        keepalives_interval: 7,
        keepalives_count: 3,
        tcp_user_timeout: 5000,
        ..DialOptions::default()
    };
    let mut stream = dial(&address, &options).unwrap();
    let socket = stream.socket().inner();
    assert!(socket.nodelay().unwrap());
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.keepalive_time().unwrap(), Duration::from_secs(60));
    assert_eq!(socket.keepalive_interval().unwrap(), Duration::from_secs(7));
    assert_eq!(socket.keepalive_retries().unwrap(), 3);
    #[cfg(target_os = "linux")]
    assert_eq!(
        socket.tcp_user_timeout().unwrap(),
        Some(Duration::from_secs(5))
    );
    round_trip(&mut stream);
    server.join().unwrap();
}

#[test]
fn ipv4_connects_with_its_options_and_carries_bytes() {
    tcp_round_trip(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
}

#[test]
fn ipv6_connects_with_its_options_and_carries_bytes() {
    // A machine without IPv6 has nothing to test here.
    if let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        tcp_round_trip(listener);
    }
}

#[test]
fn a_unix_socket_connects_and_carries_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let address = Address::unix(dir.path().as_os_str().as_encoded_bytes(), 5432).unwrap();
    let listener = UnixListener::bind(address.path().unwrap()).unwrap();
    let server = thread::spawn(move || echo_once(listener.accept().unwrap().0));
    let mut stream = dial(&address, &DialOptions::default()).unwrap();
    round_trip(&mut stream);
    server.join().unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn the_abstract_namespace_is_reached() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    let name = format!("ferropq-test-{}/.s.PGSQL.5432", std::process::id());
    let bound = SocketAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&bound).unwrap();
    let server = thread::spawn(move || echo_once(listener.accept().unwrap().0));
    let address = Address::unix_path(format!("@{name}").as_bytes()).unwrap();
    round_trip(&mut dial(&address, &DialOptions::default()).unwrap());
    server.join().unwrap();
}

#[test]
fn a_refused_connection_is_told_in_the_kernels_words() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = Address::from(listener.local_addr().unwrap());
    drop(listener);
    let error = dial(&address, &DialOptions::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.message(), "Connection refused");
    let address = Address::unix_path(b"/nonexistent/.s.PGSQL.1").unwrap();
    let error = dial(&address, &DialOptions::default()).err().unwrap();
    assert_eq!(error.message(), "No such file or directory");
}

#[test]
fn an_option_that_the_kernel_refuses_is_named() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = Address::from(listener.local_addr().unwrap());
    let options = DialOptions {
        keepalives_idle: 99_999,
        ..DialOptions::default()
    };
    let error = connect_start(&address, &options).map_err(why).unwrap_err();
    assert_eq!(
        error.message(),
        "setsockopt(TCP_KEEPIDLE) failed: Invalid argument"
    );
    let off = DialOptions {
        keepalives: false,
        ..options
    };
    let dial = connect_start(&address, &off).unwrap();
    assert!(!dial.socket.inner().keepalive().unwrap());
}

#[test]
fn a_socket_is_not_inherited_by_executed_programs() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = Address::from(listener.local_addr().unwrap());
    let dial = connect_start(&address, &DialOptions::default()).unwrap();
    // SAFETY: fcntl with F_GETFD only reads a flag of the descriptor.
    let flags = unsafe { libc::fcntl(dial.socket.fd(), libc::F_GETFD) };
    assert_ne!(flags & libc::FD_CLOEXEC, 0);
}

#[test]
fn a_read_that_may_not_wait_says_so_in_either_mode() {
    let (a, _b) = UnixStream::pair().unwrap();
    let mut stream = Stream::from(Socket::from(a));
    let error = read(&mut stream, Wait::Never).unwrap_err();
    assert_eq!(error.kind(), IoErrorKind::WouldBlock);
    stream.socket().set_nonblocking().unwrap();
    let error = read(&mut stream, Wait::Never).unwrap_err();
    assert_eq!(error.kind(), IoErrorKind::WouldBlock);
}

#[test]
fn a_read_that_may_wait_does_so_although_the_descriptor_is_non_blocking() {
    let (a, mut b) = UnixStream::pair().unwrap();
    let mut stream = Stream::from(Socket::from(a));
    stream.socket().set_nonblocking().unwrap();
    let writer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        b.write_all(b"late").unwrap();
    });
    assert_eq!(read(&mut stream, Wait::Block).unwrap(), b"late");
    writer.join().unwrap();
}

#[test]
fn a_write_waits_for_room_or_says_that_there_is_none() {
    let (a, mut b) = UnixStream::pair().unwrap();
    let mut stream = Stream::from(Socket::from(a));
    stream.socket().set_nonblocking().unwrap();
    let chunk = vec![7u8; 1 << 16];
    let mut sent = 0;
    loop {
        match stream.send(&chunk, Wait::Never) {
            Ok(count) => sent += count,
            Err(error) => {
                assert_eq!(error.kind(), IoErrorKind::WouldBlock);
                break;
            }
        }
    }
    let reader = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        let mut all = Vec::new();
        b.read_to_end(&mut all).unwrap();
        all.len()
    });
    sent += stream.send(&chunk, Wait::Block).unwrap();
    drop(stream);
    assert_eq!(reader.join().unwrap(), sent);
}

#[test]
fn a_write_to_a_closed_peer_is_an_error_and_no_signal() {
    let (a, b) = UnixStream::pair().unwrap();
    drop(b);
    let mut stream = Stream::from(Socket::from(a));
    let error = stream.send(b"x", Wait::Block).unwrap_err();
    assert_eq!(error.kind(), IoErrorKind::BrokenPipe);
    assert_eq!(failure::send(error).message(), failure::CLOSED);
}

#[test]
fn only_the_bytes_counted_are_written_to() {
    let (a, mut b) = UnixStream::pair().unwrap();
    let mut stream = Stream::from(Socket::from(a));
    b.write_all(b"abc").unwrap();
    let mut buf = [MaybeUninit::new(9u8); 8];
    assert_eq!(stream.recv(&mut buf, Wait::Block).unwrap(), 3);
    // SAFETY: every byte was initialised above.
    let bytes = buf.map(|byte| unsafe { byte.assume_init() });
    assert_eq!(&bytes, b"abc\x09\x09\x09\x09\x09");
}
