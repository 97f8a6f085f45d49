//! The corpus files: one case a line, columns separated by tabs.

use std::collections::BTreeMap;
use std::fmt;

/// A connection string and what is expected of it.
pub(crate) struct Case {
    /// The connection string.
    pub(crate) text: Vec<u8>,
    /// What comes of it.
    pub(crate) outcome: Outcome,
}

/// What comes of a connection string.
pub(crate) enum Outcome {
    /// It sets these options.
    Values(BTreeMap<String, Vec<u8>>),
    /// It is refused.
    Error {
        /// ferropq's message.
        message: String,
        /// libpq's message, which differs where it quotes a secret.
        unmasked: String,
    },
}

impl Outcome {
    /// ferropq's message, if the string is refused.
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Values(_) => None,
            Self::Error { message, .. } => Some(message),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text.escape_ascii())
    }
}

/// Reads a corpus file.
pub(crate) fn read(file: &str) -> Vec<Case> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .map(case)
        .collect()
}

fn case(line: &str) -> Case {
    let columns: Vec<&str> = line.split('\t').collect();
    let text = unescape(columns[0]);
    let column = |index: usize| columns.get(index).copied().unwrap_or_default();
    let outcome = match column(1) {
        "ok" => Outcome::Values(values(column(2))),
        "error" => {
            let message = message(column(2));
            let unmasked = columns.get(3).map(|text| self::message(text));
            Outcome::Error {
                unmasked: unmasked.unwrap_or_else(|| message.clone()),
                message,
            }
        }
        other => panic!("{line}: neither ok nor error, but {other}"),
    };
    Case { text, outcome }
}

fn values(column: &str) -> BTreeMap<String, Vec<u8>> {
    column
        .split('|')
        .filter(|item| !item.is_empty())
        .map(|item| {
            let (keyword, value) = item.split_once('=').expect("keyword=value");
            (keyword.to_owned(), unescape(value))
        })
        .collect()
}

fn message(column: &str) -> String {
    String::from_utf8(unescape(column)).expect("messages are UTF-8")
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, rest.first()) {
            (b'\\', Some(b'x')) => {
                let digits = std::str::from_utf8(&rest[1..3]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = &rest[3..];
            }
            (b'\\', _) => {
                bytes.push(b'\\');
                rest = &rest[1..];
            }
            _ => bytes.push(byte),
        }
    }
    bytes
}
