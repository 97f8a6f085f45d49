//! Executions for a face that encodes values itself and knows beforehand what comes back.
//!
//! Statements are parsed and described in one round trip. An execution brings its values in the
//! form in which they are sent, asks for all results in binary, and need not ask for a description
//! of the rows that is at hand already: the server refuses to run a statement whose rows have come
//! to look different.

use std::sync::Arc;

use crate::result::{Columns, ExecStatus, QueryResult};
use crate::wire::Malformed;
use crate::wire::backend::empty;
use crate::wire::frontend::{self, EncodedParams, Target};

use super::Connection;
use super::query::{Refused, Statement};
use super::state::{Command, CommandKind, PipelineStatus};

/// The format of every result.
const BINARY: [i16; 1] = [1];

/// An execution whose values are encoded already.
#[derive(Clone, Default)]
pub struct Bound<'a> {
    /// The values.
    pub params: EncodedParams<'a>,
    /// What the rows look like; where it is not known, the server is asked.
    pub columns: Option<Arc<Columns>>,
}

impl Connection {
    /// Sends a statement for execution with results in binary: Parse where it is a text, Bind,
    /// Describe where needed, Execute, Sync.
    pub fn send_bound(
        &mut self,
        statement: Statement<'_>,
        bound: Bound<'_>,
    ) -> Result<(), Refused> {
        self.check_sendable()?;
        let sync = self.pipeline == PipelineStatus::Off;
        let (name, query) = match statement {
            Statement::Text(sql, _) => (&b""[..], Some(sql)),
            Statement::Prepared(name) => (name, None),
        };
        self.encode(|out| {
            if let Statement::Text(sql, types) = statement {
                frontend::parse(out, name, sql, types)?;
            }
            frontend::bind_encoded(out, b"", name, &bound.params, &BINARY)?;
            if bound.columns.is_none() {
                frontend::describe(out, Target::Portal, b"")?;
            }
            frontend::execute(out, b"", 0)?;
            if sync {
                frontend::sync(out);
            }
            Ok(())
        })?;
        self.enqueue_command(Command {
            kind: CommandKind::Extended,
            query: query.map(Into::into),
            columns: bound.columns,
            limited: false,
        })
    }

    /// Prepares a statement under a name and asks what it looks like: Parse, Describe, Sync. Its
    /// result is that of [`send_describe`](Self::send_describe).
    pub fn send_prepare_described(
        &mut self,
        name: &[u8],
        sql: &[u8],
        types: &[u32],
    ) -> Result<(), Refused> {
        self.check_sendable()?;
        let sync = self.pipeline == PipelineStatus::Off;
        self.encode(|out| {
            frontend::parse(out, name, sql, types)?;
            frontend::describe(out, Target::Statement, name)?;
            if sync {
                frontend::sync(out);
            }
            Ok(())
        })?;
        self.enqueue(CommandKind::Describe, Some(sql))
    }

    /// Has a prepared statement closed together with the next command that is sent. The server's
    /// answer to it means nothing to that command.
    pub fn close_with_next(&mut self, name: &[u8]) -> Result<(), Refused> {
        self.encode(|out| frontend::close(out, Target::Statement, name))
    }

    /// BindComplete: rows of a known kind may follow without being described.
    pub(super) fn take_bind_complete(&mut self, body: &[u8]) -> Result<(), Malformed> {
        empty(body)?;
        self.begin_known_rows();
        Ok(())
    }

    /// Begins the result of an execution whose rows are known without a RowDescription.
    pub(super) fn begin_known_rows(&mut self) {
        let command = self.queue.front();
        let known = command.and_then(|command| command.columns.clone());
        if let Some(columns) = known
            && self.result.is_none()
            && !self.failed
        {
            let encoding = self.session.encoding;
            let status = ExecStatus::TuplesOk;
            let result = QueryResult::with_columns(status, encoding, columns);
            self.result = Some(Box::new(result));
        }
    }
}
