use crate::wire::{Cursor, Lsn, Malformed, tag};

/// A piece of the write-ahead log; with logical decoding, one message of the output plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct XLogData<'a> {
    /// Where the piece begins.
    pub wal_start: Lsn,
    /// Where the log ends on the server at present.
    pub wal_end: Lsn,
    /// The server's clock when it sent the message.
    pub send_time: i64,
    /// The piece itself.
    pub data: &'a [u8],
}

impl<'a> XLogData<'a> {
    pub(super) fn read(mut cursor: Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            wal_start: Lsn(cursor.u64()?),
            wal_end: Lsn(cursor.u64()?),
            send_time: cursor.i64()?,
            data: cursor.rest(),
        })
    }

    /// Appends the payload of a CopyData message.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(25 + self.data.len());
        out.push(tag::replication::XLOG_DATA);
        out.extend_from_slice(&self.wal_start.0.to_be_bytes());
        out.extend_from_slice(&self.wal_end.0.to_be_bytes());
        out.extend_from_slice(&self.send_time.to_be_bytes());
        out.extend_from_slice(self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::replication::FromServer;
    use crate::wire::testing::open_ended;

    #[test]
    fn the_data_goes_to_the_end() {
        let message = XLogData {
            wal_start: Lsn(1),
            wal_end: Lsn(2),
            send_time: -3,
            data: b"wal",
        };
        let mut payload = Vec::new();
        message.encode(&mut payload);
        assert_eq!(
            payload,
            b"w\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\xff\xff\xff\xff\xff\xff\xff\xfdwal"
        );
        let decoded = open_ended!(&payload, 25, FromServer::decode);
        assert_eq!(decoded, FromServer::XLogData(message));
    }
}
