use crate::wire::{Cursor, Lsn, Malformed};

/// What somebody has written with `pg_logical_emit_message`; the manual's message "Message".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogicalMessage<'a> {
    /// The transaction's id, inside a stream.
    pub xid: Option<u32>,
    /// 1 where the message belongs to a transaction, else 0.
    pub flags: u8,
    /// The position of the message.
    pub lsn: Lsn,
    /// The prefix, which tells whom the message is for.
    pub prefix: &'a [u8],
    /// What it says.
    pub content: &'a [u8],
}

impl<'a> LogicalMessage<'a> {
    /// Whether the message belongs to a transaction, and so counts only once that is committed.
    pub fn is_transactional(&self) -> bool {
        self.flags & 1 != 0
    }

    pub(super) fn read(cursor: &mut Cursor<'a>, xid: Option<u32>) -> Result<Self, Malformed> {
        Ok(Self {
            xid,
            flags: cursor.u8()?,
            lsn: Lsn(cursor.u64()?),
            prefix: cursor.cstr()?,
            content: {
                let len = cursor.count32()?;
                cursor.take(len)?
            },
        })
    }
}
