use crate::wire::{Cursor, Malformed};

/// A command has been completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandComplete<'a> {
    /// The command tag, such as `INSERT 0 1`.
    pub tag: &'a [u8],
}

impl<'a> CommandComplete<'a> {
    /// Decodes the message's body.
    pub fn decode(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let tag = cursor.cstr()?;
        cursor.finish()?;
        Ok(Self { tag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn the_tag_stands_without_its_zero_byte() {
        let message = exact!(b"INSERT 0 1\0", CommandComplete::decode);
        assert_eq!(message.tag, b"INSERT 0 1");
    }
}
