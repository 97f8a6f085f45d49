//! The list of encodings: numbers, canonical names, and the rules each follows.

use std::ffi::CStr;
use std::fmt;

use super::names;

/// A character set encoding of the server or of a client.
///
/// Manual: "Character Set Support". The numbers are part of libpq's interface: programs store
/// them and compare them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoding(u8);

/// How the bytes of an encoding form characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    /// Every byte is a character.
    SingleByte,
    /// EUC with half-width kana and a three-byte plane (EUC_JP, EUC_JIS_2004).
    EucJp,
    /// EUC with two bytes for a Chinese character.
    EucCn,
    /// EUC with two bytes for a Korean character.
    EucKr,
    /// EUC with planes of four bytes.
    EucTw,
    /// UTF-8.
    Utf8,
    /// Emacs' internal code: a leading byte names the character set.
    Mule,
    /// Shift JIS and its 2004 edition.
    Sjis,
    /// A high byte begins a character of two bytes, whatever the second (BIG5, GBK, UHC).
    DoubleByte,
    /// Two or four bytes, as the second byte tells.
    Gb18030,
    /// Johab, which libpq reads as an EUC.
    Johab,
}

struct Row {
    /// The name, a NUL behind it.
    name: &'static str,
    family: Family,
}

macro_rules! encodings {
    ($($id:literal $constant:ident $family:ident,)*) => {
        impl Encoding {
            $(
                #[doc = concat!("The encoding `", stringify!($constant), "`.")]
                pub const $constant: Self = Self($id);
            )*
        }

        /// The encodings in the order of their numbers.
        static ROWS: [Row; Encoding::COUNT] = [
            $(Row { name: concat!(stringify!($constant), "\0"), family: Family::$family },)*
        ];

        const _: () = {
            // The numbers count up from 0 without a gap, so that they index the rows.
            let numbers = [$($id),*];
            let mut index = 0;
            while index < numbers.len() {
                assert!(numbers[index] == index);
                index += 1;
            }
        };
    };
}

encodings! {
    0 SQL_ASCII SingleByte,
    1 EUC_JP EucJp,
    2 EUC_CN EucCn,
    3 EUC_KR EucKr,
    4 EUC_TW EucTw,
    5 EUC_JIS_2004 EucJp,
    6 UTF8 Utf8,
    7 MULE_INTERNAL Mule,
    8 LATIN1 SingleByte,
    9 LATIN2 SingleByte,
    10 LATIN3 SingleByte,
    11 LATIN4 SingleByte,
    12 LATIN5 SingleByte,
    13 LATIN6 SingleByte,
    14 LATIN7 SingleByte,
    15 LATIN8 SingleByte,
    16 LATIN9 SingleByte,
    17 LATIN10 SingleByte,
    18 WIN1256 SingleByte,
    19 WIN1258 SingleByte,
    20 WIN866 SingleByte,
    21 WIN874 SingleByte,
    22 KOI8R SingleByte,
    23 WIN1251 SingleByte,
    24 WIN1252 SingleByte,
    25 ISO_8859_5 SingleByte,
    26 ISO_8859_6 SingleByte,
    27 ISO_8859_7 SingleByte,
    28 ISO_8859_8 SingleByte,
    29 WIN1250 SingleByte,
    30 WIN1253 SingleByte,
    31 WIN1254 SingleByte,
    32 WIN1255 SingleByte,
    33 WIN1257 SingleByte,
    34 KOI8U SingleByte,
    35 SJIS Sjis,
    36 BIG5 DoubleByte,
    37 GBK DoubleByte,
    38 UHC DoubleByte,
    39 GB18030 Gb18030,
    40 JOHAB Johab,
    41 SHIFT_JIS_2004 Sjis,
}

impl Encoding {
    /// How many encodings there are; their numbers are 0 to one less than this.
    pub const COUNT: usize = 42;

    /// The encoding with this number, if there is one.
    ///
    /// Where libpq is asked about a number that is none, it answers as for `SQL_ASCII`.
    pub fn from_id(id: i32) -> Option<Self> {
        let id = u8::try_from(id).ok()?;
        (usize::from(id) < Self::COUNT).then_some(Self(id))
    }

    /// The encoding with this name, written in any of the ways that PostgreSQL accepts:
    /// `UTF8`, `utf-8`, `Unicode`, `iso_8859_1`, `latin1`, …
    ///
    /// Only ASCII letters and digits count, and their case does not. A name of more than 63 bytes
    /// is no name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        names::lookup(name)
    }

    /// The number of this encoding in libpq's interface.
    pub fn id(self) -> i32 {
        i32::from(self.0)
    }

    /// The canonical name: `UTF8`, `SQL_ASCII`, …
    pub fn name(self) -> &'static str {
        let name = self.row().name;
        &name[..name.len() - 1]
    }

    /// The same as a C string.
    pub fn c_name(self) -> &'static CStr {
        CStr::from_bytes_with_nul(self.row().name.as_bytes()).unwrap_or_default()
    }

    /// Whether a database may have this encoding; the others are for clients only.
    pub fn is_valid_server_encoding(self) -> bool {
        self.0 <= Self::KOI8U.0
    }

    /// The most bytes that a character takes in this encoding.
    pub fn max_char_len(self) -> usize {
        match self.family() {
            Family::SingleByte => 1,
            Family::Sjis | Family::DoubleByte => 2,
            Family::EucJp | Family::EucCn | Family::EucKr | Family::Johab => 3,
            Family::EucTw | Family::Utf8 | Family::Mule | Family::Gb18030 => 4,
        }
    }

    /// All encodings in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// Whether a byte below 0x80 is always a character of its own, never a part of one.
    pub(super) fn is_ascii_safe(self) -> bool {
        self.is_valid_server_encoding()
    }

    pub(super) fn family(self) -> Family {
        self.row().family
    }

    fn row(self) -> &'static Row {
        &ROWS[usize::from(self.0)]
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn numbers_and_encodings_convert_both_ways() {
        for (index, encoding) in Encoding::all().enumerate() {
            assert_eq!(encoding.id(), index as i32);
            assert_eq!(Encoding::from_id(encoding.id()), Some(encoding));
        }
        for none in [-1, 42, 256, i32::MIN, i32::MAX] {
            assert_eq!(Encoding::from_id(none), None);
        }
    }

    #[test]
    fn encodings_of_clients_only_are_the_last_seven() {
        let clients: Vec<_> = Encoding::all()
            .filter(|encoding| !encoding.is_valid_server_encoding())
            .map(Encoding::name)
            .collect();
        let expected = [
            "SJIS",
            "BIG5",
            "GBK",
            "UHC",
            "GB18030",
            "JOHAB",
            "SHIFT_JIS_2004",
        ];
        assert_eq!(clients, expected);
    }

    #[test]
    fn an_encoding_shows_as_its_name() {
        assert_eq!(Encoding::UTF8.to_string(), "UTF8");
        assert_eq!(format!("{:?}", Encoding::EUC_JIS_2004), "EUC_JIS_2004");
    }
}
