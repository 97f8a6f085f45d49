//! String literals and quoted identifiers.

use memchr::memchr;

use super::Encoding;
use super::escape::{Piece, Pieces, push_doubling, until_nul};

/// The text as an SQL string literal with its quotes, which means the same whatever the server's
/// `standard_conforming_strings`: where the text has a backslash, ` E'…'` with a space in front, so
/// that the `E` cannot join a word before it. A NUL ends the text, as in C.
///
/// # Errors
/// What is wrong with the first bytes that are not valid in the encoding; see
/// [`escape_string`](super::escape_string). Manual: `PQescapeLiteral`.
pub fn escape_literal(encoding: Encoding, src: &[u8]) -> Result<Vec<u8>, &'static str> {
    let src = until_nul(src);
    match has_backslash(encoding, src) {
        false => quote(encoding, src, b"'", b'\'', b'\''),
        true => quote(encoding, src, b" E'", b'\'', b'\\'),
    }
}

/// The text as a quoted SQL identifier. A NUL ends the text, as in C.
///
/// # Errors
/// As of [`escape_literal`]. Manual: `PQescapeIdentifier`.
pub fn escape_identifier(encoding: Encoding, src: &[u8]) -> Result<Vec<u8>, &'static str> {
    quote(encoding, until_nul(src), b"\"", b'"', b'"')
}

/// Whether one of the characters is a backslash. In text that is not valid the answer does not
/// matter: it will be refused.
fn has_backslash(encoding: Encoding, src: &[u8]) -> bool {
    if encoding.is_ascii_safe() {
        return memchr(b'\\', src).is_some();
    }
    Pieces::new(encoding, src).any(|piece| match piece {
        Piece::Text(text) => memchr(b'\\', text).is_some(),
        Piece::Opaque(_) | Piece::Bad(_) => false,
    })
}

/// `src` between `open` and `close`, with every `close` and every `escape` doubled.
fn quote(
    encoding: Encoding,
    src: &[u8],
    open: &[u8],
    close: u8,
    escape: u8,
) -> Result<Vec<u8>, &'static str> {
    // Room for a doubled character now and then; the buffer grows where there are more.
    let mut quoted = Vec::with_capacity(src.len() + src.len() / 16 + open.len() + 2);
    quoted.extend_from_slice(open);
    for piece in Pieces::new(encoding, src) {
        match piece {
            Piece::Text(text) => push_doubling(&mut quoted, text, close, escape),
            Piece::Opaque(text) => quoted.extend_from_slice(text),
            Piece::Bad(message) => return Err(message),
        }
    }
    quoted.push(close);
    Ok(quoted)
}

#[cfg(test)]
mod tests {
    use super::super::{INCOMPLETE_CHARACTER, INVALID_CHARACTER};
    use super::*;

    #[test]
    fn a_literal_has_an_e_only_for_a_backslash() {
        let literal = |src: &[u8]| escape_literal(Encoding::UTF8, src).unwrap();
        assert_eq!(literal(b""), b"''");
        assert_eq!(literal(b"it's"), b"'it''s'");
        assert_eq!(literal(b"a\\'b"), b" E'a\\\\''b'");
        assert_eq!(literal(b"a\0\\"), b"'a'");
    }

    #[test]
    fn an_identifier_doubles_only_its_quotes() {
        let identifier = |src: &[u8]| escape_identifier(Encoding::UTF8, src).unwrap();
        assert_eq!(identifier(b"a\"b'c\\d"), b"\"a\"\"b'c\\d\"");
        assert_eq!(identifier("é".as_bytes()), "\"é\"".as_bytes());
    }

    #[test]
    fn a_backslash_within_a_character_needs_no_e() {
        let literal = |src: &[u8]| escape_literal(Encoding::SJIS, src).unwrap();
        assert_eq!(literal(b"\x81\\'"), b"'\x81\\'''");
        assert_eq!(literal(b"\x81\\\\"), b" E'\x81\\\\\\'");
    }

    #[test]
    fn text_that_is_not_valid_is_refused() {
        for escape in [escape_literal, escape_identifier] {
            assert_eq!(escape(Encoding::UTF8, b"x\xe4"), Err(INCOMPLETE_CHARACTER));
            assert_eq!(escape(Encoding::UTF8, b"x\xff"), Err(INVALID_CHARACTER));
            assert_eq!(escape(Encoding::EUC_JP, b"\xa4'"), Err(INVALID_CHARACTER));
            assert!(escape(Encoding::SQL_ASCII, b"x\xff\xe4").is_ok());
        }
    }
}
