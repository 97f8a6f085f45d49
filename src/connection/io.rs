//! Sending and receiving, and what happens when the connection breaks.

use std::io;
use std::mem::MaybeUninit;

use crate::result::{FULL_CHUNK, OutOfMemory};
use crate::transport::{Deadline, Stream, Wait, failure, poll};

use super::Connection;
use super::query::Refused;
use super::state::{ConnStatus, Phase, PipelineStatus};

/// What is left to do after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// Everything has been handed to the system.
    Done,
    /// Bytes are left that could not be sent without waiting.
    Pending,
}

/// The connection has been lost; the reason is in the connection's error text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost;

/// What is said when a wait has taken too long.
pub(super) const TIMEOUT: &str = "timeout expired";

impl Connection {
    /// Sends what can be sent without waiting.
    ///
    /// A write that fails does not count as the loss of the connection yet: the server may have
    /// left a message that tells why, and that is found by reading.
    #[inline]
    pub(super) fn flush_some(&mut self) -> Flush {
        if self.output.is_empty() {
            return Flush::Done;
        }
        self.flush_output()
    }

    fn flush_output(&mut self) -> Flush {
        self.trace_sent();
        let Some(stream) = &mut self.stream else {
            return Flush::Done;
        };
        if self.write_failure.is_some() {
            self.output.clear();
            return Flush::Done;
        }
        match self.output.send(stream) {
            Ok(()) => Flush::Done,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Flush::Pending,
            Err(error) => {
                self.write_failure = Some(failure::send(error).message().to_owned());
                self.output.clear();
                Flush::Done
            }
        }
    }

    /// Sends everything, or as much as goes without waiting on a non-blocking connection.
    ///
    /// A server that does not read because it is waiting for us to read is read from meanwhile.
    pub fn flush(&mut self) -> Result<Flush, Lost> {
        let in_vain = self.write_failure.is_some() && !self.output.is_empty();
        if self.flush_some() == Flush::Done {
            if in_vain && self.stream.is_some() {
                // What the server has left to say, or that it has gone.
                self.receive_some(Wait::Never)?;
            }
            return Ok(Flush::Done);
        }
        let deadline = self.answer_deadline();
        loop {
            self.receive_some(Wait::Never)?;
            if self.nonblocking {
                return Ok(Flush::Pending);
            }
            self.wait(true, true, deadline)?;
            if self.flush_some() == Flush::Done {
                return Ok(Flush::Done);
            }
        }
    }

    /// Until when a call that begins now may wait for the server.
    pub(super) fn answer_deadline(&self) -> Deadline {
        Deadline::after_opt(self.query_timeout)
    }

    /// Sends as much of these bytes as goes, and returns the rest. On a blocking connection some
    /// more goes after it, as it waits where nothing went.
    pub(super) fn send_some<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Refused> {
        let Some(stream) = self
            .stream
            .as_mut()
            .filter(|_| self.write_failure.is_none())
        else {
            // Why the bytes go nowhere is told when the answer is read.
            return Ok(&[]);
        };
        match stream.send(bytes, Wait::Never) {
            Ok(count) => Ok(&bytes[count..]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let waited = self.receive_some(Wait::Never).and_then(|_| {
                    if self.nonblocking {
                        return Ok(());
                    }
                    self.wait(true, true, Deadline::NEVER)
                });
                waited.map(|()| bytes).map_err(|Lost| Refused)
            }
            Err(error) => {
                self.write_failure = Some(failure::send(error).message().to_owned());
                Ok(&[])
            }
        }
    }

    /// Waits until the socket is ready for one of the directions asked for.
    pub fn wait(&mut self, read: bool, write: bool, deadline: Deadline) -> Result<(), Lost> {
        let Some(stream) = &self.stream else {
            return Err(self.lost(None));
        };
        // A server that sends a little now and then does not get more time by it.
        if deadline.expired() {
            return Err(self.lost(Some(TIMEOUT.to_owned())));
        }
        if read && stream.pending() {
            return Ok(());
        }
        match poll(stream.fd(), read, write, deadline) {
            Ok(readiness) if readiness.any() => Ok(()),
            Ok(_) => Err(self.lost(Some(TIMEOUT.to_owned()))),
            Err(error) => Err(self.lost(Some(failure::receive(error).message().to_owned()))),
        }
    }

    /// Receives once. Nothing there, where the read may not wait, is no error.
    pub(super) fn receive_some(&mut self, wait: Wait) -> Result<usize, Lost> {
        // An unfinished message of the greatest length fits.
        if self.input.unread() > self.limits.message.saturating_add(2 * FULL_CHUNK) {
            return Err(self.lost(Some(
                "too much data from the server waits to be taken".to_owned(),
            )));
        }
        let Some(stream) = &mut self.stream else {
            return Err(self.lost(Some("connection not open".to_owned())));
        };
        let rows = self.result.as_mut().map(|result| &mut result.rows);
        match self.input.receive(stream, wait, rows) {
            Ok(0) => Err(self.lost(None)),
            Ok(count) => Ok(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.input.relax();
                Ok(0)
            }
            Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                Err(self.lost(Some("cannot allocate memory for input buffer".to_owned())))
            }
            Err(error) => Err(self.lost(Some(failure::receive(error).message().to_owned()))),
        }
    }

    /// Receives what has arrived, without waiting. Manual: "PQconsumeInput".
    pub fn consume_input(&mut self) -> Result<(), Lost> {
        if self.status == ConnStatus::Started {
            return Ok(());
        }
        if self.stream.is_none() {
            return self.drop_late_words();
        }
        if self.nonblocking || self.phase == Phase::Idle {
            self.flush_some();
        }
        loop {
            self.receive_some(Wait::Never)?;
            // What has arrived before a failure is for the caller to see first.
            let more = |stream: &Stream| stream.pending() && !stream.holds_failure();
            if !self.stream.as_ref().is_some_and(more) {
                return Ok(());
            }
        }
    }

    /// Reads what a server says after it has refused the connection, which nobody needs any more.
    /// Whoever still watches the socket learns of its end.
    #[cold]
    fn drop_late_words(&mut self) -> Result<(), Lost> {
        let mut words = [const { MaybeUninit::uninit() }; 4096];
        let reason = match &mut self.failed_stream {
            None => "connection not open".to_owned(),
            Some(stream) => match stream.recv(&mut words, Wait::Never) {
                Ok(1..) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Ok(0) => failure::CLOSED.to_owned(),
                Err(error) => failure::receive(error).message().to_owned(),
            },
        };
        self.close_failed_stream();
        self.error.push(reason);
        Err(Lost)
    }

    /// Sends what is left and waits until something has been received: one system call, as a
    /// rule, as the socket is in blocking mode.
    pub fn wait_for_input(&mut self) -> Result<(), Lost> {
        self.wait_for_input_until(self.answer_deadline())
    }

    /// The same, but no longer than this.
    pub(super) fn wait_for_input_until(&mut self, deadline: Deadline) -> Result<(), Lost> {
        self.flush_all(deadline)?;
        if !deadline.is_set() {
            self.receive_some(Wait::Block)?;
            return Ok(());
        }
        loop {
            self.wait(true, false, deadline)?;
            // What is readable may be a part of a TLS record, of which nothing comes out yet.
            if self.receive_some(Wait::Never)? > 0 {
                return Ok(());
            }
        }
    }

    /// Sends everything, waiting also on a non-blocking connection.
    fn flush_all(&mut self, deadline: Deadline) -> Result<(), Lost> {
        while self.flush_some() == Flush::Pending {
            self.receive_some(Wait::Never)?;
            self.wait(true, true, deadline)?;
        }
        Ok(())
    }

    /// The connection is gone: closes it and notes why. Without a reason the server has closed it.
    #[cold]
    pub(super) fn lost(&mut self, reason: Option<String>) -> Lost {
        if self.phase == Phase::CopyIn && !self.input.is_empty() {
            // It may have said why it takes no more data.
            self.phase = Phase::Busy;
        }
        if self.phase == Phase::Busy {
            // What the server said before comes before.
            self.parse_input();
        }
        let reason = match (self.write_failure.take(), reason) {
            // A TLS alert, say: it tells more than that nothing could be sent.
            (_, Some(reason)) if reason != failure::CLOSED => reason,
            (Some(earlier), _) => earlier,
            (None, Some(reason)) => reason,
            (None, None) => failure::CLOSED.to_owned(),
        };
        self.error.push(&reason);
        self.break_off();
        Lost
    }

    /// Gives up a connection that cannot go on: its server breaks the protocol, or we have failed.
    pub fn give_up(&mut self, reason: &str) {
        self.error.push(reason);
        self.break_off();
    }

    /// Closes the socket; whoever waits for an answer finds an error in its place.
    fn break_off(&mut self) {
        self.close_stream();
        self.status = ConnStatus::Bad;
        let rows_left = self.is_copying_out() && !self.input.is_empty();
        if self.phase == Phase::Busy || self.phase.is_copy() && !rows_left {
            self.lose_answer();
        }
        // Nobody answers these any more.
        self.queue.clear();
    }

    /// The rest of the answer will never come.
    pub(super) fn lose_answer(&mut self) {
        self.save_error();
        self.partial = None;
        self.phase = Phase::Lost;
    }

    fn close_stream(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            stream.shutdown();
        }
        self.close_failed_stream();
        self.output.clear();
    }

    /// Closes the socket that an attempt has left behind, if one has.
    pub(super) fn close_failed_stream(&mut self) {
        if let Some(mut stream) = self.failed_stream.take() {
            stream.shutdown();
        }
    }

    /// Closes the socket and forgets everything that belonged to the session.
    pub(super) fn disconnect(&mut self) {
        self.close_stream();
        self.attempt = None;
        self.gss = None;
        self.clear_answer();
        self.input.clear();
        self.write_failure = None;
        self.queue.clear();
        self.phase = Phase::Idle;
        self.pipeline = PipelineStatus::Off;
        self.session = super::Session::default();
        self.last_columns = None;
        self.large_objects = None;
        self.notifications.clear();
        self.transaction = super::Transaction::Idle;
    }
}

impl From<OutOfMemory> for Lost {
    fn from(_: OutOfMemory) -> Self {
        Lost
    }
}
