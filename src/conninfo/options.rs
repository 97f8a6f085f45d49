//! The table of connection options: keyword, environment variable, compiled-in default and how a
//! dialog would show it. The order is libpq 18's, which `PQconndefaults` exposes.
//!
//! Manual: "Parameter Key Words", "Environment Variables", `PQconninfoOption`.

use std::ffi::CStr;

/// Where a Unix-domain socket is looked for when no host is given.
pub const DEFAULT_SOCKET_DIR: &CStr = c"/var/run/postgresql";

/// The port used where none is given, as text.
pub const DEFAULT_PORT: &CStr = c"5432";

/// The directory of the system-wide service file, unless `PGSYSCONFDIR` names another.
pub const SYSTEM_CONFIG_DIR: &str = "/etc/postgresql-common";

/// Whether this build can encrypt with TLS.
pub const TLS_AVAILABLE: bool = cfg!(any(feature = "native-tls", feature = "openssl"));

const SSLMODE: &CStr = if TLS_AVAILABLE { c"prefer" } else { c"disable" };
const CHANNEL_BINDING: &CStr = SSLMODE;

/// One connection option, as `PQconndefaults` describes it.
///
/// The texts end in NUL so that the C face can hand them out without copying.
#[derive(Debug)]
pub struct OptionSpec {
    /// The keyword of connection strings.
    pub keyword: &'static CStr,
    /// The environment variable that gives the value where the caller does not.
    pub envvar: Option<&'static CStr>,
    /// The value used where neither the caller nor the environment gives one.
    pub compiled: Option<&'static CStr>,
    /// The label of a field in a connect dialog.
    pub label: &'static CStr,
    /// `""`: show the value; `"*"`: a secret, hide it; `"D"`: for debugging, not shown by default.
    pub dispchar: &'static CStr,
    /// The size of a dialog's field, in characters.
    pub dispsize: i32,
}

macro_rules! options {
    (@some -) => { None };
    (@some $value:expr) => { Some($value) };
    ($($(#[$doc:meta])* $id:ident $keyword:literal $env:tt $default:tt $label:literal
        $dispchar:literal $size:literal;)*) => {
        /// A connection option; the discriminant is its index in [`OPTIONS`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OptionId {
            $($(#[$doc])* $id,)*
        }

        impl OptionId {
            /// All options in the order of the table.
            pub const ALL: [OptionId; OPTION_COUNT] = [$(OptionId::$id,)*];

            /// The keyword of connection strings.
            pub const fn keyword(self) -> &'static str {
                match self { $(OptionId::$id => $keyword,)* }
            }
        }

        /// How many options there are.
        pub const OPTION_COUNT: usize = [$($keyword,)*].len();

        /// The options in libpq's order.
        pub static OPTIONS: [OptionSpec; OPTION_COUNT] = [$(OptionSpec {
            keyword: c_text(concat!($keyword, "\0")),
            envvar: options!(@some $env),
            compiled: options!(@some $default),
            label: $label,
            dispchar: $dispchar,
            dispsize: $size,
        },)*];
    };
}

const fn c_text(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a text of the table must end in its only NUL"),
    }
}

options! {
    /// The section of the service file that gives further options.
    Service "service" c"PGSERVICE" - c"Database-Service" c"" 20;
    /// The service file; libpq 18 knows only the variable, libpq 19 this option as well.
    Servicefile "servicefile" c"PGSERVICEFILE" - c"Database-Service-File" c"" 64;
    /// The database user to connect as.
    User "user" c"PGUSER" - c"Database-User" c"" 20;
    /// The password, for when the server demands one.
    Password "password" c"PGPASSWORD" - c"Database-Password" c"*" 20;
    /// The file that passwords are looked up in.
    Passfile "passfile" c"PGPASSFILE" - c"Database-Password-File" c"" 64;
    /// Whether SCRAM is to be bound to the TLS channel.
    ChannelBinding "channel_binding" c"PGCHANNELBINDING" CHANNEL_BINDING c"Channel-Binding" c"" 8;
    /// The time limit of each connection attempt, in seconds.
    ConnectTimeout "connect_timeout" c"PGCONNECT_TIMEOUT" - c"Connect-timeout" c"" 10;
    /// The database to connect to.
    Dbname "dbname" c"PGDATABASE" - c"Database-Name" c"" 20;
    /// Host names or socket directories, separated by commas.
    Host "host" c"PGHOST" - c"Database-Host" c"" 40;
    /// Numeric addresses, separated by commas.
    Hostaddr "hostaddr" c"PGHOSTADDR" - c"Database-Host-IP-Address" c"" 45;
    /// Port numbers, separated by commas.
    Port "port" c"PGPORT" DEFAULT_PORT c"Database-Port" c"" 6;
    /// The encoding of the session; `auto` takes it from the locale.
    ClientEncoding "client_encoding" c"PGCLIENTENCODING" - c"Client-Encoding" c"" 10;
    /// Command-line options for the server process.
    Options "options" c"PGOPTIONS" c"" c"Backend-Options" c"" 40;
    /// The name under which the server lists the session.
    ApplicationName "application_name" c"PGAPPNAME" - c"Application-Name" c"" 64;
    /// The same, where `application_name` is not given at all.
    FallbackApplicationName "fallback_application_name" - - c"Fallback-Application-Name" c"" 64;
    /// Whether TCP keepalives are on.
    Keepalives "keepalives" - - c"TCP-Keepalives" c"" 1;
    /// Seconds of silence before the first keepalive.
    KeepalivesIdle "keepalives_idle" - - c"TCP-Keepalives-Idle" c"" 10;
    /// Seconds between keepalives.
    KeepalivesInterval "keepalives_interval" - - c"TCP-Keepalives-Interval" c"" 10;
    /// Unanswered keepalives after which the connection is lost.
    KeepalivesCount "keepalives_count" - - c"TCP-Keepalives-Count" c"" 10;
    /// Milliseconds that sent data may stay unacknowledged.
    TcpUserTimeout "tcp_user_timeout" - - c"TCP-User-Timeout" c"" 10;
    /// How much TLS is insisted on.
    Sslmode "sslmode" c"PGSSLMODE" SSLMODE c"SSL-Mode" c"" 12;
    /// Whether TLS is asked for or begun at once.
    Sslnegotiation "sslnegotiation" c"PGSSLNEGOTIATION" c"postgres" c"SSL-Negotiation" c"" 9;
    /// TLS compression; without effect.
    Sslcompression "sslcompression" c"PGSSLCOMPRESSION" c"0" c"SSL-Compression" c"" 1;
    /// The file of the client certificate.
    Sslcert "sslcert" c"PGSSLCERT" - c"SSL-Client-Cert" c"" 64;
    /// The file of the client certificate's key.
    Sslkey "sslkey" c"PGSSLKEY" - c"SSL-Client-Key" c"" 64;
    /// Whether a client certificate is sent.
    Sslcertmode "sslcertmode" c"PGSSLCERTMODE" - c"SSL-Client-Cert-Mode" c"" 8;
    /// The passphrase of the key.
    Sslpassword "sslpassword" - - c"SSL-Client-Key-Password" c"*" 20;
    /// The file of trusted root certificates, or `system`.
    Sslrootcert "sslrootcert" c"PGSSLROOTCERT" - c"SSL-Root-Certificate" c"" 64;
    /// The file of revoked certificates.
    Sslcrl "sslcrl" c"PGSSLCRL" - c"SSL-Revocation-List" c"" 64;
    /// The directory of revoked certificates.
    Sslcrldir "sslcrldir" c"PGSSLCRLDIR" - c"SSL-Revocation-List-Dir" c"" 64;
    /// Whether the host name is sent as Server Name Indication.
    Sslsni "sslsni" c"PGSSLSNI" c"1" c"SSL-SNI" c"" 1;
    /// The operating-system user that the server must run as.
    Requirepeer "requirepeer" c"PGREQUIREPEER" - c"Require-Peer" c"" 10;
    /// The authentication methods that the server may use.
    RequireAuth "require_auth" c"PGREQUIREAUTH" - c"Require-Auth" c"" 14;
    /// The oldest protocol version accepted.
    MinProtocolVersion "min_protocol_version" c"PGMINPROTOCOLVERSION" -
        c"Min-Protocol-Version" c"" 6;
    /// The newest protocol version asked for.
    MaxProtocolVersion "max_protocol_version" c"PGMAXPROTOCOLVERSION" -
        c"Max-Protocol-Version" c"" 6;
    /// The oldest TLS version accepted.
    SslMinProtocolVersion "ssl_min_protocol_version" c"PGSSLMINPROTOCOLVERSION" c"TLSv1.2"
        c"SSL-Minimum-Protocol-Version" c"" 8;
    /// The newest TLS version accepted.
    SslMaxProtocolVersion "ssl_max_protocol_version" c"PGSSLMAXPROTOCOLVERSION" -
        c"SSL-Maximum-Protocol-Version" c"" 8;
    /// How much GSSAPI encryption is insisted on.
    Gssencmode "gssencmode" c"PGGSSENCMODE" c"prefer" c"GSSENC-Mode" c"" 8;
    /// The Kerberos service name of the server.
    Krbsrvname "krbsrvname" c"PGKRBSRVNAME" c"postgres" c"Kerberos-service-name" c"" 20;
    /// Which GSS library to use; without effect outside Windows.
    Gsslib "gsslib" c"PGGSSLIB" - c"GSS-library" c"" 7;
    /// Whether GSS credentials are delegated to the server.
    Gssdelegation "gssdelegation" c"PGGSSDELEGATION" c"0" c"GSS-delegation" c"" 1;
    /// Whether the session speaks the replication protocol.
    Replication "replication" - - c"Replication" c"D" 5;
    /// What a server must be like to be accepted.
    TargetSessionAttrs "target_session_attrs" c"PGTARGETSESSIONATTRS" c"any"
        c"Target-Session-Attrs" c"" 15;
    /// Whether hosts are tried in random order.
    LoadBalanceHosts "load_balance_hosts" c"PGLOADBALANCEHOSTS" c"disable"
        c"Load-Balance-Hosts" c"" 8;
    /// A SCRAM client key in base64, for pass-through authentication.
    ScramClientKey "scram_client_key" - - c"SCRAM-Client-Key" c"D" 64;
    /// A SCRAM server key in base64, for pass-through authentication.
    ScramServerKey "scram_server_key" - - c"SCRAM-Server-Key" c"D" 64;
    /// The HTTPS address of the trusted OAuth issuer.
    OauthIssuer "oauth_issuer" - - c"OAuth-Issuer" c"" 40;
    /// The OAuth client identifier.
    OauthClientId "oauth_client_id" - - c"OAuth-Client-ID" c"" 40;
    /// The OAuth client secret.
    OauthClientSecret "oauth_client_secret" - - c"OAuth-Client-Secret" c"*" 40;
    /// The OAuth scopes to ask for.
    OauthScope "oauth_scope" - - c"OAuth-Scope" c"" 15;
    /// The file that TLS session secrets are logged to.
    Sslkeylogfile "sslkeylogfile" - - c"SSL-Key-Log-File" c"D" 64;
}

impl OptionId {
    /// The row of the table.
    pub fn spec(self) -> &'static OptionSpec {
        &OPTIONS[self as usize]
    }

    /// The option with this keyword; keywords are case-sensitive.
    pub fn from_keyword(keyword: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|id| id.keyword().as_bytes() == keyword)
    }

    /// Whether the value must not appear in messages or debug output.
    pub fn is_secret(self) -> bool {
        matches!(
            self,
            Self::Password
                | Self::Sslpassword
                | Self::ScramClientKey
                | Self::ScramServerKey
                | Self::OauthClientSecret
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyword_finds_its_own_row() {
        for (index, id) in OptionId::ALL.into_iter().enumerate() {
            assert_eq!(id as usize, index);
            assert_eq!(id.spec().keyword.to_str(), Ok(id.keyword()));
            assert_eq!(OptionId::from_keyword(id.keyword().as_bytes()), Some(id));
        }
        assert_eq!(OptionId::from_keyword(b"HOST"), None);
        assert_eq!(OptionId::from_keyword(b""), None);
    }

    #[test]
    fn whatever_a_dialog_hides_is_secret() {
        for id in OptionId::ALL {
            if id.spec().dispchar == c"*" {
                assert!(id.is_secret(), "{}", id.keyword());
            }
        }
    }

    #[test]
    fn table_has_the_fifty_options_of_libpq_18_and_one_of_libpq_19() {
        assert_eq!(OPTION_COUNT, 51);
        assert_eq!(OptionId::Sslkeylogfile as usize, 50);
    }
}
