//! The answer that most commands get, taken in one go.
//!
//! Where a short answer has arrived as a whole, and is nothing but rows and a command tag, its
//! messages need not be acted upon one by one: the rows are counted, copied with their index into
//! one piece of memory of exactly the right size, and the result is ready. Whatever is not as usual
//! is left to [`dispatch`](super::dispatch), untouched.

use std::sync::Arc;

use crate::result::{ExecStatus, QueryResult, SMALL_CHUNK};
use crate::wire::backend::CommandComplete;
use crate::wire::tag::backend as tag;

use super::Connection;
use super::input::HEADER;
use super::state::{CommandKind, Phase, RowMode};

/// The messages of an answer, found in what has been received.
struct Answer<'a> {
    /// The body of RowDescription; a command that returns no rows has none.
    description: Option<&'a [u8]>,
    /// The DataRow messages, whole, and how many they are.
    rows: &'a [u8],
    count: usize,
    /// The body of CommandComplete.
    complete: &'a [u8],
    /// Bytes of all messages.
    size: usize,
}

impl<'a> Answer<'a> {
    /// The answer that these bytes begin with: ParseComplete and BindComplete where they are due,
    /// RowDescription, NoData or nothing, rows, CommandComplete.
    #[inline]
    fn find(bytes: &'a [u8], is_extended: bool) -> Option<Self> {
        let mut rest = bytes;
        if is_extended {
            let _ = take_empty(&mut rest, tag::PARSE_COMPLETE);
            take_empty(&mut rest, tag::BIND_COMPLETE)?;
            let _ = take_empty(&mut rest, tag::NO_DATA);
        }
        let description = take(&mut rest, tag::ROW_DESCRIPTION);
        let from = rest;
        let mut count = 0;
        while take(&mut rest, tag::DATA_ROW).is_some() {
            count += 1;
        }
        let rows = &from[..from.len() - rest.len()];
        let complete = take(&mut rest, tag::COMMAND_COMPLETE)?;
        let size = bytes.len() - rest.len();
        (size <= SMALL_CHUNK).then_some(Self {
            description,
            rows,
            count,
            complete,
            size,
        })
    }
}

/// Takes the body of the next message, if that is of this type and has arrived.
#[inline(always)]
fn take<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let head = rest.first_chunk::<HEADER>()?;
    if head[0] != tag {
        return None;
    }
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let size = length.wrapping_add(1);
    let body = rest.get(HEADER..size)?;
    *rest = &rest[size..];
    Some(body)
}

/// Takes the next message, if that is of this type and has no body.
#[inline(always)]
fn take_empty(rest: &mut &[u8], tag: u8) -> Option<()> {
    let (head, behind) = rest.split_first_chunk::<HEADER>()?;
    (*head == [tag, 0, 0, 0, 4]).then(|| *rest = behind)
}

impl Connection {
    /// Takes the answer to the current command, if it is a usual one and has arrived in full, or
    /// the ReadyForQuery that ends what has arrived.
    pub(super) fn take_usual(&mut self) -> bool {
        if self.phase != Phase::Busy || self.result.is_some() || !self.is_undisturbed() {
            return false;
        }
        if let [tag::READY_FOR_QUERY, 0, 0, 0, 5, status] = *self.input.bytes() {
            return self.take_usual_end(status);
        }
        let Some((result, size)) = self.usual_answer() else {
            return false;
        };
        self.result = Some(result);
        self.phase = Phase::Ready;
        self.input.consume(size);
        true
    }

    fn take_usual_end(&mut self, status: u8) -> bool {
        if self.take_ready(&[status]).is_err() {
            return false;
        }
        self.input.consume(self.input.unread());
        if self.phase == Phase::Idle {
            self.input.relax();
            self.output.relax();
        }
        true
    }

    /// Whether nothing is asked for that concerns single messages.
    fn is_undisturbed(&self) -> bool {
        self.row_mode == RowMode::All && !self.failed && !self.is_traced() && !self.has_limit()
    }

    /// The result, and the size of the messages that have told it.
    fn usual_answer(&mut self) -> Option<(Box<QueryResult>, usize)> {
        let command = self.queue.front()?;
        let is_extended = match command.kind {
            CommandKind::Extended => true,
            CommandKind::Simple => false,
            _ => return None,
        };
        let answer = Answer::find(self.input.bytes(), is_extended)?;
        let complete = CommandComplete::decode(answer.complete).ok()?;
        let columns = match (answer.description, &command.columns) {
            (None, None) => None,
            (None, Some(known)) => Some(Arc::clone(known)),
            (Some(body), None) => match &self.last_columns {
                Some(last) if last.is_from(body) => Some(Arc::clone(last)),
                _ => return None,
            },
            (Some(_), Some(_)) => return None,
        };
        let status = match columns {
            Some(_) => ExecStatus::TuplesOk,
            None if answer.count == 0 => ExecStatus::CommandOk,
            None => return None,
        };
        // Filled in where it stands, as it is large to move.
        let place = self.spare.take().unwrap_or_else(Box::new_uninit);
        let columns = columns.unwrap_or_else(QueryResult::no_columns);
        let encoding = self.session.encoding;
        let mut result = Box::write(place, QueryResult::with_columns(status, encoding, columns));
        result.rows.copy_messages(answer.rows, answer.count).ok()?;
        result.tag.set(complete.tag);
        Some((result, answer.size))
    }
}

#[cfg(test)]
mod tests;
