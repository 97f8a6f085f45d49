//! Copying data to and from the server.
//!
//! Manual: "Functions Associated with the COPY Command".

use crate::result::ExecStatus;
use crate::wire::frontend;
use crate::wire::tag::backend as tag;

use super::Connection;
use super::dispatch::disagrees;
use super::input::{HEADER, Head, Input};
use super::io::Flush;
use super::output::COPY_BATCH as BATCH;
use super::query::Refused;
use super::state::{CommandKind, Phase};

/// What asking for copied data comes to.
pub enum CopyOut<T> {
    /// One row of data.
    Data(T),
    /// The copy is over; the command's result tells how it ended.
    Done,
    /// Nothing has arrived yet.
    Wait,
}

impl Connection {
    /// Puts data to what is sent already, where nothing else is to be done: the usual case. `false`
    /// where it is for [`put_copy_data`](Self::put_copy_data).
    #[inline(always)]
    pub fn put_copy_more(&mut self, data: &[u8]) -> bool {
        self.phase == Phase::CopyIn && self.input.is_empty() && self.output.extend_copy_data(data)
    }

    /// Sends data to the server; `Pending` on a non-blocking connection when its buffers are full
    /// and nothing was taken.
    pub fn put_copy_data(&mut self, data: &[u8]) -> Result<Flush, Refused> {
        match self.phase {
            Phase::CopyIn | Phase::CopyBoth => {}
            _ if self.is_lost() => return Ok(Flush::Done),
            _ => return self.refuse("no COPY in progress"),
        }
        if !self.input.is_empty() {
            self.parse_input();
        }
        if data.is_empty() {
            return Ok(Flush::Done);
        }
        if self.output.len() + data.len() + HEADER > BATCH {
            let sent = self.flush().map_err(|_| Refused)?;
            if sent == Flush::Pending && self.output.len() > BATCH {
                return Ok(Flush::Pending);
            }
        }
        // In streaming replication, and to whoever reads a trace, each message is one on its own.
        if self.phase == Phase::CopyBoth || self.is_traced() {
            self.encode(|out| frontend::copy_data(out, data))?;
        } else if data.len() < BATCH {
            self.output.append_copy_data(data);
        } else {
            return self.send_copy_data(data);
        }
        if self.output.len() >= BATCH {
            self.flush().map_err(|_| Refused)?;
        }
        Ok(Flush::Done)
    }

    /// Ends a copy in either direction; what is left of data from the server is skipped.
    pub fn end_copy(&mut self) -> Result<(), Refused> {
        if self.is_lost() {
            return Ok(());
        }
        if !self.phase.is_copy() {
            return self.refuse("no COPY in progress");
        }
        if self.phase != Phase::CopyOut {
            let sent = self.put_copy_end(None)?;
            if sent == Flush::Pending {
                return Err(Refused);
            }
        }
        self.phase = Phase::Busy;
        Ok(())
    }

    /// Whether the connection has been lost, and a result waits to tell so: data goes nowhere then.
    fn is_lost(&self) -> bool {
        self.stream.is_none() && matches!(self.phase, Phase::Lost | Phase::Ready)
    }

    /// Sends a large piece from where it lies.
    fn send_copy_data(&mut self, data: &[u8]) -> Result<Flush, Refused> {
        if data.len() > i32::MAX as usize - 4 {
            return self.refuse("message is longer than 2147483647 bytes");
        }
        let mut rest = self.output.begin_large_copy_data(data);
        while !rest.is_empty() {
            let begun = self.flush().map_err(|_| Refused)?;
            if begun == Flush::Pending {
                break;
            }
            rest = self.send_some(rest)?;
            if self.nonblocking {
                break;
            }
        }
        self.output.append_left_over(rest);
        Ok(Flush::Done)
    }

    /// Whether the server has been found to have ended a copy to it with an error, which is fetched
    /// when the copy is ended.
    pub fn copy_in_has_failed(&self) -> bool {
        let head = self.input.head();
        self.phase == Phase::CopyIn && head.is_some_and(|head| head.tag == tag::ERROR_RESPONSE)
    }

    /// Ends the copy to the server, or with a message makes it fail.
    pub fn put_copy_end(&mut self, failure: Option<&[u8]>) -> Result<Flush, Refused> {
        match self.phase {
            Phase::CopyIn | Phase::CopyBoth => {}
            _ if self.is_lost() => return Ok(Flush::Done),
            _ => return self.refuse("no COPY in progress"),
        }
        // A statement of the extended protocol is skipped up to the next Sync when it fails.
        let sync = self
            .current_kind()
            .is_some_and(|kind| kind != CommandKind::Simple);
        self.encode(|out| {
            match failure {
                Some(message) => frontend::copy_fail(out, message)?,
                None => frontend::copy_done(out),
            }
            if sync {
                frontend::sync(out);
            }
            Ok(())
        })?;
        self.phase = match self.phase {
            Phase::CopyBoth => Phase::CopyOut,
            _ => Phase::Busy,
        };
        self.flush().map_err(|_| Refused)
    }

    /// The next row of data, lent to `take` where it lies.
    pub fn get_copy_data<T>(
        &mut self,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<CopyOut<T>, Refused> {
        self.copy.taken = 0;
        if let Some(head) = self.whole_row() {
            let data = take(self.input.body(head).unwrap_or_default());
            self.input.consume(head.size());
            return Ok(CopyOut::Data(data));
        }
        Ok(match self.peek_copy_data()? {
            CopyOut::Data(()) => {
                let data = take(self.copy_data());
                self.consume_copy_data();
                CopyOut::Data(data)
            }
            CopyOut::Done => CopyOut::Done,
            CopyOut::Wait => CopyOut::Wait,
        })
    }

    /// The head of what comes next, where that is a row of data, has arrived in full, and nothing
    /// else is to be done about it: the usual case, looked for first.
    fn whole_row(&self) -> Option<Head> {
        let head = self.input.head()?;
        let usual = head.tag == tag::COPY_DATA && head.length > 4;
        let plain = usual && self.is_copying_out() && !self.is_traced() && !self.has_limit();
        (plain && self.input.body(head).is_some()).then_some(head)
    }

    /// The same, but no more than `most` bytes; the rest of the row comes next. As by libpq, what is
    /// read so is not traced.
    pub fn get_copy_part<T>(
        &mut self,
        most: usize,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<CopyOut<T>, Refused> {
        match self.peek_copy_data()? {
            CopyOut::Data(()) => {}
            CopyOut::Done => return Ok(CopyOut::Done),
            CopyOut::Wait => return Ok(CopyOut::Wait),
        }
        let row = self.copy_data();
        let rest = &row[self.copy.taken.min(row.len())..];
        if rest.len() > most {
            let part = take(&rest[..most]);
            self.copy.taken += most;
            return Ok(CopyOut::Data(part));
        }
        let data = take(rest);
        self.step_over_copy_data();
        Ok(CopyOut::Data(data))
    }

    /// Looks for the next row of data and leaves it where it lies: [`copy_data`](Self::copy_data)
    /// shows it, [`consume_copy_data`](Self::consume_copy_data) steps over it.
    pub fn peek_copy_data(&mut self) -> Result<CopyOut<()>, Refused> {
        if self.whole_row().is_some() {
            return Ok(CopyOut::Data(()));
        }
        if self.phase == Phase::Lost {
            // Why is told already.
            return Err(Refused);
        }
        if !self.is_copying_out() {
            return self.refuse("no COPY in progress");
        }
        let mut input = std::mem::take(&mut self.input);
        let found = self.next_copy_message(&mut input);
        self.input = input;
        if matches!(found, CopyOut::Wait) && self.stream.is_none() {
            self.lose_answer();
            return Err(Refused);
        }
        Ok(match found {
            CopyOut::Data(_) => CopyOut::Data(()),
            CopyOut::Done => CopyOut::Done,
            CopyOut::Wait => CopyOut::Wait,
        })
    }

    /// The row of data that has been found; empty where there is none.
    pub fn copy_data(&self) -> &[u8] {
        let found = self.found_copy_data();
        found
            .and_then(|head| self.input.body(head))
            .unwrap_or_default()
    }

    /// Steps over the row of data that has been found.
    pub fn consume_copy_data(&mut self) {
        if self.is_traced()
            && let Some(head) = self.found_copy_data()
        {
            let input = std::mem::take(&mut self.input);
            self.trace_received(&input, head);
            self.input = input;
        }
        self.step_over_copy_data();
    }

    fn step_over_copy_data(&mut self) {
        self.copy.taken = 0;
        if let Some(head) = self.found_copy_data() {
            self.input.consume(head.size());
        }
    }

    /// The head of the row of data in front, where one is there in full.
    fn found_copy_data(&self) -> Option<Head> {
        let head = self.input.head();
        let head = head.filter(|head| self.is_copying_out() && head.tag == tag::COPY_DATA)?;
        self.input.body(head).map(|_| head)
    }

    /// The next message with data, which has arrived in full and is not consumed; what comes before
    /// it is acted upon.
    fn next_copy_message(&mut self, input: &mut Input) -> CopyOut<Head> {
        loop {
            let Some(head) = input.head() else {
                return CopyOut::Wait;
            };
            if head.is_senseless() {
                self.lose_sync(input, head);
                return CopyOut::Done;
            }
            if self.is_too_long(head) {
                self.skip_copied(input, head);
                if self.phase == Phase::CopyOut || self.phase == Phase::CopyBoth {
                    continue;
                }
                return CopyOut::Done;
            }
            let Some(body) = input.body(head) else {
                return CopyOut::Wait;
            };
            let handled = match head.tag {
                tag::COPY_DATA if body.is_empty() => Ok(()),
                tag::COPY_DATA => return CopyOut::Data(head),
                tag::NOTICE_RESPONSE => self.take_notice(body).map(drop),
                tag::NOTIFICATION_RESPONSE => self.take_notification(body).map(drop),
                tag::PARAMETER_STATUS => self.take_parameter(body).map(drop),
                // It stays where it is, for whoever fetches the result.
                _ => {
                    self.leave_copy_out(head.tag);
                    return CopyOut::Done;
                }
            };
            if handled.is_err() {
                self.internal_notice(&disagrees(head.tag));
            }
            self.trace_received(input, head);
            input.consume(head.size());
            if self.stream.is_none() {
                // Given up: nothing that follows can be trusted.
                input.clear();
                return CopyOut::Done;
            }
        }
    }

    /// A message over the limit: a copy that lacks one row has failed, and the rest of it is of no
    /// use. One in both directions cannot be ended from here.
    fn skip_copied(&mut self, input: &mut Input, head: Head) {
        let both = self.phase == Phase::CopyBoth;
        self.skip_too_long(input, head);
        if both && self.phase == Phase::Busy {
            self.give_up("replication cannot go on without the message");
            input.clear();
        }
    }

    /// CopyDone ends one direction; anything else ends the copy, and the result tells how.
    fn leave_copy_out(&mut self, message: u8) {
        self.phase = if message == tag::COPY_DONE && self.phase == Phase::CopyBoth {
            Phase::CopyIn
        } else {
            Phase::Busy
        };
    }

    /// Whether data is being copied from the server.
    pub fn is_copying_out(&self) -> bool {
        matches!(self.phase, Phase::CopyOut | Phase::CopyBoth)
    }

    /// Whether text is being copied from the server.
    pub fn is_copying_text_out(&self) -> bool {
        self.is_copying_out() && !self.copy.binary
    }

    /// Whether a copy in this direction is going on, by the status its result has.
    pub fn is_copying(&self, status: ExecStatus) -> bool {
        match status {
            ExecStatus::CopyIn => self.phase == Phase::CopyIn,
            ExecStatus::CopyOut => self.phase == Phase::CopyOut,
            ExecStatus::CopyBoth => self.phase == Phase::CopyBoth,
            _ => false,
        }
    }

    /// Treats data still to come from a copy as part of an answer, which skips it.
    pub(super) fn abandon_copy_out(&mut self) {
        if self.phase == Phase::CopyOut {
            self.phase = Phase::Busy;
        }
    }
}
