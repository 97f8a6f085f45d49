//! Finding out about types that are not built in.

use std::collections::HashMap;

use postgres_types::{Field, Kind, Oid, Type};

use crate::error::{Error, ErrorKind};
use crate::result::Columns;

use super::Client;
use super::column::{Column, Layout};

/// All there is to know about a type, in one row of built-in types.
const TYPE_QUERY: &str = "\
    SELECT t.typname::text AS name, n.nspname::text AS schema, t.typtype::text AS kind, \
           t.typelem AS element, t.typbasetype AS base, t.typrelid AS relation, \
           coalesce(r.rngsubtype, 0::oid) AS bound, \
           ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e \
                  WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels, \
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a \
                  WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 \
                    AND NOT a.attisdropped ORDER BY a.attnum) AS field_names, \
           ARRAY(SELECT a.atttypid FROM pg_catalog.pg_attribute a \
                  WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 \
                    AND NOT a.attisdropped ORDER BY a.attnum) AS field_types \
      FROM pg_catalog.pg_type t \
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
      LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid \
     WHERE t.oid = $1";

/// What the elements of a multirange are ranges of. Servers older than 14 have no such types.
const MULTIRANGE_QUERY: &str =
    "SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngmultitypid = $1";

/// How deep types may lie in each other. A server that tells the truth has no type that is part of
/// itself.
const DEEPEST: usize = 64;

/// The types that a client has found out about.
#[derive(Default)]
pub(super) struct TypeCache {
    known: HashMap<Oid, Type>,
    /// How many types are being looked up, each being part of the one before.
    depth: usize,
}

impl TypeCache {
    /// Forgets all types.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }
}

impl Client {
    /// The type with this OID.
    pub(super) fn type_of(&mut self, oid: Oid) -> Result<Type, Error> {
        if let Some(type_) = Type::from_oid(oid) {
            return Ok(type_);
        }
        if let Some(type_) = self.types.known.get(&oid) {
            return Ok(type_.clone());
        }
        self.look_up_type(oid)
    }

    #[cold]
    fn look_up_type(&mut self, oid: Oid) -> Result<Type, Error> {
        let rows = self.query_typed(TYPE_QUERY, &[(&oid, Type::OID)])?;
        let Some(row) = rows.first() else {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the server has no type with OID {oid}"),
            ));
        };
        let (name, schema): (String, String) = (row.try_get("name")?, row.try_get("schema")?);
        if self.types.depth == DEEPEST {
            return Err(Error::new(
                ErrorKind::Protocol,
                format!("type {schema}.{name} is part of more than {DEEPEST} types in each other"),
            ));
        }
        self.types.depth += 1;
        let kind = self.kind_of(oid, row);
        self.types.depth -= 1;
        let type_ = Type::new(name, oid, kind?, schema);
        self.types.known.insert(oid, type_.clone());
        Ok(type_)
    }

    /// What kind of type a row of the type query describes.
    fn kind_of(&mut self, oid: Oid, row: super::Row<'_>) -> Result<Kind, Error> {
        let relation: Oid = row.try_get("relation")?;
        let element: Oid = row.try_get("element")?;
        Ok(match row.try_get("kind")? {
            "e" => Kind::Enum(row.try_get("labels")?),
            "p" => Kind::Pseudo,
            "d" => Kind::Domain(self.type_of(row.try_get("base")?)?),
            "r" => Kind::Range(self.type_of(row.try_get("bound")?)?),
            "m" => self.multirange_kind(oid)?,
            "c" if relation != 0 => self.composite_kind(row)?,
            _ if element != 0 => Kind::Array(self.type_of(element)?),
            _ => Kind::Simple,
        })
    }

    fn multirange_kind(&mut self, oid: Oid) -> Result<Kind, Error> {
        let rows = self.query_typed(MULTIRANGE_QUERY, &[(&oid, Type::OID)])?;
        match rows.first() {
            Some(row) => Ok(Kind::Multirange(self.type_of(row.try_get(0)?)?)),
            None => Ok(Kind::Simple),
        }
    }

    fn composite_kind(&mut self, row: super::Row<'_>) -> Result<Kind, Error> {
        let names: Vec<String> = row.try_get("field_names")?;
        let types: Vec<Oid> = row.try_get("field_types")?;
        let fields = names.into_iter().zip(types);
        let fields: Result<Vec<Field>, Error> = fields
            .map(|(name, type_)| Ok(Field::new(name, self.type_of(type_)?)))
            .collect();
        Ok(Kind::Composite(fields?))
    }

    /// The columns of an answer, with their types.
    pub(super) fn layout_of(&mut self, columns: &Columns) -> Result<Layout, Error> {
        let mut described = Vec::with_capacity(columns.len());
        for (index, column) in columns.iter().enumerate() {
            let name = columns.name(index).unwrap_or_default();
            let type_ = self.type_of(column.type_oid)?;
            described.push(Column::new(&name.to_string_lossy(), type_, column));
        }
        Ok(Layout::new(described))
    }
}
