//! The options in an entry of a directory: `keyword = value` pairs, any number in a value of the
//! attribute.

use crate::conninfo::keyword_value::is_space;
use crate::conninfo::{ConnInfo, OptionId, invalid, shown};
use crate::error::Error;

/// Sets the options of this text, values of the attribute each behind a newline, that are not set
/// yet.
pub(super) fn apply(info: &mut ConnInfo, text: &[u8]) -> Result<(), Error> {
    let mut scanner = Scanner { rest: text };
    while let Some(keyword) = scanner.keyword()? {
        let value = scanner.value()?;
        let id = OptionId::from_keyword(keyword).ok_or_else(|| {
            let keyword = shown(keyword);
            invalid(format!("invalid connection option \"{keyword}\""))
        })?;
        if !info.is_set(id) {
            info.set(id, &value)?;
        }
    }
    Ok(())
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn take_while(&mut self, takes: impl Fn(u8) -> bool) -> &'a [u8] {
        let count = self.rest.iter().take_while(|byte| takes(**byte)).count();
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    /// The next keyword; its equals sign is taken as well. `None` at the end of the text.
    ///
    /// libpq's message for a word without one goes on with what follows the word. Here it does not:
    /// what follows may be a password.
    fn keyword(&mut self) -> Result<Option<&'a [u8]>, Error> {
        self.take_while(is_space);
        if self.rest.is_empty() {
            return Ok(None);
        }
        // An equals sign in front is a part of the word, as in libpq.
        let start = self.rest;
        self.rest = &self.rest[1..];
        let more = self
            .take_while(|byte| byte != b'=' && !is_space(byte))
            .len();
        let word = &start[..1 + more];
        self.take_while(|byte| byte != b'\n' && is_space(byte));
        match self.rest.split_first() {
            Some((b'=', rest)) => {
                self.rest = rest;
                Ok(Some(word))
            }
            _ => {
                let word = shown(word);
                Err(invalid(format!(
                    "missing \"=\" after \"{word}\" in connection info string"
                )))
            }
        }
    }

    fn value(&mut self) -> Result<Vec<u8>, Error> {
        self.take_while(|byte| byte != b'\n' && is_space(byte));
        match self.rest.split_first() {
            Some((b'\'', rest)) => {
                self.rest = rest;
                self.quoted()
            }
            _ => Ok(self.take_while(|byte| !is_space(byte)).to_vec()),
        }
    }

    /// Up to the closing quote; a backslash takes its meaning from the character behind it.
    fn quoted(&mut self) -> Result<Vec<u8>, Error> {
        let mut value = Vec::new();
        loop {
            match self.rest {
                [b'\'', rest @ ..] => {
                    self.rest = rest;
                    return Ok(value);
                }
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] => {
                    value.push(*byte);
                    self.rest = rest;
                }
                [] => {
                    return Err(invalid(
                        "unterminated quoted string in connection info string",
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> Result<ConnInfo, String> {
        let mut info = ConnInfo::parse(b"dbname=given").expect("valid");
        apply(&mut info, text.as_bytes()).map_err(|error| error.message().to_owned())?;
        Ok(info)
    }

    #[test]
    fn pairs_are_found_in_one_value_and_in_many() {
        let info = applied("host=a port = 1\nuser='b c'\ndbname=late\noptions=\n").expect("valid");
        assert_eq!(info.get(OptionId::Host), Some(c"a"));
        assert_eq!(info.get(OptionId::Port), Some(c"1"));
        assert_eq!(info.get(OptionId::User), Some(c"b c"));
        assert_eq!(info.get(OptionId::Dbname), Some(c"given"));
        assert_eq!(info.get(OptionId::Options), Some(c""));
    }

    #[test]
    fn a_backslash_has_a_meaning_within_quotes_only() {
        let host = |text: &str| {
            applied(text)
                .expect("valid")
                .get(OptionId::Host)
                .map(Into::into)
        };
        assert_eq!(host("host='a\\'b\\\\'\n"), Some(c"a'b\\".to_owned()));
        assert_eq!(host("host=a\\\n"), Some(c"a\\".to_owned()));
        assert_eq!(host("host='a'port=1\n"), Some(c"a".to_owned()));
    }

    #[test]
    fn faults_do_not_tell_what_follows() {
        for (text, expected) in [
            (
                "host\npassword=secret\n",
                "missing \"=\" after \"host\" in connection info string",
            ),
            (
                "host=a secret\n",
                "missing \"=\" after \"secret\" in connection info string",
            ),
            (
                "=a\n",
                "missing \"=\" after \"=a\" in connection info string",
            ),
            ("nope=secret\n", "invalid connection option \"nope\""),
            (
                "host='secret\n",
                "unterminated quoted string in connection info string",
            ),
        ] {
            assert_eq!(applied(text).expect_err(text), expected);
        }
    }
}
