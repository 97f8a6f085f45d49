//! The roles of a test server, one per authentication method (`data/pg_hba.conf`).

/// A role and the password it logs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The role's name.
    pub name: &'static str,
    /// Its password, for the methods that ask for one.
    pub password: Option<&'static str>,
}

const fn user(name: &'static str, password: Option<&'static str>) -> User {
    User { name, password }
}

/// The bootstrap superuser, trusted everywhere.
pub const SUPERUSER: User = user("postgres", None);
/// Trusted everywhere; may replicate.
pub const TRUST_USER: User = user("trust_user", None);
/// Method `password`: asked for the password in clear text.
pub const PASSWORD_USER: User = user("password_user", Some("clear secret"));
/// Method `md5`, with an MD5 hash stored.
pub const MD5_USER: User = user("md5_user", Some("md5 secret"));
/// Method `scram-sha-256`.
pub const SCRAM_USER: User = user("scram_user", Some("scram secret"));
/// Method `scram-sha-256`; the password is changed by SASLprep.
pub const SASLPREP_USER: User = user("saslprep_user", Some("pass\u{ad}word \u{2168}"));
/// Method `scram-sha-256`, and only over TLS.
pub const TLS_USER: User = user("tls_user", Some("tls secret"));
/// Method `scram-sha-256`, and never over TLS.
pub const PLAIN_USER: User = user("plain_user", Some("plain secret"));
/// Method `cert`: only over TLS, with the certificate `client.crt`.
pub const CERT_USER: User = user("cert_user", None);
/// Method `peer`: only over the Unix socket, as any operating-system user.
pub const PEER_USER: User = user("peer_user", None);
