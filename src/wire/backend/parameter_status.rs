use crate::wire::{Cursor, Malformed};

/// The current value of a run-time parameter that the server reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterStatus<'a> {
    /// The parameter's name.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

impl<'a> ParameterStatus<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let message = Self {
            name: cursor.cstr()?,
            value: cursor.cstr()?,
        };
        cursor.finish()?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn a_parameter_has_a_name_and_a_value() {
        let message = exact!(b"client_encoding\0UTF8\0", ParameterStatus::decode);
        assert_eq!(
            (message.name, message.value),
            (&b"client_encoding"[..], &b"UTF8"[..])
        );
        assert_eq!(
            exact!(b"search_path\0\0", ParameterStatus::decode).value,
            b""
        );
    }
}
