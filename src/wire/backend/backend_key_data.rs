use std::fmt;

use crate::wire::{Cursor, Malformed};

/// The shortest secret key that the protocol allows, and the only length before version 3.2.
pub const MIN_KEY_LEN: usize = 4;

/// The longest secret key that the protocol allows.
pub const MAX_KEY_LEN: usize = 256;

/// What is needed to cancel this connection's queries from another one.
///
/// How long the key may be depends on the protocol version in force, so the caller checks it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BackendKeyData<'a> {
    /// The process id of the server process.
    pub pid: i32,
    /// The secret key.
    pub key: &'a [u8],
}

impl<'a> BackendKeyData<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        Ok(Self {
            pid: cursor.i32()?,
            key: cursor.rest(),
        })
    }
}

impl fmt::Debug for BackendKeyData<'_> {
    // The key is a secret: only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendKeyData")
            .field("pid", &self.pid)
            .field("key_len", &self.key.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::open_ended;

    #[test]
    fn the_key_goes_to_the_end_of_the_message() {
        let data = open_ended!(b"\0\0\x04\xd2\x0a\x0b\x0c\x0d", 4, BackendKeyData::decode);
        assert_eq!((data.pid, data.key), (1234, &b"\x0a\x0b\x0c\x0d"[..]));
        let long = [&[0, 0, 0, 1][..], &[7; MAX_KEY_LEN]].concat();
        assert_eq!(BackendKeyData::decode(&long).unwrap().key, [7; MAX_KEY_LEN]);
    }

    #[test]
    fn the_key_is_not_shown() {
        let data = BackendKeyData {
            pid: 1,
            key: b"hush",
        };
        assert_eq!(format!("{data:?}"), "BackendKeyData { pid: 1, key_len: 4 }");
    }
}
