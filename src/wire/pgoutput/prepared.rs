use crate::wire::{Cursor, Lsn, Malformed};

/// The changes of a transaction begin that has been prepared for two-phase commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeginPrepare<'a> {
    /// The position of the prepare.
    pub prepare_lsn: Lsn,
    /// Where the prepared transaction ends.
    pub end_lsn: Lsn,
    /// When it was prepared.
    pub prepare_time: i64,
    /// The transaction's id.
    pub xid: u32,
    /// The name that PREPARE TRANSACTION has given it.
    pub gid: &'a [u8],
}

impl<'a> BeginPrepare<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            prepare_lsn: Lsn(cursor.u64()?),
            end_lsn: Lsn(cursor.u64()?),
            prepare_time: cursor.i64()?,
            xid: cursor.u32()?,
            gid: cursor.cstr()?,
        })
    }
}

/// A transaction has been prepared: Prepare where its changes came in one piece, Stream Prepare
/// where they were streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepare<'a> {
    /// Unused at present.
    pub flags: u8,
    /// The position of the prepare.
    pub prepare_lsn: Lsn,
    /// Where the prepared transaction ends.
    pub end_lsn: Lsn,
    /// When it was prepared.
    pub prepare_time: i64,
    /// The transaction's id.
    pub xid: u32,
    /// The name that PREPARE TRANSACTION has given it.
    pub gid: &'a [u8],
}

impl<'a> Prepare<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            flags: cursor.u8()?,
            prepare_lsn: Lsn(cursor.u64()?),
            end_lsn: Lsn(cursor.u64()?),
            prepare_time: cursor.i64()?,
            xid: cursor.u32()?,
            gid: cursor.cstr()?,
        })
    }
}

/// A prepared transaction has been committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitPrepared<'a> {
    /// Unused at present.
    pub flags: u8,
    /// The position of the commit.
    pub commit_lsn: Lsn,
    /// Where the commit ends.
    pub end_lsn: Lsn,
    /// When it was committed.
    pub commit_time: i64,
    /// The transaction's id.
    pub xid: u32,
    /// The name that PREPARE TRANSACTION has given it.
    pub gid: &'a [u8],
}

impl<'a> CommitPrepared<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            flags: cursor.u8()?,
            commit_lsn: Lsn(cursor.u64()?),
            end_lsn: Lsn(cursor.u64()?),
            commit_time: cursor.i64()?,
            xid: cursor.u32()?,
            gid: cursor.cstr()?,
        })
    }
}

/// A prepared transaction has been rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollbackPrepared<'a> {
    /// Unused at present.
    pub flags: u8,
    /// Where the prepared transaction ends.
    pub prepare_end_lsn: Lsn,
    /// Where the rollback ends.
    pub rollback_end_lsn: Lsn,
    /// When it was prepared.
    pub prepare_time: i64,
    /// When it was rolled back.
    pub rollback_time: i64,
    /// The transaction's id.
    pub xid: u32,
    /// The name that PREPARE TRANSACTION has given it.
    pub gid: &'a [u8],
}

impl<'a> RollbackPrepared<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            flags: cursor.u8()?,
            prepare_end_lsn: Lsn(cursor.u64()?),
            rollback_end_lsn: Lsn(cursor.u64()?),
            prepare_time: cursor.i64()?,
            rollback_time: cursor.i64()?,
            xid: cursor.u32()?,
            gid: cursor.cstr()?,
        })
    }
}
