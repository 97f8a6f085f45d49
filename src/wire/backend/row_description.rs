use crate::wire::{Cursor, Element, List, Malformed};

/// The columns of the rows that follow, or that a statement would return.
#[derive(Debug, Clone, Copy)]
pub struct RowDescription<'a> {
    /// The columns in their order.
    pub fields: List<'a, FieldDescription<'a>>,
}

impl<'a> RowDescription<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let count = cursor.count16()?;
        let fields = List::read(&mut cursor, count)?;
        cursor.finish()?;
        Ok(Self { fields })
    }
}

/// One column of a [`RowDescription`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldDescription<'a> {
    /// The column's name.
    pub name: &'a [u8],
    /// The object id of the table the column comes from, or 0.
    pub table_oid: u32,
    /// The column's number in that table, or 0.
    pub column: i16,
    /// The object id of the column's type.
    pub type_oid: u32,
    /// The type's size in bytes; negative where the size varies.
    pub type_len: i16,
    /// The type modifier, whose meaning depends on the type; -1 where there is none.
    pub type_mod: i32,
    /// 0 for text, 1 for binary.
    pub format: i16,
}

impl<'a> Element<'a> for FieldDescription<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            name: cursor.cstr()?,
            table_oid: cursor.u32()?,
            column: cursor.i16()?,
            type_oid: cursor.u32()?,
            type_len: cursor.i16()?,
            type_mod: cursor.i32()?,
            format: cursor.i16()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn each_column_is_described() {
        let body = b"\0\x02\
            id\0\0\0\x40\0\0\x01\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0\
            name\0\0\0\0\0\0\0\0\0\x04\x13\xff\xff\0\0\0\x24\0\x01";
        let message = exact!(body, RowDescription::decode);
        let expected = [
            FieldDescription {
                name: b"id",
                table_oid: 16384,
                column: 1,
                type_oid: 23,
                type_len: 4,
                type_mod: -1,
                format: 0,
            },
            FieldDescription {
                name: b"name",
                table_oid: 0,
                column: 0,
                type_oid: 1043,
                type_len: -1,
                type_mod: 36,
                format: 1,
            },
        ];
        assert_eq!(message.fields.len(), 2);
        assert!(message.fields.iter().eq(expected));
    }

    #[test]
    fn a_row_may_have_no_columns() {
        assert!(exact!(b"\0\0", RowDescription::decode).fields.is_empty());
    }

    #[test]
    fn a_negative_count_is_refused() {
        let result = RowDescription::decode(b"\xff\xff");
        assert_eq!(result.unwrap_err(), Malformed::NEGATIVE_COUNT);
    }
}
