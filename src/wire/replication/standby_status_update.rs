use crate::wire::{Cursor, Lsn, Malformed, tag};

/// How far the receiver has got. Each position is that of the last byte plus one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StandbyStatusUpdate {
    /// Received and written.
    pub written: Lsn,
    /// Flushed to disk: the server may forget what stands before it.
    pub flushed: Lsn,
    /// Applied.
    pub applied: Lsn,
    /// The receiver's clock when it sends the message.
    pub send_time: i64,
    /// Whether the server should answer at once.
    pub reply_requested: bool,
}

impl StandbyStatusUpdate {
    pub(super) fn read(mut cursor: Cursor<'_>) -> Result<Self, Malformed> {
        let message = Self {
            written: Lsn(cursor.u64()?),
            flushed: Lsn(cursor.u64()?),
            applied: Lsn(cursor.u64()?),
            send_time: cursor.i64()?,
            reply_requested: cursor.u8()? != 0,
        };
        cursor.finish()?;
        Ok(message)
    }

    /// Appends the payload of a CopyData message.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(34);
        out.push(tag::replication::STANDBY_STATUS_UPDATE);
        for position in [self.written, self.flushed, self.applied] {
            out.extend_from_slice(&position.0.to_be_bytes());
        }
        out.extend_from_slice(&self.send_time.to_be_bytes());
        out.push(self.reply_requested.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::replication::FromStandby;
    use crate::wire::testing::exact;

    #[test]
    fn three_positions_a_time_and_a_flag() {
        let message = StandbyStatusUpdate {
            written: Lsn(3),
            flushed: Lsn(2),
            applied: Lsn(1),
            send_time: 4,
            reply_requested: true,
        };
        let mut payload = Vec::new();
        message.encode(&mut payload);
        assert_eq!(
            payload,
            b"r\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x04\x01"
        );
        let decoded = exact!(&payload, FromStandby::decode);
        assert_eq!(decoded, FromStandby::StandbyStatusUpdate(message));
    }
}
