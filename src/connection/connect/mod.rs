//! Making a connection, one step at a time.
//!
//! An [`Attempt`] goes through hosts, their addresses and the kinds of encryption to try on each.
//! Every state is a function that does what can be done without waiting and says what comes next;
//! [`Connection::connect_poll`] runs them until one has to wait.
//!
//! Manual: "PQconnectStartParams", "Message Flow: Start-up".

mod authenticate;
mod encrypt;
mod gss;
mod hosts;
mod negotiate;
mod startup;
mod target;
mod tls_start;

use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

use crate::conninfo::{ConnInfo, HostSpec, ProcessEnvironment, Settings};
use crate::error::{Error, ServerError};
use crate::transport::gss::Handshake as GssHandshake;
use crate::transport::tls::Handshake;
use crate::transport::{Deadline, Socket, Stream};

use super::Connection;
use super::cancel::CancelTarget;
use super::io::TIMEOUT;
use super::oauth::{Flow, RETRYING};
use super::state::{ConnStatus, Polling};

use crate::auth::exchange::Exchange;
use encrypt::Encryption;
use hosts::Hosts;
pub(super) use hosts::dial_options;
use target::Check;
use tls_start::ByHost;
pub use tls_start::TlsStart;

/// What an attempt does next.
pub(super) enum Step {
    /// Begin with the next host.
    NextHost,
    /// Begin with the next address of the host.
    NextAddress,
    /// Open a socket to the address.
    Dial,
    /// The socket is connecting.
    Connecting(Socket),
    /// The network connection is made: ask for encryption, or start the session.
    Made,
    /// The server has been asked for TLS.
    SslReply,
    /// The host begins the TLS handshake.
    TlsByHost(ByHost),
    /// The TLS handshake goes on.
    Handshake(Handshake),
    /// The server has been asked for GSSAPI encryption.
    GssReply,
    /// The exchange of GSSAPI tokens goes on.
    GssHandshake(Box<GssHandshake>),
    /// Send the start-up packet, or the cancel request.
    Start,
    /// Authentication goes on.
    Authenticate,
    /// The server wants a bearer token.
    Token,
    /// Authenticated; the server sends the session's parameters.
    Session,
    /// Find out whether the server is what was asked for.
    CheckTarget,
    /// The server has been asked what it is.
    TargetReply(Check),
    /// A cancel request has been sent; the server closes the connection.
    Cancelled,
    /// Nothing is left to do.
    Finished,
}

/// How an attempt goes on after a step.
pub(super) enum Turn {
    /// With this step, at once.
    Go(Step),
    /// With this step, when the socket is ready.
    Wait(Step, Polling),
    /// The connection is ready.
    Done,
}

/// Why a step failed, and what may still be tried.
pub(super) enum Failure {
    /// Nothing.
    Final(String),
    /// The next kind of encryption, on a new connection to the same address.
    Encryption(String),
    /// The kind of encryption that has been turned to, which needs a new connection.
    Redial,
    /// The bearer token that has been got, which needs a new connection.
    Token,
    /// The next address.
    Address(String),
    /// The next host.
    Host(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error.message().to_owned())
    }
}

pub(super) type Stepped = Result<Turn, Failure>;

/// The state of a connection being made.
pub(super) struct Attempt {
    pub(super) step: Step,
    hosts: Hosts,
    encryption: Encryption,
    pub(super) authentication: Exchange,
    /// Who is getting a bearer token.
    pub(super) flow: Flow,
    /// The server has said which version it wants.
    has_negotiated: bool,
    deadline: Deadline,
    /// How often the present call has received.
    received: u32,
    timeout: Option<Duration>,
    /// The cancel request that this connection is made for.
    cancel: Option<CancelTarget>,
}

impl Connection {
    /// A connection with these options, started: call [`connect_poll`](Self::connect_poll) next.
    pub fn start(info: Result<ConnInfo, Error>) -> Self {
        let (info, fault) = match info {
            Ok(info) => (info, None),
            Err(fault) => (ConnInfo::new(), Some(fault)),
        };
        let mut connection = Self::with_info(Arc::new(info));
        match fault {
            Some(fault) => connection.error.push(fault.message()),
            None => connection.begin_attempt(None),
        }
        connection
    }

    /// A connection over a stream that stands already, to whatever is at its other end: call
    /// [`connect_poll`](Self::connect_poll) next. No other host is tried, and no encryption.
    pub fn over(stream: Stream, info: ConnInfo) -> Self {
        let mut connection = Self::start(Ok(info));
        if let Some(attempt) = &mut connection.attempt {
            attempt.hosts = Hosts::none();
            attempt.step = Step::Start;
            connection.stream = Some(stream);
        }
        connection
    }

    /// Starts anew with the same options, and blocking. Manual: "PQresetStart".
    pub fn restart(&mut self) {
        self.close();
        self.error.clear();
        self.nonblocking = false;
        self.begin_attempt(None);
    }

    /// Resolves the options and gets ready for the first host.
    pub(super) fn begin_attempt(&mut self, cancel: Option<CancelTarget>) {
        self.status = ConnStatus::Bad;
        self.password_needed = false;
        self.reached_authentication = false;
        let mut hosts = Vec::new();
        let info = Arc::make_mut(&mut self.info);
        match Settings::resolve_in(info, &mut hosts, &ProcessEnvironment) {
            Ok(settings) => {
                // One that is not valid ends the attempt of who waits, and does not matter to others.
                let timeout = settings.connect_timeout().unwrap_or_default();
                self.info = Arc::clone(&settings.info);
                self.attempt = Some(Box::new(Attempt {
                    step: Step::NextHost,
                    hosts: Hosts::new(&settings, cancel.as_ref()),
                    encryption: Encryption::default(),
                    authentication: Exchange::new(),
                    flow: Flow::Idle,
                    has_negotiated: false,
                    deadline: Deadline::NEVER,
                    received: 0,
                    timeout,
                    cancel,
                }));
                self.settings = Some(Box::new(settings));
                self.status = ConnStatus::Needed;
                self.want_protocol();
            }
            Err(fault) => {
                let first = hosts.into_iter().next();
                self.first_host = Some(first.unwrap_or_else(|| HostSpec::first(&self.info)));
                self.error.push(fault.message());
            }
        }
    }

    /// Notes the protocol version that the next server is asked for.
    fn want_protocol(&mut self) {
        if let Some(settings) = &self.settings {
            self.session.protocol = settings.max_protocol_version.to_wire();
        }
    }

    /// Judges the option `connect_timeout` once there is something to wait for; one that is not valid
    /// ends the attempt.
    pub(super) fn check_timeout(&mut self) -> bool {
        if self.attempt.is_none() || self.status == ConnStatus::Needed {
            return true;
        }
        let judged = self
            .settings
            .as_ref()
            .map(|settings| settings.connect_timeout());
        if let Some(Err(fault)) = judged {
            self.error.push(fault.message());
            self.end_attempt();
            return false;
        }
        true
    }

    /// Goes on with connecting as far as it goes without waiting for the network.
    ///
    /// Name lookup waits, as it does in libpq.
    pub fn connect_poll(&mut self) -> Polling {
        match self.status {
            ConnStatus::Ok => return Polling::Ok,
            ConnStatus::Bad => return Polling::Failed,
            _ => {}
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.received = 0;
        }
        loop {
            let Some(attempt) = &mut self.attempt else {
                return Polling::Failed;
            };
            let step = std::mem::replace(&mut attempt.step, Step::Finished);
            let next = match self.take_step(step) {
                Ok(Turn::Go(step)) => step,
                Ok(Turn::Wait(step, polling)) => {
                    self.set_step(step);
                    return polling;
                }
                Ok(Turn::Done) => return Polling::Ok,
                Err(failure) => match self.after_failure(failure) {
                    Some(step) => step,
                    None => {
                        self.end_attempt();
                        return Polling::Failed;
                    }
                },
            };
            self.set_step(next);
        }
    }

    fn set_step(&mut self, step: Step) {
        if let Some(attempt) = &mut self.attempt {
            attempt.step = step;
        }
    }

    fn take_step(&mut self, step: Step) -> Stepped {
        match step {
            Step::NextHost => self.next_host(),
            Step::NextAddress => self.next_address(),
            Step::Dial => self.dial(),
            Step::Connecting(socket) => self.finish_dial(socket),
            Step::Made => self.made(),
            Step::SslReply => self.read_ssl_reply(),
            Step::TlsByHost(state) => self.await_host(state),
            Step::Handshake(handshake) => self.step_handshake(handshake),
            Step::GssReply => self.read_gss_reply(),
            Step::GssHandshake(handshake) => self.step_gss_handshake(*handshake),
            Step::Start => self.send_start(),
            Step::Authenticate => self.read_authentication(),
            Step::Token => self.await_token(),
            Step::Session => self.read_session(),
            Step::CheckTarget => self.check_target(),
            Step::TargetReply(check) => self.read_target_reply(check),
            Step::Cancelled => self.read_end(),
            Step::Finished => Ok(Turn::Done),
        }
    }

    /// What is tried after a failure, if anything; its reason is noted in any case.
    fn after_failure(&mut self, failure: Failure) -> Option<Step> {
        let (reason, step) = match failure {
            Failure::Final(reason) => (reason, None),
            Failure::Encryption(reason) => {
                let next = self.attempt.as_mut()?.encryption.next();
                (reason, next.then_some(Step::Dial))
            }
            Failure::Redial => (String::new(), Some(Step::Dial)),
            Failure::Token => (RETRYING.to_owned(), Some(Step::Dial)),
            Failure::Address(reason) => (reason, Some(Step::NextAddress)),
            Failure::Host(reason) => (reason, Some(Step::NextHost)),
        };
        if !reason.is_empty() {
            self.error.push(&reason);
        }
        self.drop_connection();
        step
    }

    /// The attempt has failed for good.
    fn end_attempt(&mut self) {
        self.drop_connection();
        self.attempt = None;
        self.status = ConnStatus::Bad;
    }

    /// Forgets what this server has said so far. The socket is closed when another is opened.
    fn drop_connection(&mut self) {
        if self.status.is_in_session() {
            self.take_leave();
        }
        let stream = self.stream.take().or_else(|| self.failed_stream.take());
        let attempt = self.attempt.take();
        let notices = std::mem::take(&mut self.notices);
        self.disconnect();
        self.want_protocol();
        self.failed_stream = stream;
        self.notices = notices;
        self.attempt = attempt;
        if let Some(attempt) = &mut self.attempt {
            attempt.flow = Flow::Idle;
        }
    }

    /// The limit for the address being tried has passed: goes on with the next, of this host or
    /// another.
    pub fn connect_timed_out(&mut self) {
        self.error.push(TIMEOUT);
        self.drop_connection();
        self.set_step(Step::NextAddress);
    }

    /// Until when the address being tried has time.
    pub fn connect_deadline(&self) -> Deadline {
        self.attempt
            .as_ref()
            .map_or(Deadline::NEVER, |attempt| attempt.deadline)
    }

    /// The socket while there is no stream over it.
    pub(super) fn attempt_fd(&self) -> Option<RawFd> {
        match &self.attempt.as_ref()?.step {
            Step::Connecting(socket) => Some(socket.fd()),
            Step::TlsByHost(state) => state.fd(),
            Step::Handshake(handshake) => Some(handshake.fd()),
            Step::GssHandshake(handshake) => Some(handshake.fd()),
            _ => None,
        }
    }

    /// The host being tried, or connected to.
    pub fn host(&self) -> Option<&HostSpec> {
        let Some(settings) = &self.settings else {
            return self.first_host.as_ref();
        };
        settings
            .hosts
            .get(self.host)
            .or_else(|| settings.hosts.first())
    }

    /// The options as understood; `None` where they are not valid.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_deref()
    }

    /// Whether the server has answered with an authentication request: it takes connections.
    pub fn reached_authentication(&self) -> bool {
        self.reached_authentication
    }

    /// What the server said when it refused the connection, where one did.
    pub fn refusal(&self) -> Option<&ServerError> {
        self.refusal.as_ref()
    }

    /// Whether the server asked for a password.
    pub fn password_needed(&self) -> bool {
        self.password_needed
    }

    /// Whether there is a password for the host.
    pub fn has_password(&self) -> bool {
        match (&self.settings, self.host()) {
            (Some(settings), Some(host)) => settings.password_for(host).is_some(),
            _ => false,
        }
    }
}
