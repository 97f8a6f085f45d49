//! Connection strings of the form `keyword = value ...`.
//!
//! Manual: "Keyword/Value Connection Strings".

use super::secret::{holds_secret, quoted_unless, resembles_keyword, sets_secret};
use super::{ConnInfo, invalid};
use crate::error::Error;

/// Parses the whole string; later settings of an option replace earlier ones.
pub(super) fn parse(text: &[u8]) -> Result<ConnInfo, Error> {
    let mut info = ConnInfo::new();
    let mut scanner = Scanner { text, rest: text };
    loop {
        scanner.skip_space();
        if scanner.rest.is_empty() {
            return Ok(info);
        }
        let begin = text.len() - scanner.rest.len();
        let keyword = scanner.keyword()?;
        let value = scanner.value()?;
        info.store(keyword, &value).map_err(|_| {
            let hidden = may_be_secret(&text[..begin], keyword) && !resembles_keyword(keyword);
            let keyword = quoted_unless(keyword, hidden);
            invalid(format!("invalid connection option \"{keyword}\""))
        })?;
    }
}

/// What `isspace` takes for space in the C locale.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Whether a word with this in front of it may be the rest of a secret, which should have been
/// quoted, or have one behind a keyword.
fn may_be_secret(before: &[u8], word: &[u8]) -> bool {
    sets_secret(before) || holds_secret(word)
}

struct Scanner<'a> {
    text: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn skip_space(&mut self) {
        let spaces = self.rest.iter().take_while(|byte| is_space(**byte)).count();
        self.rest = &self.rest[spaces..];
    }

    /// The keyword up to its equals sign, which is consumed.
    fn keyword(&mut self) -> Result<&'a [u8], Error> {
        let before = &self.text[..self.text.len() - self.rest.len()];
        let length = self
            .rest
            .iter()
            .position(|&byte| byte == b'=' || is_space(byte))
            .unwrap_or(self.rest.len());
        let (keyword, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.skip_space();
        match self.rest.split_first() {
            Some((b'=', rest)) => {
                self.rest = rest;
                Ok(keyword)
            }
            _ => {
                let word = quoted_unless(keyword, may_be_secret(before, keyword));
                Err(invalid(format!(
                    "missing \"=\" after \"{word}\" in connection info string"
                )))
            }
        }
    }

    /// The value, unquoted and with its escapes resolved.
    fn value(&mut self) -> Result<Vec<u8>, Error> {
        self.skip_space();
        match self.rest.split_first() {
            Some((b'\'', rest)) => {
                self.rest = rest;
                self.quoted_value()
            }
            _ => Ok(self.plain_value()),
        }
    }

    /// Up to a space; a backslash makes the next byte literal and is dropped at the very end.
    fn plain_value(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        while let Some((&byte, rest)) = self.rest.split_first() {
            if is_space(byte) {
                break;
            }
            self.rest = rest;
            match (byte, rest.split_first()) {
                (b'\\', Some((&escaped, rest))) => {
                    value.push(escaped);
                    self.rest = rest;
                }
                (b'\\', None) => {}
                _ => value.push(byte),
            }
        }
        value
    }

    fn quoted_value(&mut self) -> Result<Vec<u8>, Error> {
        let mut value = Vec::new();
        while let Some((&byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            match (byte, rest.split_first()) {
                (b'\'', _) => return Ok(value),
                (b'\\', Some((&escaped, rest))) => {
                    value.push(escaped);
                    self.rest = rest;
                }
                (b'\\', None) => {}
                _ => value.push(byte),
            }
        }
        Err(invalid(
            "unterminated quoted string in connection info string",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conninfo::OptionId;

    fn message(text: &str) -> String {
        let error = parse(text.as_bytes()).expect_err(text);
        error.message().to_owned()
    }

    #[test]
    fn quotes_and_escapes_are_resolved() {
        let info = parse(b"user='a b' dbname = it\\'s host=''port='1\\\\'").expect("valid");
        assert_eq!(info.get(OptionId::User), Some(c"a b"));
        assert_eq!(info.get(OptionId::Dbname), Some(c"it's"));
        assert_eq!(info.get(OptionId::Host), Some(c""));
        assert_eq!(info.get(OptionId::Port), Some(c"1\\"));
    }

    #[test]
    fn last_setting_of_an_option_wins() {
        let info = parse(b"sslmode=disable requiressl=1").expect("valid");
        assert_eq!(info.get(OptionId::Sslmode), Some(c"require"));
    }

    #[test]
    fn words_after_an_unquoted_password_are_masked() {
        let text = message("password=correct horse");
        assert_eq!(
            text,
            "missing \"=\" after \"***\" in connection info string"
        );
        let text = message("user=correct horse");
        assert_eq!(
            text,
            "missing \"=\" after \"horse\" in connection info string"
        );
    }
}
