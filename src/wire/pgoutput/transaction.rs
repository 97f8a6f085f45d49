use crate::wire::{Cursor, Lsn, Malformed};

/// A transaction's changes begin; it has been committed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begin {
    /// The final position of the transaction: that of its commit.
    pub final_lsn: Lsn,
    /// When it was committed.
    pub commit_time: i64,
    /// The transaction's id.
    pub xid: u32,
}

impl Begin {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            final_lsn: Lsn(cursor.u64()?),
            commit_time: cursor.i64()?,
            xid: cursor.u32()?,
        })
    }
}

/// A transaction's changes have all come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// Unused at present.
    pub flags: u8,
    /// The position of the commit.
    pub commit_lsn: Lsn,
    /// Where the transaction ends.
    pub end_lsn: Lsn,
    /// When it was committed.
    pub commit_time: i64,
}

impl Commit {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            flags: cursor.u8()?,
            commit_lsn: Lsn(cursor.u64()?),
            end_lsn: Lsn(cursor.u64()?),
            commit_time: cursor.i64()?,
        })
    }
}
