//! What a TLS connection is to be like.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

/// How far the server's certificate is verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    /// Only if there is a file of root certificates; then as [`Verify::Chain`] (`sslmode` of
    /// `require` and less).
    #[default]
    IfRootsExist,
    /// A trusted authority has issued it (`sslmode=verify-ca`).
    Chain,
    /// And it is for the host that was asked for (`sslmode=verify-full`).
    ChainAndHostName,
}

/// Whom to trust (option `sslrootcert`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RootCertificates {
    /// The certificates in `~/.postgresql/root.crt`.
    #[default]
    Default,
    /// Whoever the TLS library trusts on this system.
    System,
    /// The certificates in this file.
    File(PathBuf),
}

/// Whether the client's certificate is sent (option `sslcertmode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CertificateMode {
    /// Never.
    Disable,
    /// If the server asks for one and there is one.
    #[default]
    Allow,
    /// The server must ask for one; whether it did is told by
    /// [`SecureStream::client_certificate`](crate::transport::SecureStream::client_certificate).
    Require,
}

/// A version of the protocol (options `ssl_min_protocol_version`, `ssl_max_protocol_version`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLSv1
    V1,
    /// TLSv1.1
    V1_1,
    /// TLSv1.2
    V1_2,
    /// TLSv1.3
    V1_3,
}

impl TlsVersion {
    /// The name that the options and the attribute `protocol` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "TLSv1",
            Self::V1_1 => "TLSv1.1",
            Self::V1_2 => "TLSv1.2",
            Self::V1_3 => "TLSv1.3",
        }
    }

    /// The version of this name, whatever its case.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::V1, Self::V1_1, Self::V1_2, Self::V1_3];
        all.into_iter()
            .find(|version| version.name().eq_ignore_ascii_case(name))
    }
}

/// Asks the program for the password of the client's key: writes it into the buffer and says how
/// long it is; 0 is a failure. Called in [`Handshake::start`](super::Handshake::start), if at all.
pub type KeyPasswordHook = Arc<dyn Fn(&mut [u8]) -> usize + Send + Sync>;

/// The settings of a TLS connection. Where the manual documents a file in the user's home
/// directory, `None` stands for that file; so does an option that is empty, which is not to be
/// passed on as an empty path.
#[derive(Clone)]
pub struct TlsSettings {
    /// The host name of the connection string: what the certificate must be for, and what is told
    /// to the server in clear text (SNI).
    pub host: Option<String>,
    /// The user's home directory, where the default files are looked for.
    pub home: Option<PathBuf>,
    /// How far the server's certificate is verified.
    pub verify: Verify,
    /// Whom to trust.
    pub roots: RootCertificates,
    /// Revoked certificates, one file (option `sslcrl`).
    pub crl: Option<PathBuf>,
    /// Revoked certificates, a directory prepared with `openssl rehash` (option `sslcrldir`).
    pub crl_dir: Option<PathBuf>,
    /// The client's certificate (option `sslcert`).
    pub certificate: Option<PathBuf>,
    /// The key to it, a file or `ENGINE:IDENTIFIER` (option `sslkey`).
    pub key: Option<PathBuf>,
    /// The password of the key (option `sslpassword`).
    pub key_password: Option<Zeroizing<Vec<u8>>>,
    /// Asked for the password of the key instead of using [`TlsSettings::key_password`].
    pub key_password_hook: Option<KeyPasswordHook>,
    /// Whether the client's certificate is sent.
    pub certificate_mode: CertificateMode,
    /// Whether the host name is told to the server (option `sslsni`); an address never is.
    pub sni: bool,
    /// The lowest version to accept.
    pub min_version: Option<TlsVersion>,
    /// The highest version to accept.
    pub max_version: Option<TlsVersion>,
    /// Whether compression is accepted (option `sslcompression`).
    pub compression: bool,
    /// Whether the server must agree to the protocol inside (ALPN), as `sslnegotiation=direct`
    /// demands; it is offered in any case.
    pub require_alpn: bool,
    /// Where the session's keys are logged for network analysers (option `sslkeylogfile`).
    pub key_log: Option<PathBuf>,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            host: None,
            home: None,
            verify: Verify::default(),
            roots: RootCertificates::default(),
            crl: None,
            crl_dir: None,
            certificate: None,
            key: None,
            key_password: None,
            key_password_hook: None,
            certificate_mode: CertificateMode::default(),
            sni: true,
            min_version: Some(TlsVersion::V1_2),
            max_version: None,
            compression: false,
            require_alpn: false,
            key_log: None,
        }
    }
}

impl TlsSettings {
    /// The host name, where there is one that is not empty.
    #[cfg(any(feature = "openssl", feature = "native-tls"))]
    pub(super) fn host_name(&self) -> Option<&str> {
        self.host.as_deref().filter(|host| !host.is_empty())
    }

    /// The name to tell the server in clear text: never an address, as its standard (RFC 6066)
    /// wants it.
    #[cfg(any(feature = "openssl", feature = "native-tls"))]
    pub(super) fn server_name(&self) -> Option<&str> {
        let name = self.host_name().filter(|_| self.sni)?;
        let numeric = name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        (!numeric && !name.contains(':')).then_some(name)
    }
}

impl fmt::Debug for TlsSettings {
    /// Says nothing of the key's password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("host", &self.host)
            .field("verify", &self.verify)
            .field("roots", &self.roots)
            .field("certificate", &self.certificate)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Copies the key's password into a caller's buffer, followed by a NUL, and says how long it is
/// (`PQdefaultSSLKeyPassHook_OpenSSL`). What does not fit is cut off, with a warning.
pub fn copy_key_password(password: Option<&[u8]>, buf: &mut [u8]) -> usize {
    let Some(room) = buf.len().checked_sub(1) else {
        return 0;
    };
    let password = password.unwrap_or_default();
    if password.len() > room {
        eprintln!("WARNING: sslpassword truncated");
    }
    let count = password.len().min(room);
    buf[..count].copy_from_slice(&password[..count]);
    buf[count] = 0;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(feature = "openssl", feature = "native-tls"))]
    fn told(host: &str, sni: bool) -> bool {
        let settings = TlsSettings {
            host: Some(host.to_owned()),
            sni,
            ..TlsSettings::default()
        };
        settings.server_name().is_some()
    }

    #[test]
    #[cfg(any(feature = "openssl", feature = "native-tls"))]
    fn a_name_is_told_to_the_server_and_an_address_is_not() {
        assert!(told("db.example.com", true));
        assert!(!told("db.example.com", false));
        for address in ["127.0.0.1", "127.1", "::1", "fe80::1%eth0", ""] {
            assert!(!told(address, true), "{address}");
        }
    }

    #[test]
    fn versions_have_the_manuals_names() {
        assert_eq!(TlsVersion::from_name("tlsv1.2"), Some(TlsVersion::V1_2));
        assert_eq!(TlsVersion::from_name("TLSv1"), Some(TlsVersion::V1));
        assert_eq!(TlsVersion::from_name("SSLv3"), None);
        assert!(TlsVersion::V1_3 > TlsVersion::V1_2);
    }

    #[test]
    fn a_password_is_copied_with_a_nul_and_cut_to_fit() {
        let mut buf = [9u8; 5];
        assert_eq!(copy_key_password(Some(b"abc"), &mut buf), 3);
        assert_eq!(&buf, b"abc\0\x09");
        assert_eq!(copy_key_password(Some(b"abcdefgh"), &mut buf), 4);
        assert_eq!(&buf, b"abcd\0");
        assert_eq!(copy_key_password(None, &mut buf), 0);
        assert_eq!(buf[0], 0);
        assert_eq!(copy_key_password(Some(b"abc"), &mut []), 0);
    }

    #[test]
    fn the_password_is_not_printed() {
        let settings = TlsSettings {
            key_password: Some(Zeroizing::new(b"hidden".to_vec())),
            ..TlsSettings::default()
        };
        assert!(!format!("{settings:?}").contains("hidden"));
    }
}
