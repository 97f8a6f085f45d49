//! Everything a connection attempt needs, validated and typed.

use std::ffi::{CStr, CString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::enums::Keyword;
use super::environment::{Environment, ProcessEnvironment};
use super::password_file::{self, Target};
use super::secret::quoted;
use super::{
    AuthMethod, ChannelBinding, ClientEncoding, ConnInfo, GssEncMode, HostSpec, LoadBalanceHosts,
    OptionId, ProtocolVersion, RequireAuth, SslCertMode, SslMode, SslNegotiation, TLS_AVAILABLE,
    TargetSessionAttrs, TcpOptions, TlsVersion, integer, invalid,
};
use crate::error::Error;

/// The length of a SCRAM-SHA-256 key.
const SCRAM_KEY_LENGTH: usize = 32;

/// The settings of a connection. Options that are empty are `None` here.
#[derive(Clone)]
pub struct Settings {
    /// All option values as `PQconninfo` reports them: those given and the defaults that
    /// [`Settings::resolve`] has filled in.
    pub info: Arc<ConnInfo>,
    /// The hosts to try, in the order given; never empty.
    pub hosts: Vec<HostSpec>,
    /// The database user.
    pub user: CString,
    /// The database.
    pub dbname: CString,
    /// The password given by the caller or the environment; see [`Settings::password_for`].
    pub password: Option<CString>,
    /// The password file that was looked at, where no password was given.
    pub passfile: Option<CString>,
    /// The home directory, where the default TLS files are; `None` where it cannot be found.
    pub home: Option<PathBuf>,

    /// The authentication methods that the server may use.
    pub require_auth: RequireAuth,
    /// Whether SCRAM is to be bound to the TLS channel.
    pub channel_binding: ChannelBinding,
    /// A SCRAM client key that stands in for the password.
    pub scram_client_key: Option<[u8; SCRAM_KEY_LENGTH]>,
    /// A SCRAM server key to verify the server with.
    pub scram_server_key: Option<[u8; SCRAM_KEY_LENGTH]>,

    /// How much TLS is insisted on.
    pub sslmode: SslMode,
    /// How TLS begins.
    pub sslnegotiation: SslNegotiation,
    /// Whether a client certificate is sent.
    pub sslcertmode: SslCertMode,
    /// The file of the client certificate; else `.postgresql/postgresql.crt` at home.
    pub sslcert: Option<CString>,
    /// The file of its key; else `.postgresql/postgresql.key` at home.
    pub sslkey: Option<CString>,
    /// The passphrase of the key.
    pub sslpassword: Option<CString>,
    /// The file of trusted root certificates, or `system`; else `.postgresql/root.crt` at home.
    pub sslrootcert: Option<CString>,
    /// The file of revoked certificates; else, without `sslcrldir`, `.postgresql/root.crl` at home.
    pub sslcrl: Option<CString>,
    /// The directory of revoked certificates.
    pub sslcrldir: Option<CString>,
    /// Whether the host name is sent as Server Name Indication.
    pub sslsni: bool,
    /// The oldest TLS version accepted.
    pub ssl_min_protocol_version: Option<TlsVersion>,
    /// The newest TLS version accepted.
    pub ssl_max_protocol_version: Option<TlsVersion>,
    /// The file that TLS session secrets are logged to.
    pub sslkeylogfile: Option<CString>,

    /// How much GSSAPI encryption is insisted on.
    pub gssencmode: GssEncMode,
    /// The Kerberos service name of the server.
    pub krbsrvname: Option<CString>,
    /// Whether GSS credentials are delegated to the server.
    pub gssdelegation: bool,
    /// The operating-system user that a server behind a Unix-domain socket must run as.
    pub requirepeer: Option<CString>,

    /// The HTTPS address of the trusted OAuth issuer; as set, even if empty.
    pub oauth_issuer: Option<CString>,
    /// The OAuth client identifier; as set, even if empty.
    pub oauth_client_id: Option<CString>,
    /// The OAuth client secret.
    pub oauth_client_secret: Option<CString>,
    /// The OAuth scopes to ask for; as set, even if empty.
    pub oauth_scope: Option<CString>,

    /// What a server must be like to be accepted.
    pub target_session_attrs: TargetSessionAttrs,
    /// In which order hosts are tried.
    pub load_balance_hosts: LoadBalanceHosts,
    /// The oldest protocol version accepted.
    pub min_protocol_version: ProtocolVersion,
    /// The protocol version that the server is asked for.
    pub max_protocol_version: ProtocolVersion,

    /// The value of the replication parameter of the startup message.
    pub replication: Option<CString>,
    /// Command-line options for the server process.
    pub options: Option<CString>,
    /// The name under which the server lists the session.
    pub application_name: Option<CString>,
    /// The encoding that the session begins with.
    pub client_encoding: ClientEncoding,
    /// Run-time parameters of the startup message that environment variables ask for: `datestyle`
    /// from `PGDATESTYLE`, `timezone` from `PGTZ`, `geqo` from `PGGEQO`, in this order.
    pub session_defaults: Vec<(&'static str, CString)>,
}

impl Settings {
    /// Validates the options, whose defaults are filled in already, and looks passwords up in the
    /// password file.
    ///
    /// Fails with libpq's message at the first option that is not valid. Numbers are not judged
    /// here but where they are needed: [`HostSpec::port`], [`Settings::connect_timeout`] and
    /// [`Settings::tcp_options`].
    pub fn resolve(info: &ConnInfo) -> Result<Self, Error> {
        Self::resolve_with(info, &ProcessEnvironment)
    }

    /// The same with an environment of the caller's.
    pub fn resolve_with(info: &ConnInfo, environment: &dyn Environment) -> Result<Self, Error> {
        Self::resolve_in(&mut info.clone(), &mut Vec::new(), environment)
    }

    /// The same, leaving in `info` the defaults that have been filled in, also where it fails: those
    /// of the options that come before the one that is not valid. The hosts are left in `hosts` then,
    /// as far as it has come to them.
    pub fn resolve_in(
        info: &mut ConnInfo,
        hosts: &mut Vec<HostSpec>,
        environment: &dyn Environment,
    ) -> Result<Self, Error> {
        *hosts = HostSpec::list(info)?;
        let identity = Identity::resolve(info, hosts, environment)?;
        let require_auth = RequireAuth::read(info)?;
        let channel_binding = channel_binding(info)?;
        let tls = TlsChecks::read(info)?;
        let client_encoding = ClientEncoding::read(info);
        if let ClientEncoding::Named(name) = &client_encoding {
            info.put(OptionId::ClientEncoding, name.clone());
        }
        let info = &*info;
        let gssencmode = GssEncMode::read(info, OptionId::Gssencmode, GssEncMode::Prefer)?;
        let attrs = OptionId::TargetSessionAttrs;
        let target_session_attrs = TargetSessionAttrs::read(info, attrs, TargetSessionAttrs::Any)?;
        let scram_client_key = scram_key(info, OptionId::ScramClientKey, "client")?;
        let scram_server_key = scram_key(info, OptionId::ScramServerKey, "server")?;
        let balance = OptionId::LoadBalanceHosts;
        let load_balance_hosts = LoadBalanceHosts::read(info, balance, LoadBalanceHosts::Disable)?;
        let (min_protocol_version, max_protocol_version) = protocol_versions(info)?;

        let text = |id| info.non_empty(id).map(ToOwned::to_owned);
        let is_on = |id| info.get(id).is_some_and(|v| v.to_bytes().starts_with(b"1"));
        Ok(Self {
            hosts: std::mem::take(hosts),
            user: identity.user,
            dbname: identity.dbname,
            password: text(OptionId::Password),
            passfile: identity.passfile,
            home: environment.home(),
            require_auth,
            channel_binding,
            scram_client_key,
            scram_server_key,
            sslmode: tls.mode,
            sslnegotiation: tls.negotiation,
            sslcertmode: tls.cert_mode,
            sslcert: text(OptionId::Sslcert),
            sslkey: text(OptionId::Sslkey),
            sslpassword: text(OptionId::Sslpassword),
            sslrootcert: text(OptionId::Sslrootcert),
            sslcrl: text(OptionId::Sslcrl),
            sslcrldir: text(OptionId::Sslcrldir),
            sslsni: is_on(OptionId::Sslsni),
            ssl_min_protocol_version: tls.min_version,
            ssl_max_protocol_version: tls.max_version,
            sslkeylogfile: text(OptionId::Sslkeylogfile),
            gssencmode,
            krbsrvname: text(OptionId::Krbsrvname),
            gssdelegation: is_on(OptionId::Gssdelegation),
            requirepeer: text(OptionId::Requirepeer),
            oauth_issuer: info.get(OptionId::OauthIssuer).map(ToOwned::to_owned),
            oauth_client_id: info.get(OptionId::OauthClientId).map(ToOwned::to_owned),
            oauth_client_secret: text(OptionId::OauthClientSecret),
            oauth_scope: info.get(OptionId::OauthScope).map(ToOwned::to_owned),
            target_session_attrs,
            load_balance_hosts,
            min_protocol_version,
            max_protocol_version,
            replication: text(OptionId::Replication),
            options: text(OptionId::Options),
            application_name: application_name(info),
            client_encoding,
            session_defaults: session_defaults(environment),
            info: Arc::new(info.clone()),
        })
    }

    /// The password to use with a host: the one given, else the password file's.
    pub fn password_for<'a>(&'a self, host: &'a HostSpec) -> Option<&'a CStr> {
        let either = self.password.as_deref().or(host.password.as_deref());
        either.filter(|password| !password.is_empty())
    }

    /// The time limit of each attempt; fails where `connect_timeout` is not a number.
    pub fn connect_timeout(&self) -> Result<Option<Duration>, Error> {
        integer::connect_timeout(&self.info)
    }

    /// How TCP is to watch over the connection; fails where one of the options is not a number.
    pub fn tcp_options(&self) -> Result<TcpOptions, Error> {
        TcpOptions::read(&self.info)
    }

    /// The text of `require_auth`, which messages about it quote.
    pub fn require_auth_text(&self) -> &CStr {
        self.info.get(OptionId::RequireAuth).unwrap_or_default()
    }

    /// Whether the server may use this authentication method.
    pub fn allows_auth(&self, method: AuthMethod) -> bool {
        self.require_auth.allows(method)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("info", &self.info)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// Who connects to what, with which passwords.
struct Identity {
    user: CString,
    dbname: CString,
    passfile: Option<CString>,
}

impl Identity {
    fn resolve(
        info: &mut ConnInfo,
        hosts: &mut [HostSpec],
        environment: &dyn Environment,
    ) -> Result<Self, Error> {
        let user = match info.non_empty(OptionId::User) {
            Some(user) => user.to_owned(),
            None => environment.user_name()?,
        };
        info.put(OptionId::User, user.clone());
        let dbname = match info.non_empty(OptionId::Dbname) {
            Some(dbname) => dbname.to_owned(),
            None => user.clone(),
        };
        info.put(OptionId::Dbname, dbname.clone());
        let passfile = match info.non_empty(OptionId::Password) {
            Some(_) => None,
            None => passfile(info, environment),
        };
        if let Some(path) = &passfile {
            for host in hosts {
                let target = Target {
                    host: host.passfile_host().to_bytes(),
                    port: host.port_text.to_bytes(),
                    dbname: dbname.to_bytes(),
                    user: user.to_bytes(),
                };
                host.password = password_file::look_up(path, &target, environment);
            }
        }
        Ok(Self {
            user,
            dbname,
            passfile,
        })
    }
}

/// The password file, by default `.pgpass` in the home directory.
fn passfile(info: &mut ConnInfo, environment: &dyn Environment) -> Option<CString> {
    if let Some(path) = info.non_empty(OptionId::Passfile) {
        return Some(path.to_owned());
    }
    let home = environment.home()?;
    let path = [home.as_os_str().as_bytes(), b"/.pgpass"].concat();
    let path = CString::new(path).ok()?;
    info.put(OptionId::Passfile, path.clone());
    Some(path)
}

fn channel_binding(info: &ConnInfo) -> Result<ChannelBinding, Error> {
    let default = if TLS_AVAILABLE {
        ChannelBinding::Prefer
    } else {
        ChannelBinding::Disable
    };
    ChannelBinding::read(info, OptionId::ChannelBinding, default)
}

/// The options about TLS that are judged together.
struct TlsChecks {
    mode: SslMode,
    negotiation: SslNegotiation,
    cert_mode: SslCertMode,
    min_version: Option<TlsVersion>,
    max_version: Option<TlsVersion>,
}

impl TlsChecks {
    fn read(info: &mut ConnInfo) -> Result<Self, Error> {
        let (mode, cert_mode) = if TLS_AVAILABLE {
            (SslMode::Prefer, SslCertMode::Allow)
        } else {
            (SslMode::Disable, SslCertMode::Disable)
        };
        let mode = SslMode::read(info, OptionId::Sslmode, mode)?;
        refuse_without_tls(info, OptionId::Sslmode, mode >= SslMode::Require)?;
        let negotiation = negotiation(info, mode)?;
        refuse_weak_system_roots(info, mode)?;
        let min_version = TlsVersion::read(info, OptionId::SslMinProtocolVersion)?;
        let max_version = TlsVersion::read(info, OptionId::SslMaxProtocolVersion)?;
        if matches!((min_version, max_version), (Some(min), Some(max)) if min > max) {
            return Err(invalid("invalid SSL protocol version range"));
        }
        let cert_mode = SslCertMode::read(info, OptionId::Sslcertmode, cert_mode)?;
        let wants_cert = cert_mode == SslCertMode::Require;
        refuse_without_tls(info, OptionId::Sslcertmode, wants_cert)?;
        if !info.is_set(OptionId::Sslcertmode) {
            info.set(OptionId::Sslcertmode, cert_mode.as_str().as_bytes())?;
        }
        Ok(Self {
            mode,
            negotiation,
            cert_mode,
            min_version,
            max_version,
        })
    }
}

/// Direct TLS cannot fall back, so that no mode which may do without TLS goes with it.
fn negotiation(info: &ConnInfo, mode: SslMode) -> Result<SslNegotiation, Error> {
    let id = OptionId::Sslnegotiation;
    let negotiation = SslNegotiation::read(info, id, SslNegotiation::Postgres)?;
    let is_direct = negotiation == SslNegotiation::Direct;
    refuse_without_tls(info, id, is_direct)?;
    if is_direct && mode < SslMode::Require {
        let mode = mode.as_str();
        return Err(invalid(format!(
            "weak sslmode \"{mode}\" may not be used with sslnegotiation=direct (use \"require\", \
             \"verify-ca\", or \"verify-full\")"
        )));
    }
    Ok(negotiation)
}

/// Anybody can get a certificate that the system's roots trust, only not for any name.
fn refuse_weak_system_roots(info: &ConnInfo, mode: SslMode) -> Result<(), Error> {
    let is_system = info.get(OptionId::Sslrootcert) == Some(c"system");
    refuse_without_tls(info, OptionId::Sslrootcert, is_system)?;
    if is_system && mode != SslMode::VerifyFull {
        let mode = mode.as_str();
        return Err(invalid(format!(
            "weak sslmode \"{mode}\" may not be used with sslrootcert=system (use \"verify-full\")"
        )));
    }
    Ok(())
}

/// Fails where the value of the option needs TLS and this build has none.
fn refuse_without_tls(info: &ConnInfo, id: OptionId, needs_tls: bool) -> Result<(), Error> {
    if TLS_AVAILABLE || !needs_tls {
        return Ok(());
    }
    let keyword = id.keyword();
    let value = quoted(info.get(id).unwrap_or_default().to_bytes());
    Err(invalid(format!(
        "{keyword} value \"{value}\" invalid when SSL support is not compiled in"
    )))
}

fn scram_key(
    info: &ConnInfo,
    id: OptionId,
    which: &str,
) -> Result<Option<[u8; SCRAM_KEY_LENGTH]>, Error> {
    // Like libpq's decoder it ignores surplus bits of the last digit, which carry nothing.
    const DECODER: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let Some(text) = info.get(id) else {
        return Ok(None);
    };
    let key = DECODER
        .decode(text.to_bytes())
        .map_err(|_| invalid(format!("invalid SCRAM {which} key")))?;
    match <[u8; SCRAM_KEY_LENGTH]>::try_from(&key[..]) {
        Ok(key) => Ok(Some(key)),
        Err(_) => {
            let length = key.len();
            Err(invalid(format!(
                "invalid SCRAM {which} key length: {length}"
            )))
        }
    }
}

/// The oldest and the newest version; asking for a newer oldest one raises the newest one too.
fn protocol_versions(info: &ConnInfo) -> Result<(ProtocolVersion, ProtocolVersion), Error> {
    let oldest = ProtocolVersion::V3_0;
    let min = ProtocolVersion::read(info, OptionId::MinProtocolVersion, oldest)?;
    let default = if min > oldest {
        ProtocolVersion::LATEST
    } else {
        oldest
    };
    let max = ProtocolVersion::read(info, OptionId::MaxProtocolVersion, default)?;
    if min > max {
        return Err(invalid(
            "\"min_protocol_version\" is greater than \"max_protocol_version\"",
        ));
    }
    Ok((min, max))
}

/// The fallback counts only where no name is given; an empty one is a name given, but not sent.
fn application_name(info: &ConnInfo) -> Option<CString> {
    let fallback = info.get(OptionId::FallbackApplicationName);
    let name = info.get(OptionId::ApplicationName).or(fallback)?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn session_defaults(environment: &dyn Environment) -> Vec<(&'static str, CString)> {
    [
        ("PGDATESTYLE", "datestyle"),
        ("PGTZ", "timezone"),
        ("PGGEQO", "geqo"),
    ]
    .into_iter()
    .filter_map(|(variable, parameter)| {
        let value = environment.var(variable)?;
        let is_default = value.to_bytes().eq_ignore_ascii_case(b"default");
        (!is_default).then_some((parameter, value))
    })
    .collect()
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
