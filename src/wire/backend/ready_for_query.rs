use crate::wire::{Cursor, Malformed};

/// The server is ready for a new query cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyForQuery {
    /// Where the session stands as to transactions.
    pub status: TransactionStatus,
}

/// Where a session stands as to transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionStatus {
    /// Not in a transaction block.
    Idle,
    /// In a transaction block.
    InTransaction,
    /// In a transaction block that has failed: queries are refused until it ends.
    Failed,
}

impl ReadyForQuery {
    /// Decodes the message's body.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(body);
        let status = match cursor.u8()? {
            b'I' => TransactionStatus::Idle,
            b'T' => TransactionStatus::InTransaction,
            b'E' => TransactionStatus::Failed,
            _ => return Err(Malformed("invalid transaction status in message")),
        };
        cursor.finish()?;
        Ok(Self { status })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::exact;

    #[test]
    fn each_status_has_its_letter() {
        for (letter, status) in [
            (b'I', TransactionStatus::Idle),
            (b'T', TransactionStatus::InTransaction),
            (b'E', TransactionStatus::Failed),
        ] {
            assert_eq!(exact!(&[letter], ReadyForQuery::decode).status, status);
        }
        assert!(ReadyForQuery::decode(b"X").is_err());
    }
}
