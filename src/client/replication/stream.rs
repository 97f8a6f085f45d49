//! What a server streams, and telling it how far one has got.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use crate::connection::CopyOut;
use crate::connection::blocking::Host;
use crate::error::Error;
use crate::result::ExecStatus;
use crate::transport::Deadline;
use crate::wire::Lsn;
use crate::wire::replication::{
    FromServer, PrimaryKeepalive, StandbyStatusUpdate, XLogData, to_server_time,
};

use super::super::notifications::wait_readable;
use super::super::{Client, failure};

/// How often the server is told unless set otherwise, as `wal_receiver_status_interval`.
const INTERVAL: Duration = Duration::from_secs(10);

/// The changes or the log of a server, as they come. Made by [`Client::replicate`].
///
/// The server asks now and then whether anyone is there, and ends the connection of one who has not
/// answered for `wal_sender_timeout`, a minute unless set; [`next`](Self::next) answers. It has to be
/// called again within that time, or [`send_status`](Self::send_status) instead.
///
/// Dropped without [`finish`](Self::finish), it ends the stream as well.
pub struct ReplicationStream<'a> {
    client: &'a mut Client,
    /// Up to where all is safe here.
    confirmed: Lsn,
    /// The beginning of what has been handed out last and is not confirmed.
    unconfirmed: Option<Lsn>,
    interval: Duration,
    /// When the server was told last.
    told: Instant,
    /// A piece has been handed out where it lies, and is to be stepped over.
    lent: bool,
    open: bool,
}

/// What [`ReplicationStream::next`] has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A message of the output plugin, or a piece of the log.
    Data(XLogData<'a>),
    /// Nothing has come within the time.
    Idle,
    /// The server has ended the stream.
    End,
}

/// What stands in front of the rest.
enum Found {
    Data,
    Idle,
    End,
}

impl Client {
    /// Begins to stream: runs a `START_REPLICATION` command. The client has to be connected with the
    /// option `replication`; see [`replication`](crate::replication).
    ///
    /// # Errors
    /// Where the command is another one, and where the server reports an error.
    ///
    /// Manual: "Streaming Replication Protocol".
    pub fn replicate(&mut self, command: &str) -> Result<ReplicationStream<'_>, Error> {
        let result = self.run(|engine| engine.send_query(command.as_bytes()))?;
        if result.status != ExecStatus::CopyBoth {
            self.link.begin()?;
            return Err(failure::usage("the command is not a START_REPLICATION"));
        }
        Ok(ReplicationStream {
            client: self,
            confirmed: Lsn::default(),
            unconfirmed: None,
            interval: INTERVAL,
            told: Instant::now(),
            lent: false,
            open: true,
        })
    }
}

impl ReplicationStream<'_> {
    /// The next piece; waits for it as long as it takes, or no longer than `limit`.
    ///
    /// # Errors
    /// Where the server reports an error, and where the connection is lost.
    pub fn next(&mut self, limit: Option<Duration>) -> Result<Event<'_>, Error> {
        match self.find(Deadline::after_opt(limit))? {
            Found::Idle => Ok(Event::Idle),
            Found::End => Ok(Event::End),
            Found::Data => {
                self.lent = true;
                match FromServer::decode(self.client.link.engine.copy_data())? {
                    FromServer::XLogData(piece) => {
                        self.unconfirmed = Some(piece.wal_start);
                        Ok(Event::Data(piece))
                    }
                    // Those have been taken already.
                    FromServer::PrimaryKeepalive(_) => Ok(Event::Idle),
                }
            }
        }
    }

    /// Notes that all is safe here up to this position: the server may forget what comes before,
    /// and does not send it again through the same slot. It is told with the next status.
    ///
    /// The position is `end_lsn` of a commit, or the end of a piece of the log. Once the last piece
    /// is confirmed, the positions of the server's keepalives are so as well: what other databases
    /// write does not pile up for the slot.
    pub fn confirm(&mut self, position: Lsn) {
        self.confirmed = self.confirmed.max(position);
        if self.unconfirmed.is_some_and(|start| start <= position) {
            self.unconfirmed = None;
        }
    }

    /// Up to where all is confirmed.
    pub fn confirmed(&self) -> Lsn {
        self.confirmed
    }

    /// Sets how often the server is told what is confirmed; every ten seconds unless set, and
    /// whenever it asks.
    pub fn set_status_interval(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// Tells the server now what is confirmed.
    ///
    /// # Errors
    /// Where the connection is lost.
    pub fn send_status(&mut self) -> Result<(), Error> {
        let status = StandbyStatusUpdate {
            written: self.confirmed,
            flushed: self.confirmed,
            applied: self.confirmed,
            send_time: to_server_time(SystemTime::now()),
            reply_requested: false,
        };
        let mut payload = Vec::new();
        status.encode(&mut payload);
        let link = &mut self.client.link;
        let sent = link.engine.put_copy_data(&payload);
        sent.map_err(|refused| link.refused(refused))?;
        if link.engine.flush().is_err() {
            return Err(failure::refused(&link.engine));
        }
        self.told = Instant::now();
        Ok(())
    }

    /// Tells the server what is confirmed, and ends the stream.
    ///
    /// # Errors
    /// Where the connection is lost.
    pub fn finish(mut self) -> Result<(), Error> {
        self.end()
    }

    /// Finds a piece, answering the server meanwhile.
    fn find(&mut self, deadline: Deadline) -> Result<Found, Error> {
        self.step_over();
        while self.open {
            if self.told.elapsed() >= self.interval {
                self.send_status()?;
            }
            match self.client.link.engine.peek_copy_data() {
                Ok(CopyOut::Data(())) => {
                    let piece = self.client.link.engine.copy_data();
                    let FromServer::PrimaryKeepalive(keepalive) = FromServer::decode(piece)? else {
                        return Ok(Found::Data);
                    };
                    self.client.link.engine.consume_copy_data();
                    self.take_keepalive(keepalive)?;
                }
                Ok(CopyOut::Wait) => {
                    if !self.wait(deadline)? {
                        return Ok(Found::Idle);
                    }
                }
                Ok(CopyOut::Done) | Err(_) => self.take_end()?,
            }
        }
        Ok(Found::End)
    }

    fn step_over(&mut self) {
        if std::mem::take(&mut self.lent) {
            self.client.link.engine.consume_copy_data();
        }
    }

    fn take_keepalive(&mut self, keepalive: PrimaryKeepalive) -> Result<(), Error> {
        if self.unconfirmed.is_none() {
            self.confirmed = self.confirmed.max(keepalive.wal_end);
        }
        match keepalive.reply_requested {
            true => self.send_status(),
            false => Ok(()),
        }
    }

    /// Waits until something has come or the server is to be told; `false` when the time is up.
    fn wait(&mut self, deadline: Deadline) -> Result<bool, Error> {
        let link = &mut self.client.link;
        link.deliver_notices();
        let due = self.told.checked_add(self.interval);
        let due = due.map_or(Deadline::NEVER, Deadline::at);
        if wait_readable(&link.engine, deadline.earlier(due))? {
            if link.engine.consume_input().is_err() {
                // What it is has become the command's result.
                self.take_end()?;
            }
            return Ok(true);
        }
        Ok(!deadline.expired())
    }

    /// The server has ended its direction of the stream, or all of it.
    fn take_end(&mut self) -> Result<(), Error> {
        self.open = false;
        let link = &mut self.client.link;
        if link.engine.is_copying(ExecStatus::CopyIn) {
            let ended = link.engine.put_copy_end(None);
            ended.map_err(|refused| link.refused(refused))?;
        }
        link.finish().map(drop)
    }

    fn end(&mut self) -> Result<(), Error> {
        self.step_over();
        if !self.open {
            return Ok(());
        }
        self.send_status()?;
        let link = &mut self.client.link;
        let ended = link.engine.put_copy_end(None);
        ended.map_err(|refused| link.refused(refused))?;
        // What the server has sent meanwhile is not confirmed: it will send it again.
        loop {
            match link.engine.peek_copy_data() {
                Ok(CopyOut::Data(())) => link.engine.consume_copy_data(),
                Ok(CopyOut::Wait) if link.engine.wait_for_input().is_ok() => {}
                _ => return self.take_end(),
            }
        }
    }
}

impl Drop for ReplicationStream<'_> {
    fn drop(&mut self) {
        // Whoever uses the connection next is told when it is lost.
        let _ = self.end();
    }
}

impl fmt::Debug for ReplicationStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicationStream")
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}
