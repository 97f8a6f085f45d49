use crate::wire::{Cursor, Malformed};

/// Somebody has called NOTIFY on a channel that this connection listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotificationResponse<'a> {
    /// The process id of the notifying server process.
    pub pid: i32,
    /// The name of the channel.
    pub channel: &'a [u8],
    /// The payload, empty where none was given.
    pub payload: &'a [u8],
}

impl<'a> NotificationResponse<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let message = Self {
            pid: cursor.i32()?,
            channel: cursor.cstr()?,
            payload: cursor.cstr()?,
        };
        cursor.finish()?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn a_notification_has_a_channel_and_a_payload() {
        let message = exact!(b"\0\0\0\x07news\0hello\0", NotificationResponse::decode);
        let expected = NotificationResponse {
            pid: 7,
            channel: b"news",
            payload: b"hello",
        };
        assert_eq!(message, expected);
    }
}
