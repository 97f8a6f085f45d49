use super::*;
use crate::transport::gss::gss_error;
use crate::transport::socket::as_uninit;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

/// Stands in for the library: every byte is inverted, and one more in front says that it was.
struct Inverting;

const MARK: u8 = 0x5a;
const LIMIT: usize = 1000;

fn inverted(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

impl Protection for Inverting {
    type Text = Vec<u8>;

    fn wrap(&mut self, plain: &[u8]) -> Result<Vec<u8>, Error> {
        assert!(plain.len() <= LIMIT);
        Ok([&[MARK], &inverted(plain)[..]].concat())
    }

    fn unwrap(&mut self, packet: &[u8]) -> Result<Vec<u8>, Error> {
        match packet {
            [MARK, rest @ ..] => Ok(inverted(rest)),
            _ => Err(gss_error("GSSAPI unwrap error: not ours")),
        }
    }

    fn raw(&self) -> *mut c_void {
        std::ptr::null_mut()
    }
}

fn packet(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    packet::append(&mut out, &Inverting.wrap(plain).unwrap(), MAX_PACKET).unwrap();
    out
}

fn pair() -> (GssStream<Inverting>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let stream = GssStream::new(Socket::from(ours), Inverting, LIMIT, Incoming::new());
    (stream, theirs)
}

fn receive(
    stream: &mut GssStream<Inverting>,
    most: usize,
    wait: Wait,
) -> Result<Vec<u8>, io::ErrorKind> {
    let mut buf = vec![0; most];
    let received = stream.recv(as_uninit(&mut buf), wait);
    let count = received.map_err(|error| error.kind())?;
    buf.truncate(count);
    Ok(buf)
}

/// Undoes the packets that the stream has sent.
fn plain_of(mut sent: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let Some((header, rest)) = sent.split_first_chunk::<4>() {
        let (token, rest) = rest.split_at(u32::from_be_bytes(*header) as usize);
        plain.extend(Inverting.unwrap(token).unwrap());
        sent = rest;
    }
    plain
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8).collect()
}

#[test]
fn one_read_takes_all_packets_that_have_arrived() {
    let (mut stream, mut theirs) = pair();
    let bytes = [packet(b"one "), packet(b""), packet(b"two")].concat();
    theirs.write_all(&bytes).unwrap();
    assert_eq!(
        receive(&mut stream, 100, Wait::Block),
        Ok(b"one two".to_vec())
    );
    assert!(!stream.pending());
    let nothing = receive(&mut stream, 100, Wait::Never);
    assert_eq!(nothing, Err(io::ErrorKind::WouldBlock));
}

#[test]
fn what_does_not_fit_is_pending() {
    let (mut stream, mut theirs) = pair();
    theirs
        .write_all(&[packet(b"abc"), packet(b"def")].concat())
        .unwrap();
    for (expected, pending) in [(b"ab", true), (b"cd", true), (b"ef", false)] {
        assert_eq!(receive(&mut stream, 2, Wait::Never), Ok(expected.to_vec()));
        assert_eq!(stream.pending(), pending);
    }
}

#[test]
fn part_of_a_packet_waits_for_the_rest() {
    let (mut stream, mut theirs) = pair();
    let bytes = packet(b"whole");
    theirs.write_all(&bytes[..6]).unwrap();
    let early = receive(&mut stream, 10, Wait::Never);
    assert_eq!(early, Err(io::ErrorKind::WouldBlock));
    assert!(!stream.pending());
    theirs.write_all(&bytes[6..]).unwrap();
    assert_eq!(receive(&mut stream, 10, Wait::Never), Ok(b"whole".to_vec()));
}

#[test]
fn a_bad_packet_is_told_after_the_good_ones_before_it() {
    let (mut stream, mut theirs) = pair();
    let bytes = [packet(b"good"), b"\0\0\0\x01X".to_vec()].concat();
    theirs.write_all(&bytes).unwrap();
    assert_eq!(receive(&mut stream, 10, Wait::Never), Ok(b"good".to_vec()));
    assert!(stream.pending());
    let error = stream.recv(as_uninit(&mut [0; 10]), Wait::Never);
    assert_eq!(
        error.unwrap_err().to_string(),
        "GSSAPI unwrap error: not ours"
    );
}

#[test]
fn a_packet_that_is_too_long_breaks_the_stream() {
    let (mut stream, mut theirs) = pair();
    theirs.write_all(&16_381_u32.to_be_bytes()).unwrap();
    let error = stream.recv(as_uninit(&mut [0; 10]), Wait::Block);
    assert_eq!(
        error.unwrap_err().to_string(),
        "oversize GSSAPI packet sent by the server (16381 > 16380)"
    );
}

#[test]
fn the_end_of_the_stream_is_an_error() {
    let (mut stream, mut theirs) = pair();
    theirs.write_all(&packet(b"last")).unwrap();
    theirs.write_all(b"\0\0").unwrap();
    drop(theirs);
    assert_eq!(receive(&mut stream, 10, Wait::Block), Ok(b"last".to_vec()));
    let end = receive(&mut stream, 10, Wait::Block);
    assert_eq!(end, Err(io::ErrorKind::ConnectionReset));
}

#[test]
fn many_packets_arrive_in_order() {
    let (mut stream, mut theirs) = pair();
    let plain = pattern(1_000_000);
    let reader = thread::spawn(move || {
        let mut sent = Vec::new();
        theirs.read_to_end(&mut sent).map(|_| sent)
    });
    assert_eq!(stream.send(&plain, Wait::Block).unwrap(), plain.len());
    drop(stream);
    assert_eq!(plain_of(&reader.join().unwrap().unwrap()), plain);
}

#[test]
fn a_send_that_would_block_goes_on_with_the_same_bytes() {
    let (mut stream, mut theirs) = pair();
    let plain = pattern(3_000_000);
    let mut offered = 2_000_000;
    let mut done = 0;
    let mut sent = Vec::new();
    let mut blocked = 0;
    while done < plain.len() {
        match stream.send(&plain[done..offered], Wait::Never) {
            Ok(count) => done += count,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                blocked += 1;
                // More may follow behind what was offered.
                offered = plain.len();
                let mut some = [0; 7777];
                let count = theirs.read(&mut some).unwrap();
                sent.extend_from_slice(&some[..count]);
            }
        }
        if done == offered {
            offered = plain.len();
        }
    }
    assert!(blocked > 2, "the test has not tested anything");
    drop(stream);
    theirs.read_to_end(&mut sent).unwrap();
    assert!(plain_of(&sent) == plain);
}

#[test]
fn bytes_that_were_offered_cannot_be_taken_back() {
    let (mut stream, _theirs) = pair();
    let plain = pattern(LIMIT);
    let blocked = loop {
        if let Err(error) = stream.send(&plain, Wait::Never) {
            break error;
        }
    };
    assert_eq!(blocked.kind(), io::ErrorKind::WouldBlock);
    let error = stream.send(&plain[..LIMIT - 1], Wait::Never).unwrap_err();
    assert_eq!(
        error.to_string(),
        "GSSAPI caller failed to retransmit all data needing to be retried"
    );
}
