//! String literals and quoted identifiers.

use memchr::memchr;

use super::escape::{
    INCOMPLETE_CHARACTER, INVALID_CHARACTER, Piece, Pieces, push_doubling, until_nul,
};
use super::verify::ascii_prefix;
use super::{Encoding, Sink};

/// The text as an SQL string literal with its quotes, which means the same whatever the server's
/// `standard_conforming_strings`: where the text has a backslash, ` E'…'` with a space in front, so
/// that the `E` cannot join a word before it. A NUL ends the text, as in C.
///
/// # Errors
/// [`INCOMPLETE_CHARACTER`] or [`INVALID_CHARACTER`] where the text is not valid in the encoding.
/// Manual: `PQescapeLiteral`.
pub fn escape_literal(encoding: Encoding, src: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut literal = Vec::new();
    write_literal(encoding, src, &mut literal)?;
    Ok(literal)
}

/// Appends to `dst` what [`escape_literal`] returns.
///
/// # Errors
/// As of [`escape_literal`]; `dst` then has a part of the literal.
pub fn write_literal<S: Sink>(
    encoding: Encoding,
    src: &[u8],
    dst: &mut S,
) -> Result<(), &'static str> {
    let src = until_nul(src);
    match has_backslash(encoding, src) {
        false => quote(encoding, src, dst, b"'", [b'\'', b'\'']),
        true => quote(encoding, src, dst, b" E'", [b'\'', b'\\']),
    }
}

/// The text as a quoted SQL identifier. A NUL ends the text, as in C.
///
/// # Errors
/// As of [`escape_literal`]. Manual: `PQescapeIdentifier`.
pub fn escape_identifier(encoding: Encoding, src: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut identifier = Vec::new();
    write_identifier(encoding, src, &mut identifier)?;
    Ok(identifier)
}

/// Appends to `dst` what [`escape_identifier`] returns.
///
/// # Errors
/// As of [`escape_literal`]; `dst` then has a part of the identifier.
pub fn write_identifier<S: Sink>(
    encoding: Encoding,
    src: &[u8],
    dst: &mut S,
) -> Result<(), &'static str> {
    quote(encoding, until_nul(src), dst, b"\"", [b'"', b'"'])
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

/// Appends `open`, `src` with both of `doubled` doubled, and the first of `doubled` as the close.
fn quote<S: Sink>(
    encoding: Encoding,
    src: &[u8],
    dst: &mut S,
    open: &[u8],
    doubled: [u8; 2],
) -> Result<(), &'static str> {
    let [close, escape] = doubled;
    // Room for a doubled character now and then; the buffer grows where there are more.
    dst.reserve(src.len() + src.len() / 16 + open.len() + 2);
    dst.push_slice(open);
    for piece in Pieces::new(encoding, src) {
        match piece {
            Piece::Text(text) => push_doubling(dst, text, close, escape),
            Piece::Opaque(text) => dst.push_slice(text),
            Piece::Bad(_) => return Err(complaint(encoding, src)),
        }
    }
    dst.push_slice(&[close]);
    Ok(())
}

/// What libpq says of text that is not valid: that a character is incomplete only where the first
/// one above ASCII is, and of everything after it that it is invalid.
fn complaint(encoding: Encoding, src: &[u8]) -> &'static str {
    let first = &src[ascii_prefix(src)..];
    match encoding.mblen(first) > first.len() {
        true => INCOMPLETE_CHARACTER,
        false => INVALID_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
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
            let late = "\u{e9}a".as_bytes();
            assert_eq!(
                escape(Encoding::UTF8, &[late, b"\xe4"].concat()),
                Err(INVALID_CHARACTER)
            );
            assert!(escape(Encoding::SQL_ASCII, b"x\xff\xe4").is_ok());
        }
    }
}
