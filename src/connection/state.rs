//! The states a connection goes through.

use std::sync::Arc;

use crate::result::Columns;

/// How far a connection is, with the numbers of libpq's `ConnStatusType`.
///
/// Manual: "PQstatus", "PQconnectPoll".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ConnStatus {
    /// Connected and authenticated.
    Ok = 0,
    /// Not connected: the attempt failed, or the connection was lost.
    Bad = 1,
    /// Waiting for the network connection to be made.
    Started = 2,
    /// The network connection is made; waiting to send.
    Made = 3,
    /// Waiting for the server's response to the start-up packet.
    AwaitingResponse = 4,
    /// Authenticated; waiting for the server to finish starting the session.
    AuthOk = 5,
    /// Negotiating TLS encryption.
    SslStartup = 7,
    /// About to begin with the next address.
    Needed = 8,
    /// Checking whether the session accepts writes.
    CheckWritable = 9,
    /// Consuming what is left of an internal query.
    Consume = 10,
    /// Negotiating GSSAPI encryption.
    GssStartup = 11,
    /// Checking whether the server fits `target_session_attrs`.
    CheckTarget = 12,
    /// Checking whether the server is a standby.
    CheckStandby = 13,
    /// A cancel request that has not been started.
    Allocated = 14,
    /// In the middle of authentication.
    Authenticating = 15,
}

impl ConnStatus {
    /// Whether the server has started a session and is being asked what kind of server it is.
    pub(super) fn is_in_session(self) -> bool {
        matches!(
            self,
            Self::CheckTarget | Self::CheckWritable | Self::CheckStandby | Self::Consume
        )
    }
}

/// What [`connect_poll`](super::Connection::connect_poll) needs next, with the numbers of libpq's
/// `PostgresPollingStatusType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Polling {
    /// The attempt has failed.
    Failed = 0,
    /// Call again when the socket is readable.
    Reading = 1,
    /// Call again when the socket is writable.
    Writing = 2,
    /// The connection is ready.
    Ok = 3,
}

/// Where the processing of a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is going on.
    Idle,
    /// An answer is awaited or being received.
    Busy,
    /// A result is complete and waits to be fetched.
    Ready,
    /// A part of a result waits to be fetched; more of it follows.
    ReadyMore,
    /// Data may be copied to the server.
    CopyIn,
    /// The server copies data to us.
    CopyOut,
    /// Both at once.
    CopyBoth,
    /// All results of one command of a pipeline have been fetched.
    PipelineIdle,
    /// The connection was lost; the result that says so waits to be fetched.
    Lost,
}

impl Phase {
    /// Whether something waits to be fetched, if only that there is no more of an answer.
    pub(super) fn holds_result(self) -> bool {
        matches!(self, Self::Ready | Self::ReadyMore | Self::PipelineIdle)
    }

    /// Whether data is being copied, in any direction.
    pub(super) fn is_copy(self) -> bool {
        matches!(self, Self::CopyIn | Self::CopyOut | Self::CopyBoth)
    }
}

/// Whether a pipeline is open, with the numbers of libpq's `PGpipelineStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum PipelineStatus {
    /// Not in pipeline mode.
    Off = 0,
    /// In pipeline mode.
    On = 1,
    /// In pipeline mode, and an error has occurred: commands are skipped up to the next
    /// synchronisation point.
    Aborted = 2,
}

/// The transaction state, with the numbers of libpq's `PGTransactionStatusType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Transaction {
    /// No transaction.
    Idle = 0,
    /// A command is in progress.
    Active = 1,
    /// In a transaction block.
    InTransaction = 2,
    /// In a transaction block that has failed.
    InError = 3,
    /// The connection is bad.
    Unknown = 4,
}

/// What kind of command awaits its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandKind {
    /// Query.
    Simple,
    /// Parse or not, Bind, Describe, Execute.
    Extended,
    /// Parse.
    Prepare,
    /// Describe.
    Describe,
    /// Close.
    Close,
    /// Sync, in a pipeline.
    Sync,
    /// FunctionCall.
    Function,
}

/// A command that has been sent, or is about to be.
pub(super) struct Command {
    pub(super) kind: CommandKind,
    /// Its text, where error positions count in one.
    pub(super) query: Option<Box<[u8]>>,
    /// What its rows look like, where that is known and the server is not asked.
    pub(super) columns: Option<Arc<Columns>>,
    /// Whether no more than so many rows have been asked for.
    pub(super) limited: bool,
}

/// How the rows of an answer are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum RowMode {
    /// All in one result.
    #[default]
    All,
    /// Each as a result of its own.
    Single,
    /// So many in each result.
    Chunks(usize),
}

/// What there is to know of data being copied from the server.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CopyState {
    /// The data is binary.
    pub(super) binary: bool,
    /// Bytes of the next row that have been handed out.
    pub(super) taken: usize,
}
