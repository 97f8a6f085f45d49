//! Escaping, unescaping and the encodings. The input is an encoding's number, flags (bit 0:
//! `standard_conforming_strings`), then text or bytes.

#![no_main]

use ferropq::charset::{
    Encoding, escape_bytea, escape_identifier, escape_literal, escape_string, unescape_bytea,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [number, flags, ref src @ ..] = *input else {
        return;
    };
    let encoding = Encoding::from_id(i32::from(number) % 42).expect("one of 42");
    let conforming = flags & 1 != 0;
    lengths(encoding, src);
    strings(encoding, conforming, src);
    bytea(conforming, src);
    let _ = Encoding::from_name(src);
});

/// What is said of characters is consistent.
fn lengths(encoding: Encoding, src: &[u8]) {
    assert!((-1..=2).contains(&encoding.dsplen(src)));
    assert!((1..=encoding.max_char_len()).contains(&encoding.mblen(src)));
    assert!(encoding.mblen_bounded(src) <= src.len());
    let valid = encoding.verify_str(src);
    let mut done = 0;
    while let Some(len) = encoding.verify_char(&src[done..]) {
        assert_eq!(len, encoding.mblen(&src[done..]));
        assert_eq!(len, encoding.mblen_bounded(&src[done..]));
        done += len;
    }
    assert_eq!(done, valid);
}

/// Valid text comes back from all that it is escaped to; other text is refused by all.
fn strings(encoding: Encoding, conforming: bool, src: &[u8]) {
    let text = src.split(|byte| *byte == 0).next().expect("at least one");
    let is_valid = encoding.verify_str(text) == text.len();

    let mut escaped = Vec::new();
    let outcome = escape_string(encoding, conforming, src, &mut escaped);
    assert!(escaped.len() <= 2 * src.len());
    assert_eq!(outcome.is_ok(), is_valid);
    let special: &[u8] = if conforming { b"'" } else { b"'\\" };
    match outcome {
        Ok(()) => assert_eq!(undouble(encoding, special, &escaped), text),
        // The server is certain to refuse it.
        Err(_) => assert!(encoding.verify_str(&escaped) < escaped.len()),
    }

    let literal = escape_literal(encoding, src);
    assert_eq!(literal.is_ok(), is_valid);
    if let Ok(literal) = literal {
        let (body, special): (_, &[u8]) = match literal.strip_prefix(b" E'") {
            Some(body) => (body, b"'\\"),
            None => (literal.strip_prefix(b"'").expect("a quote"), b"'"),
        };
        let body = body.strip_suffix(b"'").expect("a quote");
        assert_eq!(undouble(encoding, special, body), text);
    }

    let identifier = escape_identifier(encoding, src);
    assert_eq!(identifier.is_ok(), is_valid);
    if let Ok(identifier) = identifier {
        let body = identifier.strip_prefix(b"\"").expect("a quote");
        let body = body.strip_suffix(b"\"").expect("a quote");
        assert_eq!(undouble(encoding, b"\"", body), text);
    }
}

/// Bytes come back from both formats; anything can be unescaped.
fn bytea(conforming: bool, src: &[u8]) {
    assert!(unescape_bytea(src).len() <= src.len());
    let special: &[u8] = if conforming { b"'" } else { b"'\\" };
    for use_hex in [true, false] {
        let escaped = escape_bytea(use_hex, conforming, src);
        let value = undouble(Encoding::SQL_ASCII, special, &escaped);
        assert_eq!(unescape_bytea(&value), src);
    }
}

/// Reads text as the server does between quotes: the special characters must come in pairs.
fn undouble(encoding: Encoding, special: &[u8], mut text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while !text.is_empty() {
        let len = encoding.verify_char(text).expect("a valid character");
        let (character, rest) = text.split_at(len);
        plain.extend_from_slice(character);
        text = rest;
        if len == 1 && special.contains(&character[0]) {
            text = text.strip_prefix(character).expect("the character again");
        }
    }
    plain
}
