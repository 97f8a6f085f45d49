//! The Rust face: a [`Client`] and what it hands out.
//!
//! Names are those that users of the `postgres` crate know, values go through `postgres-types`.

mod batch;
mod binary_copy;
mod cache;
mod cancel;
mod column;
mod config;
mod copy_in;
mod copy_out;
mod debug;
mod escape;
mod execute;
mod failure;
mod isolation;
mod keys;
mod large_object;
mod link;
mod memory;
mod notifications;
mod oauth;
mod params;
mod pipeline;
pub mod replication;
mod row;
mod rows;
mod session;
mod simple;
mod statement;
mod stream;
mod text;
mod transaction;
mod types;

use std::sync::Arc;
use std::time::Duration;

pub use batch::Batch;
pub use binary_copy::BinaryCopyInWriter;
pub use cancel::CancelToken;
pub use column::Column;
pub use config::{Config, SslMode, TargetSessionAttrs};
pub use copy_in::CopyInWriter;
pub use copy_out::CopyOutReader;
pub use escape::{quote_identifier, quote_literal};
pub use isolation::{IsolationLevel, TransactionBuilder};
pub use keys::set_scram_key_cache;
pub use large_object::{LargeObject, LargeObjectMode};
pub use memory::set_kept_memory;
pub use notifications::{Notification, Notifications, NotificationsIter};
pub use oauth::{OauthPrompt, OauthRequest};
pub use pipeline::Pipeline;
pub use row::{OwnedRow, Row, RowIndex};
pub use rows::{IntoIter, Iter, Rows};
pub use simple::{SimpleQueryMessage, SimpleQueryRow};
pub use statement::{Statement, ToStatement};
pub use stream::{RowStream, StreamIter};
pub use transaction::Transaction;

use crate::connection::blocking;
use crate::connection::{Connection, Refused};
use crate::error::Error;
use crate::result::QueryResult;

use cache::StatementCache;
use link::Link;
use params::ParamBuffer;
use statement::Closing;
use types::TypeCache;

/// A connection to a PostgreSQL server.
///
/// Every call sends its command and waits for the answer. A client may be moved to another thread;
/// for several threads at once use several clients.
///
/// ```no_run
/// use ferropq::Client;
///
/// # fn main() -> Result<(), ferropq::Error> {
/// let mut client = Client::connect("host=localhost user=postgres")?;
/// client.batch_execute("CREATE TEMP TABLE person (id serial, name text, age int)")?;
///
/// let name = "Ferris";
/// client.execute("INSERT INTO person (name, age) VALUES ($1, $2)", &[&name, &10])?;
///
/// for row in &client.query("SELECT id, name FROM person WHERE age < $1", &[&18])? {
///     let id: i32 = row.get("id");
///     let name: &str = row.get("name");
///     println!("{id}: {name}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Round trips
///
/// A text without parameters takes one. A text with parameters is prepared when it is first met,
/// which takes one more, and is kept prepared for the next time (see
/// [`set_statement_cache_capacity`](Self::set_statement_cache_capacity)); so does a
/// [`Statement`]. Many executions take one together in a [`batch`](Self::batch) or a
/// [`pipeline`](Self::pipeline).
pub struct Client {
    link: Link,
    params: ParamBuffer,
    statements: StatementCache,
    types: TypeCache,
    closing: Arc<Closing>,
    query_timeout: Option<Duration>,
}

impl Client {
    /// Connects to the server that a connection string names.
    ///
    /// The string is a list of `keyword=value` or a `postgresql://` URI, with all options of
    /// libpq; what it leaves open comes from the environment (`PGHOST`, `PGUSER`, …), the service
    /// file, the password file and libpq's defaults.
    ///
    /// ```no_run
    /// # use ferropq::Client;
    /// # fn main() -> Result<(), ferropq::Error> {
    /// let mut client = Client::connect("postgresql://me@db.example.com/books?sslmode=verify-full")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the string is not valid, no server answers, the server refuses, or its certificate or
    /// proof of identity does not hold.
    ///
    /// Manual: "Connection Strings", "Parameter Key Words".
    pub fn connect(conninfo: &str) -> Result<Self, Error> {
        conninfo.parse::<Config>()?.connect()
    }

    /// Settings to connect with, to be filled in.
    pub fn configure() -> Config {
        Config::new()
    }

    /// Drives a connection that has been started until it is there.
    fn open(engine: Connection, oauth: oauth::Oauth) -> Result<Self, Error> {
        let mut link = Link {
            engine,
            on_notice: None,
            oauth,
            parting: None,
        };
        if !blocking::connect(&mut link) {
            return Err(failure::of_connect(&link.engine));
        }
        Ok(Self {
            link,
            params: ParamBuffer::default(),
            statements: StatementCache::default(),
            types: TypeCache::default(),
            closing: Arc::default(),
            query_timeout: None,
        })
    }

    /// Sends a command, with it the statements that are to be closed, and waits for its last
    /// result.
    fn run(
        &mut self,
        send: impl FnOnce(&mut Connection) -> Result<(), Refused>,
    ) -> Result<Box<QueryResult>, Error> {
        let closing = &self.closing;
        self.link.run(|engine| {
            closing.send(engine)?;
            send(engine)
        })
    }

    /// Refuses a result that begins a copy, and ends the copy.
    fn refuse_copy(&mut self, result: Box<QueryResult>) -> Result<Box<QueryResult>, Error> {
        if !result.status.is_copy() {
            return Ok(result);
        }
        self.link.begin()?;
        Err(failure::usage(
            "the statement copies data: run it with copy_in or copy_out",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_send<T: Send>() {}

    fn is_debug<T: std::fmt::Debug>() {}

    #[test]
    fn all_that_a_call_returns_can_be_unwrapped() {
        is_debug::<Client>();
        is_debug::<(Transaction<'_>, TransactionBuilder<'_>, CancelToken)>();
        is_debug::<(CopyInWriter<'_>, BinaryCopyInWriter<'_>, CopyOutReader<'_>)>();
        is_debug::<(Batch<'_>, Pipeline<'_>, RowStream<'_>, StreamIter<'_>)>();
        is_debug::<(Rows, Iter<'_>, IntoIter, Row<'_>, OwnedRow)>();
        is_debug::<LargeObject<'_>>();
        is_debug::<(Notifications<'_>, NotificationsIter<'_>)>();
    }

    #[test]
    fn clients_and_what_they_hand_out_move_between_threads() {
        is_send::<Client>();
        is_send::<Rows>();
        is_send::<OwnedRow>();
        is_send::<Statement>();
        is_send::<CancelToken>();
        is_send::<Transaction<'_>>();
    }
}
