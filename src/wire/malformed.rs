use std::fmt;

use crate::error::{Error, ErrorKind};

/// Bytes from the server that are not the message they claim to be, and what is wrong with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl Malformed {
    /// The message ends before all of its fields have come.
    pub const INSUFFICIENT: Self = Self("insufficient data left in message");
    /// The message goes on after its last field.
    pub const EXTRANEOUS: Self = Self("extraneous data at end of message");
    /// A string has no zero byte at its end.
    pub const UNTERMINATED: Self = Self("invalid string in message");
    /// A count of fields is negative.
    pub const NEGATIVE_COUNT: Self = Self("negative count in message");
    /// The length of a value is negative and not the -1 that stands for NULL.
    pub const INVALID_LENGTH: Self = Self("invalid length in message");
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(ErrorKind::Protocol, malformed.0)
    }
}
