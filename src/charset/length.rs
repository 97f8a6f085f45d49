//! How many bytes a character has, judged by its first bytes.

use super::Encoding;
use super::encoding::Family;
use crate::wire::find_nul;

impl Encoding {
    /// How many bytes the character at the start of `text` claims to have, at least 1.
    ///
    /// Nothing is validated, and the answer may exceed what is left of `text`; bytes missing from
    /// `text` count as NUL. Manual: "Multibyte Character Handling" of `PQmblen`.
    pub fn mblen(self, text: &[u8]) -> usize {
        let first = text.first().copied().unwrap_or(0);
        if first < 0x80 {
            return 1;
        }
        match self.family() {
            Family::SingleByte => 1,
            Family::EucJp | Family::EucKr | Family::Johab => match first {
                0x8f => 3,
                _ => 2,
            },
            Family::EucCn => match first {
                0x8e | 0x8f => 3,
                _ => 2,
            },
            Family::EucTw => match first {
                0x8e => 4,
                0x8f => 3,
                _ => 2,
            },
            Family::Utf8 => match first {
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf7 => 4,
                _ => 1,
            },
            Family::Mule => match first {
                0x81..=0x8d => 2,
                0x90..=0x9b => 3,
                0x9c | 0x9d => 4,
                _ => 1,
            },
            Family::Sjis => match first {
                0xa1..=0xdf => 1,
                _ => 2,
            },
            Family::DoubleByte => 2,
            Family::Gb18030 => match text.get(1) {
                Some(b'0'..=b'9') => 4,
                _ => 2,
            },
        }
    }

    /// The same, but no more bytes than stand in `text` before its end or a NUL.
    ///
    /// The answer is 0 where `text` is empty or begins with a NUL.
    pub fn mblen_bounded(self, text: &[u8]) -> usize {
        let claimed = &text[..self.mblen(text).min(text.len())];
        find_nul(claimed).unwrap_or(claimed.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn the_first_byte_tells_the_length_in_utf8() {
        let len = |byte| Encoding::UTF8.mblen(&[byte]);
        assert_eq!([0, 0x41, 0x7f].map(len), [1, 1, 1]);
        assert_eq!([0x80, 0xbf, 0xf8, 0xff].map(len), [1, 1, 1, 1]);
        assert_eq!(
            [0xc0, 0xdf, 0xe0, 0xef, 0xf0, 0xf7].map(len),
            [2, 2, 3, 3, 4, 4]
        );
    }

    #[test]
    fn the_second_byte_tells_two_bytes_from_four_in_gb18030() {
        assert_eq!(Encoding::GB18030.mblen(b"\x810"), 4);
        assert_eq!(Encoding::GB18030.mblen(b"\x81:"), 2);
        assert_eq!(Encoding::GB18030.mblen(b"\x81"), 2);
    }

    #[test]
    fn no_length_exceeds_the_encodings_maximum_and_one_reaches_it() {
        for encoding in Encoding::all() {
            let longest = (0..=255).map(|byte| encoding.mblen(&[byte, b'0'])).max();
            assert_eq!(longest, Some(encoding.max_char_len()), "{encoding}");
        }
    }

    #[test]
    fn the_bounded_length_stops_at_the_end_and_at_a_nul() {
        let len = |text: &[u8]| Encoding::UTF8.mblen_bounded(text);
        assert_eq!(len(b""), 0);
        assert_eq!(len(b"\0a"), 0);
        assert_eq!(len(b"\xe4"), 1);
        assert_eq!(len(b"\xe4\xb8\0"), 2);
        assert_eq!(len(b"\xe4\xb8\xad!"), 3);
    }
}
