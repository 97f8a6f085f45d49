//! The normal form of a password in SCRAM: SASLprep (RFC 4013), as PostgreSQL does it.
//!
//! Manual: "SCRAM-SHA-256 Authentication": a password that is not UTF-8, or that holds characters
//! SASLprep prohibits, is used as the bytes it is, on the server and on the client alike.
//!
//! PostgreSQL looks for prohibited, unassigned and bidirectional characters before it normalizes,
//! the RFC afterwards. The two sides must agree, so what PostgreSQL does is what counts, and the
//! profile of the `stringprep` crate as a whole cannot be used: only its tables.

use stringprep::tables;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The bytes that SCRAM hashes for this password. Wiped when dropped.
pub fn saslprep(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let prepared = normalized(password).unwrap_or_else(|| password.to_vec());
    Zeroizing::new(prepared)
}

/// The normal form, where the password is permitted one. ASCII is its own normal form.
fn normalized(password: &[u8]) -> Option<Vec<u8>> {
    if password.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(password).ok()?;
    // As long as the text at most, so that it never grows and leaves a copy behind.
    let mut mapped = Zeroizing::new(String::with_capacity(text.len()));
    mapped.extend(text.chars().filter_map(map));
    if mapped.is_empty() || mapped.contains(is_prohibited) || is_mixed_direction(&mapped) {
        return None;
    }
    Some(mapped.nfkc().collect::<String>().into_bytes())
}

/// RFC 4013, 2.1: every space becomes the ASCII one, and what nobody sees goes.
fn map(character: char) -> Option<char> {
    if tables::non_ascii_space_character(character) {
        Some(' ')
    } else {
        (!tables::commonly_mapped_to_nothing(character)).then_some(character)
    }
}

/// RFC 4013, 2.3 and 2.5.
fn is_prohibited(character: char) -> bool {
    [
        tables::non_ascii_space_character,
        tables::ascii_control_character,
        tables::non_ascii_control_character,
        tables::private_use,
        tables::non_character_code_point,
        tables::inappropriate_for_plain_text,
        tables::inappropriate_for_canonical_representation,
        tables::change_display_properties_or_deprecated,
        tables::tagging_character,
        tables::unassigned_code_point,
    ]
    .iter()
    .any(|table| table(character))
}

/// RFC 4013, 2.4: text with right-to-left characters must begin and end with one, and hold no
/// left-to-right ones.
fn is_mixed_direction(text: &str) -> bool {
    let right_to_left = tables::bidi_r_or_al;
    text.contains(right_to_left)
        && !(text.starts_with(right_to_left)
            && text.ends_with(right_to_left)
            && !text.contains(tables::bidi_l))
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
    fn characters_are_checked_before_they_are_normalized_as_postgresql_does() {
        // Each in PostgreSQL 18's answer to PQencryptPasswordConn; the RFC has it otherwise.
        check("a\u{1D37}b", "a\u{1D37}b");
        check("\u{1F105}", "\u{1F105}");
        check("\u{340}", "\u{340}");
        check("\u{627}\u{20A8}\u{628}", "\u{627}Rs\u{628}");
        check("\u{FB1D}", "\u{5D9}\u{5B4}");
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
