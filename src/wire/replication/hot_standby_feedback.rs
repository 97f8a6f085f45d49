use crate::wire::{Cursor, Malformed, tag};

/// What the receiver's own queries still need to see, so that the server does not clean it up.
///
/// Both transaction ids 0: no more feedback will come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HotStandbyFeedback {
    /// The receiver's clock when it sends the message.
    pub send_time: i64,
    /// The oldest transaction id in use, replication slots' catalogs aside.
    pub xmin: u32,
    /// The epoch of `xmin`: how often transaction ids have wrapped around.
    pub xmin_epoch: u32,
    /// The oldest transaction id that a replication slot needs in the catalogs, or 0.
    pub catalog_xmin: u32,
    /// The epoch of `catalog_xmin`.
    pub catalog_xmin_epoch: u32,
}

impl HotStandbyFeedback {
    pub(super) fn read(mut cursor: Cursor<'_>) -> Result<Self, Malformed> {
        let message = Self {
            send_time: cursor.i64()?,
            xmin: cursor.u32()?,
            xmin_epoch: cursor.u32()?,
            catalog_xmin: cursor.u32()?,
            catalog_xmin_epoch: cursor.u32()?,
        };
        cursor.finish()?;
        Ok(message)
    }

    /// Appends the payload of a CopyData message.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(25);
        out.push(tag::replication::HOT_STANDBY_FEEDBACK);
        out.extend_from_slice(&self.send_time.to_be_bytes());
        for number in [
            self.xmin,
            self.xmin_epoch,
            self.catalog_xmin,
            self.catalog_xmin_epoch,
        ] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::replication::FromStandby;
    use crate::wire::testing::exact;

    #[test]
    fn each_transaction_id_is_followed_by_its_epoch() {
        let message = HotStandbyFeedback {
            send_time: 1,
            xmin: 0xffff_ffff,
            xmin_epoch: 2,
            catalog_xmin: 3,
            catalog_xmin_epoch: 4,
        };
        let mut payload = Vec::new();
        message.encode(&mut payload);
        assert_eq!(
            payload,
            b"h\0\0\0\0\0\0\0\x01\xff\xff\xff\xff\0\0\0\x02\0\0\0\x03\0\0\0\x04"
        );
        let decoded = exact!(&payload, FromStandby::decode);
        assert_eq!(decoded, FromStandby::HotStandbyFeedback(message));
    }
}
