//! How many columns of a terminal a character takes.

use super::Encoding;
use super::encoding::Family;
use super::width_table::{WIDE, ZERO};

impl Encoding {
    /// How many columns the character at the start of `text` takes: 0, 1 or 2; -1 for a control
    /// character or, in UTF-8, for what is no character. A NUL takes none.
    ///
    /// The character is not validated; bytes missing from `text` count as NUL. In MULE_INTERNAL
    /// control characters and NUL take a column each, as in libpq.
    pub fn dsplen(self, text: &[u8]) -> i32 {
        let first = text.first().copied().unwrap_or(0);
        match self.family() {
            Family::Utf8 => utf8(text),
            Family::Mule => match first {
                0x90..=0x99 | 0x9c | 0x9d => 2,
                _ => 1,
            },
            _ if first < 0x80 => ascii(first),
            Family::SingleByte => 1,
            Family::EucJp if first == 0x8e => 1,
            Family::Sjis if (0xa1..=0xdf).contains(&first) => 1,
            _ => 2,
        }
    }
}

fn ascii(byte: u8) -> i32 {
    match byte {
        0 => 0,
        1..0x20 | 0x7f => -1,
        _ => 1,
    }
}

fn utf8(text: &[u8]) -> i32 {
    match code_point(text) {
        Some(0) => 0,
        None | Some(1..0x20 | 0x7f..0xa0 | 0x11_0000..) => -1,
        Some(0x20..0x7f) => 1,
        Some(code) if contains(&ZERO, code) => 0,
        Some(code) if contains(&WIDE, code) => 2,
        Some(_) => 1,
    }
}

/// The number that the bytes stand for, over-long and surrogate ones included: a width is asked
/// for text that may be anything.
fn code_point(text: &[u8]) -> Option<u32> {
    let byte = |index: usize| u32::from(text.get(index).copied().unwrap_or(0));
    let tail = |index| byte(index) & 0x3f;
    let first = byte(0);
    match first {
        ..0x80 => Some(first),
        0xc0..0xe0 => Some((first & 0x1f) << 6 | tail(1)),
        0xe0..0xf0 => Some((first & 0x0f) << 12 | tail(1) << 6 | tail(2)),
        0xf0..0xf8 => Some((first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3)),
        _ => None,
    }
}

/// Whether the ranges between the edges contain this code point.
fn contains(edges: &[u32], code: u32) -> bool {
    edges.partition_point(|edge| *edge <= code) % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width(character: char) -> i32 {
        let mut buffer = [0; 4];
        Encoding::UTF8.dsplen(character.encode_utf8(&mut buffer).as_bytes())
    }

    #[test]
    fn edges_ascend_and_pair_up() {
        for edges in [&ZERO[..], &WIDE[..]] {
            assert!(edges.is_sorted_by(|a, b| a < b));
            assert_eq!(edges.len() % 2, 0);
        }
    }

    #[test]
    fn marks_take_no_column_and_ideographs_two() {
        assert_eq!(width('a'), 1);
        assert_eq!(width('é'), 1);
        assert_eq!(width('\u{301}'), 0);
        assert_eq!(width('\u{ad}'), 0);
        assert_eq!(width('\u{200b}'), 0);
        assert_eq!(width('中'), 2);
        assert_eq!(width('Ａ'), 2);
        assert_eq!(width('🙂'), 2);
        assert_eq!(width('\u{10ffff}'), 1);
    }

    #[test]
    fn control_characters_have_no_width() {
        assert_eq!(width('\0'), 0);
        for control in ['\u{1}', '\n', '\u{1f}', '\u{7f}', '\u{80}', '\u{9f}'] {
            assert_eq!(width(control), -1, "{control:?}");
        }
        assert_eq!(Encoding::LATIN1.dsplen(b"\x80"), 1);
        assert_eq!(Encoding::LATIN1.dsplen(b"\x7f"), -1);
    }

    #[test]
    fn bytes_that_begin_no_character_have_no_width_in_utf8() {
        for bytes in [&b"\x80"[..], b"\xbf", b"\xf8\x80\x80\x80", b"\xff"] {
            assert_eq!(Encoding::UTF8.dsplen(bytes), -1);
        }
        assert_eq!(Encoding::UTF8.dsplen(b"\xf4\x90\x80\x80"), -1);
    }

    #[test]
    fn half_width_kana_take_one_column() {
        assert_eq!(Encoding::SJIS.dsplen(b"\xb1"), 1);
        assert_eq!(Encoding::EUC_JP.dsplen(b"\x8e\xb1"), 1);
        assert_eq!(Encoding::EUC_JP.dsplen(b"\xb0\xa1"), 2);
    }
}
