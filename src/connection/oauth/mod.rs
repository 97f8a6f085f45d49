//! Getting a bearer token in the middle of connecting.
//!
//! The engine asks its [`Host`] for one first: a program may have its own way to come by tokens.
//! Such a way may take several steps and a socket of its own to wait for between them, which
//! [`Connection::fd`] gives meanwhile. If the host has none, the flow that is built in gets a token
//! (feature `oauth`). Then the engine connects anew, as servers end the connection on which they
//! were asked what token they want.
//!
//! Manual: "OAuth Support".

#[cfg(feature = "oauth")]
mod device;

use std::ops::ControlFlow;
use std::os::fd::RawFd;

use zeroize::Zeroizing;

use super::Connection;
use super::blocking::Host;
use super::connect::{Attempt, Failure, Step, Stepped, Turn};
use super::state::{ConnStatus, Polling};
pub use crate::auth::oauth::{DevicePrompt, TokenRequest};

/// What a host answers that has been asked for a token.
pub enum TokenAnswer {
    /// It has no way of its own to come by one.
    Unhandled,
    /// Here it is.
    Token(Zeroizing<Vec<u8>>),
    /// It will come by one, in steps of [`Host::continue_token`].
    Later,
    /// The next step can be taken when this descriptor is ready.
    Wait(Polling, RawFd),
    /// It has failed, for this reason.
    Failed(String),
}

/// What a host answers that has been asked to tell the user where to allow a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompted {
    /// It has no way of its own to tell.
    Unhandled,
    /// The user has been told.
    Done,
    /// The user cannot be told.
    Failed,
}

/// Who is getting the token.
#[derive(Default)]
pub(super) enum Flow {
    /// Nobody yet.
    #[default]
    Idle,
    /// The host, who waits for this descriptor.
    Host(Option<RawFd>),
    /// The flow that is built in, once it has begun.
    #[cfg(feature = "oauth")]
    BuiltIn(Option<device::Flow>),
    /// Nobody any more: here it is.
    Token(Zeroizing<Vec<u8>>),
    /// Nobody any more: there is none.
    Failed(String),
}

/// What the engine needs of its host.
enum Due {
    Begin(TokenRequest),
    Continue,
    #[cfg(feature = "oauth")]
    BuiltIn,
}

/// What is said, before the reason why the second connection has failed, if it does.
pub(super) const RETRYING: &str = "retrying connection with new bearer token";

/// Has a bearer token got where the connection being made has come to want one. Connecting goes on
/// then, unless there is something to wait for; it does not where no token is wanted.
pub(super) fn step<H: Host>(host: &mut H) -> ControlFlow<Option<Polling>> {
    let Some(due) = host.engine().token_due() else {
        if !host.engine().host_gets_token() {
            host.end_token();
        }
        return ControlFlow::Break(None);
    };
    let waits = match due {
        Due::Begin(request) => {
            let answer = host.begin_token(&request);
            host.engine().take_token_answer(answer)
        }
        Due::Continue => {
            let answer = host.continue_token();
            host.engine().take_token_answer(answer)
        }
        #[cfg(feature = "oauth")]
        Due::BuiltIn => device::step(host),
    };
    match waits {
        Some(polling) => ControlFlow::Break(Some(polling)),
        None => ControlFlow::Continue(()),
    }
}

impl Attempt {
    /// Whether the client has said its first on the present connection, and so needs a new one to
    /// show a token.
    fn has_asked_for_token(&mut self) -> bool {
        let bearer = self.authentication.bearer();
        bearer.is_some_and(|bearer| bearer.is_open())
    }
}

impl Connection {
    /// Goes on once there is a token, or once the server is to be asked what token it wants.
    pub(super) fn await_token(&mut self) -> Stepped {
        let Some(attempt) = &mut self.attempt else {
            return Err(Failure::Final(String::new()));
        };
        let has_asked = attempt.has_asked_for_token();
        self.status = ConnStatus::Authenticating;
        match std::mem::take(&mut attempt.flow) {
            Flow::Failed(reason) => Err(Failure::Final(reason)),
            Flow::Token(token) => {
                if let Some(bearer) = attempt.authentication.bearer() {
                    bearer.set_token(token);
                }
                if has_asked {
                    return Err(Failure::Token);
                }
                self.begin_bearer()
            }
            Flow::Idle => Ok(Turn::Wait(Step::Token, Polling::Reading)),
            under_way => {
                attempt.flow = under_way;
                if has_asked {
                    return Ok(Turn::Wait(Step::Token, Polling::Reading));
                }
                // What the server tells may matter to whoever gets the token.
                self.begin_bearer()
            }
        }
    }

    fn token_due(&mut self) -> Option<Due> {
        let attempt = self.attempt.as_ref()?;
        match (&attempt.step, &attempt.flow) {
            (Step::Token, Flow::Idle) => Some(Due::Begin(attempt.authentication.token_request()?)),
            (Step::Token, Flow::Host(_)) => Some(Due::Continue),
            #[cfg(feature = "oauth")]
            (Step::Token, Flow::BuiltIn(_)) => Some(Due::BuiltIn),
            _ => None,
        }
    }

    fn host_gets_token(&self) -> bool {
        let flow = self.attempt.as_ref().map(|attempt| &attempt.flow);
        matches!(flow, Some(Flow::Host(_)))
    }

    /// Notes what the host has answered; gives what to wait for, if it is to be waited for.
    fn take_token_answer(&mut self, answer: TokenAnswer) -> Option<Polling> {
        let flow = match answer {
            TokenAnswer::Unhandled => built_in(),
            TokenAnswer::Token(token) => Flow::Token(token),
            TokenAnswer::Later => Flow::Host(None),
            TokenAnswer::Failed(reason) => Flow::Failed(reason),
            TokenAnswer::Wait(polling, fd) => {
                self.set_flow(Flow::Host(Some(fd)));
                return Some(polling);
            }
        };
        self.set_flow(flow);
        None
    }

    fn set_flow(&mut self, flow: Flow) {
        if let Some(attempt) = &mut self.attempt {
            attempt.flow = flow;
        }
    }

    /// The descriptor to wait for while somebody gets a token, where it is not the server's socket.
    pub(super) fn token_fd(&self) -> Option<RawFd> {
        let attempt = self.attempt.as_ref()?;
        match (&attempt.step, &attempt.flow) {
            (Step::Token, Flow::Host(fd)) => *fd,
            #[cfg(feature = "oauth")]
            (Step::Token, Flow::BuiltIn(flow)) => flow.as_ref().map(device::Flow::fd),
            _ => None,
        }
    }
}

/// The flow that is built in. It begins when the server has told what it wants.
fn built_in() -> Flow {
    #[cfg(feature = "oauth")]
    return Flow::BuiltIn(None);
    #[cfg(not(feature = "oauth"))]
    Flow::Failed("no OAuth flows are available (this library was built without one)".to_owned())
}
