//! The engine in the hands of a client: commands go out, results and errors come back.

use crate::connection::blocking::{self, Host};
use crate::connection::oauth::{DevicePrompt, Prompted, TokenAnswer, TokenRequest};
use crate::connection::{Connection, Refused};
use crate::error::{Error, ServerError};
use crate::result::QueryResult;

use super::failure;
use super::oauth::Oauth;

/// What is called with each notice of the server.
pub(super) type NoticeHandler = Box<dyn FnMut(&ServerError) + Send>;

/// The engine, and whoever wants its notices.
pub(super) struct Link {
    pub(super) engine: Connection,
    pub(super) on_notice: Option<NoticeHandler>,
    /// Who is asked for bearer tokens.
    pub(super) oauth: Oauth,
    /// What the server has said while no command was running before it ended the session.
    pub(super) parting: Option<ServerError>,
}

impl Host for Link {
    type Result = Box<QueryResult>;

    fn engine(&mut self) -> &mut Connection {
        &mut self.engine
    }

    #[inline]
    fn deliver_notices(&mut self) {
        while let Some(notice) = self.engine.pop_notice() {
            self.deliver(&notice);
        }
    }

    #[inline]
    fn adopt(&mut self, result: Box<QueryResult>) -> Box<QueryResult> {
        result
    }

    #[inline]
    fn core(result: &Box<QueryResult>) -> &QueryResult {
        result
    }

    fn begin_token(&mut self, request: &TokenRequest) -> TokenAnswer {
        self.oauth.begin(request)
    }

    fn prompt(&mut self, prompt: &DevicePrompt) -> Prompted {
        self.oauth.prompt(prompt)
    }
}

impl Link {
    #[cold]
    fn deliver(&mut self, notice: &QueryResult) {
        let said = notice.report.as_ref();
        let Some(said) = said.and_then(|report| report.to_server_error()) else {
            return;
        };
        if let Some(handler) = &mut self.on_notice {
            handler(&said);
        }
        if matches!(said.severity(), "FATAL" | "PANIC") {
            self.parting = Some(said);
        }
    }

    /// Why the connection was lost while no command was running.
    #[cold]
    pub(super) fn lost(&mut self) -> Error {
        let lost = failure::refused(&self.engine);
        match self.parting.take() {
            Some(said) => {
                let message = format!("{said}\n{lost}");
                Error::from_server(said, message)
            }
            None => lost,
        }
    }

    /// Gets the connection ready, dropping what is left of the command before.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        blocking::begin(self).map_err(|refused| self.refused(refused))
    }

    /// Sends a command.
    pub(super) fn send(
        &mut self,
        send: impl FnOnce(&mut Connection) -> Result<(), Refused>,
    ) -> Result<(), Error> {
        let sent = blocking::begin(self).and_then(|()| send(&mut self.engine));
        sent.map_err(|refused| self.refused(refused))
    }

    /// The next result of a command that has been sent; `None` when there are no more.
    pub(super) fn next(&mut self) -> Option<Box<QueryResult>> {
        blocking::get_result(self)
    }

    /// The last result of a command that has been sent, or the first error. Stops where copying
    /// begins.
    pub(super) fn finish(&mut self) -> Result<Box<QueryResult>, Error> {
        let mut last = None;
        let mut error = None;
        while let Some(result) = self.next() {
            if failure::is_failure(&result) {
                // What follows an error is at best the loss of the connection that it announced.
                error.get_or_insert_with(|| failure::of_result(&self.engine, &result));
                continue;
            }
            let copying = result.status.is_copy();
            last = Some(result);
            if copying {
                break;
            }
        }
        match (error, last) {
            (Some(error), _) => Err(error),
            (None, Some(result)) => Ok(result),
            (None, None) => Err(failure::refused(&self.engine)),
        }
    }

    /// Sends a command and waits for its last result.
    pub(super) fn run(
        &mut self,
        send: impl FnOnce(&mut Connection) -> Result<(), Refused>,
    ) -> Result<Box<QueryResult>, Error> {
        self.send(send)?;
        self.finish()
    }

    /// Fetches and drops all that is left of a command.
    pub(super) fn drain(&mut self) {
        while self.next().is_some() {}
    }

    /// The error behind a refusal.
    pub(super) fn refused(&self, _: Refused) -> Error {
        failure::refused(&self.engine)
    }
}
