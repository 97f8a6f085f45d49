use std::fmt;
use std::str::FromStr;

use super::{Cursor, Element, Malformed};

/// A position in the write-ahead log, in bytes from its start.
///
/// Written and read as the server does: two hexadecimal numbers with a slash between them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Element<'_> for Lsn {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        cursor.u64().map(Self)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

impl FromStr for Lsn {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (high, low) = text.split_once('/').ok_or(INVALID)?;
        Ok(Self(half(high)? << 32 | half(low)?))
    }
}

const INVALID: Malformed = Malformed("invalid write-ahead log position");

fn half(digits: &str) -> Result<u64, Malformed> {
    // Checked first because `from_str_radix` takes a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(INVALID);
    }
    let half = u32::from_str_radix(digits, 16).map_err(|_| INVALID)?;
    Ok(u64::from(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_as_they_are_written() {
        for (text, value) in [
            ("0/0", 0),
            ("16/B374D848", 0x16_B374_D848),
            ("FFFFFFFF/FFFFFFFF", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Lsn(value)));
            assert_eq!(Lsn(value).to_string(), text);
        }
        assert_eq!("a/b".parse(), Ok(Lsn(0xa_0000_000b)));
    }

    #[test]
    fn what_is_not_a_position_is_refused() {
        for text in [
            "",
            "/",
            "1",
            "1/",
            "/1",
            "1/2/3",
            "+1/2",
            "1/ 2",
            "123456789/0",
            "g/0",
        ] {
            assert_eq!(text.parse::<Lsn>(), Err(INVALID), "{text}");
        }
    }
}
