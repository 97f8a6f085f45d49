//! Transactions and savepoints.

use std::ops::{Deref, DerefMut};

use crate::connection::Transaction as State;
use crate::error::{Error, ErrorKind};

use super::{Client, TransactionBuilder, failure, quote_identifier};

/// A transaction, or a part of one that can be undone on its own.
///
/// It is a [`Client`] for all calls. Dropped without [`commit`](Self::commit), it is rolled back.
///
/// ```no_run
/// # fn main() -> Result<(), ferropq::Error> {
/// # let mut client = ferropq::Client::connect("")?;
/// let mut transaction = client.transaction()?;
/// transaction.execute("UPDATE account SET cents = cents - $1 WHERE id = $2", &[&500i64, &1])?;
/// transaction.execute("UPDATE account SET cents = cents + $1 WHERE id = $2", &[&500i64, &2])?;
/// transaction.commit()?;
/// # Ok(())
/// # }
/// ```
pub struct Transaction<'a> {
    client: &'a mut Client,
    /// The name of the savepoint, quoted; `None` for the transaction itself.
    savepoint: Option<String>,
    /// How many savepoints deep it is.
    depth: u32,
    open: bool,
}

impl Client {
    /// Begins a transaction.
    ///
    /// # Errors
    /// Where a transaction that was begun by SQL text is open, and where the server reports an
    /// error.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        Transaction::begin(self, "BEGIN")
    }

    /// Settings for a transaction that is to begin.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// use ferropq::IsolationLevel;
    ///
    /// let mut transaction = client
    ///     .build_transaction()
    ///     .isolation_level(IsolationLevel::RepeatableRead)
    ///     .read_only(true)
    ///     .start()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_transaction(&mut self) -> TransactionBuilder<'_> {
        TransactionBuilder::new(self)
    }
}

impl<'a> Transaction<'a> {
    pub(super) fn begin(client: &'a mut Client, sql: &str) -> Result<Self, Error> {
        if client.in_transaction() {
            return Err(failure::usage(
                "a transaction is open already: end it first, or set a savepoint in it",
            ));
        }
        client.batch_execute(sql)?;
        Ok(Self {
            client,
            savepoint: None,
            depth: 0,
            open: true,
        })
    }

    /// Begins a part of the transaction that can be undone on its own.
    ///
    /// # Errors
    /// Where the server reports an error.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        let name = format!("ferropq_{}", self.depth + 1);
        self.savepoint(&name)
    }

    /// As [`transaction`](Self::transaction), under a name of one's own.
    ///
    /// # Errors
    /// Where the server reports an error, and where the name has a NUL byte.
    pub fn savepoint(&mut self, name: &str) -> Result<Transaction<'_>, Error> {
        let name = quote_identifier(name)?;
        self.client.batch_execute(&format!("SAVEPOINT {name}"))?;
        Ok(Transaction {
            client: self.client,
            savepoint: Some(name),
            depth: self.depth + 1,
            open: true,
        })
    }

    /// Makes all that was done in it permanent, or part of the transaction around it.
    ///
    /// # Errors
    /// Where the server reports an error. Where a statement in it has failed, a transaction cannot
    /// be committed: it is rolled back, and that is an error of kind [`ErrorKind::Usage`].
    pub fn commit(mut self) -> Result<(), Error> {
        if let Some(name) = &self.savepoint {
            let sql = format!("RELEASE SAVEPOINT {name}");
            self.client.batch_execute(&sql)?;
            self.open = false;
            return Ok(());
        }
        let result = self.client.run(|engine| engine.send_query(b"COMMIT"))?;
        self.open = false;
        if result.tag.as_bytes() == b"ROLLBACK" {
            return Err(Error::new(
                ErrorKind::Usage,
                "the transaction was rolled back instead of committed: a statement in it had failed",
            ));
        }
        Ok(())
    }

    /// Undoes all that was done in it.
    ///
    /// # Errors
    /// Where the server reports an error.
    pub fn rollback(mut self) -> Result<(), Error> {
        self.open = false;
        self.undo()
    }

    fn undo(&mut self) -> Result<(), Error> {
        match &self.savepoint {
            None => self.client.batch_execute("ROLLBACK"),
            Some(name) => {
                let sql = format!("ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}");
                self.client.batch_execute(&sql)
            }
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open && self.client.in_transaction() {
            // Where it fails the connection is lost, which ends the transaction as well.
            let _ = self.undo();
        }
    }
}

impl Deref for Transaction<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Client {
        self.client
    }
}

impl Client {
    /// Whether a transaction is open, be it one in which a statement has failed.
    pub fn in_transaction(&self) -> bool {
        matches!(
            self.link.engine.transaction(),
            State::InTransaction | State::InError
        )
    }
}
