//! Escaping of text for use inside a string literal.

use memchr::{memchr, memchr2};

use super::verify::ascii_prefix;
use super::{Encoding, Sink};

/// What is reported when the text ends within a character.
pub const INCOMPLETE_CHARACTER: &str = "incomplete multibyte character";

/// What is reported when bytes are not a valid character of the encoding.
pub const INVALID_CHARACTER: &str = "invalid multibyte character";

/// Appends `src` to `dst`, escaped for use between the quotes of a string literal, which are not
/// added: quotes are doubled, and where `standard_conforming` is off backslashes too. A NUL ends
/// the text, as in C.
///
/// # Errors
/// [`INCOMPLETE_CHARACTER`] or [`INVALID_CHARACTER`], whichever comes first, where the text is not
/// valid in the encoding. All of it has been appended even then, with bytes in place of the bad
/// ones that the server is certain to refuse: a caller who ignores the error cannot be made to
/// send something that means another thing. Manual: `PQescapeStringConn`.
pub fn escape_string<S: Sink>(
    encoding: Encoding,
    standard_conforming: bool,
    src: &[u8],
    dst: &mut S,
) -> Result<(), &'static str> {
    let src = until_nul(src);
    let backslash = if standard_conforming { b'\'' } else { b'\\' };
    dst.reserve(src.len() + src.len() / 16 + 2);
    let mut outcome = Ok(());
    for piece in Pieces::new(encoding, src) {
        match piece {
            Piece::Text(text) => push_doubling(dst, text, b'\'', backslash),
            Piece::Opaque(text) => dst.push_slice(text),
            Piece::Bad(message) => {
                dst.push_slice(&encoding.never_valid());
                outcome = outcome.and(Err(message));
            }
        }
    }
    outcome
}

/// The text before the first NUL.
pub(super) fn until_nul(text: &[u8]) -> &[u8] {
    &text[..memchr(0, text).unwrap_or(text.len())]
}

/// A stretch of text.
pub(super) enum Piece<'a> {
    /// Valid characters, in which every byte below 0x80 is a character of its own.
    Text(&'a [u8]),
    /// Valid characters whose bytes mean nothing by themselves.
    Opaque(&'a [u8]),
    /// One byte that begins no valid character, and what is wrong with it.
    Bad(&'static str),
}

/// Divides a text without NUL into stretches that can be escaped at once.
pub(super) struct Pieces<'a> {
    encoding: Encoding,
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    pub(super) fn new(encoding: Encoding, text: &'a [u8]) -> Self {
        let rest = text;
        Self { encoding, rest }
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let text = match self.encoding.is_ascii_safe() {
            true => self.encoding.verify_str(self.rest),
            false => ascii_prefix(self.rest),
        };
        if text > 0 {
            return Some(Piece::Text(self.take(text)));
        }
        let opaque = self.encoding.high_prefix(self.rest);
        if opaque > 0 {
            return Some(Piece::Opaque(self.take(opaque)));
        }
        let complete = self.encoding.mblen(self.rest) <= self.rest.len();
        self.take(1);
        Some(Piece::Bad(match complete {
            true => INVALID_CHARACTER,
            false => INCOMPLETE_CHARACTER,
        }))
    }
}

/// Appends `src` with every `a` and every `b` doubled; the two may be the same.
pub(super) fn push_doubling<S: Sink>(dst: &mut S, mut src: &[u8], a: u8, b: u8) {
    /// A search that ends sooner than this was not worth its while.
    const DENSE: usize = 16;
    /// How much is then copied byte by byte before the next search.
    const BLOCK: usize = 64;

    while let Some(at) = memchr2(a, b, src) {
        if at >= DENSE {
            dst.push_slice(&src[..=at]);
            dst.push_slice(&src[at..=at]);
            src = &src[at + 1..];
            continue;
        }
        let (block, rest) = src.split_at(BLOCK.min(src.len()));
        let mut doubled = [0; 2 * BLOCK];
        let mut len = 0;
        for &byte in block {
            // Written twice, kept twice or once: no branch for the processor to guess.
            doubled[len..len + 2].fill(byte);
            len += 1 + usize::from(byte == a || byte == b);
        }
        dst.push_slice(&doubled[..len]);
        src = rest;
    }
    dst.push_slice(src);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escape(encoding: Encoding, conforming: bool, src: &[u8]) -> (Vec<u8>, Option<&'static str>) {
        let mut dst = Vec::new();
        let outcome = escape_string(encoding, conforming, src, &mut dst);
        (dst, outcome.err())
    }

    #[test]
    fn quotes_are_doubled_and_backslashes_only_where_they_escape() {
        let src = b"a'b\\c";
        let conforming = escape(Encoding::UTF8, true, src);
        assert_eq!(conforming, (b"a''b\\c".to_vec(), None));
        let escaping = escape(Encoding::UTF8, false, src);
        assert_eq!(escaping, (b"a''b\\\\c".to_vec(), None));
    }

    #[test]
    fn text_ends_at_a_nul() {
        assert_eq!(
            escape(Encoding::UTF8, true, b"a\0b'"),
            (b"a".to_vec(), None)
        );
        let cut = escape(Encoding::UTF8, true, b"\xe4\0\0x");
        assert_eq!(cut, (b"\xc0 ".to_vec(), Some(INCOMPLETE_CHARACTER)));
    }

    #[test]
    fn a_bad_byte_hides_no_quote_and_is_replaced() {
        let outcome = escape(Encoding::UTF8, true, b"x\xe4'");
        assert_eq!(outcome, (b"x\xc0 ''".to_vec(), Some(INCOMPLETE_CHARACTER)));
        let outcome = escape(Encoding::UTF8, true, b"x\xe4'y");
        assert_eq!(outcome, (b"x\xc0 ''y".to_vec(), Some(INVALID_CHARACTER)));
        let outcome = escape(Encoding::SJIS, false, b"\xff'\xff\\z");
        let expected = b"\x8d ''\x8d \\\\z".to_vec();
        assert_eq!(outcome, (expected, Some(INVALID_CHARACTER)));
    }

    #[test]
    fn the_first_thing_wrong_is_the_one_reported() {
        let outcome = escape(Encoding::UTF8, true, b"ok\xff\xe4");
        assert_eq!(outcome, (b"ok\xc0 \xc0 ".to_vec(), Some(INVALID_CHARACTER)));
    }

    #[test]
    fn a_backslash_within_a_character_is_left_alone() {
        let outcome = escape(Encoding::SJIS, false, b"\x81\\'\\");
        assert_eq!(outcome, (b"\x81\\''\\\\".to_vec(), None));
        let outcome = escape(Encoding::LATIN1, false, b"\x81\\'");
        assert_eq!(outcome, (b"\x81\\\\''".to_vec(), None));
    }

    #[test]
    fn dense_and_sparse_quotes_are_all_doubled() {
        for gap in 0..150 {
            let text = format!("{}'", "x".repeat(gap)).repeat(5);
            let (escaped, error) = escape(Encoding::UTF8, false, text.as_bytes());
            assert_eq!(escaped, text.replace('\'', "''").as_bytes(), "{gap}");
            assert_eq!(error, None);
        }
    }
}
