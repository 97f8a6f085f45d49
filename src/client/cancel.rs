//! Cancelling what a client is doing, from elsewhere.

use std::sync::{Arc, Mutex, PoisonError};

use crate::connection::CancelRequest;
use crate::connection::Connection;
use crate::connection::blocking::{self, Host};
use crate::error::Error;
use crate::result::QueryResult;

use super::{Client, failure};

/// What is needed to cancel a command of a client from another thread. Made by
/// [`Client::cancel_token`].
///
/// Manual: "Canceling Queries in Progress".
#[derive(Clone)]
pub struct CancelToken(Arc<Mutex<CancelRequest>>);

impl Client {
    /// What is needed to cancel a command of this client from another thread.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// use std::time::Duration;
    ///
    /// let token = client.cancel_token();
    /// std::thread::spawn(move || {
    ///     std::thread::sleep(Duration::from_secs(1));
    ///     token.cancel()
    /// });
    /// let error = client.batch_execute("SELECT pg_sleep(60)").unwrap_err();
    /// assert_eq!(error.code(), Some("57014"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken(Arc::new(Mutex::new(self.link.engine.cancel_request())))
    }
}

impl CancelToken {
    /// Asks the server to give up the command that the client is running, over a connection of its
    /// own that is encrypted as the client's is.
    ///
    /// The request may come too late, or for the next command; the client's call tells by its
    /// result. Where a command is given up, its error has the SQLSTATE `57014`.
    ///
    /// # Errors
    /// Where the server cannot be reached.
    pub fn cancel(&self) -> Result<(), Error> {
        let mut request = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let started = request.start();
        let sent = started && blocking::connect(&mut Errand(request.connection()));
        let done = match sent {
            true => Ok(()),
            false => Err(failure::of_connect(request.as_connection())),
        };
        request.reset();
        done
    }
}

/// A connection that nobody asks for results.
struct Errand<'a>(&'a mut Connection);

impl Host for Errand<'_> {
    type Result = QueryResult;

    fn engine(&mut self) -> &mut Connection {
        self.0
    }

    fn deliver_notices(&mut self) {
        while self.0.pop_notice().is_some() {}
    }

    fn adopt(&mut self, result: Box<QueryResult>) -> QueryResult {
        *result
    }

    fn core(result: &QueryResult) -> &QueryResult {
        result
    }
}
