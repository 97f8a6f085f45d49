//! The columns of a result.

use std::ffi::CStr;

use crate::wire::find_nul;

/// What is said of a RowDescription that ends too early.
pub const INSUFFICIENT_COLUMNS: &str = "insufficient data in \"T\" message";

/// What a result tells of one of its columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Column {
    /// Where the column's name begins in the names.
    name: usize,
    /// OID of the table the column comes from, or 0.
    pub table_oid: u32,
    /// The column's number in that table, or 0.
    pub table_column: i32,
    /// 0 for text, 1 for binary.
    pub format: i32,
    /// OID of the type.
    pub type_oid: u32,
    /// Bytes of the type's internal form; negative for variable length.
    pub type_len: i32,
    /// The type modifier; -1 for none.
    pub type_mod: i32,
}

/// The columns of a result, shared by all results that one answer is split into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The names, each with a NUL behind it; a RowDescription's whole body, as a rule.
    names: Box<[u8]>,
    columns: Vec<Column>,
}

impl Columns {
    /// Whether these columns were read from this body of a RowDescription.
    pub fn is_from(&self, body: &[u8]) -> bool {
        *self.names == *body
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The column with this index.
    pub fn get(&self, index: usize) -> Option<&Column> {
        self.columns.get(index)
    }

    /// All columns in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// The name of the column with this index, if it has one.
    pub fn name(&self, index: usize) -> Option<&CStr> {
        let begin = self.columns.get(index)?.name;
        CStr::from_bytes_until_nul(&self.names[begin..]).ok()
    }

    /// The index of the first column with exactly this name.
    pub fn index_of(&self, name: &[u8]) -> Option<usize> {
        (0..self.len()).find(|&index| self.name(index).is_some_and(|n| n.to_bytes() == name))
    }

    /// Whether every column is in binary format.
    pub fn all_binary(&self) -> bool {
        !self.is_empty() && self.columns.iter().all(|column| column.format == 1)
    }

    /// The same columns with every value in binary format.
    pub fn in_binary(&self) -> Self {
        let mut columns = self.clone();
        for column in &mut columns.columns {
            column.format = 1;
        }
        columns
    }

    /// Bytes of memory in use.
    pub fn memory(&self) -> usize {
        self.names.len() + self.columns.capacity() * size_of::<Column>()
    }

    /// Columns that have no names, not even empty ones: those of a copy.
    pub fn nameless(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            names: Box::default(),
            columns: columns.into_iter().collect(),
        }
    }

    /// Whether the columns have no names.
    pub fn is_nameless(&self) -> bool {
        self.names.is_empty()
    }

    /// The same columns with empty names where they have none.
    pub fn named(mut self) -> Self {
        if self.is_nameless() {
            self.names = [0].into();
        }
        self
    }

    /// Columns made one by one.
    pub fn build<'a>(described: impl IntoIterator<Item = (&'a [u8], Column)>) -> Self {
        let mut names = Vec::new();
        let mut columns = Vec::new();
        for (name, mut column) in described {
            column.name = names.len();
            names.extend_from_slice(name);
            names.push(0);
            columns.push(column);
        }
        Self {
            names: names.into_boxed_slice(),
            columns,
        }
    }

    /// Reads the body of a RowDescription message, keeping it whole as the store of the names.
    pub fn from_row_description(body: &[u8]) -> Result<Self, &'static str> {
        const SHORT: &str = INSUFFICIENT_COLUMNS;
        const FIXED: usize = 18;
        let count = body.first_chunk::<2>().ok_or(SHORT)?;
        let count = i16::from_be_bytes(*count);
        let count = usize::try_from(count).map_err(|_| SHORT)?;
        if (body.len() - 2) / (FIXED + 1) < count {
            return Err(SHORT);
        }
        let mut columns = Vec::with_capacity(count);
        let mut at = 2;
        for _ in 0..count {
            let length = find_nul(&body[at..]).ok_or(SHORT)?;
            let fixed = body[at + length + 1..]
                .first_chunk::<FIXED>()
                .ok_or(SHORT)?;
            columns.push(Column::from_fixed(at, fixed));
            at += length + 1 + FIXED;
        }
        if at != body.len() {
            return Err("extraneous data in \"T\" message");
        }
        Ok(Self {
            names: body.into(),
            columns,
        })
    }
}

impl Column {
    /// The fixed part of a field's description, behind its name.
    fn from_fixed(name: usize, bytes: &[u8; 18]) -> Self {
        let short = |at: usize| i32::from(i16::from_be_bytes([bytes[at], bytes[at + 1]]));
        let long = |at: usize| {
            u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        Self {
            name,
            table_oid: long(0),
            table_column: short(4),
            type_oid: long(6),
            type_len: short(10),
            type_mod: long(12) as i32,
            format: short(16),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(names: &[&str]) -> Vec<u8> {
        let mut body = (names.len() as i16).to_be_bytes().to_vec();
        for name in names {
            body.extend(name.bytes().chain([0]));
            body.extend([
                0, 0, 0, 9, 0, 2, 0, 0, 0, 23, 0, 4, 255, 255, 255, 255, 0, 1,
            ]);
        }
        body
    }

    #[test]
    fn a_description_gives_names_and_types() {
        let columns = Columns::from_row_description(&described(&["id", "", "x"])).unwrap();
        assert_eq!(columns.len(), 3);
        assert_eq!(columns.name(0).unwrap(), c"id");
        assert_eq!(columns.name(1).unwrap(), c"");
        assert_eq!(columns.index_of(b"x"), Some(2));
        let column = columns.get(2).unwrap();
        assert_eq!(
            (column.type_oid, column.type_len, column.type_mod),
            (23, 4, -1)
        );
        assert_eq!(
            (column.table_oid, column.table_column, column.format),
            (9, 2, 1)
        );
        assert!(columns.all_binary());
    }

    #[test]
    fn a_truncated_description_is_refused_at_every_length() {
        let body = described(&["id", "name"]);
        for length in 0..body.len() {
            assert!(
                Columns::from_row_description(&body[..length]).is_err(),
                "{length}"
            );
        }
    }

    #[test]
    fn a_negative_count_is_refused() {
        assert!(Columns::from_row_description(&[0xff, 0xff]).is_err());
    }
}
