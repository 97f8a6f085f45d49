use super::{
    Begin, BeginPrepare, Commit, CommitPrepared, Delete, Insert, LogicalMessage, Origin, Prepare,
    Relation, RollbackPrepared, StreamAbort, StreamCommit, StreamStart, Truncate, Type, Update,
};
use crate::wire::{Cursor, Malformed};

/// A message of `pgoutput`.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    /// A committed transaction's changes begin.
    Begin(Begin),
    /// What somebody has written with `pg_logical_emit_message`.
    Message(LogicalMessage<'a>),
    /// A transaction's changes have all come.
    Commit(Commit),
    /// The transaction was replicated from elsewhere.
    Origin(Origin<'a>),
    /// A table's shape.
    Relation(Relation<'a>),
    /// A type's name.
    Type(Type<'a>),
    /// A row has been inserted.
    Insert(Insert<'a>),
    /// A row has been updated.
    Update(Update<'a>),
    /// A row has been deleted.
    Delete(Delete<'a>),
    /// Tables have been truncated.
    Truncate(Truncate<'a>),
    /// A segment of a large transaction begins.
    StreamStart(StreamStart),
    /// The segment ends.
    StreamStop,
    /// A streamed transaction has been committed.
    StreamCommit(StreamCommit),
    /// A streamed transaction, or a part of it, has been rolled back.
    StreamAbort(StreamAbort),
    /// The changes of a transaction begin that has been prepared for two-phase commit.
    BeginPrepare(BeginPrepare<'a>),
    /// A transaction has been prepared.
    Prepare(Prepare<'a>),
    /// A prepared transaction has been committed.
    CommitPrepared(CommitPrepared<'a>),
    /// A prepared transaction has been rolled back.
    RollbackPrepared(RollbackPrepared<'a>),
    /// A streamed transaction has been prepared.
    StreamPrepare(Prepare<'a>),
}

/// Decodes the messages of one replication stream in the order they come.
#[derive(Debug, Clone)]
pub struct Decoder {
    version: u32,
    /// Whether the last Stream Start has not yet met its Stream Stop: then the messages that
    /// belong to a transaction begin with its id.
    in_stream: bool,
}

impl Decoder {
    /// A decoder for what comes first after START_REPLICATION with this `proto_version`, or `None`
    /// where it is not 1 to 4.
    pub fn new(version: u32) -> Option<Self> {
        (1..=4).contains(&version).then_some(Self {
            version,
            in_stream: false,
        })
    }

    /// Decodes the data of one XLogData message. After an error the stream is of no further use.
    pub fn decode<'a>(&mut self, data: &'a [u8]) -> Result<Message<'a>, Malformed> {
        let mut cursor = Cursor::new(data);
        let kind = cursor.u8()?;
        let message = match self.since(kind)? {
            1 => self.change(kind, &mut cursor)?,
            2 => self.stream(kind, &mut cursor)?,
            _ => prepared(kind, &mut cursor)?,
        };
        cursor.finish()?;
        match message {
            Message::StreamStart(_) => self.in_stream = true,
            Message::StreamStop => self.in_stream = false,
            _ => {}
        }
        Ok(message)
    }

    /// The protocol version that has brought messages of this kind.
    fn since(&self, kind: u8) -> Result<u32, Malformed> {
        let since = match kind {
            b'B' | b'M' | b'C' | b'O' | b'R' | b'Y' | b'I' | b'U' | b'D' | b'T' => 1,
            b'S' | b'E' | b'c' | b'A' => 2,
            b'b' | b'P' | b'K' | b'r' | b'p' => 3,
            _ => return Err(UNKNOWN),
        };
        if since > self.version {
            return Err(Malformed("message of a newer pgoutput protocol version"));
        }
        Ok(since)
    }

    fn change<'a>(&self, kind: u8, cursor: &mut Cursor<'a>) -> Result<Message<'a>, Malformed> {
        // These three never carry the transaction's id in front.
        match kind {
            b'B' => return Begin::read(cursor).map(Message::Begin),
            b'C' => return Commit::read(cursor).map(Message::Commit),
            b'O' => return Origin::read(cursor).map(Message::Origin),
            _ => {}
        }
        let xid = if self.in_stream {
            Some(cursor.u32()?)
        } else {
            None
        };
        match kind {
            b'M' => LogicalMessage::read(cursor, xid).map(Message::Message),
            b'R' => Relation::read(cursor, xid).map(Message::Relation),
            b'Y' => Type::read(cursor, xid).map(Message::Type),
            b'I' => Insert::read(cursor, xid).map(Message::Insert),
            b'U' => Update::read(cursor, xid).map(Message::Update),
            b'D' => Delete::read(cursor, xid).map(Message::Delete),
            b'T' => Truncate::read(cursor, xid).map(Message::Truncate),
            _ => Err(UNKNOWN),
        }
    }

    fn stream<'a>(&self, kind: u8, cursor: &mut Cursor<'a>) -> Result<Message<'a>, Malformed> {
        match kind {
            b'S' if self.in_stream => Err(Malformed("stream starts inside a stream")),
            b'S' => StreamStart::read(cursor).map(Message::StreamStart),
            b'E' if !self.in_stream => Err(Malformed("stream stops outside a stream")),
            b'E' => Ok(Message::StreamStop),
            b'c' => StreamCommit::read(cursor).map(Message::StreamCommit),
            b'A' => StreamAbort::read(cursor, self.version >= 4).map(Message::StreamAbort),
            _ => Err(UNKNOWN),
        }
    }
}

const UNKNOWN: Malformed = Malformed("unknown type of pgoutput message");

fn prepared<'a>(kind: u8, cursor: &mut Cursor<'a>) -> Result<Message<'a>, Malformed> {
    match kind {
        b'b' => BeginPrepare::read(cursor).map(Message::BeginPrepare),
        b'P' => Prepare::read(cursor).map(Message::Prepare),
        b'K' => CommitPrepared::read(cursor).map(Message::CommitPrepared),
        b'r' => RollbackPrepared::read(cursor).map(Message::RollbackPrepared),
        b'p' => Prepare::read(cursor).map(Message::StreamPrepare),
        _ => Err(UNKNOWN),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
