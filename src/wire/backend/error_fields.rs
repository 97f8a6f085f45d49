use std::fmt;

use crate::error::ServerError;
use crate::wire::{Cursor, Malformed};

/// The fields of an ErrorResponse or a NoticeResponse.
///
/// Manual: "Error and Notice Message Fields".
#[derive(Clone, Copy)]
pub struct ErrorFields<'a> {
    fields: Cursor<'a>,
}

impl<'a> ErrorFields<'a> {
    /// Decodes the message's body: fields up to a zero byte, which must be the last.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let fields = Cursor::new(body);
        let mut cursor = fields;
        while cursor.u8()? != 0 {
            cursor.cstr()?;
        }
        cursor.finish()?;
        Ok(Self { fields })
    }

    /// The code (see [`error_field`](crate::wire::error_field)) and the value of each field, in
    /// the order they were sent.
    pub fn iter(&self) -> ErrorFieldsIter<'a> {
        ErrorFieldsIter {
            cursor: self.fields,
        }
    }

    /// The value of the first field with this code.
    pub fn field(&self, code: u8) -> Option<&'a [u8]> {
        let (_, value) = self.iter().find(|(found, _)| *found == code)?;
        Some(value)
    }
}

impl<'a> IntoIterator for ErrorFields<'a> {
    type Item = (u8, &'a [u8]);
    type IntoIter = ErrorFieldsIter<'a>;

    fn into_iter(self) -> ErrorFieldsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for ErrorFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self
            .iter()
            .map(|(code, value)| (char::from(code), String::from_utf8_lossy(value)));
        f.debug_map().entries(fields).finish()
    }
}

impl From<ErrorFields<'_>> for ServerError {
    fn from(fields: ErrorFields<'_>) -> Self {
        let owned = fields.iter().map(|(code, value)| (code, value.to_vec()));
        Self::new(owned.collect())
    }
}

/// Goes through the fields of an [`ErrorFields`].
#[derive(Debug, Clone)]
pub struct ErrorFieldsIter<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for ErrorFieldsIter<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut ahead = self.cursor;
        let code = ahead.u8().ok().filter(|code| *code != 0)?;
        let value = ahead.cstr().ok()?;
        self.cursor = ahead;
        Some((code, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::error_field;
    use crate::wire::testing::exact;

    const BODY: &[u8] = b"SFEHLER\0VERROR\0C42601\0Msyntax error\0P8\0\0";

    #[test]
    fn fields_come_in_the_order_they_were_sent() {
        let fields = exact!(BODY, ErrorFields::decode);
        let codes: Vec<u8> = fields.iter().map(|(code, _)| code).collect();
        assert_eq!(codes, b"SVCMP");
        assert_eq!(fields.field(error_field::SQLSTATE), Some(&b"42601"[..]));
        assert_eq!(fields.field(error_field::HINT), None);
        let mut fields = fields.into_iter();
        assert_eq!(fields.by_ref().count(), 5);
        assert_eq!(fields.next(), None);
    }

    #[test]
    fn a_message_may_have_no_fields() {
        let fields = exact!(b"\0", ErrorFields::decode);
        assert_eq!(fields.iter().next(), None);
    }

    #[test]
    fn the_errors_type_takes_the_fields_over() {
        let error = ServerError::from(ErrorFields::decode(BODY).unwrap());
        assert_eq!(error.code(), "42601");
        assert_eq!(error.severity(), "ERROR");
        assert_eq!(error.message(), "syntax error");
        assert_eq!(error.position(), Some(8));
    }
}
