//! What is secret is in no message, however the string around it is broken.

use crate::{fault, parse};

/// A word that no message has by chance.
const SECRET: &str = "tOpSeCrEt";

/// Strings in which the word is a password, a passphrase, a key or a client's secret, and what tells
/// that it is.
const STRINGS: [(&str, &str); 19] = [
    ("host=h password=tOpSeCrEt user=u", "password"),
    ("host=h password='tOpSeCrEt' user=u", "password"),
    ("sslmode='require' password='tOpSeCrEt' port=5", "password"),
    ("port=5432 password=tOpSeCrEt require_auth=none", "password"),
    ("password = 'two tOpSeCrEt words' host=h", "password"),
    ("password=a\\ tOpSeCrEt host=h", "password"),
    ("password='it\\'s tOpSeCrEt' host=h", "password"),
    ("sslpassword=tOpSeCrEt host=h", "password"),
    ("sslpassword='my tOpSeCrEt' host=h", "password"),
    (
        "oauth_client_secret=tOpSeCrEt oauth_client_id=i",
        "oauth_client_secret",
    ),
    (
        "scram_client_key=tOpSeCrEt scram_server_key=a",
        "scram_client_key",
    ),
    ("postgresql://u:tOpSeCrEt@h:5432/d", "://u:"),
    (
        "postgresql://u:a%20tOpSeCrEt@[::1]:5432,g/d?sslmode=require",
        "://u:",
    ),
    ("postgresql://u@h/d?password=tOpSeCrEt", "password"),
    (
        "postgresql://u@h/d?user=u&password=my%20tOpSeCrEt&port=1",
        "password",
    ),
    ("postgresql://h?sslpassword=tOpSeCrEt", "sslpassword"),
    (
        "postgresql://h?oauth_client_secret=tOpSeCrEt",
        "oauth_client_secret",
    ),
    ("postgres://:tOpSeCrEt@/d", "://:"),
    ("postgres://:tOpSeCrEt@[::1]/d?host=h", "://:"),
];

/// What is put in somewhere.
const PUT_IN: [&str; 20] = [
    " ", "'", "\\", "=", "\"", "\n", "\t", "@", ":", "/", "?", "&", "%", "%00", "%zz", "[", "]",
    "#", ",", "\u{e4}",
];

#[track_caller]
fn assert_kept(conninfo: &str) {
    let parsed = parse(conninfo.as_bytes()).err();
    let found = fault(conninfo.as_bytes());
    for message in [parsed, found].into_iter().flatten() {
        assert!(!message.contains(SECRET), "{conninfo:?}: {message}");
    }
}

/// The places at which the string can be cut, but for those inside the secret.
fn places(text: &str) -> impl Iterator<Item = usize> {
    let inside: Vec<_> = text
        .match_indices(SECRET)
        .flat_map(|(at, _)| at + 1..at + SECRET.len())
        .collect();
    (0..=text.len()).filter(move |at| !inside.contains(at))
}

#[test]
fn no_message_has_a_secret_after_something_was_put_in() {
    for (text, tells) in STRINGS {
        for at in places(text) {
            for more in PUT_IN {
                let (before, behind) = text.split_at(at);
                let broken = [before, more, behind].concat();
                if broken.contains(tells) {
                    assert_kept(&broken);
                }
            }
        }
    }
}

#[test]
fn no_message_has_a_secret_after_something_was_left_out() {
    for (text, tells) in STRINGS {
        let places: Vec<usize> = places(text).collect();
        for (index, from) in places.iter().enumerate() {
            for to in &places[index + 1..] {
                let broken = [&text[..*from], &text[*to..]].concat();
                // Where its name is gone, nobody can know it.
                if broken.contains(tells) {
                    assert_kept(&broken);
                }
            }
        }
    }
}
