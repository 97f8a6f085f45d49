use crate::wire::{Cursor, Malformed};

/// What a function called by FunctionCall has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionCallResponse<'a> {
    /// The value, NULL being `None`.
    pub value: Option<&'a [u8]>,
}

impl<'a> FunctionCallResponse<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let value = cursor.value()?;
        cursor.finish()?;
        Ok(Self { value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn a_function_returns_a_value_or_null() {
        for (body, value) in [
            (&b"\0\0\0\x02ab"[..], Some(&b"ab"[..])),
            (b"\0\0\0\0", Some(b"")),
            (b"\xff\xff\xff\xff", None),
        ] {
            let message = exact!(body, FunctionCallResponse::decode);
            assert_eq!(message.value, value);
        }
    }

    #[test]
    fn a_negative_length_is_refused() {
        let result = FunctionCallResponse::decode(b"\xff\xff\xff\xfe");
        assert_eq!(result, Err(Malformed::INVALID_LENGTH));
    }
}
