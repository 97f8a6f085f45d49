//! The columns of rows, with their types.

use std::sync::OnceLock;

use postgres_types::{Oid, Type};

use crate::result::Column as Described;

/// From so many columns on, names are looked up in a sorted list.
const MANY: usize = 16;

/// A column of a result or a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub(super) name: Box<str>,
    pub(super) type_: Type,
    table_oid: Oid,
    number: i16,
    type_modifier: i32,
    text: bool,
}

impl Column {
    /// A column of this name and type, described by the server.
    pub(super) fn new(name: &str, type_: Type, described: &Described) -> Self {
        let text = matches!(
            type_,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN
        );
        Self {
            name: name.into(),
            type_,
            table_oid: described.table_oid,
            number: i16::try_from(described.table_column).unwrap_or(0),
            type_modifier: described.type_mod,
            text,
        }
    }

    /// Whether values are text and nothing else.
    #[inline]
    pub(super) fn is_text(&self) -> bool {
        self.text
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of the values.
    pub fn type_(&self) -> &Type {
        &self.type_
    }

    /// The OID of the table that the column comes from, if it comes from one unchanged.
    pub fn table_oid(&self) -> Option<Oid> {
        (self.table_oid != 0).then_some(self.table_oid)
    }

    /// The column's number in that table, the first being 1.
    pub fn column_id(&self) -> Option<i16> {
        (self.number != 0).then_some(self.number)
    }

    /// The type modifier, such as the length that `varchar(20)` allows; -1 for none.
    pub fn type_modifier(&self) -> i32 {
        self.type_modifier
    }
}

/// The columns of an answer; shared by all answers of one prepared statement.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Layout {
    columns: Box<[Column]>,
    /// The columns' indexes in the order of their names.
    by_name: OnceLock<Box<[u16]>>,
}

impl Layout {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        Self {
            columns: columns.into(),
            by_name: OnceLock::new(),
        }
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The index of the first column with this name; failing that, of the first whose name differs
    /// only in the case of ASCII letters.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        let exact = if self.columns.len() < MANY {
            self.columns.iter().position(|column| &*column.name == name)
        } else {
            self.index_among_many(name)
        };
        exact.or_else(|| self.index_ignoring_case(name))
    }

    fn index_among_many(&self, name: &str) -> Option<usize> {
        let by_name = self.by_name.get_or_init(|| {
            let count = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
            let mut order: Vec<u16> = (0..count).collect();
            // The sort keeps columns of one name in their order.
            order.sort_by_key(|&index| &self.columns[usize::from(index)].name);
            order.into()
        });
        let column = |index: u16| &*self.columns[usize::from(index)].name;
        let at = by_name.partition_point(|&index| column(index) < name);
        let index = *by_name.get(at)?;
        (column(index) == name).then_some(usize::from(index))
    }

    #[cold]
    fn index_ignoring_case(&self, name: &str) -> Option<usize> {
        let mut columns = self.columns.iter();
        columns.position(|column| column.name.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(names: impl IntoIterator<Item = String>) -> Layout {
        let column = |name: String| Column::new(&name, Type::INT4, &Described::default());
        Layout::new(names.into_iter().map(column).collect())
    }

    #[test]
    fn the_first_of_several_columns_of_one_name_is_found() {
        for count in [1, MANY * 2] {
            let names = ["b", "a", "b", "A"].map(str::to_owned);
            let rest = (0..count).map(|n| format!("z{n:03}"));
            let layout = layout(names.into_iter().chain(rest));
            assert_eq!(layout.index_of("b"), Some(0));
            assert_eq!(layout.index_of("a"), Some(1));
            assert_eq!(layout.index_of("A"), Some(3));
            assert_eq!(layout.index_of("B"), Some(0));
            assert_eq!(layout.index_of("z000"), Some(4));
            assert_eq!(layout.index_of("zz"), None);
            assert_eq!(layout.index_of(""), None);
        }
    }
}
