//! Which pieces of a broken connection string a message must not quote.
//!
//! Where a string breaks at a quotation mark, a space or a slash that should have been escaped,
//! what follows may be a piece of a password, whatever it is taken for.

use std::borrow::Cow;

use super::{MASK, OptionId, shown};

/// A value as a message quotes it: one that has swallowed a secret's setting is masked.
pub(super) fn quoted(value: &[u8]) -> Cow<'_, str> {
    quoted_unless(value, sets_secret(value))
}

/// A host as a message quotes it: without what stands before an `@`, which belongs to a password
/// whose own `@` was not encoded.
pub fn quoted_host(name: &[u8]) -> Cow<'_, str> {
    match memchr::memrchr(b'@', name) {
        None | Some(0) => quoted(name),
        Some(at) => format!("{MASK}{}", quoted(&name[at..])).into(),
    }
}

/// The text, or the mask in its place.
pub(super) fn quoted_unless(text: &[u8], hidden: bool) -> Cow<'_, str> {
    if hidden && !text.is_empty() {
        return MASK.into();
    }
    shown(text)
}

/// Whether a secret option is set somewhere in the text, even inside something else.
pub(super) fn sets_secret(text: &[u8]) -> bool {
    mentions(text).any(|rest| {
        let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        rest.get(spaces.count()) == Some(&b'=')
    })
}

/// Whether a word is a secret option's keyword with more to it, or a URI with a password.
pub(super) fn holds_secret(word: &[u8]) -> bool {
    let is_uri = || word.contains(&b'@') && memchr::memmem::find(word, b":/").is_some();
    OptionId::from_keyword(word).is_none() && (mentions(word).next().is_some() || is_uri())
}

/// What follows each keyword of a secret option.
fn mentions(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let secrets = OptionId::ALL.into_iter().filter(|id| id.is_secret());
    secrets.flat_map(move |id| {
        let keyword = id.keyword().as_bytes();
        memchr::memmem::find_iter(text, keyword).map(move |at| &text[at + keyword.len()..])
    })
}

/// Whether a word is of the letters of which keywords are, so that it is more likely a mistyped one
/// than a piece of a password.
pub(super) fn resembles_keyword(word: &[u8]) -> bool {
    word.iter()
        .all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_secrets_are_seen_and_their_names_alone_are_not() {
        for text in [
            "password=x",
            "a password = x",
            "h' sslpassword=",
            "scram_client_key\t=k",
        ] {
            assert!(sets_secret(text.as_bytes()), "{text}");
        }
        for text in ["", "password", "!password,md5", "passfile=x", "pass word=x"] {
            assert!(!sets_secret(text.as_bytes()), "{text}");
        }
        for word in [
            "passwordx",
            "xpassword",
            "postgresql://u:p@h",
            "postgresql:/u:p@h",
        ] {
            assert!(holds_secret(word.as_bytes()), "{word}");
        }
        assert!(!holds_secret(b"password") && !holds_secret(b"sslpassword"));
    }

    #[test]
    fn a_host_is_quoted_without_the_end_of_a_password() {
        for (host, expected) in [
            (&b"h"[..], "h"),
            (b"rest@of@h", "***@h"),
            (b"@abstract", "@abstract"),
            (b"h password=x", "***"),
        ] {
            assert_eq!(quoted_host(host), expected);
        }
    }
}
