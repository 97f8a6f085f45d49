use super::EncodeError;
use super::writer::message;
use crate::wire::tag::frontend::{CLOSE, DESCRIBE};

/// What [`describe`] and [`close`] are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A prepared statement.
    Statement,
    /// A portal.
    Portal,
}

impl Target {
    /// The byte that stands for it in a message.
    pub fn code(self) -> u8 {
        match self {
            Self::Statement => b'S',
            Self::Portal => b'P',
        }
    }
}

/// Appends Describe: asks what the statement or portal of this name takes and returns. An empty
/// name stands for the unnamed one.
pub fn describe(out: &mut Vec<u8>, target: Target, name: &[u8]) -> Result<(), EncodeError> {
    named(out, DESCRIBE, target, name)
}

/// Appends Close: drops the statement or portal of this name. An empty name stands for the unnamed
/// one.
pub fn close(out: &mut Vec<u8>, target: Target, name: &[u8]) -> Result<(), EncodeError> {
    named(out, CLOSE, target, name)
}

fn named(out: &mut Vec<u8>, tag: u8, target: Target, name: &[u8]) -> Result<(), EncodeError> {
    let body_len = name.len().saturating_add(2);
    message(out, tag, body_len, |writer| {
        writer.u8(target.code());
        writer.cstr(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_stands_before_the_name() {
        let mut out = Vec::new();
        describe(&mut out, Target::Statement, b"s1").unwrap();
        describe(&mut out, Target::Portal, b"").unwrap();
        close(&mut out, Target::Statement, b"s1").unwrap();
        close(&mut out, Target::Portal, b"").unwrap();
        assert_eq!(
            out,
            b"D\0\0\0\x08Ss1\0D\0\0\0\x06P\0C\0\0\0\x08Ss1\0C\0\0\0\x06P\0"
        );
    }

    #[test]
    fn names_hold_no_zero_byte() {
        let mut out = Vec::new();
        for encode in [describe, close] {
            let result = encode(&mut out, Target::Portal, b"\0");
            assert_eq!(result, Err(EncodeError::ContainsNul));
        }
        assert_eq!(out, b"");
    }
}
