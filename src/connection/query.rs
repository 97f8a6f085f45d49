//! Sending commands.
//!
//! Each function checks that a command may be sent now, encodes all of its messages at once and
//! starts sending them. A refusal is noted in the connection's error text.

use crate::wire::frontend::{self, BindParams, EncodeError, Target};

use super::Connection;
use super::io::Flush;
use super::state::{Command, CommandKind, ConnStatus, Phase, PipelineStatus, RowMode};

/// The command was refused; the reason is in the connection's error text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// The most parameters a statement can have.
pub const MAX_PARAMETERS: usize = 65_535;

/// In a pipeline, so many bytes are gathered before they are sent.
const PIPELINE_BATCH: usize = 64 << 10;

/// What is executed.
#[derive(Clone, Copy)]
pub enum Statement<'a> {
    /// A text, parsed now as the unnamed statement, with the types of its parameters as far as the
    /// server is not to infer them (0).
    Text(&'a [u8], &'a [u32]),
    /// A statement prepared earlier.
    Prepared(&'a [u8]),
}

/// The parameters of an execution and the format wanted for its result.
#[derive(Clone, Copy, Default)]
pub struct Params<'a> {
    /// The values, in order; `None` for NULL.
    pub values: &'a [Option<&'a [u8]>],
    /// Format codes: none for all text, one for all values, or one each.
    pub formats: &'a [i16],
    /// Format codes of the result's columns, in the same way.
    pub result_formats: &'a [i16],
    /// The most rows to return, 0 for all of them; more wait in the portal.
    pub max_rows: i32,
}

impl Connection {
    /// Whether a command may be sent now.
    pub fn check_sendable(&mut self) -> Result<(), Refused> {
        if self.queue.is_empty() {
            self.error.clear();
        }
        if self.status != ConnStatus::Ok {
            return self.refuse("no connection to the server");
        }
        if self.pipeline == PipelineStatus::Off {
            if self.phase != Phase::Idle {
                return self.refuse("another command is already in progress");
            }
            self.clear_answer();
            self.row_mode = RowMode::All;
        } else if self.phase.is_copy() {
            return self.refuse("cannot queue commands during COPY");
        }
        Ok(())
    }

    /// Notes why a call is refused.
    pub fn refuse<T>(&mut self, message: &str) -> Result<T, Refused> {
        self.error.push(message);
        Err(Refused)
    }

    /// Sends a text of one or more statements. Manual: "Simple Query".
    pub fn send_query(&mut self, sql: &[u8]) -> Result<(), Refused> {
        self.check_sendable()?;
        if self.pipeline != PipelineStatus::Off {
            return self.refuse("PQsendQuery not allowed in pipeline mode");
        }
        self.encode(|out| frontend::query(out, sql))?;
        self.enqueue(CommandKind::Simple, Some(sql))
    }

    /// Sends a statement for execution: Parse where it is a text, Bind, Describe, Execute, Sync.
    #[inline(always)]
    pub fn send_execute(
        &mut self,
        statement: Statement<'_>,
        params: &Params<'_>,
    ) -> Result<(), Refused> {
        self.check_sendable()?;
        let sync = self.pipeline == PipelineStatus::Off;
        let bound = BindParams {
            formats: params.formats,
            values: params.values,
        };
        self.encode(|out| {
            let name = match statement {
                Statement::Text(sql, types) => {
                    frontend::parse(out, b"", sql, types)?;
                    &b""[..]
                }
                Statement::Prepared(name) => name,
            };
            frontend::bind(out, b"", name, &bound, params.result_formats)?;
            frontend::run_unnamed(out, params.max_rows)?;
            if sync {
                frontend::sync(out);
            }
            Ok(())
        })?;
        let query = match statement {
            Statement::Text(sql, _) => Some(sql.into()),
            Statement::Prepared(_) => None,
        };
        self.enqueue_command(Command {
            kind: CommandKind::Extended,
            query,
            columns: None,
            limited: params.max_rows != 0,
        })
    }

    /// Sends a statement to be prepared under a name: Parse, Sync.
    pub fn send_prepare(&mut self, name: &[u8], sql: &[u8], types: &[u32]) -> Result<(), Refused> {
        self.check_sendable()?;
        let sync = self.pipeline == PipelineStatus::Off;
        self.encode(|out| {
            frontend::parse(out, name, sql, types)?;
            if sync {
                frontend::sync(out);
            }
            Ok(())
        })?;
        self.enqueue(CommandKind::Prepare, Some(sql))
    }

    /// Asks what a prepared statement or a portal looks like: Describe, Sync.
    pub fn send_describe(&mut self, target: Target, name: &[u8]) -> Result<(), Refused> {
        self.send_about(CommandKind::Describe, |out| {
            frontend::describe(out, target, name)
        })
    }

    /// Closes a prepared statement or a portal: Close, Sync.
    pub fn send_close(&mut self, target: Target, name: &[u8]) -> Result<(), Refused> {
        self.send_about(CommandKind::Close, |out| frontend::close(out, target, name))
    }

    fn send_about(
        &mut self,
        kind: CommandKind,
        message: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), Refused> {
        self.check_sendable()?;
        let sync = self.pipeline == PipelineStatus::Off;
        self.encode(|out| {
            message(out)?;
            if sync {
                frontend::sync(out);
            }
            Ok(())
        })?;
        self.enqueue(kind, None)
    }

    /// Encodes all messages of a command, or none.
    #[inline(always)]
    pub(super) fn encode(
        &mut self,
        messages: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), Refused> {
        let mark = self.output.mark();
        match messages(self.output.buffer()) {
            Ok(()) => {
                self.trace_sent();
                Ok(())
            }
            Err(fault) => {
                self.output.truncate(mark);
                self.refuse(&fault.to_string())
            }
        }
    }

    /// Takes a command whose messages are encoded into the queue and starts sending.
    pub(super) fn enqueue(
        &mut self,
        kind: CommandKind,
        query: Option<&[u8]>,
    ) -> Result<(), Refused> {
        self.enqueue_command(Command {
            kind,
            query: query.map(Into::into),
            columns: None,
            limited: false,
        })
    }

    /// The same for a command that is made already.
    #[inline(always)]
    pub(super) fn enqueue_command(&mut self, command: Command) -> Result<(), Refused> {
        let batching = self.pipeline == PipelineStatus::On && command.kind != CommandKind::Sync;
        if !batching || self.output.len() >= PIPELINE_BATCH {
            // What cannot be sent yet is sent by whoever waits for the answer.
            let _: Flush = self.flush().map_err(|_| Refused)?;
        }
        self.queue.push_back(command);
        self.queue_grew();
        Ok(())
    }

    /// Selects that each row comes as a result of its own. Manual: "PQsetSingleRowMode".
    pub fn set_single_row_mode(&mut self) -> bool {
        self.set_row_mode(RowMode::Single)
    }

    /// Selects that rows come in results of at most so many. Manual: "PQsetChunkedRowsMode".
    pub fn set_chunked_rows_mode(&mut self, size: usize) -> bool {
        self.set_row_mode(RowMode::Chunks(size.max(1)))
    }

    /// Possible only between sending a query and its first result.
    fn set_row_mode(&mut self, mode: RowMode) -> bool {
        let fetching = matches!(
            self.current_kind(),
            Some(CommandKind::Simple | CommandKind::Extended)
        );
        let begun = self.result.is_some() || self.failed;
        if self.phase != Phase::Busy || !fetching || begun {
            return false;
        }
        self.row_mode = mode;
        true
    }
}
