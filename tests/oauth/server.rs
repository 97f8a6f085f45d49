//! A PostgreSQL server that wants bearer tokens.

use support::scripted::{Peer, Script, Scripted, authentication_ok, error_fields, message, ready};

fn request(code: i32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), rest].concat())
}

/// What the client says first: `auth=` and what follows.
pub(crate) fn hear(peer: &mut Peer) -> String {
    peer.startup();
    peer.send(&request(10, b"OAUTHBEARER\0\0"));
    let said = peer.expect(b'p');
    let said = String::from_utf8(said).expect("ASCII");
    let (mechanism, response) = said.split_once('\0').expect("a mechanism");
    assert_eq!(mechanism, "OAUTHBEARER");
    response[4..].to_owned()
}

/// Refuses, telling who hands out tokens.
pub(crate) fn refuse(peer: &mut Peer, document: &str) {
    let reason = format!(
        r#"{{"status":"invalid_token","scope":"openid db","openid-configuration":"{document}"}}"#
    );
    peer.send(&request(11, reason.as_bytes()));
    assert_eq!(peer.expect(b'p'), b"\x01");
    // The client may have gone already.
    peer.try_send(&error_fields(
        b'E',
        &[(b'S', "FATAL"), (b'C', "28000"), (b'M', "bearer refused")],
    ));
}

pub(crate) const ASKED: &str = "n,,\x01auth=\x01\x01";

/// A connection on which the client asks what token it needs.
pub(crate) fn asked(document: &str) -> Script {
    let document = document.to_owned();
    Box::new(move |peer| {
        assert_eq!(hear(peer), ASKED);
        refuse(peer, &document);
        peer.wait_for_close();
    })
}

/// A connection on which the client shows this token, and is let in.
pub(crate) fn shown(token: &str) -> Script {
    let expected = format!("n,,\x01auth=Bearer {token}\x01\x01");
    Box::new(move |peer| {
        assert_eq!(hear(peer), expected);
        peer.send(&[authentication_ok(), ready(b'I')].concat());
        peer.wait_for_close();
    })
}

/// A connection on which the client shows a token, and is refused.
pub(crate) fn shown_in_vain(document: &str) -> Script {
    let document = document.to_owned();
    Box::new(move |peer| {
        assert!(hear(peer).starts_with("n,,\x01auth=Bearer "));
        refuse(peer, &document);
        peer.wait_for_close();
    })
}

/// A server that goes through these connections.
pub(crate) fn server(scripts: Vec<Script>) -> Scripted {
    Scripted::run_all(scripts)
}
