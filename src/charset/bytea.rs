//! The text forms of `bytea` values: hex, and the older escape format.
//!
//! Manual: "Binary Data Types", `PQescapeByteaConn`, `PQunescapeBytea`.

use memchr::memchr;

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The two digits of every byte.
static HEX_PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [HEX_DIGITS[byte >> 4], HEX_DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// What stands in [`HEX_VALUES`] for a byte that is no hex digit; no digit has its high bits.
const NO_DIGIT: u8 = 0xf0;

/// The value of every hex digit.
static HEX_VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let digit = HEX_DIGITS[value];
        values[digit as usize] = value as u8;
        values[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    values
};

/// The bytes in a form for use inside a string literal, whose quotes are not added.
///
/// `use_hex`: the hex format, which servers understand since 9.0. `standard_conforming`: whether
/// the literal takes backslashes as they are; where it does not, they are doubled.
pub fn escape_bytea(use_hex: bool, standard_conforming: bool, src: &[u8]) -> Vec<u8> {
    let backslash: &[u8] = match standard_conforming {
        true => b"\\",
        false => b"\\\\",
    };
    match use_hex {
        true => escape_hex(backslash, src),
        false => escape_octal(backslash, src),
    }
}

fn escape_hex(backslash: &[u8], src: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(backslash.len() + 1 + 2 * src.len());
    escaped.extend_from_slice(backslash);
    escaped.push(b'x');
    escaped.extend(src.iter().flat_map(|byte| HEX_PAIRS[usize::from(*byte)]));
    escaped
}

/// The escape format: what is not printable ASCII becomes a backslash and three octal digits.
fn escape_octal(backslash: &[u8], src: &[u8]) -> Vec<u8> {
    let len = |byte: &u8| match byte {
        b'\'' => 2,
        b'\\' => 2 * backslash.len(),
        0x20..=0x7e => 1,
        _ => backslash.len() + 3,
    };
    let mut escaped = Vec::with_capacity(src.iter().map(len).sum());
    for &byte in src {
        match byte {
            b'\'' => escaped.extend_from_slice(b"''"),
            b'\\' => {
                escaped.extend_from_slice(backslash);
                escaped.extend_from_slice(backslash);
            }
            0x20..=0x7e => escaped.push(byte),
            _ => {
                escaped.extend_from_slice(backslash);
                escaped.extend_from_slice(&[
                    b'0' + (byte >> 6),
                    b'0' + (byte >> 3 & 7),
                    b'0' + (byte & 7),
                ]);
            }
        }
    }
    escaped
}

/// The bytes that a `bytea` value's text stands for, in either format.
///
/// Nothing is refused. In the hex format (which begins with `\x`) what stands where a pair of
/// digits should begin is skipped, a pair whose second is no digit is dropped, and so is half a
/// pair at the end. In the escape format a backslash that begins no escape is dropped.
pub fn unescape_bytea(src: &[u8]) -> Vec<u8> {
    match src.strip_prefix(b"\\x") {
        Some(digits) => unescape_hex(digits),
        None => unescape_octal(src),
    }
}

fn unescape_hex(mut digits: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    loop {
        digits = &digits[unescape_clean(digits, &mut bytes)..];
        match *digits {
            [] | [_] => return bytes,
            [first, ..] if hex_value(first) == NO_DIGIT => digits = &digits[1..],
            [first, second, ..] => {
                let second = hex_value(second);
                if second != NO_DIGIT {
                    bytes.push(hex_value(first) << 4 | second);
                }
                digits = &digits[2..];
            }
        }
    }
}

/// Decodes as many whole blocks as have nothing but digits; the count of digits decoded.
fn unescape_clean(digits: &[u8], bytes: &mut Vec<u8>) -> usize {
    const BLOCK: usize = 16;
    let mut done = 0;
    for digits in digits.chunks_exact(2 * BLOCK) {
        let mut block = [0; BLOCK];
        let mut seen = 0;
        for (byte, pair) in block.iter_mut().zip(digits.chunks_exact(2)) {
            let (first, second) = (hex_value(pair[0]), hex_value(pair[1]));
            seen |= first | second;
            *byte = first << 4 | second;
        }
        if seen & NO_DIGIT != 0 {
            break;
        }
        bytes.extend_from_slice(&block);
        done += digits.len();
    }
    done
}

fn hex_value(digit: u8) -> u8 {
    HEX_VALUES[usize::from(digit)]
}

fn unescape_octal(mut src: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(src.len());
    while let Some(at) = memchr(b'\\', src) {
        bytes.extend_from_slice(&src[..at]);
        src = match src[at + 1..] {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                &src[at + 4..]
            }
            [b'\\', ..] => {
                bytes.push(b'\\');
                &src[at + 2..]
            }
            _ => &src[at + 1..],
        };
    }
    bytes.extend_from_slice(src);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = b"a'\\\0\x1f ~\x7f\x80\xff";

    #[test]
    fn hex_is_two_digits_a_byte_behind_a_prefix() {
        assert_eq!(escape_bytea(true, true, SAMPLE), b"\\x61275c001f207e7f80ff");
        assert_eq!(escape_bytea(true, false, b"\xab"), b"\\\\xab");
        assert_eq!(escape_bytea(true, true, b""), b"\\x");
    }

    #[test]
    fn the_escape_format_spells_unprintable_bytes_in_octal() {
        let conforming = escape_bytea(false, true, SAMPLE);
        assert_eq!(conforming, b"a''\\\\\\000\\037 ~\\177\\200\\377");
        let escaping = escape_bytea(false, false, SAMPLE);
        assert_eq!(
            escaping,
            b"a''\\\\\\\\\\\\000\\\\037 ~\\\\177\\\\200\\\\377"
        );
        assert_eq!(escape_bytea(false, true, b""), b"");
    }

    #[test]
    fn every_byte_survives_both_formats() {
        let all: Vec<u8> = (0..=255).cycle().take(1000).collect();
        assert_eq!(unescape_bytea(&escape_bytea(true, true, &all)), all);
        // The literal's own doubling of quotes is undone by the server, not by unescaping.
        let unquoted: Vec<u8> = all.into_iter().filter(|byte| *byte != b'\'').collect();
        assert_eq!(
            unescape_bytea(&escape_bytea(false, true, &unquoted)),
            unquoted
        );
    }

    #[test]
    fn odd_hex_loses_only_what_is_no_pair() {
        let cases: [(&[u8], &[u8]); 9] = [
            (b"\\x", b""),
            (b"\\x4", b""),
            (b"\\x414", b"A"),
            (b"\\x41 42\n43", b"ABC"),
            (b"\\x4g1", b""),
            (b"\\xg41", b"A"),
            (b"\\x4Z45", b"E"),
            (b"\\x41\\x42", b"AB"),
            (b"\\xAbCd", b"\xab\xcd"),
        ];
        for (text, bytes) in cases {
            assert_eq!(unescape_bytea(text), bytes, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn blocks_of_hex_with_something_odd_decode_as_slowly_read() {
        for gap in 0..100 {
            let mut text = b"\\x".to_vec();
            text.extend(b"4a".iter().cycle().take(2 * gap));
            text.extend_from_slice(b" 4b");
            text.extend(b"4c".iter().cycle().take(90));
            let expected = [vec![0x4a; gap], vec![0x4b], vec![0x4c; 45]].concat();
            assert_eq!(unescape_bytea(&text), expected, "{gap}");
        }
    }

    #[test]
    fn an_escape_that_is_none_loses_its_backslash() {
        let cases: [(&[u8], &[u8]); 10] = [
            (b"", b""),
            (b"\\", b""),
            (b"\\X41", b"X41"),
            (b"abc\\x41", b"abcx41"),
            (b"\\\\101", b"\\101"),
            (b"\\\\\\101", b"\\A"),
            (b"\\400", b"400"),
            (b"\\378\\37", b"37837"),
            (b"\\1\\2", b"12"),
            (b"\\000a''", b"\0a''"),
        ];
        for (text, bytes) in cases {
            assert_eq!(unescape_bytea(text), bytes, "{}", text.escape_ascii());
        }
    }
}
