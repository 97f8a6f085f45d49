//! What each message of the server does to the connection.
//!
//! [`Connection::parse_input`] consumes what has arrived and never waits. A message is acted upon
//! only once it has arrived in full, and its own length is trusted for finding the next one.

use crate::result::{
    CommandTag, ExecStatus, INSUFFICIENT_COLUMNS, QueryResult, Report, RowFault, RowSet, Stop,
};
use crate::wire::backend::{
    BackendKeyData, CommandComplete, MAX_KEY_LEN, MIN_KEY_LEN, ReadyForQuery, TransactionStatus,
    empty,
};
use crate::wire::version::PROTOCOL_3_0;
use crate::wire::{Malformed, tag::backend as tag};

use super::Connection;
use super::function_call::answers_call;
use super::input::{Head, Input};
use super::state::{CommandKind, Phase, PipelineStatus, RowMode, Transaction};

/// What becomes of a message that has been looked at.
pub(super) enum Next {
    /// It has been dealt with.
    Consume,
    /// It stays where it is until the results before it have been fetched.
    Leave,
}

impl Connection {
    /// Acts upon all that has arrived, up to a point where a result waits to be fetched.
    #[inline]
    pub(super) fn parse_input(&mut self) {
        if self.is_held_up(&self.input) || self.take_usual() && self.is_held_up(&self.input) {
            return;
        }
        self.parse_messages();
    }

    /// Whether there is nothing, or nothing that is due before the results at hand are fetched.
    #[inline]
    fn is_held_up(&self, input: &Input) -> bool {
        let beside = [tag::NOTICE_RESPONSE, tag::NOTIFICATION_RESPONSE];
        match (input.head(), self.phase) {
            (None, _) => true,
            (Some(_), Phase::Busy | Phase::Idle) => false,
            (Some(head), _) => !beside.contains(&head.tag) && !self.is_odd(head),
        }
    }

    fn parse_messages(&mut self) {
        let mut input = std::mem::take(&mut self.input);
        while self.parse_message(&mut input) {}
        self.input = input;
    }

    /// Acts upon the next message; `false` when there is nothing more to do now.
    fn parse_message(&mut self, input: &mut Input) -> bool {
        let Some(head) = input.head().filter(|_| !self.is_held_up(input)) else {
            return false;
        };
        if self.is_odd(head) {
            if head.is_senseless() {
                // What was said before it is fetched first; that the answer has no end, next.
                return !self.phase.holds_result() && self.lose_sync(input, head);
            }
            if self.is_too_long(head) && self.is_due(head.tag) {
                self.skip_too_long(input, head);
                return true;
            }
        }
        if self.phase == Phase::Busy {
            match head.tag {
                tag::DATA_ROW => return self.parse_rows(input, head),
                // The first of every answer; as a rule it tells nothing.
                tag::BIND_COMPLETE if head.length == 4 && !self.is_traced() => {
                    self.begin_known_rows();
                    input.consume(head.size());
                    return true;
                }
                _ => {}
            }
        }
        if head.tag == tag::COMMAND_COMPLETE && self.has_started_chunk() {
            // The last rows come first; the message is dealt with when they have been fetched.
            return self.hand_out_last_chunk(input, head);
        }
        let Some(body) = input.body(head) else {
            return false;
        };
        let was_open = self.stream.is_some();
        let done = match (head.tag, self.phase) {
            (tag::NOTICE_RESPONSE, _) => self.take_notice(body),
            (tag::NOTIFICATION_RESPONSE, _) => self.take_notification(body),
            (_, Phase::Idle) => self.handle_idle(head.tag, body),
            (_, Phase::Busy) => self.handle_busy(head.tag, body),
            _ => Ok(Next::Leave),
        };
        match done {
            Ok(Next::Consume) => {}
            Ok(Next::Leave) => {
                // The answer before it is complete, and what it holds must not depend on this buffer.
                self.settle(input);
                return false;
            }
            Err(Malformed(fault)) => self.malformed(head.tag, fault),
        }
        self.trace_received(input, head);
        input.consume(head.size());
        if was_open && self.stream.is_none() {
            // Given up: nothing that follows can be trusted.
            input.clear();
        }
        // In the middle of an answer there is nothing to settle, unless it has just failed.
        if self.phase != Phase::Busy || self.result.is_none() {
            self.settle(input);
        }
        true
    }

    /// After each message: a finished result takes its rows along, and a dropped one frees them.
    fn settle(&mut self, input: &mut Input) {
        match &mut self.result {
            Some(result) if !result.rows.is_empty() => {
                if self.phase != Phase::Busy && input.detach(&mut result.rows).is_err() {
                    self.fail_answer("out of memory for query result");
                    input.forget_rows();
                }
            }
            _ => input.forget_rows(),
        }
        if self.phase == Phase::Idle {
            input.relax();
            self.output.relax();
        }
    }

    /// Takes DataRow messages, as many as have arrived and fit the way rows are handed out.
    fn parse_rows(&mut self, input: &mut Input, head: Head) -> bool {
        let building = self
            .result
            .as_ref()
            .is_some_and(|r| r.status == ExecStatus::TuplesOk);
        if !building {
            return self.skip_row(input, head);
        }
        self.trace_received(input, head);
        // A row that has been taken cannot be shown any more: one at a time where all are shown.
        let most = if self.is_traced() { 1 } else { usize::MAX };
        let stop = match self.row_mode {
            RowMode::All => self.take_rows(input, most),
            RowMode::Chunks(size) => self.take_chunk(input, size, most),
            RowMode::Single => self.take_single_row(input, head),
        };
        match stop {
            Stop::Message => true,
            // The head of the row that is still to come has not been looked at yet.
            Stop::Incomplete => input
                .head()
                .is_some_and(|head| head.is_senseless() || self.is_too_long(head)),
            Stop::OutOfMemory => self.refuse_row(input, "out of memory for query result"),
            Stop::Malformed(fault) => self.refuse_row(input, fault),
        }
    }

    fn take_rows(&mut self, input: &mut Input, most: usize) -> Stop {
        // With a limit that a row can pass, each head is looked at.
        let most = if self.has_limit() { most.min(1) } else { most };
        match &mut self.result {
            Some(result) => input.take_rows(&mut result.rows, most),
            None => Stop::Message,
        }
    }

    fn take_chunk(&mut self, input: &mut Input, size: usize, most: usize) -> Stop {
        let have = self.result.as_ref().map_or(0, |r| r.rows.len());
        let stop = self.take_rows(input, most.min(size.saturating_sub(have)));
        let full = self.result.as_ref().is_some_and(|r| r.rows.len() >= size);
        if full && self.hand_out_chunk(input).is_err() {
            return Stop::OutOfMemory;
        }
        stop
    }

    /// Hands out the rows gathered so far as a part of the answer.
    fn hand_out_chunk(&mut self, input: &mut Input) -> Result<(), RowFault> {
        if let Some(result) = &mut self.result {
            input.detach(&mut result.rows)?;
            let rows = std::mem::replace(&mut result.rows, RowSet::new(result.columns.len()));
            self.hand_out(ExecStatus::TuplesChunk, rows);
        }
        Ok(())
    }

    /// Whether rows have been gathered that are to be handed out as a part of the answer.
    fn has_started_chunk(&self) -> bool {
        let gathered = self.result.as_ref().is_some_and(|r| !r.rows.is_empty());
        gathered && self.phase == Phase::Busy && matches!(self.row_mode, RowMode::Chunks(_))
    }

    /// The last chunk carries the command's tag, unless it has become full before: so does libpq's.
    fn hand_out_last_chunk(&mut self, input: &mut Input, head: Head) -> bool {
        let tag = match input.body(head).map(CommandComplete::decode) {
            None => return false,
            Some(complete) => complete.map(|complete| CommandTag::new(complete.tag)),
        };
        if self.hand_out_chunk(input).is_ok() {
            if let (Some(part), Ok(tag)) = (&mut self.partial, tag) {
                part.tag = tag;
                self.tag_reported = true;
            }
            return false;
        }
        self.fail_answer("out of memory for query result");
        self.settle(input);
        true
    }

    fn take_single_row(&mut self, input: &mut Input, head: Head) -> Stop {
        let (Some(result), Some(message)) = (&self.result, input.bytes().get(..head.size())) else {
            return Stop::Incomplete;
        };
        match RowSet::from_message(result.columns.len(), message) {
            Ok(rows) => {
                input.consume(head.size());
                self.hand_out(ExecStatus::SingleTuple, rows);
                Stop::Message
            }
            Err(RowFault::Malformed(fault)) => Stop::Malformed(fault),
            Err(RowFault::OutOfMemory) => Stop::OutOfMemory,
        }
    }

    /// Makes rows of the unfinished result the part that is fetched next.
    fn hand_out(&mut self, status: ExecStatus, rows: RowSet) {
        let Some(whole) = &self.result else { return };
        let columns = whole.columns.clone();
        let mut part = Box::new(QueryResult::new(status, whole.encoding));
        part.binary = whole.binary;
        part.columns = columns;
        part.rows = rows;
        self.partial = Some(part);
        self.phase = Phase::ReadyMore;
    }

    /// A row that belongs to no result: an error unless the answer has failed already.
    fn skip_row(&mut self, input: &mut Input, head: Head) -> bool {
        if input.body(head).is_none() {
            return false;
        }
        if self.current_kind() == Some(CommandKind::Function) {
            self.refuse_in_call(head.tag);
        } else if !self.failed {
            self.fail_answer(
                "server sent data (\"D\" message) without prior row description (\"T\" message)",
            );
        }
        self.trace_received(input, head);
        input.consume(head.size());
        true
    }

    /// A row that breaks the protocol spoils the answer, not the connection.
    fn refuse_row(&mut self, input: &mut Input, fault: &str) -> bool {
        let Some(head) = input.head() else {
            return false;
        };
        if head.is_senseless() {
            return self.lose_sync(input, head);
        }
        self.fail_answer(fault);
        input.consume(head.size());
        self.settle(input);
        true
    }

    /// A message outside of any answer.
    fn handle_idle(&mut self, message: u8, body: &[u8]) -> Result<Next, Malformed> {
        match message {
            tag::PARAMETER_STATUS => self.take_parameter(body),
            // The server is about to close the connection; whoever asks next is told that.
            tag::ERROR_RESPONSE => self.take_notice(body),
            _ => {
                self.internal_notice(&format!(
                    "message type 0x{message:02x} arrived from server while idle"
                ));
                Ok(Next::Consume)
            }
        }
    }

    /// A message within an answer.
    fn handle_busy(&mut self, message: u8, body: &[u8]) -> Result<Next, Malformed> {
        if self.current_kind() == Some(CommandKind::Function) && !answers_call(message) {
            self.refuse_in_call(message);
            return Ok(Next::Consume);
        }
        match message {
            tag::COMMAND_COMPLETE => self.take_command_complete(body)?,
            tag::ERROR_RESPONSE => self.take_error(body)?,
            tag::READY_FOR_QUERY if self.failed || self.result.is_some() => {
                return Ok(self.end_early());
            }
            tag::READY_FOR_QUERY => self.take_ready(body)?,
            tag::EMPTY_QUERY_RESPONSE => {
                empty(body)?;
                self.ensure_result(ExecStatus::EmptyQuery);
                self.phase = Phase::Ready;
            }
            tag::PARSE_COMPLETE => self.complete(CommandKind::Prepare, body)?,
            tag::CLOSE_COMPLETE => self.complete(CommandKind::Close, body)?,
            tag::BIND_COMPLETE => self.take_bind_complete(body)?,
            tag::PARAMETER_STATUS => return self.take_parameter(body),
            tag::BACKEND_KEY_DATA => self.take_key(body)?,
            tag::ROW_DESCRIPTION => return self.take_row_description(body),
            tag::NO_DATA => self.complete(CommandKind::Describe, body)?,
            tag::PARAMETER_DESCRIPTION => self.take_parameter_description(body)?,
            tag::PORTAL_SUSPENDED if self.queue.front().is_some_and(|c| c.limited) => {
                self.take_suspended(body)?;
            }
            tag::FUNCTION_CALL_RESPONSE if self.current_kind() == Some(CommandKind::Function) => {
                self.take_function_result(body)?;
            }
            tag::COPY_IN_RESPONSE => self.start_copy(body, ExecStatus::CopyIn)?,
            tag::COPY_OUT_RESPONSE => self.start_copy(body, ExecStatus::CopyOut)?,
            tag::COPY_BOTH_RESPONSE => self.start_copy(body, ExecStatus::CopyBoth)?,
            // What is left of a COPY that the program did not read to its end.
            tag::COPY_DATA => {}
            tag::COPY_DONE => empty(body)?,
            other => {
                self.fail_answer(&unexpected(other));
                self.phase = Phase::Ready;
            }
        }
        Ok(Next::Consume)
    }

    fn take_command_complete(&mut self, body: &[u8]) -> Result<(), Malformed> {
        let complete = CommandComplete::decode(body)?;
        self.ensure_result(ExecStatus::CommandOk);
        let reported = std::mem::take(&mut self.tag_reported);
        if let Some(result) = &mut self.result
            && !reported
        {
            result.tag = CommandTag::new(complete.tag);
        }
        self.phase = Phase::Ready;
        Ok(())
    }

    /// ReadyForQuery before the answer is complete: an error, which is handed out first.
    fn end_early(&mut self) -> Next {
        if !self.failed {
            self.fail_answer(&unexpected(tag::READY_FOR_QUERY));
        }
        self.phase = Phase::Ready;
        Next::Leave
    }

    pub(super) fn take_ready(&mut self, body: &[u8]) -> Result<(), Malformed> {
        self.transaction = match (ReadyForQuery::decode(body), body) {
            (Ok(ready), _) => match ready.status {
                TransactionStatus::Idle => Transaction::Idle,
                TransactionStatus::InTransaction => Transaction::InTransaction,
                TransactionStatus::Failed => Transaction::InError,
            },
            // A status that a later server may have.
            (Err(_), [_]) => Transaction::Unknown,
            (Err(fault), _) => return Err(fault),
        };
        if self.pipeline == PipelineStatus::Off {
            self.advance_queue(true, false);
            self.phase = Phase::Idle;
        } else {
            let mut result = self.new_result(ExecStatus::PipelineSync);
            if !self.error.is_empty() {
                // Of a call that was refused since the last command was dealt with.
                result.report = Some(Box::new(Report::internal(self.error.as_bytes())));
            }
            self.result = Some(result);
            self.pipeline = PipelineStatus::On;
            self.phase = Phase::Ready;
        }
        Ok(())
    }

    /// A message without a body that completes a command of this kind, and means nothing to others.
    fn complete(&mut self, kind: CommandKind, body: &[u8]) -> Result<(), Malformed> {
        empty(body)?;
        if self.current_kind() == Some(kind) {
            self.ensure_result(ExecStatus::CommandOk);
            self.phase = Phase::Ready;
        }
        Ok(())
    }

    fn take_suspended(&mut self, body: &[u8]) -> Result<(), Malformed> {
        empty(body)?;
        self.ensure_result(ExecStatus::TuplesOk);
        self.suspended = true;
        self.phase = Phase::Ready;
        Ok(())
    }

    /// BackendKeyData: the key that cancel requests need.
    pub(super) fn take_key(&mut self, body: &[u8]) -> Result<(), Malformed> {
        if let Some(fault) = key_fault(body.len(), self.session.protocol) {
            self.give_up(&format!("received invalid BackendKeyData message: {fault}"));
            return Ok(());
        }
        let data = BackendKeyData::decode(body)?;
        self.session.pid = data.pid;
        self.session.cancel_key = data.key.to_vec();
        Ok(())
    }

    /// A message whose contents do not follow the protocol.
    fn malformed(&mut self, message: u8, fault: &str) {
        let text = match fault {
            // These words stand for themselves.
            INSUFFICIENT_COLUMNS => fault.to_owned(),
            _ => disagrees(message),
        };
        if self.phase == Phase::Busy {
            self.fail_answer(&text);
            if message == tag::READY_FOR_QUERY {
                // Without it nobody knows when the next query may be sent.
                self.give_up("connection cannot go on without a valid ReadyForQuery message");
            } else if fault != INSUFFICIENT_COLUMNS && message != tag::COPY_OUT_RESPONSE {
                // Otherwise data may follow that belongs to the answer.
                self.phase = Phase::Ready;
            }
        } else {
            self.internal_notice(&text);
        }
    }
}

/// What is wrong with a BackendKeyData message of so many bytes, by the length of its key.
fn key_fault(body: usize, protocol: u32) -> Option<String> {
    // The process ID stands before the key, and may be cut short.
    let length = body as i64 - 4;
    let fault = if protocol <= PROTOCOL_3_0 {
        (length != MIN_KEY_LEN as i64)
            .then_some("not allowed in protocol version 3.0 (must be 4 bytes)")
    } else if length < MIN_KEY_LEN as i64 {
        Some("is too short (minimum 4 bytes)")
    } else if length > MAX_KEY_LEN as i64 {
        Some("is too long (maximum 256 bytes)")
    } else {
        None
    };
    fault.map(|fault| format!("cancel key with length {length} {fault}"))
}

/// What is said of a message whose contents are not what its type and length make them.
pub(super) fn disagrees(message: u8) -> String {
    let shown = char::from(message);
    format!("message contents do not agree with length in message type \"{shown}\"")
}

fn unexpected(message: u8) -> String {
    let shown = char::from(message);
    format!("unexpected response from server; first received character was \"{shown}\"")
}
