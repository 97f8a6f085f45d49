//! The shape of a table whose changes are streamed.

use postgres_types::Oid;

use crate::wire::pgoutput::{Relation, RelationColumn};

/// A table's shape, to be kept: changes name their table by its OID alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// By what changes name it.
    pub oid: Oid,
    /// The schema.
    pub schema: String,
    /// The name.
    pub name: String,
    /// The columns that are published, in the order of a row's values.
    pub columns: Vec<TableColumn>,
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// The name.
    pub name: String,
    /// The OID of the type.
    pub type_oid: Oid,
    /// Whether it belongs to the key that identifies old rows.
    pub is_key: bool,
}

impl From<&Relation<'_>> for Table {
    fn from(relation: &Relation<'_>) -> Self {
        // The server leaves this one schema's name out.
        let schema = match relation.namespace {
            b"" => b"pg_catalog",
            schema => schema,
        };
        Self {
            oid: relation.oid,
            schema: text(schema),
            name: text(relation.name),
            columns: relation.columns.iter().map(TableColumn::from).collect(),
        }
    }
}

impl From<RelationColumn<'_>> for TableColumn {
    fn from(column: RelationColumn<'_>) -> Self {
        Self {
            name: text(column.name),
            type_oid: column.type_oid,
            is_key: column.is_key(),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
