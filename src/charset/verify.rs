//! Whether bytes are valid characters of an encoding.

use super::Encoding;
use super::encoding::Family;
use crate::wire::find_nul;

impl Encoding {
    /// The length of the character at the start of `text`, if it is complete and valid.
    ///
    /// A NUL is valid in no encoding.
    pub fn verify_char(self, text: &[u8]) -> Option<usize> {
        match *text.first()? {
            0 => None,
            1..0x80 => Some(1),
            _ => self.verify_high(text),
        }
    }

    /// How many bytes at the start of `text` are valid characters.
    pub fn verify_str(self, text: &[u8]) -> usize {
        let text = &text[..find_nul(text).unwrap_or(text.len())];
        match self.family() {
            Family::SingleByte => text.len(),
            Family::Utf8 => match std::str::from_utf8(text) {
                Ok(_) => text.len(),
                Err(error) => error.valid_up_to(),
            },
            _ => {
                let mut done = 0;
                loop {
                    done += ascii_prefix(&text[done..]);
                    match self.high_prefix(&text[done..]) {
                        0 => return done,
                        high => done += high,
                    }
                }
            }
        }
    }

    /// How many bytes at the start of `text` are valid characters of which each begins with a byte
    /// of 0x80 or more.
    pub(super) fn high_prefix(self, text: &[u8]) -> usize {
        match self.family() {
            Family::SingleByte => prefix(text, |_| Some(1)),
            Family::Utf8 => prefix(text, utf8),
            Family::EucJp => prefix(text, euc_jp),
            Family::EucCn | Family::EucKr => prefix(text, euc_two_bytes),
            Family::EucTw => prefix(text, euc_tw),
            Family::Johab => prefix(text, johab),
            Family::Mule => prefix(text, mule),
            Family::Sjis => prefix(text, sjis),
            Family::DoubleByte => prefix(text, double_byte),
            Family::Gb18030 => prefix(text, gb18030),
        }
    }

    fn verify_high(self, text: &[u8]) -> Option<usize> {
        match self.family() {
            Family::SingleByte => Some(1),
            Family::Utf8 => utf8(text),
            Family::EucJp => euc_jp(text),
            Family::EucCn | Family::EucKr => euc_two_bytes(text),
            Family::EucTw => euc_tw(text),
            Family::Johab => johab(text),
            Family::Mule => mule(text),
            Family::Sjis => sjis(text),
            Family::DoubleByte => double_byte(text),
            Family::Gb18030 => gb18030(text),
        }
    }

    /// Two bytes that are valid in no text of this encoding: what escaping writes in place of a
    /// byte that is not valid, so that the server refuses the text rather than misreads it.
    pub(super) fn never_valid(self) -> [u8; 2] {
        match self.family() {
            Family::Utf8 => *b"\xc0 ",
            _ => NEVER_VALID,
        }
    }
}

const NEVER_VALID: [u8; 2] = *b"\x8d ";

/// How far `character` finds one high character after the other.
fn prefix(text: &[u8], character: impl Fn(&[u8]) -> Option<usize>) -> usize {
    let mut done = 0;
    while let Some(rest @ [0x80..=0xff, ..]) = text.get(done..) {
        match character(rest) {
            Some(len) => done += len,
            None => break,
        }
    }
    done
}

// One function a family: the length of the valid character at the start of a text that begins with
// a byte of 0x80 or more.

fn utf8(text: &[u8]) -> Option<usize> {
    let character = text.get(..Encoding::UTF8.mblen(text))?;
    std::str::from_utf8(character).ok().map(str::len)
}

fn euc_jp(text: &[u8]) -> Option<usize> {
    match *text {
        [0x8e, 0xa1..=0xdf, ..] => Some(2),
        [0x8f, 0xa1..=0xfe, 0xa1..=0xfe, ..] => Some(3),
        _ => euc_two_bytes(text),
    }
}

fn euc_two_bytes(text: &[u8]) -> Option<usize> {
    match *text {
        [0xa1..=0xfe, 0xa1..=0xfe, ..] => Some(2),
        _ => None,
    }
}

fn euc_tw(text: &[u8]) -> Option<usize> {
    match *text {
        [0x8e, 0xa1..=0xa7, 0xa1..=0xfe, 0xa1..=0xfe, ..] => Some(4),
        [0x8e | 0x8f, ..] => None,
        [_, 0xa1..=0xfe, ..] => Some(2),
        _ => None,
    }
}

fn johab(text: &[u8]) -> Option<usize> {
    match *text {
        [0x8f, 0xa1..=0xfe, 0xa1..=0xfe, ..] => Some(3),
        [0x8f, ..] => None,
        [_, 0xa1..=0xfe, ..] => Some(2),
        _ => None,
    }
}

fn mule(text: &[u8]) -> Option<usize> {
    let character = text.get(..Encoding::MULE_INTERNAL.mblen(text))?;
    let valid = character[1..].iter().all(|byte| *byte >= 0x80);
    valid.then_some(character.len())
}

fn sjis(text: &[u8]) -> Option<usize> {
    match *text {
        [0xa1..=0xdf, ..] => Some(1),
        [0x81..=0x9f | 0xe0..=0xfc, 0x40..=0x7e | 0x80..=0xfc, ..] => Some(2),
        _ => None,
    }
}

/// The second byte is anything, except in what escaping writes for an invalid character.
fn double_byte(text: &[u8]) -> Option<usize> {
    match *text {
        [first, second, ..] if second != 0 && [first, second] != NEVER_VALID => Some(2),
        _ => None,
    }
}

fn gb18030(text: &[u8]) -> Option<usize> {
    match *text {
        [0x81..=0xfe, b'0'..=b'9', 0x81..=0xfe, b'0'..=b'9', ..] => Some(4),
        [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, ..] => Some(2),
        _ => None,
    }
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
            assert_eq!(encoding.verify_str(&pair), 0, "{encoding}");
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
