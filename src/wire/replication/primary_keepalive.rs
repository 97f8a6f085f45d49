use crate::wire::{Cursor, Lsn, Malformed, tag};

/// The server shows that it is alive, and perhaps asks for an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrimaryKeepalive {
    /// Where the log ends on the server at present.
    pub wal_end: Lsn,
    /// The server's clock when it sent the message.
    pub send_time: i64,
    /// Whether the receiver should answer at once, lest the server take it for dead.
    pub reply_requested: bool,
}

impl PrimaryKeepalive {
    pub(super) fn read(mut cursor: Cursor<'_>) -> Result<Self, Malformed> {
        let message = Self {
            wal_end: Lsn(cursor.u64()?),
            send_time: cursor.i64()?,
            reply_requested: cursor.u8()? != 0,
        };
        cursor.finish()?;
        Ok(message)
    }

    /// Appends the payload of a CopyData message.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(18);
        out.push(tag::replication::PRIMARY_KEEPALIVE);
        out.extend_from_slice(&self.wal_end.0.to_be_bytes());
        out.extend_from_slice(&self.send_time.to_be_bytes());
        out.push(self.reply_requested.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::replication::FromServer;
    use crate::wire::testing::exact;

    #[test]
    fn a_keepalive_may_ask_for_a_reply() {
        for reply_requested in [false, true] {
            let message = PrimaryKeepalive {
                wal_end: Lsn(0x0102_0304_0506_0708),
                send_time: 9,
                reply_requested,
            };
            let mut payload = Vec::new();
            message.encode(&mut payload);
            assert_eq!(
                payload[..17],
                *b"k\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0\0\0\x09"
            );
            assert_eq!(payload[17], u8::from(reply_requested));
            let decoded = exact!(&payload, FromServer::decode);
            assert_eq!(decoded, FromServer::PrimaryKeepalive(message));
        }
    }
}
