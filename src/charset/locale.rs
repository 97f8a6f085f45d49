//! The encoding that the process's environment asks for.

use std::ffi::OsString;

use super::Encoding;

/// The encoding of the process's `LC_CTYPE` locale, which `client_encoding=auto` means.
///
/// This is the locale that the program has set with `setlocale`, the C locale where it has set
/// none. `None`: PostgreSQL has no encoding for it, and none is to be asked of the server.
#[cfg(unix)]
pub fn from_locale() -> Option<Encoding> {
    use std::ffi::CStr;

    // SAFETY: a null second argument makes this a query, which changes nothing.
    let name = unsafe { libc::setlocale(libc::LC_CTYPE, std::ptr::null()) };
    if name.is_null() {
        return None;
    }
    // SAFETY: the C library returned a NUL-terminated string, which stays as it is until the
    // locale is next set. A program must not set it while other threads use it.
    let name = unsafe { CStr::from_ptr(name) }.to_owned();
    // SAFETY: CODESET is a valid item; the answer is never null, and is NUL-terminated and valid
    // as above.
    let codeset = unsafe { CStr::from_ptr(libc::nl_langinfo(libc::CODESET)) };
    from_codeset(name.to_bytes(), codeset.to_bytes())
}

/// The encoding of the process's locale: not known on this platform.
#[cfg(not(unix))]
pub fn from_locale() -> Option<Encoding> {
    None
}

/// The encoding for a locale's name and its codeset, as `nl_langinfo` names it.
///
/// The locales `C` and `POSIX` stand for `SQL_ASCII` whatever their codeset.
pub fn from_codeset(locale: &[u8], codeset: &[u8]) -> Option<Encoding> {
    if locale.eq_ignore_ascii_case(b"C") || locale.eq_ignore_ascii_case(b"POSIX") {
        return Some(Encoding::SQL_ASCII);
    }
    let found = CODESETS.iter().find(|(_, names)| {
        names
            .iter()
            .any(|name| codeset.eq_ignore_ascii_case(name.as_bytes()))
    });
    Some(found?.0)
}

/// The encoding that `PGCLIENTENCODING` names, `SQL_ASCII` where it names none or is not set.
///
/// Manual: `PQenv2encoding`.
pub fn from_environment() -> Encoding {
    from_variable(std::env::var_os("PGCLIENTENCODING"))
}

fn from_variable(value: Option<OsString>) -> Encoding {
    value
        .and_then(|name| Encoding::from_name(name.as_encoded_bytes()))
        .unwrap_or(Encoding::SQL_ASCII)
}

/// What operating systems call the codesets; their case does not matter.
static CODESETS: [(Encoding, &[&str]); 40] = [
    (Encoding::SQL_ASCII, &["US-ASCII"]),
    (
        Encoding::EUC_JP,
        &["CP20932", "EUC-JP", "EUCJP", "IBM-eucJP", "sdeckanji"],
    ),
    (
        Encoding::EUC_CN,
        &[
            "CP20936",
            "EUC-CN",
            "EUCCN",
            "GB2312",
            "IBM-eucCN",
            "dechanzi",
        ],
    ),
    (
        Encoding::EUC_KR,
        &[
            "5601",
            "CP51949",
            "EUC-KR",
            "EUCKR",
            "IBM-eucKR",
            "deckorean",
        ],
    ),
    (
        Encoding::EUC_TW,
        &["EUC-TW", "EUCTW", "IBM-eucTW", "cns11643"],
    ),
    (Encoding::UTF8, &["CP65001", "UTF-8", "UTF8"]),
    (
        Encoding::LATIN1,
        &["CP28591", "ISO-8859-1", "ISO8859-1", "ISO88591"],
    ),
    (
        Encoding::LATIN2,
        &["CP28592", "ISO-8859-2", "ISO8859-2", "ISO88592"],
    ),
    (
        Encoding::LATIN3,
        &["CP28593", "ISO-8859-3", "ISO8859-3", "ISO88593"],
    ),
    (
        Encoding::LATIN4,
        &["CP28594", "ISO-8859-4", "ISO8859-4", "ISO88594"],
    ),
    (
        Encoding::LATIN5,
        &["CP28599", "ISO-8859-9", "ISO8859-9", "ISO88599"],
    ),
    (
        Encoding::LATIN6,
        &["ISO-8859-10", "ISO8859-10", "ISO885910"],
    ),
    (
        Encoding::LATIN7,
        &["ISO-8859-13", "ISO8859-13", "ISO885913"],
    ),
    (
        Encoding::LATIN8,
        &["ISO-8859-14", "ISO8859-14", "ISO885914"],
    ),
    (
        Encoding::LATIN9,
        &["CP28605", "ISO-8859-15", "ISO8859-15", "ISO885915"],
    ),
    (
        Encoding::LATIN10,
        &["ISO-8859-16", "ISO8859-16", "ISO885916"],
    ),
    (Encoding::WIN1256, &["CP1256"]),
    (Encoding::WIN1258, &["CP1258"]),
    (Encoding::WIN866, &["CP866"]),
    (Encoding::WIN874, &["CP874"]),
    (Encoding::KOI8R, &["CP20866", "KOI8-R"]),
    (Encoding::WIN1251, &["CP1251", "ansi-1251"]),
    (Encoding::WIN1252, &["CP1252"]),
    (
        Encoding::ISO_8859_5,
        &["CP28595", "ISO-8859-5", "ISO8859-5", "ISO88595"],
    ),
    (
        Encoding::ISO_8859_6,
        &["CP28596", "ISO-8859-6", "ISO8859-6", "ISO88596"],
    ),
    (
        Encoding::ISO_8859_7,
        &["CP28597", "ISO-8859-7", "ISO8859-7", "ISO88597"],
    ),
    (
        Encoding::ISO_8859_8,
        &["CP28598", "ISO-8859-8", "ISO8859-8", "ISO88598"],
    ),
    (Encoding::WIN1250, &["CP1250"]),
    (Encoding::WIN1253, &["CP1253"]),
    (Encoding::WIN1254, &["CP1254"]),
    (Encoding::WIN1255, &["CP1255"]),
    (Encoding::WIN1257, &["CP1257"]),
    (Encoding::KOI8U, &["CP21866", "KOI8-U"]),
    (Encoding::SJIS, &["CP932", "PCK", "SHIFT_JIS", "SJIS"]),
    (
        Encoding::BIG5,
        &["BIG5", "BIG5-HKSCS", "BIG5HKSCS", "CP950"],
    ),
    (Encoding::GBK, &["CP936", "GBK"]),
    (Encoding::UHC, &["CP949", "UHC"]),
    (Encoding::GB18030, &["CP54936", "GB18030"]),
    (Encoding::JOHAB, &["CP1361", "JOHAB"]),
    (Encoding::SHIFT_JIS_2004, &["SJIS_2004"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codeset_is_found_in_any_case() {
        for name in ["UTF-8", "utf-8", "UTF8", "CP65001"] {
            assert_eq!(
                from_codeset(b"de_DE", name.as_bytes()),
                Some(Encoding::UTF8)
            );
        }
        assert_eq!(from_codeset(b"ja_JP", b"eucJP"), Some(Encoding::EUC_JP));
        assert_eq!(
            from_codeset(b"de_DE", b"ISO-8859-15"),
            Some(Encoding::LATIN9)
        );
    }

    #[test]
    fn the_c_locale_is_sql_ascii_by_its_name() {
        for name in ["C", "POSIX", "c", "posix"] {
            assert_eq!(
                from_codeset(name.as_bytes(), b"UTF-8"),
                Some(Encoding::SQL_ASCII)
            );
        }
        assert_eq!(from_codeset(b"C.UTF-8", b"UTF-8"), Some(Encoding::UTF8));
    }

    #[test]
    fn an_unknown_codeset_is_no_encoding() {
        for name in ["", "ANSI_X3.4-1968", "646", "utf_8", "ARMSCII-8"] {
            assert_eq!(from_codeset(b"xx_YY", name.as_bytes()), None, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    #[cfg_attr(miri, ignore = "Miri runs no C")]
    fn a_program_that_sets_no_locale_is_in_the_c_locale() {
        assert_eq!(from_locale(), Some(Encoding::SQL_ASCII));
    }

    #[test]
    fn the_variable_names_an_encoding_or_stands_for_sql_ascii() {
        let of = |value: &str| from_variable(Some(value.into()));
        assert_eq!(of("utf-8"), Encoding::UTF8);
        assert_eq!(of("SJIS"), Encoding::SJIS);
        assert_eq!(of("auto"), Encoding::SQL_ASCII);
        assert_eq!(of(""), Encoding::SQL_ASCII);
        assert_eq!(from_variable(None), Encoding::SQL_ASCII);
    }
}
