use super::TupleData;
use crate::wire::{Cursor, Element, Malformed};

const UNKNOWN_TUPLE: Malformed = Malformed("unknown kind of row in message");

/// A row has been inserted.
#[derive(Debug, Clone, Copy)]
pub struct Insert<'a> {
    /// The transaction's id, inside a stream.
    pub xid: Option<u32>,
    /// The table, as its Relation message has named it.
    pub relation: u32,
    /// The row.
    pub new: TupleData<'a>,
}

impl<'a> Insert<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>, xid: Option<u32>) -> Result<Self, Malformed> {
        let relation = cursor.u32()?;
        let kind = cursor.u8()?;
        let new = new_tuple(cursor, kind)?;
        Ok(Self { xid, relation, new })
    }
}

/// A row has been updated.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// The transaction's id, inside a stream.
    pub xid: Option<u32>,
    /// The table, as its Relation message has named it.
    pub relation: u32,
    /// What the row was, where its key has changed or the table's replica identity is full.
    pub old: Option<OldTuple<'a>>,
    /// What the row is now.
    pub new: TupleData<'a>,
}

impl<'a> Update<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>, xid: Option<u32>) -> Result<Self, Malformed> {
        let relation = cursor.u32()?;
        let mut kind = cursor.u8()?;
        let mut old = None;
        if kind != b'N' {
            old = Some(OldTuple::read(cursor, kind)?);
            kind = cursor.u8()?;
        }
        Ok(Self {
            xid,
            relation,
            old,
            new: new_tuple(cursor, kind)?,
        })
    }
}

/// A row has been deleted.
#[derive(Debug, Clone, Copy)]
pub struct Delete<'a> {
    /// The transaction's id, inside a stream.
    pub xid: Option<u32>,
    /// The table, as its Relation message has named it.
    pub relation: u32,
    /// What the row was.
    pub old: OldTuple<'a>,
}

impl<'a> Delete<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>, xid: Option<u32>) -> Result<Self, Malformed> {
        let relation = cursor.u32()?;
        let kind = cursor.u8()?;
        let old = OldTuple::read(cursor, kind)?;
        Ok(Self { xid, relation, old })
    }
}

/// As much of an old row as the table's replica identity tells.
#[derive(Debug, Clone, Copy)]
pub enum OldTuple<'a> {
    /// The columns of the key; the others are NULL.
    Key(TupleData<'a>),
    /// All columns.
    Full(TupleData<'a>),
}

impl<'a> OldTuple<'a> {
    /// The row, whichever columns of it are there.
    pub fn tuple(&self) -> &TupleData<'a> {
        match self {
            Self::Key(tuple) | Self::Full(tuple) => tuple,
        }
    }

    fn read(cursor: &mut Cursor<'a>, kind: u8) -> Result<Self, Malformed> {
        match kind {
            b'K' => TupleData::read(cursor).map(Self::Key),
            b'O' => TupleData::read(cursor).map(Self::Full),
            _ => Err(UNKNOWN_TUPLE),
        }
    }
}

fn new_tuple<'a>(cursor: &mut Cursor<'a>, kind: u8) -> Result<TupleData<'a>, Malformed> {
    match kind {
        b'N' => TupleData::read(cursor),
        _ => Err(UNKNOWN_TUPLE),
    }
}
