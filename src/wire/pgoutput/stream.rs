use crate::wire::{Cursor, Lsn, Malformed};

/// A segment of the changes of a large transaction begins, which may still be in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamStart {
    /// The transaction's id.
    pub xid: u32,
    /// Whether this is the transaction's first segment.
    pub first_segment: bool,
}

impl StreamStart {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            xid: cursor.u32()?,
            first_segment: cursor.u8()? != 0,
        })
    }
}

/// A transaction that was streamed has been committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamCommit {
    /// The transaction's id.
    pub xid: u32,
    /// Unused at present.
    pub flags: u8,
    /// The position of the commit.
    pub commit_lsn: Lsn,
    /// Where the transaction ends.
    pub end_lsn: Lsn,
    /// When it was committed.
    pub commit_time: i64,
}

impl StreamCommit {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            xid: cursor.u32()?,
            flags: cursor.u8()?,
            commit_lsn: Lsn(cursor.u64()?),
            end_lsn: Lsn(cursor.u64()?),
            commit_time: cursor.i64()?,
        })
    }
}

/// A transaction that was streamed, or a subtransaction of it, has been rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamAbort {
    /// The transaction's id.
    pub xid: u32,
    /// The subtransaction's id; the same as `xid` where all of the transaction is rolled back.
    pub subxid: u32,
    /// The position of the rollback and when it was: sent where streaming is `parallel`.
    pub abort: Option<(Lsn, i64)>,
}

impl StreamAbort {
    /// `with_position`: whether the protocol version allows the position and the time. Whether
    /// they are there depends on an option of the stream, so the message's length tells.
    pub(super) fn read(cursor: &mut Cursor<'_>, with_position: bool) -> Result<Self, Malformed> {
        let (xid, subxid) = (cursor.u32()?, cursor.u32()?);
        let abort = if with_position && cursor.remaining() > 0 {
            Some((Lsn(cursor.u64()?), cursor.i64()?))
        } else {
            None
        };
        Ok(Self { xid, subxid, abort })
    }
}
