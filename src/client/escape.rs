//! Quoting values and names for SQL text.

use crate::charset::{self, Encoding};
use crate::error::Error;

use super::failure::usage;

/// A text as an SQL string literal, its quotes included.
///
/// A value is better given as a parameter; this is for commands that take none, such as `NOTIFY`
/// or `CREATE ROLE`.
///
/// ```
/// assert_eq!(ferropq::quote_literal("it's")?, "'it''s'");
/// # Ok::<(), ferropq::Error>(())
/// ```
///
/// # Errors
/// Where the text has a NUL byte, which no SQL text can hold.
pub fn quote_literal(text: &str) -> Result<String, Error> {
    quote(text, charset::escape_literal)
}

/// A name as an SQL identifier, in quotes, so that it means exactly this name.
///
/// ```
/// assert_eq!(ferropq::quote_identifier("Weekly \"Top\"")?, r#""Weekly ""Top""""#);
/// # Ok::<(), ferropq::Error>(())
/// ```
///
/// # Errors
/// Where the name has a NUL byte, which no SQL text can hold.
pub fn quote_identifier(name: &str) -> Result<String, Error> {
    quote(name, charset::escape_identifier)
}

fn quote(
    text: &str,
    escape: fn(Encoding, &[u8]) -> Result<Vec<u8>, &'static str>,
) -> Result<String, Error> {
    if text.contains('\0') {
        return Err(usage("text with a NUL byte cannot be part of SQL"));
    }
    let quoted = escape(Encoding::UTF8, text.as_bytes()).map_err(usage)?;
    String::from_utf8(quoted).map_err(|_| usage("text is not valid UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_keeps_its_meaning_whatever_the_server_settings() {
        assert_eq!(quote_literal(r"a\b").unwrap(), r" E'a\\b'");
    }

    #[test]
    fn a_nul_is_refused_and_not_cut_off() {
        assert!(quote_literal("a\0b").is_err());
        assert!(quote_identifier("\0").is_err());
    }
}
