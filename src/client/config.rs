//! Settings to connect with.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::Connection;
use crate::conninfo::{ConnInfo, OptionId};
use crate::error::{Error, ErrorKind};

use super::Client;
use super::oauth::{Oauth, OauthPrompt, OauthRequest};

/// What encryption is asked for. Manual: "sslmode", "SSL Mode Descriptions".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SslMode {
    /// None.
    Disable,
    /// None, unless the server insists.
    Allow,
    /// TLS where the server has it; who the server is, is not checked. This is the default.
    Prefer,
    /// TLS; who the server is, is not checked.
    Require,
    /// TLS, with a certificate from an authority that is trusted.
    VerifyCa,
    /// TLS, with such a certificate and the server's name in it.
    VerifyFull,
}

/// What kind of server will do. Manual: "target_session_attrs".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TargetSessionAttrs {
    /// Any. This is the default.
    Any,
    /// One whose sessions can write.
    ReadWrite,
    /// One whose sessions cannot write.
    ReadOnly,
    /// One that is not a standby.
    Primary,
    /// One that is a standby.
    Standby,
    /// A standby, or any where there is none.
    PreferStandby,
}

/// Settings to connect with: any of libpq's options.
///
/// What is not set comes from the environment, the service file, the password file and libpq's
/// defaults, in that order, when [`connect`](Self::connect) is called.
///
/// ```no_run
/// use ferropq::{Config, SslMode};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), ferropq::Error> {
/// let mut client = Config::new()
///     .host("db.example.com")
///     .user("me")
///     .dbname("books")
///     .ssl_mode(SslMode::VerifyFull)
///     .connect_timeout(Duration::from_secs(5))
///     .set("keepalives_idle", "30")
///     .connect()?;
/// # Ok(())
/// # }
/// ```
///
/// A value that is not valid is reported by [`connect`](Self::connect).
#[derive(Clone)]
pub struct Config {
    info: ConnInfo,
    /// What was wrong first with what has been set.
    fault: Option<String>,
    oauth: Oauth,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// No settings.
    pub fn new() -> Self {
        Self {
            info: ConnInfo::new(),
            fault: None,
            oauth: Oauth::default(),
        }
    }

    /// Sets an option of libpq by its keyword, such as `sslrootcert`.
    ///
    /// Manual: "Parameter Key Words".
    pub fn set(&mut self, keyword: &str, value: &str) -> &mut Self {
        match OptionId::from_keyword(keyword.as_bytes()) {
            Some(id) => self.put(id, value),
            None => self.note(format!("invalid connection option \"{keyword}\"")),
        }
    }

    fn put(&mut self, id: OptionId, value: &str) -> &mut Self {
        match self.info.set(id, value.as_bytes()) {
            Ok(()) => self,
            Err(error) => self.note(error.message().to_owned()),
        }
    }

    fn note(&mut self, fault: String) -> &mut Self {
        self.fault.get_or_insert(fault);
        self
    }

    /// Adds to an option that is a list.
    fn append(&mut self, id: OptionId, value: &str) -> &mut Self {
        match self.value(id) {
            None => self.put(id, value),
            Some(list) => self.put(id, &format!("{list},{value}")),
        }
    }

    fn value(&self, id: OptionId) -> Option<String> {
        let value = self.info.non_empty(id)?;
        Some(value.to_string_lossy().into_owned())
    }

    /// Adds a host to connect to: a name, an address, or the folder of a Unix-domain socket.
    ///
    /// Where there are several they are tried in turn, each with the port at the same place of the
    /// list of ports.
    pub fn host(&mut self, host: &str) -> &mut Self {
        self.append(OptionId::Host, host)
    }

    /// Adds a numeric address to connect to, so that the host's name need not be looked up.
    pub fn hostaddr(&mut self, address: &str) -> &mut Self {
        self.append(OptionId::Hostaddr, address)
    }

    /// Adds a port: one for each host, or one for all.
    pub fn port(&mut self, port: u16) -> &mut Self {
        self.append(OptionId::Port, &port.to_string())
    }

    /// Sets the name of the user.
    pub fn user(&mut self, user: &str) -> &mut Self {
        self.put(OptionId::User, user)
    }

    /// Sets the password.
    pub fn password(&mut self, password: &str) -> &mut Self {
        self.put(OptionId::Password, password)
    }

    /// Sets the name of the database; that of the user, unless set.
    pub fn dbname(&mut self, dbname: &str) -> &mut Self {
        self.put(OptionId::Dbname, dbname)
    }

    /// Sets command-line options for the server process, such as `-c search_path=app`.
    pub fn options(&mut self, options: &str) -> &mut Self {
        self.put(OptionId::Options, options)
    }

    /// Sets the name that the session has in the server's logs and in `pg_stat_activity`.
    pub fn application_name(&mut self, name: &str) -> &mut Self {
        self.put(OptionId::ApplicationName, name)
    }

    /// Sets what encryption is asked for.
    pub fn ssl_mode(&mut self, mode: SslMode) -> &mut Self {
        self.put(
            OptionId::Sslmode,
            match mode {
                SslMode::Disable => "disable",
                SslMode::Allow => "allow",
                SslMode::Prefer => "prefer",
                SslMode::Require => "require",
                SslMode::VerifyCa => "verify-ca",
                SslMode::VerifyFull => "verify-full",
            },
        )
    }

    /// Sets what kind of server will do.
    pub fn target_session_attrs(&mut self, kind: TargetSessionAttrs) -> &mut Self {
        self.put(
            OptionId::TargetSessionAttrs,
            match kind {
                TargetSessionAttrs::Any => "any",
                TargetSessionAttrs::ReadWrite => "read-write",
                TargetSessionAttrs::ReadOnly => "read-only",
                TargetSessionAttrs::Primary => "primary",
                TargetSessionAttrs::Standby => "standby",
                TargetSessionAttrs::PreferStandby => "prefer-standby",
            },
        )
    }

    /// Sets how long to try each address, in whole seconds rounded up; without a limit, unless set.
    pub fn connect_timeout(&mut self, limit: Duration) -> &mut Self {
        let part = u64::from(limit.subsec_nanos() > 0);
        let seconds = limit.as_secs().saturating_add(part).min(i32::MAX as u64);
        self.put(OptionId::ConnectTimeout, &seconds.to_string())
    }

    /// Sets whether the system is to find out that the server is gone by TCP keepalives; it is,
    /// unless set.
    pub fn keepalives(&mut self, keepalives: bool) -> &mut Self {
        self.put(OptionId::Keepalives, if keepalives { "1" } else { "0" })
    }

    /// Sets who gets a bearer token where a server wants one. The options `oauth_issuer` and
    /// `oauth_client_id` have to be set as well.
    ///
    /// Without it, the user is asked by OAuth's device flow, with the feature `oauth`.
    ///
    /// ```no_run
    /// # use ferropq::Config;
    /// # fn main() -> Result<(), ferropq::Error> {
    /// let mut client = Config::new()
    ///     .host("db.example.com")
    ///     .set("oauth_issuer", "https://login.example.com")
    ///     .set("oauth_client_id", "books")
    ///     .oauth_token(|_request| Ok(std::fs::read_to_string("/run/secrets/token")?))
    ///     .connect()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Manual: "OAuth Support".
    pub fn oauth_token<F>(&mut self, get: F) -> &mut Self
    where
        F: Fn(&OauthRequest<'_>) -> Result<String, Box<dyn std::error::Error + Send + Sync>>
            + Send
            + Sync
            + 'static,
    {
        self.oauth.get_token = Some(Arc::new(get));
        self
    }

    /// Sets who tells the user where to allow a token; unless set, standard error does.
    ///
    /// Only OAuth's device flow, which the feature `oauth` brings, asks the user for anything.
    pub fn oauth_prompt<F>(&mut self, show: F) -> &mut Self
    where
        F: Fn(&OauthPrompt<'_>) + Send + Sync + 'static,
    {
        self.oauth.prompt = Some(Arc::new(show));
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect(&self) -> Result<Client, Error> {
        if let Some(fault) = &self.fault {
            return Err(Error::new(ErrorKind::Settings, fault.as_str()));
        }
        let mut info = self.info.clone();
        self.check_encoding()?;
        // Before the environment's: text is UTF-8 in Rust.
        info.set(OptionId::ClientEncoding, b"UTF8")?;
        Client::open(Connection::start(info.with_defaults()), self.oauth.clone())
    }

    fn check_encoding(&self) -> Result<(), Error> {
        match self.value(OptionId::ClientEncoding).as_deref() {
            None | Some("auto") => Ok(()),
            Some(name) if is_utf8(name) => Ok(()),
            Some(name) => Err(Error::new(
                ErrorKind::Settings,
                format!(
                    "client_encoding \"{name}\" does not fit Rust's text: leave it out or set UTF8"
                ),
            )),
        }
    }
}

/// Whether this is one of the names that UTF-8 goes by.
fn is_utf8(name: &str) -> bool {
    use crate::charset::Encoding;
    Encoding::from_name(name.as_bytes()) == Some(Encoding::UTF8)
}

/// Reads a connection string: a list of `keyword=value` or a URI.
impl FromStr for Config {
    type Err = Error;

    fn from_str(conninfo: &str) -> Result<Self, Error> {
        let info = ConnInfo::parse(conninfo.as_bytes())?;
        Ok(Self {
            info,
            ..Self::new()
        })
    }
}

/// Shows what has been set; a secret as `"***"`.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.info.iter().filter_map(|(id, value)| {
            let shown = if id.is_secret() { c"***" } else { value? };
            value.map(|_| (id.spec().keyword, shown))
        });
        f.debug_map().entries(set).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_what_is_set_and_no_secret() {
        let mut config: Config = "host=a password=hush".parse().unwrap();
        config.host("b").port(1).port(2);
        let shown = format!("{config:?}");
        let expected = r#"{"password": "***", "host": "a,b", "port": "1,2"}"#;
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_wrong_setting_is_told_when_connecting() {
        let mut config = Config::new();
        config.set("hots", "a").host("b\0c");
        let error = config.connect().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert_eq!(error.to_string(), "invalid connection option \"hots\"");
    }

    #[test]
    fn text_is_utf8() {
        let config: Config = "client_encoding=latin1".parse().unwrap();
        let error = config.connect().unwrap_err();
        assert!(
            error.to_string().contains("leave it out or set UTF8"),
            "{error}"
        );
    }

    #[test]
    fn a_time_limit_is_rounded_up_to_whole_seconds() {
        let mut config = Config::new();
        config.connect_timeout(Duration::from_millis(2500));
        assert_eq!(config.value(OptionId::ConnectTimeout).as_deref(), Some("3"));
    }
}
