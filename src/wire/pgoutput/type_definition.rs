use crate::wire::{Cursor, Malformed};

/// The name of a type that is not built in; sent before a Relation message that uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type<'a> {
    /// The transaction's id, inside a stream.
    pub xid: Option<u32>,
    /// The type's object id.
    pub oid: u32,
    /// The schema, empty for `pg_catalog`.
    pub namespace: &'a [u8],
    /// The type's name.
    pub name: &'a [u8],
}

impl<'a> Type<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>, xid: Option<u32>) -> Result<Self, Malformed> {
        Ok(Self {
            xid,
            oid: cursor.u32()?,
            namespace: cursor.cstr()?,
            name: cursor.cstr()?,
        })
    }
}
