use crate::wire::{Cursor, List, Malformed};

/// Tables have been truncated.
#[derive(Debug, Clone, Copy)]
pub struct Truncate<'a> {
    /// The transaction's id, inside a stream.
    pub xid: Option<u32>,
    /// 1 for CASCADE, 2 for RESTART IDENTITY, 3 for both.
    pub options: u8,
    /// The tables, as their Relation messages have named them.
    pub relations: List<'a, u32>,
}

impl<'a> Truncate<'a> {
    /// Whether CASCADE was given.
    pub fn is_cascade(&self) -> bool {
        self.options & 1 != 0
    }

    /// Whether RESTART IDENTITY was given.
    pub fn restarts_identity(&self) -> bool {
        self.options & 2 != 0
    }

    pub(super) fn read(cursor: &mut Cursor<'a>, xid: Option<u32>) -> Result<Self, Malformed> {
        let count = cursor.count32()?;
        Ok(Self {
            xid,
            options: cursor.u8()?,
            relations: List::read(cursor, count)?,
        })
    }
}
