//! What the server has told of the session.

use std::ffi::CStr;

use crate::charset::Encoding;
use crate::wire::version::PROTOCOL_3_0;

/// So many parameters are remembered; servers report about fifteen. A message with one of them is
/// bounded as well.
const MOST_PARAMETERS: usize = 1000;

/// The server reports more parameters than are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

/// Facts of the session, from BackendKeyData, ParameterStatus and the start-up negotiation.
pub struct Session {
    /// The process ID of the server process, 0 where the server gave none.
    pub pid: i32,
    /// The key that a cancel request needs; empty where the server gave none.
    pub cancel_key: Vec<u8>,
    /// The protocol version in use.
    pub protocol: u32,
    /// `server_version` as a number, 0 where unknown.
    pub server_version: i32,
    /// `client_encoding`.
    pub encoding: Encoding,
    /// `standard_conforming_strings`.
    pub standard_strings: bool,
    /// `default_transaction_read_only`, where the server reports it.
    pub read_only: Option<bool>,
    /// `in_hot_standby`, where the server reports it.
    pub standby: Option<bool>,
    /// `scram_iterations`, where the server reports it.
    pub scram_iterations: Option<u32>,
    parameters: Vec<Parameter>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            pid: 0,
            cancel_key: Vec::new(),
            protocol: PROTOCOL_3_0,
            server_version: 0,
            encoding: Encoding::SQL_ASCII,
            standard_strings: false,
            read_only: None,
            standby: None,
            scram_iterations: None,
            parameters: Vec::new(),
        }
    }
}

impl Session {
    /// The current value of a parameter that the server reports.
    pub fn parameter(&self, name: &[u8]) -> Option<&CStr> {
        let found = self.parameters.iter().find(|p| p.name() == name)?;
        Some(found.value())
    }

    /// Notes a ParameterStatus, unless there are too many.
    pub(super) fn set_parameter(&mut self, name: &[u8], value: &[u8]) -> Result<(), TooMany> {
        match name {
            b"client_encoding" => {
                self.encoding = Encoding::from_name(value).unwrap_or(Encoding::SQL_ASCII);
            }
            b"standard_conforming_strings" => self.standard_strings = value == b"on",
            b"server_version" => self.server_version = version_number(value),
            b"default_transaction_read_only" => self.read_only = Some(value == b"on"),
            b"in_hot_standby" => self.standby = Some(value == b"on"),
            b"scram_iterations" => {
                self.scram_iterations =
                    std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
            }
            _ => {}
        }
        let parameter = Parameter::new(name, value);
        let full = self.parameters.len() == MOST_PARAMETERS;
        match self.parameters.iter_mut().find(|p| p.name() == name) {
            Some(former) => *former = parameter,
            None if full => return Err(TooMany),
            None => self.parameters.push(parameter),
        }
        Ok(())
    }
}

/// A parameter that the server reports: name and value in one piece of memory, which stays where it
/// is until the value changes.
struct Parameter {
    name_len: usize,
    /// The name, and the value with a NUL behind it.
    text: Box<[u8]>,
}

impl Parameter {
    fn new(name: &[u8], value: &[u8]) -> Self {
        Self {
            name_len: name.len(),
            text: [name, value, b"\0"].concat().into_boxed_slice(),
        }
    }

    fn name(&self) -> &[u8] {
        &self.text[..self.name_len]
    }

    fn value(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.text[self.name_len..]).unwrap_or_default()
    }
}

/// `15.3 (Debian …)` as 150003, `9.6.24` as 90624; a version without a minor part counts as .0.
fn version_number(text: &[u8]) -> i32 {
    let text = String::from_utf8_lossy(text);
    let mut rest = &*text;
    let mut parts = Vec::new();
    while parts.len() < 3 {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let Ok(part) = rest[..digits].parse::<i32>() else {
            break;
        };
        parts.push(part);
        match rest[digits..].strip_prefix('.') {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    let part = |index: usize| parts.get(index).copied().unwrap_or(0);
    match parts.first() {
        Some(10..) => part(0).saturating_mul(10_000).saturating_add(part(1)),
        Some(_) => (part(0) * 100)
            .saturating_add(part(1))
            .saturating_mul(100)
            .saturating_add(part(2)),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_numbers() {
        for (text, number) in [
            ("15.18 (Debian 15.18-0+deb12u1)", 150_018),
            ("18beta1", 180_000),
            ("9.6.24", 90_624),
            ("9.1", 90_100),
            ("10.23", 100_023),
            ("unknown", 0),
            ("", 0),
        ] {
            assert_eq!(version_number(text.as_bytes()), number, "{text}");
        }
    }

    #[test]
    fn a_parameter_reported_again_replaces_its_value() {
        let mut session = Session::default();
        session.set_parameter(b"client_encoding", b"UTF8").unwrap();
        session
            .set_parameter(b"client_encoding", b"LATIN1")
            .unwrap();
        assert_eq!(session.parameter(b"client_encoding"), Some(c"LATIN1"));
        assert_eq!(session.encoding.name(), "LATIN1");
        assert_eq!(session.parameter(b"unknown"), None);
    }

    #[test]
    fn parameters_are_not_remembered_without_end() {
        let mut session = Session::default();
        for number in 0..MOST_PARAMETERS {
            let name = number.to_string();
            assert_eq!(session.set_parameter(name.as_bytes(), b"x"), Ok(()));
        }
        assert_eq!(session.set_parameter(b"one more", b"x"), Err(TooMany));
        assert_eq!(session.set_parameter(b"0", b"y"), Ok(()));
        assert_eq!(session.parameter(b"0"), Some(c"y"));
    }
}
