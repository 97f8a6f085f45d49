//! Whether bytes are valid characters of an encoding.

use super::Encoding;
use super::encoding::Family;

impl Encoding {
    /// The length of the character at the start of `text`, if it is complete and valid.
    ///
    /// A NUL is valid in no encoding.
    pub fn verify_char(self, text: &[u8]) -> Option<usize> {
        let character = text.get(..self.mblen(text))?;
        let valid = match *character {
            [first] if first < 0x80 => first != 0,
            _ => self.verify_high(character),
        };
        valid.then_some(character.len())
    }

    /// How many bytes at the start of `text` are valid characters.
    pub fn verify_str(self, text: &[u8]) -> usize {
        match self.family() {
            Family::SingleByte => memchr::memchr(0, text).unwrap_or(text.len()),
            Family::Utf8 => {
                let text = &text[..memchr::memchr(0, text).unwrap_or(text.len())];
                match std::str::from_utf8(text) {
                    Ok(_) => text.len(),
                    Err(error) => error.valid_up_to(),
                }
            }
            _ => self.verify_multibyte(text),
        }
    }

    fn verify_multibyte(self, text: &[u8]) -> usize {
        let mut done = 0;
        while done < text.len() {
            let rest = &text[done..];
            let ascii = ascii_prefix(rest);
            if let Some(nul) = memchr::memchr(0, &rest[..ascii]) {
                return done + nul;
            }
            done += ascii;
            match self.verify_char(&text[done..]) {
                Some(len) => done += len,
                None => break,
            }
        }
        done
    }

    /// Whether a character that begins with a byte of 0x80 or more, and is as long as that byte
    /// claims, is valid.
    fn verify_high(self, character: &[u8]) -> bool {
        let (first, rest) = (character[0], &character[1..]);
        match self.family() {
            Family::SingleByte => true,
            Family::Utf8 => std::str::from_utf8(character).is_ok(),
            Family::EucJp => match first {
                0x8e => in_range(rest, 0xa1, 0xdf),
                0x8f => in_range(rest, 0xa1, 0xfe),
                _ => in_range(character, 0xa1, 0xfe),
            },
            Family::EucCn | Family::EucKr => in_range(character, 0xa1, 0xfe),
            Family::EucTw => match first {
                0x8e => (0xa1..=0xa7).contains(&rest[0]) && in_range(&rest[1..], 0xa1, 0xfe),
                0x8f => false,
                _ => in_range(rest, 0xa1, 0xfe),
            },
            Family::Johab => in_range(rest, 0xa1, 0xfe),
            Family::Mule => in_range(rest, 0x80, 0xff),
            Family::Sjis => match *rest {
                [] => true,
                [second, ..] => {
                    matches!(first, 0x81..=0x9f | 0xe0..=0xfc)
                        && matches!(second, 0x40..=0x7e | 0x80..=0xfc)
                }
            },
            // The second is anything but what escaping writes in place of an invalid character.
            Family::DoubleByte => rest[0] != 0 && character != NEVER_VALID,
            Family::Gb18030 => verify_gb18030(first, rest),
        }
    }

    /// Two bytes that are valid in no text of this encoding: what escaping writes in place of a
    /// byte that is not valid, so that the server refuses the text rather than misreads it.
    pub(super) fn never_valid(self) -> &'static [u8; 2] {
        match self.family() {
            Family::Utf8 => b"\xc0 ",
            _ => NEVER_VALID,
        }
    }
}

const NEVER_VALID: &[u8; 2] = b"\x8d ";

fn verify_gb18030(first: u8, rest: &[u8]) -> bool {
    let high = |byte| (0x81..=0xfe).contains(&byte);
    match *rest {
        [second] => high(first) && matches!(second, 0x40..=0x7e | 0x80..=0xfe),
        // That the second byte is a digit is what makes the character four bytes long.
        [_, third, fourth] => high(first) && high(third) && fourth.is_ascii_digit(),
        _ => false,
    }
}

fn in_range(bytes: &[u8], low: u8, high: u8) -> bool {
    bytes.iter().all(|byte| (low..=high).contains(byte))
}

/// How many bytes at the start of `text` are below 0x80.
pub(super) fn ascii_prefix(text: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let clean = text
        .chunks_exact(BLOCK)
        .take_while(|block| block.is_ascii());
    let start = clean.count() * BLOCK;
    let high = text[start..].iter().position(|byte| *byte >= 0x80);
    high.map_or(text.len(), |offset| start + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_knows_neither_over_long_forms_nor_surrogates() {
        let valid = |text: &[u8]| Encoding::UTF8.verify_char(text).is_some();
        assert!(valid("é".as_bytes()) && valid("中".as_bytes()) && valid("🙂".as_bytes()));
        for bad in [
            &b"\xc0\x80"[..],
            b"\xe0\x80\x80",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\x80",
            b"\xff",
            b"\xe4\xb8",
            b"",
            b"\0",
        ] {
            assert!(!valid(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_valid_prefix_ends_before_the_first_bad_byte() {
        assert_eq!(Encoding::UTF8.verify_str(b"ab\xc3\xa9\xffcd"), 4);
        assert_eq!(Encoding::UTF8.verify_str(b"ab\0\xc3\xa9"), 2);
        assert_eq!(Encoding::LATIN1.verify_str(b"\xff\xfe\0"), 2);
        assert_eq!(Encoding::EUC_JP.verify_str(b"a\xa4\xa2\0b"), 3);
        assert_eq!(Encoding::EUC_JP.verify_str(b"\xa4\xa2\xa4"), 2);
        assert_eq!(Encoding::SJIS.verify_str(b"\x81\\\x81'"), 2);
        assert_eq!(Encoding::GB18030.verify_str(b"\x810\x810z\x810\x81"), 5);
    }

    #[test]
    fn text_longer_than_a_block_is_verified_to_its_end() {
        let long = "abcé中🙂".repeat(20);
        for encoding in [Encoding::EUC_JP, Encoding::SJIS, Encoding::BIG5] {
            assert_eq!(encoding.verify_str(&[b'x'; 100]), 100);
        }
        assert_eq!(Encoding::UTF8.verify_str(long.as_bytes()), long.len());
    }

    #[test]
    fn what_replaces_a_bad_byte_is_never_valid() {
        for encoding in Encoding::all().filter(|e| e.max_char_len() > 1) {
            let pair = encoding.never_valid();
            assert_eq!(encoding.verify_str(pair), 0, "{encoding}");
        }
    }

    #[test]
    fn the_ascii_prefix_ends_at_the_first_high_byte() {
        for len in 0..100 {
            let mut text = vec![b'a'; len];
            assert_eq!(ascii_prefix(&text), len);
            text.extend_from_slice(b"\x80abc");
            assert_eq!(ascii_prefix(&text), len);
        }
    }
}
