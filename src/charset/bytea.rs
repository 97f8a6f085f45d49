//! The text forms of `bytea` values: hex, and the older escape format.
//!
//! Manual: "Binary Data Types", `PQescapeByteaConn`, `PQunescapeBytea`.

use memchr::memchr;

use super::Sink;

/// How many bytes are converted at a time: enough for vector instructions to pay.
const BLOCK: usize = 64;

/// What [`hex_value`] gives for a byte that is no hex digit; no digit's value has a high bit.
const NO_DIGIT: u8 = 0x80;

/// How the escape format spells a byte: the text, filled up to seven bytes, and its length.
type Spelling = [u8; 8];

/// The most bytes that a spelling has.
const LONGEST_SPELLING: usize = 5;

/// The spellings of every byte where a backslash is one backslash, and where it takes two.
static SPELLINGS: [[Spelling; 256]; 2] = [spellings(b"\\"), spellings(b"\\\\")];

const fn spellings(backslash: &[u8]) -> [Spelling; 256] {
    let mut all = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        all[byte] = spelling(byte as u8, backslash);
        byte += 1;
    }
    all
}

const fn spelling(byte: u8, backslash: &[u8]) -> Spelling {
    let count = backslash.len();
    let mut text = [b'\\'; 8];
    text[7] = match byte {
        b'\'' => {
            text[0] = byte;
            text[1] = byte;
            2
        }
        b'\\' => 2 * count as u8,
        0x20..=0x7e => {
            text[0] = byte;
            1
        }
        _ => {
            text[count] = b'0' + (byte >> 6);
            text[count + 1] = b'0' + (byte >> 3 & 7);
            text[count + 2] = b'0' + (byte & 7);
            count as u8 + 3
        }
    };
    text
}

/// The bytes in a form for use inside a string literal, whose quotes are not added.
///
/// `use_hex`: the hex format, which servers understand since 9.0. `standard_conforming`: whether
/// the literal takes backslashes as they are; where it does not, they are doubled.
pub fn escape_bytea(use_hex: bool, standard_conforming: bool, src: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::new();
    write_bytea(use_hex, standard_conforming, src, &mut escaped);
    escaped
}

/// Appends to `dst` what [`escape_bytea`] returns.
pub fn write_bytea<S: Sink>(use_hex: bool, standard_conforming: bool, src: &[u8], dst: &mut S) {
    match use_hex {
        true => write_hex(
            if standard_conforming {
                b"\\x"
            } else {
                b"\\\\x"
            },
            src,
            dst,
        ),
        false => write_octal(&SPELLINGS[usize::from(!standard_conforming)], src, dst),
    }
}

fn write_hex<S: Sink>(prefix: &[u8], src: &[u8], dst: &mut S) {
    dst.reserve(prefix.len() + 2 * src.len());
    dst.push_slice(prefix);
    let (blocks, tail) = src.as_chunks();
    for block in blocks {
        dst.push_slice(hex_digits(block).as_flattened());
    }
    let mut last = [0; BLOCK];
    last[..tail.len()].copy_from_slice(tail);
    dst.push_slice(hex_digits(&last)[..tail.len()].as_flattened());
}

/// The digits of a block of bytes: reckoned, which the compiler makes into vector instructions.
fn hex_digits(bytes: &[u8; BLOCK]) -> [[u8; 2]; BLOCK] {
    let digit = |value| value + if value > 9 { b'a' - 10 } else { b'0' };
    let high = bytes.map(|byte| digit(byte >> 4));
    let low = bytes.map(|byte| digit(byte & 15));
    std::array::from_fn(|index| [high[index], low[index]])
}

/// The escape format: what is not printable ASCII becomes a backslash and three octal digits.
fn write_octal<S: Sink>(spellings: &[Spelling; 256], src: &[u8], dst: &mut S) {
    let spelling = |byte: &u8| &spellings[usize::from(*byte)];
    dst.reserve(src.iter().map(|byte| usize::from(spelling(byte)[7])).sum());
    for bytes in src.chunks(BLOCK) {
        let mut block = [0; LONGEST_SPELLING * BLOCK + 8];
        let mut len = 0;
        for byte in bytes {
            // All eight, whatever the length: what is too much is overwritten by the next.
            let spelling = spelling(byte);
            block[len..len + 8].copy_from_slice(spelling);
            len += usize::from(spelling[7]);
        }
        dst.push_slice(&block[..len]);
    }
}

/// The bytes that a `bytea` value's text stands for, in either format.
///
/// Nothing is refused. In the hex format (which begins with `\x`) what stands where a pair of
/// digits should begin is skipped, a pair whose second is no digit is dropped, and so is half a
/// pair at the end. In the escape format a backslash that begins no escape is dropped.
pub fn unescape_bytea(src: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_unescaped_bytea(src, &mut bytes);
    bytes
}

/// Appends to `dst` what [`unescape_bytea`] returns.
pub fn write_unescaped_bytea<S: Sink>(src: &[u8], dst: &mut S) {
    match src.strip_prefix(b"\\x") {
        Some(digits) => unescape_hex(digits, dst),
        None => unescape_octal(src, dst),
    }
}

fn unescape_hex<S: Sink>(mut digits: &[u8], dst: &mut S) {
    dst.reserve(digits.len() / 2);
    loop {
        digits = unescape_clean(digits, dst);
        match *digits {
            [] | [_] => return,
            [first, ..] if hex_value(first) == NO_DIGIT => digits = &digits[1..],
            [first, second, ..] => {
                let second = hex_value(second);
                if second != NO_DIGIT {
                    dst.push_slice(&[hex_value(first) << 4 | second]);
                }
                digits = &digits[2..];
            }
        }
    }
}

/// Decodes as many whole blocks as have nothing but digits; what is left.
fn unescape_clean<'a, S: Sink>(mut digits: &'a [u8], dst: &mut S) -> &'a [u8] {
    while let Some((digit_block, rest)) = digits.split_first_chunk::<BLOCK>() {
        let values = digit_block.map(hex_value);
        if values.iter().fold(0, |seen, value| seen | value) & NO_DIGIT != 0 {
            break;
        }
        let mut block = [0; BLOCK / 2];
        for (byte, pair) in block.iter_mut().zip(values.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        dst.push_slice(&block);
        digits = rest;
    }
    digits
}

/// The value of a hex digit: reckoned, which the compiler makes into vector instructions.
fn hex_value(digit: u8) -> u8 {
    let decimal = digit.wrapping_sub(b'0');
    let letter = (digit | 0x20).wrapping_sub(b'a');
    let letter_value = if letter < 6 { letter + 10 } else { NO_DIGIT };
    if decimal < 10 { decimal } else { letter_value }
}

fn unescape_octal<S: Sink>(mut src: &[u8], dst: &mut S) {
    dst.reserve(src.len());
    while !src.is_empty() {
        // Escapes come in crowds or hardly at all: by turns a run without any, and a block.
        let run = memchr(b'\\', src).unwrap_or(src.len());
        dst.push_slice(&src[..run]);
        src = unescape_octal_block(&src[run..], dst);
    }
}

/// Decodes one block byte by byte; what is left.
fn unescape_octal_block<'a, S: Sink>(mut src: &'a [u8], dst: &mut S) -> &'a [u8] {
    let mut block = [0; BLOCK];
    let mut len = 0;
    while len < BLOCK {
        (block[len], src) = match *src {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), &src[4..])
            }
            [b'\\', b'\\', ..] => (b'\\', &src[2..]),
            [b'\\', ..] => {
                src = &src[1..];
                continue;
            }
            [byte, ..] => (byte, &src[1..]),
            [] => break,
        };
        len += 1;
    }
    dst.push_slice(&block[..len]);
    src
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
