//! Finding an encoding by any of its names.

use super::Encoding;

/// The longest name that is looked up, in bytes: the server's limit on names, less one.
const LONGEST: usize = 63;

/// Looks an encoding up by name, ignoring case and everything but ASCII letters and digits.
pub(super) fn lookup(name: &[u8]) -> Option<Encoding> {
    if name.len() > LONGEST {
        return None;
    }
    let mut plain = [0; LONGEST];
    let mut len = 0;
    for byte in name.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        plain[len] = byte.to_ascii_lowercase();
        len += 1;
    }
    let plain = &plain[..len];
    let found = NAMES.binary_search_by(|(name, _)| name.as_bytes().cmp(plain));
    Some(NAMES[found.ok()?].1)
}

/// Every accepted name, in lower case and without punctuation, sorted.
static NAMES: [(&str, Encoding); 81] = [
    ("abc", Encoding::WIN1258),
    ("alt", Encoding::WIN866),
    ("big5", Encoding::BIG5),
    ("euccn", Encoding::EUC_CN),
    ("eucjis2004", Encoding::EUC_JIS_2004),
    ("eucjp", Encoding::EUC_JP),
    ("euckr", Encoding::EUC_KR),
    ("euctw", Encoding::EUC_TW),
    ("gb18030", Encoding::GB18030),
    ("gbk", Encoding::GBK),
    ("iso88591", Encoding::LATIN1),
    ("iso885910", Encoding::LATIN6),
    ("iso885913", Encoding::LATIN7),
    ("iso885914", Encoding::LATIN8),
    ("iso885915", Encoding::LATIN9),
    ("iso885916", Encoding::LATIN10),
    ("iso88592", Encoding::LATIN2),
    ("iso88593", Encoding::LATIN3),
    ("iso88594", Encoding::LATIN4),
    ("iso88595", Encoding::ISO_8859_5),
    ("iso88596", Encoding::ISO_8859_6),
    ("iso88597", Encoding::ISO_8859_7),
    ("iso88598", Encoding::ISO_8859_8),
    ("iso88599", Encoding::LATIN5),
    ("johab", Encoding::JOHAB),
    ("koi8", Encoding::KOI8R),
    ("koi8r", Encoding::KOI8R),
    ("koi8u", Encoding::KOI8U),
    ("latin1", Encoding::LATIN1),
    ("latin10", Encoding::LATIN10),
    ("latin2", Encoding::LATIN2),
    ("latin3", Encoding::LATIN3),
    ("latin4", Encoding::LATIN4),
    ("latin5", Encoding::LATIN5),
    ("latin6", Encoding::LATIN6),
    ("latin7", Encoding::LATIN7),
    ("latin8", Encoding::LATIN8),
    ("latin9", Encoding::LATIN9),
    ("mskanji", Encoding::SJIS),
    ("muleinternal", Encoding::MULE_INTERNAL),
    ("shiftjis", Encoding::SJIS),
    ("shiftjis2004", Encoding::SHIFT_JIS_2004),
    ("sjis", Encoding::SJIS),
    ("sqlascii", Encoding::SQL_ASCII),
    ("tcvn", Encoding::WIN1258),
    ("tcvn5712", Encoding::WIN1258),
    ("uhc", Encoding::UHC),
    ("unicode", Encoding::UTF8),
    ("utf8", Encoding::UTF8),
    ("vscii", Encoding::WIN1258),
    ("win", Encoding::WIN1251),
    ("win1250", Encoding::WIN1250),
    ("win1251", Encoding::WIN1251),
    ("win1252", Encoding::WIN1252),
    ("win1253", Encoding::WIN1253),
    ("win1254", Encoding::WIN1254),
    ("win1255", Encoding::WIN1255),
    ("win1256", Encoding::WIN1256),
    ("win1257", Encoding::WIN1257),
    ("win1258", Encoding::WIN1258),
    ("win866", Encoding::WIN866),
    ("win874", Encoding::WIN874),
    ("win932", Encoding::SJIS),
    ("win936", Encoding::GBK),
    ("win949", Encoding::UHC),
    ("win950", Encoding::BIG5),
    ("windows1250", Encoding::WIN1250),
    ("windows1251", Encoding::WIN1251),
    ("windows1252", Encoding::WIN1252),
    ("windows1253", Encoding::WIN1253),
    ("windows1254", Encoding::WIN1254),
    ("windows1255", Encoding::WIN1255),
    ("windows1256", Encoding::WIN1256),
    ("windows1257", Encoding::WIN1257),
    ("windows1258", Encoding::WIN1258),
    ("windows866", Encoding::WIN866),
    ("windows874", Encoding::WIN874),
    ("windows932", Encoding::SJIS),
    ("windows936", Encoding::GBK),
    ("windows949", Encoding::UHC),
    ("windows950", Encoding::BIG5),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn every_canonical_name_is_found() {
        for encoding in Encoding::all() {
            assert_eq!(lookup(encoding.name().as_bytes()), Some(encoding));
        }
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        for name in ["utf8", "UTF-8", "U_t.f 8", "Unicode", "\u{e9}utf8"] {
            assert_eq!(lookup(name.as_bytes()), Some(Encoding::UTF8), "{name}");
        }
        assert_eq!(lookup(b"ISO-8859-1"), Some(Encoding::LATIN1));
        assert_eq!(lookup(b"windows-1252"), Some(Encoding::WIN1252));
        assert_eq!(lookup(b"MS_Kanji"), Some(Encoding::SJIS));
    }

    #[test]
    fn what_is_no_name_is_not_found() {
        for name in ["", "-", "auto", "utf", "utf88", "utf16"] {
            assert_eq!(lookup(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn a_name_may_have_63_bytes_and_no_more() {
        let padded = |len: usize| format!("utf8{}", "-".repeat(len - 4));
        assert_eq!(lookup(padded(63).as_bytes()), Some(Encoding::UTF8));
        assert_eq!(lookup(padded(64).as_bytes()), None);
    }
}
