use crate::wire::{Cursor, List, Malformed};

/// The server does not support the minor version, or some of the options, that were asked for.
#[derive(Debug, Clone, Copy)]
pub struct NegotiateProtocolVersion<'a> {
    /// The newest version that the server supports, as it was sent; see
    /// [`version`](crate::wire::version).
    pub version: u32,
    /// The names of the protocol options that the server does not know.
    pub options: List<'a, &'a [u8]>,
}

impl<'a> NegotiateProtocolVersion<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let version = cursor.u32()?;
        let count = cursor.count32()?;
        let options = List::read(&mut cursor, count)?;
        cursor.finish()?;
        Ok(Self { version, options })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;
    use crate::wire::version::PROTOCOL_3_0;

    #[test]
    fn unknown_options_are_named() {
        let body = b"\0\x03\0\0\0\0\0\x02_pq_.a\0_pq_.b\0";
        let message = exact!(body, NegotiateProtocolVersion::decode);
        assert_eq!(message.version, PROTOCOL_3_0);
        assert!(message.options.iter().eq([b"_pq_.a", b"_pq_.b"]));
    }

    #[test]
    fn there_may_be_no_options() {
        let message = exact!(b"\0\x03\0\0\0\0\0\0", NegotiateProtocolVersion::decode);
        assert!(message.options.is_empty());
    }

    #[test]
    fn counts_that_lie_are_refused() {
        let refused = |body| NegotiateProtocolVersion::decode(body).unwrap_err();
        let negative = b"\0\x03\0\0\xff\xff\xff\xff";
        assert_eq!(refused(negative), Malformed::NEGATIVE_COUNT);
        let large = b"\0\x03\0\0\x7f\xff\xff\xffa\0";
        assert_eq!(refused(large), Malformed::UNTERMINATED);
    }
}
