use std::fmt;

use crate::error::{Error, ErrorKind};

/// Why a message cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The message would be longer than the 2 GiB that the protocol can express.
    TooLong,
    /// There are more than 65535 values, types or format codes.
    TooMany,
    /// A string holds a zero byte, which would end it early.
    ContainsNul,
    /// The name of a startup parameter is empty, which would end the list of parameters.
    EmptyName,
    /// The cancel key is longer than the protocol allows.
    KeyTooLong,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "message is longer than 2147483647 bytes",
            Self::TooMany => "number of parameters must be between 0 and 65535",
            Self::ContainsNul => "string contains a zero byte",
            Self::EmptyName => "name of a startup parameter is empty",
            Self::KeyTooLong => "cancel key is longer than 256 bytes",
        })
    }
}

impl std::error::Error for EncodeError {}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        let kind = match error {
            EncodeError::TooLong => ErrorKind::TooLarge,
            _ => ErrorKind::Usage,
        };
        Self::new(kind, error.to_string())
    }
}
