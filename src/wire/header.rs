use super::Malformed;

/// How many bytes stand before the body of a message: its type byte and its length.
pub const HEADER_LEN: usize = 5;

/// What stands before the body of every message of the server: its type and how long it is.
///
/// Manual: "Messaging Overview".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The type of the message; see [`tag::backend`](super::tag::backend).
    pub tag: u8,
    /// How many bytes follow the header.
    pub body_len: usize,
}

impl Header {
    /// Decodes a header. The length on the wire counts itself, so less than 4 is refused.
    #[inline]
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Self, Malformed> {
        let [tag, length @ ..] = *bytes;
        let body_len = i32::from_be_bytes(length)
            .checked_sub(4)
            .and_then(|len| usize::try_from(len).ok())
            .ok_or(Malformed::INVALID_LENGTH)?;
        Ok(Self { tag, body_len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_itself_but_not_the_type() {
        let header = Header::decode(b"Z\0\0\0\x05");
        let expected = Header {
            tag: b'Z',
            body_len: 1,
        };
        assert_eq!(header, Ok(expected));
        assert_eq!(Header::decode(b"1\0\0\0\x04").unwrap().body_len, 0);
    }

    #[test]
    fn a_length_too_small_for_itself_is_refused() {
        for bytes in [
            b"Z\0\0\0\x03",
            b"Z\0\0\0\0",
            b"Z\xff\xff\xff\xff",
            b"Z\x80\0\0\0",
        ] {
            assert_eq!(Header::decode(bytes), Err(Malformed::INVALID_LENGTH));
        }
        let largest = Header::decode(b"Z\x7f\xff\xff\xff").unwrap();
        assert_eq!(largest.body_len, 0x7fff_fffb);
    }
}
