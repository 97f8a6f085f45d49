//! Whether the server is what `target_session_attrs` asks for.
//!
//! Servers from version 14 on tell by themselves; older ones are asked.

use crate::conninfo::TargetSessionAttrs;
use crate::result::{ExecStatus, QueryResult};
use crate::wire::frontend;

use super::super::Connection;
use super::super::fetch::Fetch;
use super::super::state::{CommandKind, ConnStatus, Polling};
use super::startup::UNEXPECTED;
use super::{Failure, Step, Stepped, Turn};

/// The first version whose servers take connections while they are on standby.
const FIRST_HOT_STANDBY: i32 = 90_000;

/// What the server has been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connection) enum Check {
    /// Whether the session is read-only.
    ReadOnly,
    /// Whether the server is a standby.
    Standby,
    /// Nothing any more; the rest of the answer is read.
    Rest,
}

impl Check {
    /// The server has not told what it was asked.
    fn failed(self) -> Failure {
        let query = match self {
            Self::ReadOnly => "SHOW transaction_read_only",
            _ => "SELECT pg_is_in_recovery()",
        };
        Failure::Host(format!("\"{query}\" failed"))
    }
}

impl Connection {
    fn wanted_target(&self) -> TargetSessionAttrs {
        let second_round = self.attempt.as_ref().is_some_and(|a| a.hosts.second_round);
        match &self.settings {
            Some(settings) if !second_round => settings.target_session_attrs,
            _ => TargetSessionAttrs::Any,
        }
    }

    /// Judges the server by what it has told, or asks.
    pub(super) fn check_target(&mut self) -> Stepped {
        use TargetSessionAttrs as Wanted;
        self.status = ConnStatus::CheckTarget;
        let (read_only, standby) = (self.session.read_only, self.session.standby);
        match self.wanted_target() {
            Wanted::Any => self.accept_target(),
            Wanted::ReadWrite | Wanted::ReadOnly => match (read_only, standby) {
                (Some(read_only), Some(standby)) => self.judge_read_only(read_only || standby),
                _ => self.ask(b"SHOW transaction_read_only", Check::ReadOnly),
            },
            Wanted::Primary | Wanted::Standby | Wanted::PreferStandby => match standby {
                Some(standby) => self.judge_standby(standby),
                // What older servers do on standby takes no connections.
                None if self.session.server_version < FIRST_HOT_STANDBY => {
                    self.judge_standby(false)
                }
                None => self.ask(b"SELECT pg_catalog.pg_is_in_recovery()", Check::Standby),
            },
        }
    }

    fn ask(&mut self, sql: &[u8], check: Check) -> Stepped {
        self.status = match check {
            Check::Standby => ConnStatus::CheckStandby,
            _ => ConnStatus::CheckWritable,
        };
        self.encode(|out| frontend::query(out, sql))
            .and_then(|()| self.enqueue(CommandKind::Simple, None))
            .map_err(|_| Failure::Final(String::new()))?;
        Ok(Turn::Wait(Step::TargetReply(check), Polling::Reading))
    }

    /// Reads the answer to its end.
    pub(super) fn read_target_reply(&mut self, check: Check) -> Stepped {
        loop {
            match self.fetch() {
                Fetch::Wait => {
                    if !self.receive_step()? {
                        return Ok(Turn::Wait(Step::TargetReply(check), Polling::Reading));
                    }
                }
                // The last of what it said may have been the end of the connection.
                Fetch::Done if self.stream.is_none() => return Err(Failure::Final(String::new())),
                Fetch::Done if check != Check::Rest => return Err(check.failed()),
                Fetch::Done => return self.accept_target(),
                Fetch::Result(result) if check != Check::Rest => {
                    let judged = match (check, answer(&result)) {
                        (Check::ReadOnly, Some(value)) => self.judge_read_only(value == b"on"),
                        (_, Some(value)) => self.judge_standby(value == b"t"),
                        (_, None) => Err(check.failed()),
                    };
                    judged?;
                    self.status = ConnStatus::Consume;
                    return Ok(Turn::Go(Step::TargetReply(Check::Rest)));
                }
                Fetch::Result(result) if result.status == ExecStatus::FatalError => {
                    return Err(Failure::Final(String::new()));
                }
                // A copy would be told of again and again.
                Fetch::Result(result) if result.status.is_copy() => {
                    return Err(Failure::Final(UNEXPECTED.to_owned()));
                }
                Fetch::Result(_) => {}
            }
        }
    }

    fn judge_read_only(&mut self, read_only: bool) -> Stepped {
        match (self.wanted_target(), read_only) {
            (TargetSessionAttrs::ReadWrite, true) => reject("session is read-only"),
            (TargetSessionAttrs::ReadOnly, false) => reject("session is not read-only"),
            _ => self.accept_target(),
        }
    }

    fn judge_standby(&mut self, standby: bool) -> Stepped {
        match (self.wanted_target(), standby) {
            (TargetSessionAttrs::Primary, true) => reject("server is in hot standby mode"),
            (TargetSessionAttrs::Standby | TargetSessionAttrs::PreferStandby, false) => {
                reject("server is not in hot standby mode")
            }
            _ => self.accept_target(),
        }
    }

    /// The connection is ready. While the answer to our own question is still coming, not yet.
    fn accept_target(&mut self) -> Stepped {
        if self.phase != super::super::state::Phase::Idle {
            return Ok(Turn::Go(Step::Finished));
        }
        self.attempt = None;
        self.error.clear();
        self.status = ConnStatus::Ok;
        Ok(Turn::Done)
    }
}

fn reject(reason: &str) -> Stepped {
    Err(Failure::Host(reason.to_owned()))
}

/// The one value of the answer.
fn answer(result: &QueryResult) -> Option<&[u8]> {
    if result.status != ExecStatus::TuplesOk || result.rows.len() != 1 {
        return None;
    }
    result.rows.get(0, 0)?
}
