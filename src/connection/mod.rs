//! The one engine below both faces.
//!
//! A [`Connection`] is a state machine: its steps consume what has arrived and say what they need
//! next, and never wait. The functions of [`blocking`] loop over them and wait; whoever has an
//! event loop calls the steps alone. There is no second code path for either.

pub mod blocking;
mod bound;
mod cancel;
mod connect;
mod copy;
mod dispatch;
mod error_text;
mod fetch;
mod function_call;
mod input;
mod io;
pub mod large_object;
pub mod large_object_file;
mod notification;
pub mod oauth;
mod output;
mod oversize;
mod pipeline;
mod query;
mod reply;
mod session;
mod state;
mod trace;
mod trace_line;
mod usual;

use std::collections::VecDeque;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

pub use bound::Bound;
pub use cancel::{CancelFailure, CancelKey, CancelRequest};
pub use connect::TlsStart;
pub use copy::CopyOut;
pub use error_text::ErrorText;
pub use fetch::Fetch;
pub use function_call::{Argument, FunctionResult};
pub use io::{Flush, Lost};
pub use notification::Notification;
pub use query::{MAX_PARAMETERS, Params, Refused, Statement};
pub use session::Session;
pub use state::{ConnStatus, PipelineStatus, Polling, Transaction};
pub use trace::TraceFlags;

use crate::auth::gss::Initiator;
use crate::charset::Encoding;
use crate::conninfo::{ConnInfo, HostSpec, Settings};
use crate::error::ServerError;
use crate::result::{Columns, ContextVisibility, QueryResult, TextStyle, Verbosity};
use crate::transport::{Address, Stream};

use cancel::CancelTarget;
use connect::Attempt;
use input::Input;
use notification::Notifications;
use output::Output;
use state::{Command, CopyState, Phase, RowMode};
use trace::Trace;

/// What a server may ask of us at the most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one message; a longer one is skipped and reported as an error. Not much more than
    /// this is received while nobody takes what has been received before.
    pub message: usize,
    /// Bytes of notifications that wait to be fetched; more of them end the connection.
    pub notifications: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // No value of a server is larger than 1 GiB; a row of several may be.
        Self {
            message: i32::MAX as usize,
            notifications: 256 << 20,
        }
    }
}

/// A connection to a server: being made, ready, or lost.
pub struct Connection {
    /// The options as given, defaults filled in.
    info: Arc<ConnInfo>,
    /// The options as understood; without them there is nothing to connect to.
    settings: Option<Box<Settings>>,
    /// The attempt under way, or what is left of the one that succeeded.
    attempt: Option<Box<Attempt>>,
    /// What can be told of the host where the options are not valid.
    first_host: Option<HostSpec>,
    /// Which of the hosts is being tried, or connected to, and at which address.
    host: usize,
    address: Option<Address>,
    /// The connection, or the one that was refused last, is encrypted by TLS.
    tls_in_use: bool,
    /// The server has asked for a password.
    password_needed: bool,
    /// The server has asked for some proof of identity, if only to say that it wants none.
    reached_authentication: bool,
    /// The GSSAPI exchange by which the client has proved who it is.
    gss: Option<Box<dyn Initiator>>,
    /// What the server said when it refused the connection.
    refusal: Option<ServerError>,
    status: ConnStatus,
    stream: Option<Stream>,
    /// The stream of an attempt that failed: until the connection is closed or another attempt is
    /// made it stays open, for programs that have yet to take its socket out of what they watch.
    failed_stream: Option<Stream>,
    input: Input,
    output: Output,
    /// Why a write failed; told only when reading brings no better reason.
    write_failure: Option<String>,
    session: Session,
    transaction: Transaction,
    phase: Phase,
    pipeline: PipelineStatus,
    /// Commands whose answers are still to be fetched; the first is the current one.
    queue: VecDeque<Command>,
    /// The answer being received, or waiting to be fetched.
    result: Option<Box<QueryResult>>,
    /// The box of the result that was handed over last, for the next one.
    spare: Option<Box<MaybeUninit<QueryResult>>>,
    /// The columns of the last RowDescription.
    last_columns: Option<Arc<Columns>>,
    /// A part of it that waits to be fetched.
    partial: Option<Box<QueryResult>>,
    /// The answer is an error, and its text is in `error`.
    failed: bool,
    /// The command's tag has gone with the last of its rows.
    tag_reported: bool,
    /// The portal holds more rows than were asked for.
    suspended: bool,
    function_value: Option<Vec<u8>>,
    row_mode: RowMode,
    copy: CopyState,
    nonblocking: bool,
    error: ErrorText,
    notices: VecDeque<Box<QueryResult>>,
    notifications: Notifications,
    style: TextStyle,
    limits: Limits,
    query_timeout: Option<Duration>,
    /// TLS handshakes are begun by the host.
    tls_by_host: bool,
    /// The cancel request that this connection is made for, if it is.
    pending_cancel: Option<CancelTarget>,
    /// The functions for large objects, once they have been looked up.
    large_objects: Option<Box<large_object::Functions>>,
    /// Who is shown all messages.
    trace: Option<Box<Trace>>,
}

impl Connection {
    /// A connection with these options, not started yet.
    pub(super) fn with_info(info: Arc<ConnInfo>) -> Self {
        Self {
            info,
            settings: None,
            attempt: None,
            first_host: None,
            host: 0,
            address: None,
            tls_in_use: false,
            password_needed: false,
            reached_authentication: false,
            gss: None,
            refusal: None,
            status: ConnStatus::Bad,
            stream: None,
            failed_stream: None,
            input: Input::default(),
            output: Output::default(),
            write_failure: None,
            session: Session::default(),
            transaction: Transaction::Idle,
            phase: Phase::Idle,
            pipeline: PipelineStatus::Off,
            queue: VecDeque::new(),
            result: None,
            spare: None,
            last_columns: None,
            partial: None,
            failed: false,
            tag_reported: false,
            suspended: false,
            function_value: None,
            row_mode: RowMode::All,
            copy: CopyState::default(),
            nonblocking: false,
            error: ErrorText::default(),
            notices: VecDeque::new(),
            notifications: Notifications::default(),
            style: TextStyle::default(),
            limits: Limits::default(),
            query_timeout: None,
            tls_by_host: false,
            pending_cancel: None,
            large_objects: None,
            trace: None,
        }
    }

    /// The options in force, as given.
    pub fn info(&self) -> &ConnInfo {
        &self.info
    }

    /// The address being connected to.
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// How far the connection is.
    pub fn status(&self) -> ConnStatus {
        self.status
    }

    /// What the server has told of the session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The transaction state, as last told by the server.
    pub fn transaction(&self) -> Transaction {
        if self.status != ConnStatus::Ok {
            Transaction::Unknown
        } else if self.phase != Phase::Idle {
            Transaction::Active
        } else {
            self.transaction
        }
    }

    /// Whether a pipeline is open.
    pub fn pipeline(&self) -> PipelineStatus {
        self.pipeline
    }

    /// The encoding of all texts.
    pub fn encoding(&self) -> Encoding {
        self.session.encoding
    }

    /// The value of a parameter that the server reports.
    pub fn parameter(&self, name: &[u8]) -> Option<&CStr> {
        self.session.parameter(name)
    }

    /// What went wrong last.
    pub fn error(&self) -> &ErrorText {
        &self.error
    }

    /// The same, to add to it or to clear it.
    pub fn error_mut(&mut self) -> &mut ErrorText {
        &mut self.error
    }

    /// The socket, to wait for it; `None` while there is none. While a bearer token is being got it
    /// may be another one than the server's. Where connecting has failed after the server had taken
    /// the connection up, the socket is still there.
    pub fn fd(&self) -> Option<RawFd> {
        self.token_fd()
            .or_else(|| self.stream.as_ref().map(Stream::fd))
            .or_else(|| self.attempt_fd())
            .or_else(|| self.failed_stream.as_ref().map(Stream::fd))
    }

    /// The stream, to ask about its encryption.
    pub fn stream(&self) -> Option<&Stream> {
        self.stream.as_ref()
    }

    /// Whether TLS encrypts the connection, or encrypted it when it was refused or lost.
    pub fn tls_in_use(&self) -> bool {
        self.tls_in_use
    }

    /// How texts of errors and notices are made.
    pub fn style(&self) -> TextStyle {
        self.style
    }

    /// Sets how much texts show; returns the former setting.
    pub fn set_verbosity(&mut self, verbosity: Verbosity) -> Verbosity {
        std::mem::replace(&mut self.style.verbosity, verbosity)
    }

    /// Sets when texts show context; returns the former setting.
    pub fn set_context(&mut self, context: ContextVisibility) -> ContextVisibility {
        std::mem::replace(&mut self.style.context, context)
    }

    /// Whether notices wait for delivery.
    pub fn has_notices(&self) -> bool {
        !self.notices.is_empty()
    }

    /// All notices that have not been delivered yet.
    pub fn take_notices(&mut self) -> VecDeque<Box<QueryResult>> {
        std::mem::take(&mut self.notices)
    }

    /// The next notice that has not been delivered yet.
    pub fn pop_notice(&mut self) -> Option<Box<QueryResult>> {
        self.notices.pop_front()
    }

    /// Adds a notice of our own, for delivery with the server's.
    pub fn add_notice(&mut self, message: &str) {
        self.internal_notice(message);
    }

    /// The next notification that has arrived. Reads nothing from the socket.
    pub fn pop_notification(&mut self) -> Option<Notification> {
        self.parse_input();
        self.notifications.pop()
    }

    /// Whether calls that send return before all is sent.
    pub fn is_nonblocking(&self) -> bool {
        self.nonblocking
    }

    /// Sets that, without flushing.
    pub fn set_nonblocking(&mut self, nonblocking: bool) {
        self.nonblocking = nonblocking;
    }

    /// What a server may ask of us.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets what a server may ask of us.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Sets how long a call may wait for the server, in all; `None` for as long as it takes. A
    /// connection whose time is over is lost: nobody knows what the server is still doing.
    pub fn set_query_timeout(&mut self, limit: Option<Duration>) {
        self.query_timeout = limit;
    }

    /// Forgets what went wrong, unless commands are still under way whose results may tell it.
    pub fn clear_error_if_idle(&mut self) {
        self.error.clear_if(self.queue.is_empty());
    }

    /// Whether the last answer stopped at a row limit and the portal holds more.
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Ends the session politely and closes the connection.
    pub fn close(&mut self) {
        if self.status == ConnStatus::Ok {
            self.take_leave();
        }
        self.disconnect();
        self.tls_in_use = false;
        self.status = ConnStatus::Bad;
    }

    /// Tells the server that the session is over.
    fn take_leave(&mut self) {
        if self.stream.is_some() && self.write_failure.is_none() {
            crate::wire::frontend::terminate(self.output.buffer());
            // Whether it arrives matters to nobody.
            let _ = self.flush_some();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}
