//! Connection strings: what they may say, where the rest comes from, and the typed settings that
//! come out.
//!
//! The way of a connection string: [`ConnInfo::parse`] (or [`ConnInfo::from_params`],
//! [`ConnInfo::from_login`]) gives the options named by the caller; the service file, the
//! environment and the compiled-in defaults fill the rest; [`Settings::resolve`] validates all of
//! it, splits the host lists and looks passwords up in the password file.
//!
//! Values are bytes, not text: they need not be UTF-8 and never contain NUL.
//!
//! Differences from libpq, all deliberate:
//!
//! - Passwords and other secrets are not quoted in messages. Where libpq would quote one (a broken
//!   percent-encoding in a URI's password, a whole URI in a complaint about its host, the words
//!   after a password with spaces or a stray quotation mark) the message has `***` in its place;
//!   see `secret`.
//! - Bytes that are not UTF-8 appear in messages as U+FFFD; values keep them.
//! - A password file line that contains a NUL byte is skipped.
//!
//! Manual: "Connection Strings", "Parameter Key Words", "Environment Variables", "The Password
//! File", "The Connection Service File".

mod account;
mod defaults;
mod enums;
mod environment;
mod hosts;
mod integer;
mod keyword_value;
mod ldap;
mod options;
mod params;
mod password_file;
mod require_auth;
mod secret;
mod service_file;
mod settings;
mod uri;

use std::ffi::{CStr, CString};
use std::fmt;

use zeroize::Zeroize;

use crate::error::{Error, ErrorKind};

pub use enums::{
    ChannelBinding, ClientEncoding, GssEncMode, LoadBalanceHosts, ProtocolVersion, SslCertMode,
    SslMode, SslNegotiation, TargetSessionAttrs, TlsVersion,
};
pub use environment::{Environment, FixedEnvironment, ProcessEnvironment};
pub use hosts::{HostSpec, HostTarget};
pub use integer::{Keepalives, TcpOptions};
pub use options::{
    DEFAULT_PORT, DEFAULT_SOCKET_DIR, OPTION_COUNT, OPTIONS, OptionId, OptionSpec,
    SYSTEM_CONFIG_DIR, TLS_AVAILABLE,
};
pub use params::Login;
pub use require_auth::{AuthMethod, RequireAuth};
pub use secret::quoted_host;
pub use settings::Settings;

/// What a message has where a secret would stand.
const MASK: &str = "***";

/// Values for the options of [`OPTIONS`], each set or not; an empty value is not the same as none.
///
/// Secret values are wiped from memory when they are replaced or dropped, and `Debug` hides them.
#[derive(Clone)]
pub struct ConnInfo {
    values: [Option<CString>; OPTION_COUNT],
}

impl ConnInfo {
    /// No option is set.
    pub fn new() -> Self {
        Self {
            values: [const { None }; OPTION_COUNT],
        }
    }

    /// The options in a connection string of either form, without any defaults: what
    /// `PQconninfoParse` gives.
    ///
    /// Fails with libpq's message where the string is malformed or names an unknown option.
    pub fn parse(conninfo: &[u8]) -> Result<Self, Error> {
        if conninfo.contains(&0) {
            return Err(invalid("connection string must not contain a NUL byte"));
        }
        match uri::without_scheme(conninfo) {
            Some(_) => uri::parse(conninfo),
            None => keyword_value::parse(conninfo),
        }
    }

    /// Whether this text, given as a database name, is a connection string instead: it contains an
    /// equals sign or begins with a URI scheme.
    pub fn is_conninfo(text: &[u8]) -> bool {
        uri::without_scheme(text).is_some() || text.contains(&b'=')
    }

    /// The value of an option.
    pub fn get(&self, id: OptionId) -> Option<&CStr> {
        self.values[id as usize].as_deref()
    }

    /// Whether the option has a value, even an empty one.
    pub fn is_set(&self, id: OptionId) -> bool {
        self.values[id as usize].is_some()
    }

    /// The value of an option, where it is neither missing nor empty.
    pub fn non_empty(&self, id: OptionId) -> Option<&CStr> {
        self.get(id).filter(|value| !value.is_empty())
    }

    /// Gives an option a value; fails where the value contains a NUL byte.
    pub fn set(&mut self, id: OptionId, value: &[u8]) -> Result<(), Error> {
        let value = CString::new(value).map_err(|_| {
            let keyword = id.keyword();
            invalid(format!(
                "value of connection option \"{keyword}\" must not contain a NUL byte"
            ))
        })?;
        self.put(id, value);
        Ok(())
    }

    /// Gives an option a value.
    pub fn put(&mut self, id: OptionId, value: CString) {
        let former = self.values[id as usize].replace(value);
        wipe(id, former);
    }

    /// All options in the order of [`OPTIONS`] with their values: what `PQconninfo` and
    /// `PQconninfoParse` list.
    pub fn iter(&self) -> impl Iterator<Item = (OptionId, Option<&CStr>)> {
        OptionId::ALL.into_iter().map(|id| (id, self.get(id)))
    }

    /// Sets an option named by its keyword in a connection string, where `requiressl` is still
    /// understood. The error of an unknown keyword is the caller's to word.
    fn store(&mut self, keyword: &[u8], value: &[u8]) -> Result<OptionId, UnknownOption> {
        let (id, value) = match keyword {
            b"requiressl" if value.first() == Some(&b'1') => (OptionId::Sslmode, &b"require"[..]),
            b"requiressl" => (OptionId::Sslmode, &b"prefer"[..]),
            _ => (OptionId::from_keyword(keyword).ok_or(UnknownOption)?, value),
        };
        self.set(id, value).map_err(|_| UnknownOption)?;
        Ok(id)
    }
}

impl Default for ConnInfo {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ConnInfo {
    fn drop(&mut self) {
        for id in OptionId::ALL {
            wipe(id, self.values[id as usize].take());
        }
    }
}

impl fmt::Debug for ConnInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (id, value) in self.iter() {
            match value {
                Some(_) if id.is_secret() => map.entry(&id.keyword(), &MASK),
                Some(value) => map.entry(&id.keyword(), &value),
                None => &mut map,
            };
        }
        map.finish()
    }
}

/// No option has the keyword.
struct UnknownOption;

fn wipe(id: OptionId, value: Option<CString>) {
    if let (true, Some(value)) = (id.is_secret(), value) {
        value.into_bytes().zeroize();
    }
}

/// An error about a setting, in the words given.
fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Settings, message)
}

/// Bytes as they appear in a message.
fn shown(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_byte_is_an_error_and_not_an_end() {
        let error = ConnInfo::parse(b"host=a\0b").expect_err("NUL");
        assert_eq!(error.kind(), ErrorKind::Settings);
        let mut info = ConnInfo::new();
        assert!(info.set(OptionId::Host, b"a\0b").is_err());
        assert!(!info.is_set(OptionId::Host));
    }

    #[test]
    fn debug_output_hides_secrets() {
        let info = ConnInfo::parse(b"user=joe password=s3cret sslpassword=s3cret").expect("valid");
        let text = format!("{info:?}");
        assert!(text.contains("joe") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn connection_strings_are_recognised() {
        for text in ["a=b", "=", "postgresql://", "postgres://x"] {
            assert!(ConnInfo::is_conninfo(text.as_bytes()), "{text}");
        }
        for text in ["", "mydb", "postgresql:/", "POSTGRES://"] {
            assert!(!ConnInfo::is_conninfo(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn values_need_not_be_utf8() {
        let info = ConnInfo::parse(b"user=\xff\xfe").expect("valid");
        assert_eq!(info.get(OptionId::User), Some(c"\xff\xfe"));
    }
}
