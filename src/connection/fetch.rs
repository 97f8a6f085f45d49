//! Fetching results.

use crate::result::{ExecStatus, QueryResult};

use super::Connection;
use super::state::{ConnStatus, Phase, PipelineStatus};

/// What asking for the next result comes to.
pub enum Fetch {
    /// A result.
    Result(Box<QueryResult>),
    /// The command has no more results.
    Done,
    /// The result has not arrived: wait for input and ask again.
    Wait,
}

impl Connection {
    /// Whether asking for a result would have to wait. Reads nothing from the socket.
    pub fn is_busy(&mut self) -> bool {
        self.parse_input();
        self.phase == Phase::Busy && self.stream.is_some()
    }

    /// Whether no command is under way and nothing has been received that is still to be looked at.
    pub(super) fn is_at_rest(&self) -> bool {
        self.phase == Phase::Idle && self.input.is_empty()
    }

    /// Whether the last answer has told that the connection is lost, and nothing follows it. As by
    /// libpq, nobody is told that such a result has been made.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Idle && self.stream.is_none()
    }

    /// The next result of the current command, as far as it has arrived. Manual: "PQgetResult".
    pub fn fetch(&mut self) -> Fetch {
        if !matches!(self.phase, Phase::Ready | Phase::ReadyMore) {
            self.parse_input();
        }
        if self.phase == Phase::Busy && self.stream.is_none() {
            // Asked for on a connection that was lost before.
            self.error.push("invalid socket");
            self.lose_answer();
            self.phase = Phase::Idle;
            return Fetch::Result(self.take_answer());
        }
        match self.phase {
            Phase::Busy => Fetch::Wait,
            Phase::Idle => Fetch::Done,
            Phase::PipelineIdle => {
                self.next_command();
                Fetch::Done
            }
            Phase::Ready => Fetch::Result(self.fetch_ready()),
            Phase::ReadyMore => {
                self.phase = Phase::Busy;
                match self.partial.take() {
                    Some(part) => Fetch::Result(part),
                    None => Fetch::Wait,
                }
            }
            Phase::Lost => {
                self.phase = Phase::Idle;
                self.queue.clear();
                // What is left belongs to no answer any more.
                self.input.clear();
                Fetch::Result(self.take_answer())
            }
            Phase::CopyIn => self.fetch_copy(ExecStatus::CopyIn),
            Phase::CopyOut => self.fetch_copy(ExecStatus::CopyOut),
            Phase::CopyBoth => self.fetch_copy(ExecStatus::CopyBoth),
        }
    }

    fn fetch_ready(&mut self) -> Box<QueryResult> {
        let result = self.take_answer();
        let synced = result.status == ExecStatus::PipelineSync;
        self.advance_queue(false, synced);
        if self.pipeline == PipelineStatus::Off {
            self.phase = Phase::Busy;
        } else {
            // The next fetch says that this command has no more results; after a synchronisation
            // point there is nothing of the kind.
            self.phase = Phase::PipelineIdle;
            if synced {
                self.next_command();
            }
        }
        result
    }

    /// While data is copied every fetch says so again.
    fn fetch_copy(&mut self, status: ExecStatus) -> Fetch {
        if self.status == ConnStatus::Bad {
            self.save_error();
            self.phase = Phase::Idle;
            return Fetch::Result(self.take_answer());
        }
        let begun = self.result.as_ref().is_some_and(|r| r.status == status);
        let result = if begun {
            self.take_answer()
        } else {
            self.new_result(status)
        };
        Fetch::Result(result)
    }
}
