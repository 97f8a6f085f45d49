use crate::wire::{Cursor, List, Malformed};

/// One row of a result.
#[derive(Debug, Clone, Copy)]
pub struct DataRow<'a> {
    /// The value of each column, NULL being `None`.
    pub values: List<'a, Option<&'a [u8]>>,
}

impl<'a> DataRow<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let count = cursor.count16()?;
        let values = List::read(&mut cursor, count)?;
        cursor.finish()?;
        Ok(Self { values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn null_and_empty_values_differ() {
        let body = b"\0\x03\xff\xff\xff\xff\0\0\0\0\0\0\0\x02hi";
        let row = exact!(body, DataRow::decode);
        let expected = [None, Some(&b""[..]), Some(&b"hi"[..])];
        assert!(row.values.iter().eq(expected));
    }

    #[test]
    fn a_row_may_have_no_columns() {
        assert!(exact!(b"\0\0", DataRow::decode).values.is_empty());
    }

    #[test]
    fn lengths_and_counts_that_lie_are_refused() {
        let refused = |body| DataRow::decode(body).unwrap_err();
        assert_eq!(refused(b"\x80\0"), Malformed::NEGATIVE_COUNT);
        assert_eq!(refused(b"\x7f\xff"), Malformed::INSUFFICIENT);
        let negative = b"\0\x01\xff\xff\xff\xfe";
        assert_eq!(refused(negative), Malformed::INVALID_LENGTH);
        let large = b"\0\x01\x7f\xff\xff\xff";
        assert_eq!(refused(large), Malformed::INSUFFICIENT);
    }
}
