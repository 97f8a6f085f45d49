//! Commands sent without waiting for the answers of those before them.
//!
//! Manual: "Pipeline Mode".

use crate::result::ExecStatus;
use crate::wire::frontend;

use super::Connection;
use super::io::Flush;
use super::query::Refused;
use super::state::{CommandKind, ConnStatus, Phase, PipelineStatus, RowMode};

impl Connection {
    /// Opens a pipeline.
    pub fn enter_pipeline(&mut self) -> Result<(), Refused> {
        if self.pipeline != PipelineStatus::Off {
            return Ok(());
        }
        if self.phase != Phase::Idle {
            return self.refuse("cannot enter pipeline mode, connection not idle");
        }
        self.pipeline = PipelineStatus::On;
        Ok(())
    }

    /// Leaves pipeline mode; refused while results are still to be fetched.
    pub fn exit_pipeline(&mut self) -> Result<(), Refused> {
        if self.pipeline == PipelineStatus::Off
            && matches!(self.phase, Phase::Idle | Phase::PipelineIdle)
            && self.queue.is_empty()
        {
            return Ok(());
        }
        match self.phase {
            Phase::Ready | Phase::ReadyMore | Phase::Lost => {
                return self.refuse("cannot exit pipeline mode with uncollected results");
            }
            Phase::Busy => return self.refuse("cannot exit pipeline mode while busy"),
            // The results of the COPY are missing as well, which is said below.
            Phase::CopyIn | Phase::CopyOut | Phase::CopyBoth => {
                self.error.push("cannot exit pipeline mode while in COPY");
            }
            Phase::Idle | Phase::PipelineIdle => {}
        }
        if !self.queue.is_empty() || self.phase.is_copy() {
            return self.refuse("cannot exit pipeline mode with uncollected results");
        }
        self.pipeline = PipelineStatus::Off;
        self.phase = Phase::Idle;
        self.flush().map(|_| ()).map_err(|_| Refused)
    }

    /// Marks a synchronisation point; `flush` sends all that is queued. That the connection is lost
    /// is told by the result.
    pub fn pipeline_sync(&mut self, flush: bool) -> Result<(), Refused> {
        if self.pipeline == PipelineStatus::Off {
            return self.refuse("cannot send pipeline when not in pipeline mode");
        }
        if self.phase.is_copy() {
            return self.refuse("internal error: cannot send pipeline while in COPY");
        }
        frontend::sync(self.output.buffer());
        self.trace_sent();
        if flush {
            return self.enqueue(CommandKind::Sync, None);
        }
        self.flush_batch()?;
        self.queue.push_back(super::state::Command {
            kind: CommandKind::Sync,
            query: None,
            columns: None,
            limited: false,
        });
        self.queue_grew();
        Ok(())
    }

    /// Asks the server to send what it has, without a synchronisation point.
    pub fn send_flush_request(&mut self) -> Result<(), Refused> {
        if self.status != ConnStatus::Ok {
            return self.refuse("no connection to the server");
        }
        if self.phase != Phase::Idle && self.pipeline == PipelineStatus::Off {
            return self.refuse("another command is already in progress");
        }
        frontend::flush(self.output.buffer());
        self.trace_sent();
        self.flush_batch()
    }

    /// Sends once much has been gathered.
    fn flush_batch(&mut self) -> Result<(), Refused> {
        if self.pipeline == PipelineStatus::On && self.output.len() < (64 << 10) {
            return Ok(());
        }
        let _: Flush = self.flush().map_err(|_| Refused)?;
        Ok(())
    }

    /// A command has been added to the queue: the first one's answer is received next.
    pub(super) fn queue_grew(&mut self) {
        match self.pipeline {
            PipelineStatus::Off | PipelineStatus::On => {
                if self.phase == Phase::Idle {
                    self.phase = Phase::Busy;
                }
            }
            PipelineStatus::Aborted => {
                if matches!(self.phase, Phase::Idle | Phase::PipelineIdle) {
                    self.next_command();
                }
            }
        }
    }

    /// Takes a finished command off the queue. A simple query is finished by ReadyForQuery alone,
    /// and a synchronisation point by its own result.
    pub(super) fn advance_queue(&mut self, ready: bool, synced: bool) {
        match self.current_kind() {
            Some(CommandKind::Simple | CommandKind::Function) if !ready => {}
            Some(CommandKind::Sync) if !synced => {}
            _ => {
                self.queue.pop_front();
            }
        }
    }

    /// Turns to the next command of the pipeline once the results of the last are fetched.
    pub(super) fn next_command(&mut self) {
        match self.phase {
            Phase::PipelineIdle => {}
            Phase::Idle if !self.queue.is_empty() => {}
            _ => return,
        }
        if self.queue.is_empty() {
            self.phase = Phase::Idle;
            return;
        }
        self.row_mode = RowMode::All;
        self.error.clear();
        self.clear_answer();
        let skipped = self.pipeline == PipelineStatus::Aborted
            && self.current_kind() != Some(CommandKind::Sync);
        if skipped {
            // The server says nothing of a command that it skips.
            self.result = Some(self.new_result(ExecStatus::PipelineAborted));
            self.phase = Phase::Ready;
        } else {
            self.phase = Phase::Busy;
        }
    }
}
