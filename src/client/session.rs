//! What is known of a session, and ending it.

use std::time::Duration;

use crate::connection::ConnStatus;
use crate::error::{Error, ServerError};

use super::Client;

impl Client {
    /// Whether the connection has been lost. It is found out by using the connection: see
    /// [`is_valid`](Self::is_valid).
    pub fn is_closed(&self) -> bool {
        self.link.engine.status() != ConnStatus::Ok
    }

    /// Checks by a round trip whether the server answers within a time limit.
    ///
    /// # Errors
    /// Where it does not; the connection is lost then.
    pub fn is_valid(&mut self, limit: Duration) -> Result<(), Error> {
        self.link.engine.set_query_timeout(Some(limit));
        let answer = self.run(|engine| engine.send_query(b""));
        self.link.engine.set_query_timeout(self.query_timeout);
        answer.map(drop)
    }

    /// Sets how long a call may wait for the server to say anything; as long as it takes, unless
    /// set.
    ///
    /// When the limit has passed, the call fails with an error of kind
    /// [`Timeout`](crate::ErrorKind::Timeout), and the connection is closed: it is meant for servers
    /// and networks that have gone silent. To limit the time that a statement takes, set
    /// `statement_timeout` on the server.
    pub fn set_query_timeout(&mut self, limit: Option<Duration>) {
        self.query_timeout = limit;
        self.link.engine.set_query_timeout(limit);
    }

    /// Ends the session.
    ///
    /// Dropping the client does the same.
    ///
    /// # Errors
    /// Where the connection had been lost before.
    pub fn close(mut self) -> Result<(), Error> {
        let lost = self.is_closed();
        self.link.engine.close();
        match lost {
            true => Err(super::failure::refused(&self.link.engine)),
            false => Ok(()),
        }
    }

    /// The value of a parameter that the server reports, such as `server_version` or `TimeZone`.
    ///
    /// Manual: `PQparameterStatus` lists them.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.link.engine.parameter(name.as_bytes())?.to_str().ok()
    }

    /// The server's version as a number: 150004 for 15.4, 90624 for 9.6.24; 0 where it is unknown.
    pub fn server_version(&self) -> u32 {
        u32::try_from(self.link.engine.session().server_version).unwrap_or(0)
    }

    /// The process ID of the server process of the session; 0 where the server gave none.
    pub fn backend_pid(&self) -> i32 {
        self.link.engine.session().pid
    }

    /// Sets what is called with each notice and warning of the server, in place of what was set
    /// before. Unless set, they are dropped.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// client.on_notice(|notice| eprintln!("{}: {}", notice.severity(), notice.message()));
    /// client.batch_execute("DROP TABLE IF EXISTS not_there")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_notice(&mut self, handler: impl FnMut(&ServerError) + Send + 'static) {
        self.link.on_notice = Some(Box::new(handler));
    }
}
