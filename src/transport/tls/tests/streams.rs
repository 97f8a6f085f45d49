//! Reading and writing once the connection is encrypted.

use std::io::ErrorKind as IoErrorKind;
use std::thread::JoinHandle;
use std::time::Duration;

use super::certificates::{Issued, root};
use super::server::{Seen, Server, Then};
use super::{Backend, backends};
use crate::transport::socket::as_uninit;
use crate::transport::tls::TlsSettings;
use crate::transport::{Deadline, Stream, Wait, failure, poll};

fn connect(backend: Backend, issued: &Issued, then: Then) -> (Stream, JoinHandle<Seen>) {
    let mut server = Server::new(issued);
    server.then = then;
    let (socket, thread) = server.serve();
    let stream = backend.connect(socket, &TlsSettings::default()).unwrap();
    (Stream::Secure(stream), thread)
}

fn read(stream: &mut Stream, room: usize, wait: Wait) -> std::io::Result<Vec<u8>> {
    let mut buf = vec![0; room];
    let count = stream.recv(as_uninit(&mut buf), wait)?;
    buf.truncate(count);
    Ok(buf)
}

fn wait_readable(stream: &Stream) {
    let deadline = Deadline::after(Duration::from_secs(20));
    assert!(poll(stream.fd(), true, false, deadline).unwrap().readable);
}

#[test]
fn bytes_go_there_and_back() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, thread) = connect(backend, &issued, Then::Echo);
        assert_eq!(stream.send(b"ping", Wait::Block).unwrap(), 4);
        assert_eq!(read(&mut stream, 64, Wait::Block).unwrap(), b"ping");
        assert!(!stream.pending());
        assert!(stream.secure().is_some());
        stream.shutdown();
        drop(stream);
        thread.join().unwrap();
    }
}

#[test]
fn a_read_that_may_not_wait_says_so() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, _thread) = connect(backend, &issued, Then::Echo);
        let error = read(&mut stream, 64, Wait::Never).unwrap_err();
        assert_eq!(error.kind(), IoErrorKind::WouldBlock);
        assert_eq!(stream.send(b"x", Wait::Never).unwrap(), 1);
        loop {
            wait_readable(&stream);
            match read(&mut stream, 64, Wait::Never) {
                Ok(bytes) => break assert_eq!(bytes, b"x"),
                Err(error) => assert_eq!(error.kind(), IoErrorKind::WouldBlock),
            }
        }
    }
}

#[test]
fn a_read_waits_although_the_descriptor_is_non_blocking() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, _thread) = connect(backend, &issued, Then::Echo);
        stream.socket().set_nonblocking().unwrap();
        stream.send(b"x", Wait::Block).unwrap();
        assert_eq!(read(&mut stream, 64, Wait::Block).unwrap(), b"x");
    }
}

#[test]
fn what_was_decrypted_and_not_taken_is_pending() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, _thread) = connect(backend, &issued, Then::Send(1000));
        let first = read(&mut stream, 10, Wait::Block).unwrap();
        assert_eq!(first.len(), 10);
        assert!(stream.pending());
        let rest = read(&mut stream, 5000, Wait::Never).unwrap();
        assert_eq!(rest.len(), 990);
        assert_eq!(rest[0], 10);
        assert!(!stream.pending());
        assert_eq!(read(&mut stream, 0, Wait::Block).unwrap(), b"");
    }
}

#[test]
fn a_large_answer_arrives_whole_however_it_is_read() {
    let issued = root("server");
    const COUNT: usize = 1_000_000;
    for backend in backends() {
        for (room, wait) in [
            (1 << 20, Wait::Block),
            (777, Wait::Block),
            (1 << 16, Wait::Never),
        ] {
            let (mut stream, _thread) = connect(backend, &issued, Then::Send(COUNT));
            let mut all = Vec::new();
            while all.len() < COUNT {
                if wait == Wait::Never && !stream.pending() {
                    wait_readable(&stream);
                }
                match read(&mut stream, room, wait) {
                    Ok(bytes) => all.extend(bytes),
                    Err(error) => assert_eq!(error.kind(), IoErrorKind::WouldBlock),
                }
            }
            assert_eq!(all.len(), COUNT);
            assert!(all.iter().enumerate().all(|(i, byte)| *byte == i as u8));
        }
    }
}

#[test]
fn a_write_without_room_is_repeated_from_elsewhere_in_memory() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, _thread) = connect(backend, &issued, Then::Echo);
        let bytes: Vec<u8> = (0..2_000_000u32).map(|i| (i / 7) as u8).collect();
        let (mut sent, mut back) = (0, Vec::new());
        while back.len() < bytes.len() {
            if sent < bytes.len() {
                // Each attempt offers the rest from a fresh allocation.
                let rest = bytes[sent..].to_vec();
                match stream.send(&rest, Wait::Never) {
                    Ok(count) => {
                        sent += count;
                        continue;
                    }
                    Err(error) => assert_eq!(error.kind(), IoErrorKind::WouldBlock),
                }
            }
            match read(&mut stream, 1 << 16, Wait::Never) {
                Ok(bytes) => back.extend(bytes),
                Err(error) => {
                    assert_eq!(error.kind(), IoErrorKind::WouldBlock);
                    let deadline = Deadline::after(Duration::from_secs(20));
                    let write = sent < bytes.len();
                    assert!(poll(stream.fd(), true, write, deadline).unwrap().any());
                }
            }
        }
        assert!(back == bytes, "{}", backend.name);
    }
}

#[test]
fn a_goodbye_is_told_from_a_connection_that_breaks_off() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, _thread) = connect(backend, &issued, Then::SayGoodbye);
        let error = failure::receive(read(&mut stream, 64, Wait::Block).unwrap_err());
        let goodbye = "SSL connection has been closed unexpectedly";
        assert_eq!(error.message(), goodbye);
        assert_eq!(error.kind(), crate::ErrorKind::Closed);

        let (mut stream, _thread) = connect(backend, &issued, Then::CutOff(b""));
        let error = failure::receive(read(&mut stream, 64, Wait::Block).unwrap_err());
        assert_eq!(error.message(), "SSL SYSCALL error: EOF detected");
        assert_eq!(error.kind(), crate::ErrorKind::Closed);
    }
}

#[test]
fn bytes_before_a_failure_are_handed_over_first() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, thread) = connect(backend, &issued, Then::CutOff(b"last words"));
        thread.join().unwrap();
        assert_eq!(read(&mut stream, 64, Wait::Block).unwrap(), b"last words");
        let error = read(&mut stream, 64, Wait::Block).unwrap_err();
        assert_eq!(error.to_string(), "SSL SYSCALL error: EOF detected");
    }
}

#[test]
fn bytes_that_are_no_record_end_the_stream() {
    let issued = root("server");
    for backend in backends() {
        let (mut stream, _thread) = connect(backend, &issued, Then::Garbage);
        let error = read(&mut stream, 64, Wait::Block).unwrap_err();
        let words = error.to_string();
        assert!(words.starts_with("SSL error: "), "{words}");
        assert!(words.contains("wrong version number"), "{words}");
        assert_eq!(error.kind(), IoErrorKind::ConnectionReset);
    }
}
