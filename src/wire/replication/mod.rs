//! The messages inside CopyData while a server streams its write-ahead log, in both directions.
//!
//! All encoders append the payload of one CopyData message, without CopyData's own header. Times
//! are in microseconds since midnight on 2000-01-01; see [`to_server_time`].
//!
//! Manual: "Streaming Replication Protocol", under START_REPLICATION.

mod hot_standby_feedback;
mod primary_keepalive;
mod standby_status_update;
mod time;
mod xlog_data;

pub use hot_standby_feedback::HotStandbyFeedback;
pub use primary_keepalive::PrimaryKeepalive;
pub use standby_status_update::StandbyStatusUpdate;
pub use time::{from_server_time, to_server_time};
pub use xlog_data::XLogData;

use super::{Cursor, Malformed, tag};

const UNKNOWN: Malformed = Malformed("unknown type of replication message");

/// A message that the server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromServer<'a> {
    /// A piece of the write-ahead log, or of what an output plugin has made from it.
    XLogData(XLogData<'a>),
    /// The server shows that it is alive.
    PrimaryKeepalive(PrimaryKeepalive),
}

impl<'a> FromServer<'a> {
    /// Decodes the payload of a CopyData message.
    pub fn decode(payload: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload);
        match cursor.u8()? {
            tag::replication::XLOG_DATA => XLogData::read(cursor).map(Self::XLogData),
            tag::replication::PRIMARY_KEEPALIVE => {
                PrimaryKeepalive::read(cursor).map(Self::PrimaryKeepalive)
            }
            _ => Err(UNKNOWN),
        }
    }
}

/// A message that the receiving side sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromStandby {
    /// How far the receiver has got.
    StandbyStatusUpdate(StandbyStatusUpdate),
    /// What the receiver's own queries still need to see.
    HotStandbyFeedback(HotStandbyFeedback),
}

impl FromStandby {
    /// Decodes the payload of a CopyData message.
    pub fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload);
        match cursor.u8()? {
            tag::replication::STANDBY_STATUS_UPDATE => {
                StandbyStatusUpdate::read(cursor).map(Self::StandbyStatusUpdate)
            }
            tag::replication::HOT_STANDBY_FEEDBACK => {
                HotStandbyFeedback::read(cursor).map(Self::HotStandbyFeedback)
            }
            _ => Err(UNKNOWN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_refuses_the_messages_of_the_other() {
        let mut payload = Vec::new();
        StandbyStatusUpdate::default().encode(&mut payload);
        assert_eq!(FromServer::decode(&payload), Err(UNKNOWN));
        payload.clear();
        PrimaryKeepalive::default().encode(&mut payload);
        assert_eq!(FromStandby::decode(&payload), Err(UNKNOWN));
    }

    #[test]
    fn an_empty_payload_is_refused() {
        assert_eq!(FromServer::decode(b""), Err(Malformed::INSUFFICIENT));
        assert_eq!(FromStandby::decode(b""), Err(Malformed::INSUFFICIENT));
    }
}
