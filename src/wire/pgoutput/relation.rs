use crate::wire::{Cursor, Element, List, Malformed};

/// A table's shape: sent before the first change to it, and again when the shape has changed.
#[derive(Debug, Clone, Copy)]
pub struct Relation<'a> {
    /// The transaction's id, inside a stream.
    pub xid: Option<u32>,
    /// The object id by which the changes name the table.
    pub oid: u32,
    /// The schema, empty for `pg_catalog`.
    pub namespace: &'a [u8],
    /// The table's name.
    pub name: &'a [u8],
    /// How changes say which old row they are about.
    pub replica_identity: ReplicaIdentity,
    /// The columns that are published.
    pub columns: List<'a, RelationColumn<'a>>,
}

impl<'a> Relation<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>, xid: Option<u32>) -> Result<Self, Malformed> {
        Ok(Self {
            xid,
            oid: cursor.u32()?,
            namespace: cursor.cstr()?,
            name: cursor.cstr()?,
            replica_identity: ReplicaIdentity::read(cursor)?,
            columns: {
                let count = cursor.count16()?;
                List::read(cursor, count)?
            },
        })
    }
}

/// How changes to a table say which old row they are about: `pg_class.relreplident`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplicaIdentity {
    /// By the primary key, where there is one.
    Default,
    /// Not at all.
    Nothing,
    /// By all columns.
    Full,
    /// By the columns of an index chosen for it.
    Index,
}

impl Element<'_> for ReplicaIdentity {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        match cursor.u8()? {
            b'd' => Ok(Self::Default),
            b'n' => Ok(Self::Nothing),
            b'f' => Ok(Self::Full),
            b'i' => Ok(Self::Index),
            _ => Err(Malformed("unknown replica identity in message")),
        }
    }
}

/// One column of a [`Relation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelationColumn<'a> {
    /// 1 for a column of the key, else 0.
    pub flags: u8,
    /// The column's name.
    pub name: &'a [u8],
    /// The object id of the column's type.
    pub type_oid: u32,
    /// The type modifier; -1 where there is none.
    pub type_mod: i32,
}

impl RelationColumn<'_> {
    /// Whether the column belongs to the key that identifies old rows.
    pub fn is_key(&self) -> bool {
        self.flags & 1 != 0
    }
}

impl<'a> Element<'a> for RelationColumn<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            flags: cursor.u8()?,
            name: cursor.cstr()?,
            type_oid: cursor.u32()?,
            type_mod: cursor.i32()?,
        })
    }
}
