use crate::wire::{Cursor, Malformed};

/// Checks the body of a message that has no fields: BindComplete, CloseComplete, CopyDone,
/// EmptyQueryResponse, NoData, ParseComplete, PortalSuspended.
pub fn empty(body: &[u8]) -> Result<(), Malformed> {
    Cursor::new(body).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_fields_has_no_body() {
        assert_eq!(empty(b""), Ok(()));
        assert_eq!(empty(b"x"), Err(Malformed::EXTRANEOUS));
    }
}
