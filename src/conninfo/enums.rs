//! Options with a fixed set of values.

use std::ffi::{CStr, CString};

use super::secret::quoted;
use super::{ConnInfo, OptionId, invalid};
use crate::charset;
use crate::error::Error;

/// An option that takes one of a few words.
pub(super) trait Keyword: Sized + Copy + 'static {
    /// The words and their meaning.
    const WORDS: &'static [(&'static str, Self)];

    /// The value of the option, `default` where it is unset; an empty value is not a word.
    fn read(info: &ConnInfo, id: OptionId, default: Self) -> Result<Self, Error> {
        let Some(given) = info.get(id) else {
            return Ok(default);
        };
        Self::WORDS
            .iter()
            .find(|(word, _)| word.as_bytes() == given.to_bytes())
            .map(|(_, value)| *value)
            .ok_or_else(|| invalid_value(id, given))
    }
}

/// The error about a value that an option does not take.
pub(super) fn invalid_value(id: OptionId, given: &CStr) -> Error {
    let (keyword, given) = (id.keyword(), quoted(given.to_bytes()));
    invalid(format!("invalid {keyword} value: \"{given}\""))
}

macro_rules! keyword_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$item_doc])* $item,)*
        }

        impl Keyword for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$item),)*];
        }

        impl $name {
            /// The word that connection strings use.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$item => $word,)* }
            }
        }
    };
}

keyword_enum! {
    /// `sslmode`: how much TLS is insisted on, from the least to the most.
    SslMode {
        /// No TLS.
        Disable = "disable",
        /// TLS only where the server refuses a plain connection.
        Allow = "allow",
        /// TLS where the server has it.
        Prefer = "prefer",
        /// TLS or nothing; a root certificate that is present is checked against.
        Require = "require",
        /// TLS with a certificate from a trusted authority.
        VerifyCa = "verify-ca",
        /// The same, and the certificate is for the host's name.
        VerifyFull = "verify-full",
    }
}

keyword_enum! {
    /// `sslnegotiation`: how TLS begins.
    SslNegotiation {
        /// The server is asked first whether it has TLS.
        Postgres = "postgres",
        /// The handshake begins at once, with ALPN.
        Direct = "direct",
    }
}

keyword_enum! {
    /// `sslcertmode`: whether a client certificate is sent.
    SslCertMode {
        /// Never.
        Disable = "disable",
        /// Where the server asks for one and there is one.
        Allow = "allow",
        /// The server must ask for one.
        Require = "require",
    }
}

keyword_enum! {
    /// `channel_binding`: whether SCRAM proves that both ends are on the same TLS channel.
    ChannelBinding {
        /// Never.
        Disable = "disable",
        /// Where both sides can.
        Prefer = "prefer",
        /// The connection fails without it.
        Require = "require",
    }
}

keyword_enum! {
    /// `gssencmode`: how much GSSAPI encryption is insisted on.
    GssEncMode {
        /// No GSSAPI encryption.
        Disable = "disable",
        /// Where there are credentials and the server has it.
        Prefer = "prefer",
        /// GSSAPI encryption or nothing.
        Require = "require",
    }
}

keyword_enum! {
    /// `target_session_attrs`: what a server must be like to be accepted.
    TargetSessionAttrs {
        /// Any server will do.
        Any = "any",
        /// Sessions can write by default.
        ReadWrite = "read-write",
        /// Sessions cannot write by default.
        ReadOnly = "read-only",
        /// Not in hot standby mode.
        Primary = "primary",
        /// In hot standby mode.
        Standby = "standby",
        /// A standby where there is one among the hosts, else any.
        PreferStandby = "prefer-standby",
    }
}

keyword_enum! {
    /// `load_balance_hosts`: in which order hosts and their addresses are tried.
    LoadBalanceHosts {
        /// As given.
        Disable = "disable",
        /// At random.
        Random = "random",
    }
}

/// A version of the wire protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion(u32);

impl ProtocolVersion {
    /// Version 3.0, which every supported server speaks.
    pub const V3_0: Self = Self(3 << 16);
    /// Version 3.2, with longer cancel keys; PostgreSQL 18 and newer.
    pub const V3_2: Self = Self(3 << 16 | 2);
    /// The newest version known here.
    pub const LATEST: Self = Self::V3_2;

    /// The number that the startup message carries.
    pub const fn to_wire(self) -> u32 {
        self.0
    }

    /// The major number.
    pub const fn major(self) -> u32 {
        self.0 >> 16
    }

    /// The minor number.
    pub const fn minor(self) -> u32 {
        self.0 & 0xffff
    }
}

impl Keyword for ProtocolVersion {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("3.0", Self::V3_0),
        ("3.2", Self::V3_2),
        ("latest", Self::LATEST),
    ];
}

/// A version of TLS, as `ssl_min_protocol_version` and `ssl_max_protocol_version` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// TLS 1.0.
    V1_0,
    /// TLS 1.1.
    V1_1,
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl TlsVersion {
    const NAMES: [(&'static str, Self); 4] = [
        ("TLSv1", Self::V1_0),
        ("TLSv1.1", Self::V1_1),
        ("TLSv1.2", Self::V1_2),
        ("TLSv1.3", Self::V1_3),
    ];

    /// The name that connection strings use.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The option's value; unset and empty mean no limit, and letters may have either case.
    pub(super) fn read(info: &ConnInfo, id: OptionId) -> Result<Option<Self>, Error> {
        let Some(given) = info.non_empty(id) else {
            return Ok(None);
        };
        let found = Self::NAMES
            .iter()
            .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(given.to_bytes()));
        match found {
            Some((_, version)) => Ok(Some(*version)),
            None => {
                let (keyword, given) = (id.keyword(), quoted(given.to_bytes()));
                Err(invalid(format!("invalid \"{keyword}\" value: \"{given}\"")))
            }
        }
    }
}

/// `client_encoding`: the encoding that the session is to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientEncoding {
    /// Whatever the server has as its default.
    ServerDefault,
    /// The encoding of this name, which the server is to judge.
    Named(CString),
}

impl ClientEncoding {
    /// `auto` is the encoding of the process's locale as it is now.
    pub(super) fn read(info: &ConnInfo) -> Self {
        let given = match info.non_empty(OptionId::ClientEncoding) {
            Some(name) if name == c"auto" => {
                charset::from_locale().and_then(|encoding| CString::new(encoding.name()).ok())
            }
            given => given.map(ToOwned::to_owned),
        };
        given.map_or(Self::ServerDefault, Self::Named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: OptionId, value: &str) -> ConnInfo {
        let mut info = ConnInfo::new();
        info.set(id, value.as_bytes()).expect("no NUL");
        info
    }

    #[test]
    fn every_word_is_read_back() {
        for (word, mode) in SslMode::WORDS {
            let info = info(OptionId::Sslmode, word);
            let read = SslMode::read(&info, OptionId::Sslmode, SslMode::Allow);
            assert_eq!(read.expect("valid"), *mode);
            assert_eq!(mode.as_str(), *word);
        }
    }

    #[test]
    fn words_are_case_sensitive_and_not_empty() {
        for word in ["", "Require", " require"] {
            let info = info(OptionId::Sslmode, word);
            let error = SslMode::read(&info, OptionId::Sslmode, SslMode::Allow);
            let expected = format!("invalid sslmode value: \"{word}\"");
            assert_eq!(error.expect_err("invalid").message(), expected);
        }
    }

    #[test]
    fn sslmodes_are_ordered_by_strength() {
        assert!(SslMode::Prefer < SslMode::Require);
        assert!(SslMode::Require < SslMode::VerifyCa && SslMode::VerifyCa < SslMode::VerifyFull);
    }

    #[test]
    fn protocol_version_has_the_number_of_the_wire() {
        assert_eq!(ProtocolVersion::V3_0.to_wire(), 196_608);
        assert_eq!(ProtocolVersion::V3_2.to_wire(), 196_610);
        assert_eq!(ProtocolVersion::V3_2.major(), 3);
        assert_eq!(ProtocolVersion::V3_2.minor(), 2);
    }

    #[test]
    fn tls_versions_ignore_case() {
        let id = OptionId::SslMinProtocolVersion;
        let read = TlsVersion::read(&info(id, "tlsV1.3"), id);
        assert_eq!(read.expect("valid"), Some(TlsVersion::V1_3));
        assert_eq!(TlsVersion::V1_3.as_str(), "TLSv1.3");
        assert_eq!(TlsVersion::read(&info(id, ""), id).expect("valid"), None);
        let error = TlsVersion::read(&info(id, "SSLv3"), id).expect_err("invalid");
        assert_eq!(
            error.message(),
            "invalid \"ssl_min_protocol_version\" value: \"SSLv3\""
        );
    }
}
