use crate::wire::{Cursor, List, Malformed};

/// CopyInResponse, CopyOutResponse or CopyBothResponse: a COPY begins.
#[derive(Debug, Clone, Copy)]
pub struct CopyResponse<'a> {
    /// 0 for text, 1 for binary.
    pub overall_format: u8,
    /// The format code of each column.
    pub column_formats: List<'a, i16>,
}

impl<'a> CopyResponse<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let overall_format = cursor.u8()?;
        let count = cursor.count16()?;
        let column_formats = List::read(&mut cursor, count)?;
        cursor.finish()?;
        Ok(Self {
            overall_format,
            column_formats,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn each_column_has_its_format() {
        let message = exact!(b"\x01\0\x02\0\x01\0\0", CopyResponse::decode);
        assert_eq!(message.overall_format, 1);
        assert_eq!(message.column_formats.len(), 2);
        assert!(message.column_formats.iter().eq([1, 0]));
    }

    #[test]
    fn a_stream_without_columns_is_fine() {
        let message = exact!(b"\0\0\0", CopyResponse::decode);
        assert!(message.column_formats.is_empty());
    }

    #[test]
    fn a_negative_count_is_refused() {
        let result = CopyResponse::decode(b"\0\xff\xff");
        assert_eq!(result.unwrap_err(), Malformed::NEGATIVE_COUNT);
    }
}
