//! The normal form of a password in SCRAM: SASLprep (RFC 4013), with PostgreSQL's rule for what
//! SASLprep refuses.
//!
//! Manual: "SCRAM-SHA-256 Authentication": a password that is not UTF-8, or that holds characters
//! SASLprep prohibits, is used as the bytes it is, on the server and on the client alike.

use zeroize::Zeroizing;

/// The bytes that SCRAM hashes for this password. Wiped when dropped.
pub fn saslprep(password: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(normalized(password).unwrap_or_else(|| password.to_vec()))
}

/// The normal form where it differs from the bytes given and is permitted.
fn normalized(password: &[u8]) -> Option<Vec<u8>> {
    if password.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(password).ok()?;
    let prepared = stringprep::saslprep(text).ok()?;
    // Nothing but characters that are mapped to nothing: no password at all, so not permitted.
    (!prepared.is_empty()).then(|| prepared.into_owned().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) {
        let (password, expected) = (password.as_ref(), expected.as_ref());
        assert_eq!(&saslprep(password)[..], expected, "{password:?}");
    }

    #[test]
    fn the_examples_of_rfc_4013_hold() {
        check("I\u{AD}X", "IX");
        check("user", "user");
        check("USER", "USER");
        check("\u{AA}", "a");
        check("\u{2168}", "IX");
    }

    #[test]
    fn what_saslprep_prohibits_is_used_as_it_is() {
        check("\u{7}", "\u{7}");
        check("\u{AA}\u{7}", "\u{AA}\u{7}");
        check("\u{627}\u{31}", "\u{627}\u{31}");
        check("\u{AA}\u{E000}", "\u{AA}\u{E000}");
        check("\u{AA}\u{221}", "\u{AA}\u{221}");
    }

    #[test]
    fn spaces_are_mapped_to_the_ascii_space() {
        check("a\u{A0}b\u{3000}c", "a b c");
    }

    #[test]
    fn what_is_not_utf8_is_used_as_it_is() {
        check(b"p\xe4ss\xff", b"p\xe4ss\xff");
        check(b"\xc2\xaa\xed\xa0\x80", b"\xc2\xaa\xed\xa0\x80");
    }

    #[test]
    fn a_password_that_would_vanish_is_used_as_it_is() {
        check("\u{AD}\u{AD}", "\u{AD}\u{AD}");
        check("", "");
    }
}
