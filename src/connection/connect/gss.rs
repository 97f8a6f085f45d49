//! Asking for GSSAPI encryption, and whose identity is proved to whom.
//!
//! Manual: "GSSAPI Session Encryption"; the options `gssencmode`, `krbsrvname`, `gssdelegation`.

use std::ffi::c_void;

use crate::auth::gss::Initiator;
use crate::conninfo::{GssEncMode, HostSpec, Settings};
use crate::error::Error;
use crate::transport::gss::{self, Credential, Handshake, Purpose, SecurityContext, Target};
use crate::transport::{SecureKind, SecureStream, Stream};
use crate::wire::frontend;
use crate::wire::tag::encryption as reply;

use super::super::Connection;
use super::super::state::{ConnStatus, Polling};
use super::super::trace_line::Sent;
use super::encrypt::Encryption;
use super::{Failure, Step, Stepped, Turn};

const NO_CREDENTIALS: &str = "GSSAPI encryption required but no credential cache";

impl Initiator for SecurityContext {
    fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, Error> {
        self.step(token)
    }

    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn raw(&self) -> *mut c_void {
        self.raw()
    }
}

/// The client's side of an exchange that proves who both are, with the user's own credentials.
pub(super) fn initiator(
    settings: &Settings,
    host: Option<&HostSpec>,
) -> Result<Box<dyn Initiator>, Error> {
    // An address is not what a service's name is made of, but may be what the user gave.
    let Some(host) = host.and_then(|spec| spec.host.as_ref()) else {
        let message = "host name must be specified";
        return Err(Error::new(crate::error::ErrorKind::Auth, message));
    };
    let target = target(settings, host.to_bytes());
    let delegate = settings.gssdelegation;
    let context = SecurityContext::new(target, Purpose::Authentication, None, delegate)?;
    Ok(Box::new(context))
}

fn target<'a>(settings: &'a Settings, host: &'a [u8]) -> Target<'a> {
    let service = settings.krbsrvname.as_deref();
    Target {
        service: service.map_or(b"postgres", |name| name.to_bytes()),
        host,
    }
}

impl Encryption {
    /// Before a socket is opened: whether encryption that is required can be had there at all.
    pub(super) fn check_gss(settings: &Settings, unix: bool) -> Result<(), Failure> {
        if settings.gssencmode == GssEncMode::Require && unix {
            return Err(Failure::Final(
                "GSSAPI encryption required but it is not supported over a local socket".to_owned(),
            ));
        }
        Ok(())
    }

    /// Looks for the credentials that are required, while the server takes the connection up.
    pub(super) fn acquire_required(&mut self, settings: &Settings) -> Result<(), Failure> {
        if settings.gssencmode != GssEncMode::Require {
            return Ok(());
        }
        self.credential = Credential::acquire();
        if self.credential.is_none() {
            return Err(Failure::Final(NO_CREDENTIALS.to_owned()));
        }
        Ok(())
    }
}

impl Connection {
    /// Asks for GSSAPI encryption; without credentials turns to the next kind at once.
    pub(super) fn ask_for_gss(&mut self) -> Stepped {
        let Some(attempt) = &mut self.attempt else {
            return Err(Failure::Final(String::new()));
        };
        let encryption = &mut attempt.encryption;
        if encryption.credential.is_none() {
            encryption.credential = gss::preferred_credential();
        }
        if encryption.credential.is_none() {
            return self.without_gss();
        }
        self.status = ConnStatus::GssStartup;
        frontend::gssenc_request(self.output.buffer());
        self.trace_sent_as(Sent::Packet);
        self.send_now()?;
        Ok(Turn::Wait(Step::GssReply, Polling::Reading))
    }

    /// The server's one byte: whether it encrypts with GSSAPI.
    pub(super) fn read_gss_reply(&mut self) -> Stepped {
        if self.input.is_empty() && !self.receive_step()? {
            return Ok(Turn::Wait(Step::GssReply, Polling::Reading));
        }
        let answer = self.input.bytes()[0];
        self.input.consume(1);
        self.trace_reply("GSSENCResponse", answer);
        match answer {
            reply::GSS if !self.input.is_empty() => {
                // Bytes sent before the handshake came from somebody else.
                Err(Failure::Final(
                    "received unencrypted data after GSSAPI encryption response".to_owned(),
                ))
            }
            reply::GSS => self.start_gss_handshake(),
            reply::REFUSED => self.without_gss(),
            // A server before version 12 does not know the question.
            reply::ERROR => Err(Failure::Encryption(
                "server sent an error response during GSS encryption exchange".to_owned(),
            )),
            other => Err(Failure::Final(format!(
                "received invalid response to GSSAPI negotiation: {}",
                char::from(other)
            ))),
        }
    }

    /// Goes on with the next kind of encryption, on the same connection where it can.
    fn without_gss(&mut self) -> Stepped {
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let asked = self.status == ConnStatus::GssStartup;
        if !attempt.encryption.next() {
            let reason = match asked {
                true => "server doesn't support GSSAPI encryption, but it was required",
                false => NO_CREDENTIALS,
            };
            return Err(Failure::Final(reason.to_owned()));
        }
        if asked && attempt.encryption.is_direct(settings) {
            // A handshake without a question before it is only for a connection's first bytes.
            return Err(Failure::Redial);
        }
        match asked {
            true => Ok(self.made_ready(Step::Made)),
            false => Ok(Turn::Go(Step::Made)),
        }
    }

    fn start_gss_handshake(&mut self) -> Stepped {
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let credential = attempt.encryption.credential.take();
        let host = settings.hosts[self.host].shown_host().to_bytes();
        let target = target(settings, host);
        let delegate = settings.gssdelegation;
        let context = SecurityContext::new(target, Purpose::Encryption, credential, delegate)
            .map_err(|error| Failure::Encryption(error.message().to_owned()))?;
        let Some(Ok(socket)) = self.stream.take().map(Stream::into_socket) else {
            return Err(Failure::Final(String::new()));
        };
        match Handshake::start(socket, context) {
            Ok(handshake) => self.step_gss_handshake(handshake),
            Err(failed) => Err(self.encryption_failed(failed)),
        }
    }

    /// Goes on with the exchange of tokens.
    pub(super) fn step_gss_handshake(&mut self, handshake: Handshake) -> Stepped {
        let (handshake, polling) = match handshake.step() {
            gss::Step::Done(stream) => {
                self.stream = Some(Stream::Secure(stream));
                return Ok(self.made_ready(Step::Start));
            }
            gss::Step::WantRead(handshake) => (handshake, Polling::Reading),
            gss::Step::WantWrite(handshake) => (handshake, Polling::Writing),
            gss::Step::Failed(failed) => return Err(self.encryption_failed(failed)),
        };
        Ok(Turn::Wait(Step::GssHandshake(Box::new(handshake)), polling))
    }

    fn gss_stream(&self) -> Option<&dyn SecureStream> {
        let secure = self.stream.as_ref()?.secure()?;
        (secure.kind() == SecureKind::Gss).then_some(secure)
    }

    /// Whether GSSAPI has proved who the client is, be it to encrypt the connection.
    pub fn used_gssapi(&self) -> bool {
        self.gss.is_some() || self.gss_stream().is_some()
    }

    /// The GSSAPI library's own context, of the encryption or of the authentication, or NULL.
    ///
    /// It belongs to the connection and is valid until that is closed. Manual: "PQgetgssctx".
    pub fn gss_context(&self) -> *mut c_void {
        match (self.gss_stream(), &self.gss) {
            (Some(stream), _) => stream.raw("GSSAPI"),
            (None, Some(gss)) => gss.raw(),
            (None, None) => std::ptr::null_mut(),
        }
    }
}
