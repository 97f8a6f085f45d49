//! Carrying the messages of authentication to and fro.
//!
//! What is answered to which request is the `auth` layer's business.

use crate::auth::exchange::{Answer, Context};
use crate::auth::mechanism::Mechanism;
use crate::conninfo::SslCertMode;
use crate::result::ExecStatus;
use crate::transport::{SecureKind, SecureStream, Stream};
use crate::wire::backend::Authentication;
use crate::wire::find_nul;
use crate::wire::frontend;
use crate::wire::tag::backend as tag;

use super::super::Connection;
use super::super::input::Head;
use super::super::state::{ConnStatus, Polling};
use super::super::trace_line::Sent;
use super::gss;
use super::{Failure, Step, Stepped, Turn};

const INVALID_REQUEST: &str = "received invalid authentication request";
const INVALID_ERROR: &str = "received invalid error message";
/// AuthenticationSASL.
const SASL: i32 = 10;
/// The length of the shortest message that makes sense.
const SHORTEST: i32 = 8;
/// The length of the longest request that makes sense.
const LONGEST_REQUEST: i32 = 2000;
/// The length of the longest error before a session begins.
const LONGEST_ERROR: i32 = 30_000;
/// The SQLSTATE of a wrong password.
const INVALID_PASSWORD: &[u8] = b"28P01";
/// The SQLSTATE of a server that is starting up or shutting down.
const CANNOT_CONNECT_NOW: &[u8] = b"57P03";

impl Connection {
    /// Reads the server's requests and answers them, up to AuthenticationOk.
    pub(super) fn read_authentication(&mut self) -> Stepped {
        loop {
            let Some((head, body)) = self.startup_message()? else {
                if !self.receive_step()? {
                    return Ok(Turn::Wait(Step::Authenticate, Polling::Reading));
                }
                continue;
            };
            match head.tag {
                tag::ERROR_RESPONSE => return Err(self.refused(&body)),
                tag::NEGOTIATE_PROTOCOL_VERSION => self.take_negotiation(&body)?,
                _ => {
                    if let Some(step) = self.take_request(&body)? {
                        return Ok(Turn::Go(step));
                    }
                }
            }
        }
    }

    /// Takes the next message, once it has arrived in full and if it can be one: something else
    /// may listen on the port.
    fn startup_message(&mut self) -> Result<Option<(Head, Vec<u8>)>, Failure> {
        let Some(head) = self.input.head() else {
            return Ok(None);
        };
        if head.tag == tag::ERROR_RESPONSE && !(SHORTEST..=LONGEST_ERROR).contains(&head.length) {
            return self.refused_by_old_server();
        }
        check_head(head)?;
        let Some(body) = self.input.body(head).map(<[u8]>::to_vec) else {
            return Ok(None);
        };
        if !accepted(head, &body) {
            let input = std::mem::take(&mut self.input);
            self.trace_received(&input, head);
            self.input = input;
        }
        self.input.consume(head.size());
        Ok(Some((head, body)))
    }

    /// The refusal of a server older than version 7.4, or of one that could not start a process:
    /// a text up to a zero byte, without length and fields.
    fn refused_by_old_server<T>(&mut self) -> Result<Option<T>, Failure> {
        let text = &self.input.bytes()[1..];
        let longest = LONGEST_ERROR as usize;
        match find_nul(text) {
            Some(1..) => self
                .error
                .push(text.split(|byte| *byte == 0).next().unwrap_or(text)),
            None if text.len() < longest => return Ok(None),
            _ => return Err(Failure::Final(INVALID_ERROR.to_owned())),
        }
        Err(Failure::Final(String::new()))
    }

    /// The server refuses the connection; another kind of encryption or another host may do.
    fn refused(&mut self, body: &[u8]) -> Failure {
        let result = match self.report_result(ExecStatus::FatalError, body) {
            Ok(result) => result,
            Err(_) => return Failure::Final(INVALID_ERROR.to_owned()),
        };
        let Some(report) = &result.report else {
            return Failure::Final(String::new());
        };
        let sqlstate = report.field(b'C').map(|code| code.to_bytes().to_vec());
        self.error.push(report.text().to_bytes());
        if sqlstate.as_deref() == Some(INVALID_PASSWORD) {
            self.name_password_file();
        }
        let unavailable = sqlstate.as_deref() == Some(CANNOT_CONNECT_NOW);
        self.refusal = report.to_server_error();
        if unavailable {
            return Failure::Host(String::new());
        }
        Failure::Encryption(String::new())
    }

    /// Tells where a wrong password has come from, where the user may not think of it.
    fn name_password_file(&mut self) {
        let (Some(attempt), Some(settings)) = (&self.attempt, &self.settings) else {
            return;
        };
        let given = settings.password.as_ref().is_some_and(|p| !p.is_empty());
        let found = settings
            .hosts
            .get(self.host)
            .is_some_and(|host| host.password.is_some());
        let asked = attempt.authentication.has_been_asked_for_password();
        if let (Some(file), true) = (&settings.passfile, asked && found && !given) {
            let file = file.to_string_lossy();
            self.error
                .push(format!("password retrieved from file \"{file}\""));
        }
    }

    /// Answers a request; gives the next step when the server is satisfied, or wants a token.
    fn take_request(&mut self, body: &[u8]) -> Result<Option<Step>, Failure> {
        self.reached_authentication = true;
        let request = Authentication::decode(body).map_err(|_| invalid_request(body))?;
        if matches!(request, Authentication::Ok) {
            self.check_client_certificate()?;
        }
        let (Some(attempt), Some(settings)) = (&mut self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let spec = settings.hosts.get(self.host);
        let password = spec.and_then(|spec| settings.password_for(spec));
        let secure = self.stream.as_ref().and_then(Stream::secure);
        let context = Context {
            settings,
            password: password.map(std::ffi::CStr::to_bytes),
            is_tls: secure.is_some_and(|stream| stream.kind() == SecureKind::Tls),
            is_gss_encrypted: secure.is_some_and(|stream| stream.kind() == SecureKind::Gss),
            end_point: &|| secure.and_then(SecureStream::server_end_point),
            gss: &|| gss::initiator(settings, spec),
        };
        let answer = attempt.authentication.answer(&request, &context);
        self.password_needed |= attempt.authentication.has_been_asked_for_password();
        match answer? {
            Answer::Done => {
                self.gss = attempt.authentication.take_gss();
                self.begin_session();
                return Ok(Some(Step::Session));
            }
            Answer::Token => return Ok(Some(Step::Token)),
            Answer::Wait => {}
            Answer::Password(text) => {
                self.answer(Sent::Password, |out| frontend::password_message(out, &text))?;
            }
            Answer::SaslInitial {
                mechanism,
                response,
            } => self.answer_sasl(mechanism, &response)?,
            Answer::Sasl(response) => {
                self.answer(Sent::Sasl, |out| frontend::sasl_response(out, &response))?;
            }
            Answer::Gss(token) => {
                self.answer(Sent::Gss, |out| frontend::gss_response(out, &token))?;
            }
        }
        let needs_token = match &mut self.attempt {
            Some(attempt) => attempt.authentication.settle()?,
            None => false,
        };
        Ok(needs_token.then_some(Step::Token))
    }

    /// Says the first of an exchange by bearer token.
    pub(in crate::connection) fn begin_bearer(&mut self) -> Stepped {
        self.status = ConnStatus::AwaitingResponse;
        let Some(attempt) = &mut self.attempt else {
            return Err(Failure::Final(String::new()));
        };
        if let Answer::SaslInitial {
            mechanism,
            response,
        } = attempt.authentication.begin_bearer()?
        {
            self.answer_sasl(mechanism, &response)?;
        }
        Ok(Turn::Go(Step::Authenticate))
    }

    fn answer_sasl(&mut self, mechanism: Mechanism, response: &[u8]) -> Result<(), Failure> {
        let name = mechanism.name().as_bytes();
        self.answer(Sent::SaslInitial, |out| {
            frontend::sasl_initial_response(out, name, Some(response))
        })
    }

    fn answer(
        &mut self,
        kind: Sent,
        message: impl FnOnce(&mut Vec<u8>) -> Result<(), frontend::EncodeError>,
    ) -> Result<(), Failure> {
        message(self.output.buffer()).map_err(|fault| Failure::Final(fault.to_string()))?;
        self.trace_sent_as(kind);
        self.send_now()
    }

    /// Whether the server took the client's certificate, where `sslcertmode` demands it.
    fn check_client_certificate(&self) -> Result<(), Failure> {
        let demanded = self
            .settings
            .as_ref()
            .is_some_and(|settings| settings.sslcertmode == SslCertMode::Require);
        let secure = self.stream.as_ref().and_then(Stream::secure);
        if !demanded {
            return Ok(());
        }
        let reason = match secure.and_then(SecureStream::client_certificate) {
            Some(certificate) if !certificate.requested => {
                "server did not request an SSL certificate"
            }
            Some(certificate) if !certificate.sent => {
                "server accepted connection without a valid SSL certificate"
            }
            Some(_) => return Ok(()),
            None => "server did not request an SSL certificate",
        };
        Err(Failure::Final(reason.to_owned()))
    }
}

/// Whether this is AuthenticationOk, which libpq's traces leave out.
fn accepted(head: Head, body: &[u8]) -> bool {
    head.tag == tag::AUTHENTICATION && body == [0; 4]
}

fn invalid_request(body: &[u8]) -> Failure {
    let text = match body.first_chunk().copied().map(i32::from_be_bytes) {
        Some(SASL) => {
            "fe_sendauth: invalid authentication request from server: \
             invalid list of authentication mechanisms"
        }
        _ => INVALID_REQUEST,
    };
    Failure::Final(text.to_owned())
}

fn check_head(head: Head) -> Result<(), Failure> {
    let (longest, fault) = match head.tag {
        tag::AUTHENTICATION => (LONGEST_REQUEST, INVALID_REQUEST),
        tag::NEGOTIATE_PROTOCOL_VERSION => (
            LONGEST_REQUEST,
            "received invalid protocol negotiation message",
        ),
        tag::ERROR_RESPONSE => (LONGEST_ERROR, INVALID_ERROR),
        other => {
            return Err(Failure::Final(format!(
                "expected authentication request from server, but received {}",
                char::from(other)
            )));
        }
    };
    if (SHORTEST..=longest).contains(&head.length) {
        return Ok(());
    }
    Err(Failure::Final(fault.to_owned()))
}
