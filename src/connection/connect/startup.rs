//! Starting the session: the start-up packet, the protocol version, the session's parameters.

use crate::charset;
use crate::conninfo::{ClientEncoding, Settings};
use crate::wire::backend::NegotiateProtocolVersion;
use crate::wire::frontend;
use crate::wire::version::{self, PROTOCOL_3_0};

use super::super::Connection;
use super::super::fetch::Fetch;
use super::super::state::{Command, CommandKind, ConnStatus, Phase, Polling};
use super::super::trace_line::Sent;
use super::{Failure, Step, Stepped, Turn};
use crate::result::ExecStatus;
use crate::transport::Wait;

/// The parameters of the start-up packet, in libpq's order.
fn parameters(settings: &Settings) -> Vec<(&[u8], Vec<u8>)> {
    let mut parameters: Vec<(&[u8], Vec<u8>)> = vec![
        (b"user", settings.user.as_bytes().to_vec()),
        (b"database", settings.dbname.as_bytes().to_vec()),
    ];
    let optional = [
        (&b"replication"[..], &settings.replication),
        (b"options", &settings.options),
        (b"application_name", &settings.application_name),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            parameters.push((name, value.as_bytes().to_vec()));
        }
    }
    let encoding = match &settings.client_encoding {
        ClientEncoding::ServerDefault => None,
        ClientEncoding::Auto => charset::from_locale().map(|e| e.name().as_bytes().to_vec()),
        ClientEncoding::Named(name) => Some(name.as_bytes().to_vec()),
    };
    if let Some(encoding) = encoding {
        parameters.push((b"client_encoding", encoding));
    }
    for (name, value) in &settings.session_defaults {
        parameters.push((name.as_bytes(), value.as_bytes().to_vec()));
    }
    parameters
}

impl Connection {
    /// Sends the start-up packet; in place of it, a cancel request.
    pub(super) fn send_start(&mut self) -> Stepped {
        let (Some(attempt), Some(settings)) = (&self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let out = self.output.buffer();
        let (encoded, next) = match &attempt.cancel {
            Some(target) => (
                frontend::cancel_request(out, target.pid, &target.key),
                Step::Cancelled,
            ),
            None => {
                let protocol = settings.max_protocol_version.to_wire();
                self.session.protocol = protocol;
                let parameters = parameters(settings);
                let parameters = parameters.iter().map(|(name, value)| (*name, &value[..]));
                (
                    frontend::startup_message(out, protocol, parameters),
                    Step::Authenticate,
                )
            }
        };
        encoded.map_err(|fault| Failure::Final(fault.to_string()))?;
        self.trace_sent_as(Sent::Packet);
        self.send_now()?;
        self.status = ConnStatus::AwaitingResponse;
        Ok(Turn::Wait(next, Polling::Reading))
    }

    /// Sends what is encoded. These packets are small: the kernel takes them whole.
    pub(super) fn send_now(&mut self) -> Result<(), Failure> {
        loop {
            if self.flush_some() == super::super::Flush::Done {
                return Ok(());
            }
            let deadline = self.connect_deadline();
            self.wait(false, true, deadline)
                .map_err(|_| Failure::Final(String::new()))?;
        }
    }

    /// Receives what has arrived; `false` when the step has to wait.
    pub(super) fn receive_step(&mut self) -> Result<bool, Failure> {
        match self.receive_some(Wait::Never) {
            Ok(0) => Ok(false),
            Ok(_) => Ok(true),
            // The reason is in the error text.
            Err(_) => Err(Failure::Final(String::new())),
        }
    }

    /// NegotiateProtocolVersion: takes an older version where the options allow it.
    pub(super) fn take_negotiation(&mut self, body: &[u8]) -> Result<(), Failure> {
        let invalid = |what: &str| {
            Failure::Final(format!(
                "received invalid protocol negotiation message: {what}"
            ))
        };
        let offer = NegotiateProtocolVersion::decode(body).map_err(|fault| invalid(fault.0))?;
        let Some(settings) = &self.settings else {
            return Err(Failure::Final(String::new()));
        };
        let wanted = self.session.protocol;
        if offer.version > wanted {
            return Err(invalid(
                "server requested downgrade to a higher-numbered version",
            ));
        }
        if offer.version < PROTOCOL_3_0 {
            return Err(invalid(
                "server requested downgrade to pre-3.0 protocol version",
            ));
        }
        if offer.version == version::protocol(3, 1) {
            return Err(invalid(
                "server requested downgrade to non-existent 3.1 protocol version",
            ));
        }
        if let Some(option) = offer.options.iter().next() {
            let option = String::from_utf8_lossy(option);
            return Err(invalid(&format!(
                "server reported unsupported parameter that was not requested (\"{option}\")"
            )));
        }
        if offer.version == wanted {
            return Err(invalid("server negotiated but asks for no changes"));
        }
        let oldest = settings.min_protocol_version.to_wire();
        if offer.version < oldest {
            return Err(Failure::Final(format!(
                "server only supports protocol version {}.{}, but \"min_protocol_version\" was set to {}.{}",
                version::major(offer.version),
                version::minor(offer.version),
                version::major(oldest),
                version::minor(oldest),
            )));
        }
        self.session.protocol = offer.version;
        Ok(())
    }

    /// Gets ready to read the session's parameters as the answer to a command.
    pub(super) fn begin_session(&mut self) {
        self.status = ConnStatus::AuthOk;
        self.phase = Phase::Busy;
        self.queue.clear();
        self.queue.push_back(Command {
            kind: CommandKind::Simple,
            query: None,
            columns: None,
        });
    }

    /// Reads up to ReadyForQuery.
    pub(super) fn read_session(&mut self) -> Stepped {
        loop {
            match self.fetch() {
                Fetch::Wait => {
                    if !self.receive_step()? {
                        return Ok(Turn::Wait(Step::Session, Polling::Reading));
                    }
                }
                Fetch::Done => return Ok(Turn::Go(Step::CheckTarget)),
                Fetch::Result(result) => return Err(self.session_refused(&result)),
            }
        }
    }

    /// The server has ended the session before it began; the reason is in the error text.
    fn session_refused(&mut self, result: &crate::result::QueryResult) -> Failure {
        if result.status != ExecStatus::FatalError {
            return Failure::Final("unexpected message from server during startup".to_owned());
        }
        Failure::Final(String::new())
    }

    /// After a cancel request the server closes the connection without a word.
    pub(super) fn read_end(&mut self) -> Stepped {
        let Some(stream) = &mut self.stream else {
            return Ok(Turn::Done);
        };
        let mut byte = [std::mem::MaybeUninit::uninit()];
        match stream.recv(&mut byte, Wait::Never) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                Ok(Turn::Wait(Step::Cancelled, Polling::Reading))
            }
            Ok(0) | Err(_) => {
                self.disconnect();
                self.status = ConnStatus::Ok;
                self.error.clear();
                Ok(Turn::Done)
            }
            Ok(_) => Err(Failure::Final("unexpected response from server".to_owned())),
        }
    }
}
