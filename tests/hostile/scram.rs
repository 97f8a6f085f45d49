//! A server that plays SCRAM falsely.

use std::time::{Duration, Instant};

use support::scripted::{Peer, Scripted, authentication_ok, message, ready};

use crate::client::Client;

fn request(code: i32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), rest].concat())
}

/// Plays up to the client's proof: the server's first message is made from the client's nonce.
fn play(peer: &mut Peer, first: impl Fn(&str) -> String) {
    peer.startup();
    peer.send(&request(10, b"SCRAM-SHA-256\0\0"));
    let initial = String::from_utf8(peer.expect(b'p')).expect("text");
    let nonce = initial.rsplit_once("r=").expect("a nonce").1;
    peer.send(&request(11, first(nonce).as_bytes()));
}

/// What the client says of a server whose first message is this, and whose last is this one.
fn refusal(first: fn(&str) -> String, last: &'static [u8]) -> String {
    let server = Scripted::run(move |peer| {
        play(peer, first);
        peer.try_send(&[request(12, last), authentication_ok(), ready(b'I')].concat());
        peer.wait_for_close();
    });
    let conninfo = format!("{} password=secret", server.conninfo());
    let begin = Instant::now();
    let mut client = Client::connect(&conninfo);
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(!client.is_alive());
    let line = client.lines.pop().expect("how it ended");
    drop(client);
    server.finish();
    line.strip_prefix("refused: ").expect("refused").to_owned()
}

fn good(nonce: &str) -> String {
    format!("r={nonce}more,s=c2FsdHNhbHQ=,i=4096")
}

#[test]
fn a_wrong_signature_is_refused() {
    let wrong = b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(refusal(good, wrong), "incorrect server signature");
}

#[test]
fn an_error_in_place_of_the_signature_is_reported() {
    assert_eq!(
        refusal(good, b"e=invalid-proof"),
        "error received from server in SCRAM exchange: invalid-proof"
    );
}

#[test]
fn a_signature_that_is_none_is_refused() {
    let invalid = "malformed SCRAM message (invalid server signature)";
    for last in [&b"v=!!!!"[..], b"v=", b"v=AAAA"] {
        assert_eq!(refusal(good, last), invalid);
    }
}

#[test]
fn a_nonce_that_is_not_ours_is_refused() {
    let mismatch = "invalid SCRAM response (nonce mismatch)";
    let first = |nonce: &str| format!("r={}x,s=c2FsdHNhbHQ=,i=4096", &nonce[1..]);
    assert_eq!(refusal(first, b""), mismatch);
    // One that adds nothing of the server's own.
    let same = |nonce: &str| format!("r={},s=c2FsdHNhbHQ=,i=4096", &nonce[..nonce.len() - 1]);
    assert_eq!(refusal(same, b""), mismatch);
}

#[test]
fn iterations_without_end_are_refused_at_once() {
    for count in ["10000000", "2147483647", "99999999999999999999"] {
        let first: fn(&str) -> String = match count {
            "2147483647" => |nonce| format!("r={nonce}x,s=c2FsdHNhbHQ=,i=2147483647"),
            "10000000" => |nonce| format!("r={nonce}x,s=c2FsdHNhbHQ=,i=10000000"),
            _ => |nonce| format!("r={nonce}x,s=c2FsdHNhbHQ=,i=99999999999999999999"),
        };
        let begin = Instant::now();
        let line = refusal(first, b"");
        assert!(line.contains("iteration"), "{line}");
        assert!(begin.elapsed() < Duration::from_secs(1), "{count}");
    }
}

#[test]
fn an_iteration_count_that_is_none_is_refused() {
    let invalid = "malformed SCRAM message (invalid iteration count)";
    for first in [
        (|nonce| format!("r={nonce}x,s=c2FsdHNhbHQ=,i=0")) as fn(&str) -> String,
        |nonce| format!("r={nonce}x,s=c2FsdHNhbHQ=,i=-1"),
        |nonce| format!("r={nonce}x,s=c2FsdHNhbHQ=,i=4096x"),
    ] {
        assert_eq!(refusal(first, b""), invalid);
    }
}
