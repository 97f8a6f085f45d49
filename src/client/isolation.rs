//! How a transaction begins.

use crate::error::Error;

use super::{Client, Transaction};

/// How far a transaction is isolated from others. Manual: "Transaction Isolation".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IsolationLevel {
    /// As read committed, in PostgreSQL.
    ReadUncommitted,
    /// Each statement sees what was committed before it began. This is the server's default.
    ReadCommitted,
    /// All statements see what was committed before the first of them began.
    RepeatableRead,
    /// As if the transactions ran one after another.
    Serializable,
}

impl IsolationLevel {
    fn sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// A transaction that has not begun. Made by [`Client::build_transaction`].
pub struct TransactionBuilder<'a> {
    client: &'a mut Client,
    isolation: Option<IsolationLevel>,
    read_only: Option<bool>,
    deferrable: Option<bool>,
}

impl<'a> TransactionBuilder<'a> {
    pub(super) fn new(client: &'a mut Client) -> Self {
        Self {
            client,
            isolation: None,
            read_only: None,
            deferrable: None,
        }
    }

    /// Sets how far it is isolated.
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.isolation = Some(level);
        self
    }

    /// Sets whether it may only read.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = Some(read_only);
        self
    }

    /// Sets whether it may wait at its beginning for a moment from which on it cannot fail; has a
    /// meaning only for one that is serializable and may only read.
    pub fn deferrable(mut self, deferrable: bool) -> Self {
        self.deferrable = Some(deferrable);
        self
    }

    /// Begins it.
    ///
    /// # Errors
    /// As [`Client::transaction`].
    pub fn start(self) -> Result<Transaction<'a>, Error> {
        let sql = self.sql();
        Transaction::begin(self.client, &sql)
    }

    fn sql(&self) -> String {
        let mut modes = Vec::new();
        if let Some(level) = self.isolation {
            modes.push(format!("ISOLATION LEVEL {}", level.sql()));
        }
        if let Some(read_only) = self.read_only {
            modes.push(if read_only { "READ ONLY" } else { "READ WRITE" }.to_owned());
        }
        if let Some(deferrable) = self.deferrable {
            modes.push(
                if deferrable {
                    "DEFERRABLE"
                } else {
                    "NOT DEFERRABLE"
                }
                .to_owned(),
            );
        }
        match &modes[..] {
            [] => "BEGIN".to_owned(),
            modes => format!("BEGIN {}", modes.join(", ")),
        }
    }
}
