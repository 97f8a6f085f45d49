//! Starting the session: the start-up packet, the protocol version, the session's parameters.

use crate::conninfo::{ClientEncoding, Settings};
use crate::wire::frontend;

use super::super::Connection;
use super::super::fetch::Fetch;
use super::super::state::{Command, CommandKind, ConnStatus, Phase, Polling};
use super::super::trace_line::Sent;
use super::{Failure, Step, Stepped, Turn};
use crate::result::ExecStatus;
use crate::transport::{Stream, Wait, failure};

/// What is said of an answer to the start-up packet that is none.
pub(super) const UNEXPECTED: &str = "unexpected message from server during startup";

/// How often one call receives before it returns.
const MOST_RECEIVED: u32 = 16;

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
                let parameters = parameters(settings);
                let parameters = parameters.iter().map(|(name, value)| (*name, &value[..]));
                (
                    frontend::startup_message(out, self.session.protocol, parameters),
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
        let pending = self.stream.as_ref().is_some_and(Stream::pending);
        if let Some(attempt) = &mut self.attempt {
            // A server that floods us does not keep us from looking at the clock.
            if attempt.received == MOST_RECEIVED && !pending {
                return Ok(false);
            }
            attempt.received = MOST_RECEIVED.min(attempt.received + 1);
        }
        match self.receive_some(Wait::Never) {
            Ok(0) => Ok(false),
            Ok(_) => Ok(true),
            // The reason is in the error text.
            Err(_) => Err(Failure::Final(String::new())),
        }
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
            limited: false,
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
                // The last of what it said may have been the end of the connection.
                Fetch::Done if self.stream.is_none() => return Err(Failure::Final(String::new())),
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
        let said = result
            .report
            .as_ref()
            .and_then(|report| report.to_server_error());
        self.refusal = said;
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
            // Nobody knows whether the request has been read. With encryption the server goes
            // without the end that belongs to it.
            Err(error) if stream.secure().is_none() => {
                Err(Failure::Final(failure::receive(error).message().to_owned()))
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
