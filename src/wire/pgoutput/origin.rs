use crate::wire::{Cursor, Lsn, Malformed};

/// The transaction was replicated from elsewhere. There may be several in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The position of the commit on the origin.
    pub commit_lsn: Lsn,
    /// The origin's name.
    pub name: &'a [u8],
}

impl<'a> Origin<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            commit_lsn: Lsn(cursor.u64()?),
            name: cursor.cstr()?,
        })
    }
}
