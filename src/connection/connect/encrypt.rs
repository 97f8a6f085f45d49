//! Which kinds of encryption are tried on an address, and asking for TLS. GSSAPI is asked for in
//! `gss`.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::conninfo::{
    self, GssEncMode, HostSpec, OptionId, Settings, SslCertMode, SslMode, SslNegotiation,
};
use crate::transport::gss::Credential;
use crate::transport::tls::{
    self, CertificateMode, Handshake, RootCertificates, TlsSettings, TlsVersion, Verify,
};
use crate::transport::{NotEncrypted, SecureKind, Stream};
use crate::wire::frontend;
use crate::wire::tag::encryption as reply;

use super::super::Connection;
use super::super::state::{ConnStatus, Polling};
use super::super::trace_line::Sent;
use super::tls_start::{ByHost, TlsStart};
use super::{Failure, Step, Stepped, Turn};

/// A way to talk to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Plain,
    Tls,
    Gss,
}

/// The ways to try on one address, in order.
#[derive(Default)]
pub(super) struct Encryption {
    methods: &'static [Method],
    current: usize,
    /// Whose identity GSSAPI proves; looked for when it is wanted.
    pub(super) credential: Option<Credential>,
}

impl Encryption {
    /// What the settings allow. A Unix-domain socket is never encrypted.
    pub(super) fn plan(settings: &Settings, unix: bool) -> Self {
        use Method::{Gss, Plain, Tls};
        let methods: &[Method] = match settings.sslmode {
            _ if unix => &[Gss, Plain],
            _ if settings.gssencmode == GssEncMode::Require => &[Gss],
            SslMode::Disable => &[Gss, Plain],
            SslMode::Allow => &[Gss, Plain, Tls],
            SslMode::Prefer => &[Gss, Tls, Plain],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Gss, Tls],
        };
        let skips_gss = unix || settings.gssencmode == GssEncMode::Disable;
        Self {
            methods: &methods[usize::from(skips_gss)..],
            current: 0,
            credential: None,
        }
    }

    /// What a cancel request for a session with this encryption takes: the same, and nothing else,
    /// so that the key is never sent in clear where the session was not.
    pub(super) fn as_before(kind: SecureKind) -> Self {
        Self {
            methods: match kind {
                SecureKind::Tls => &[Method::Tls],
                SecureKind::Gss => &[Method::Gss],
            },
            current: 0,
            credential: None,
        }
    }

    fn method(&self) -> Method {
        self.methods
            .get(self.current)
            .copied()
            .unwrap_or(Method::Plain)
    }

    /// Whether the connection begins with the TLS handshake.
    pub(super) fn is_direct(&self, settings: &Settings) -> bool {
        self.method() == Method::Tls && settings.sslnegotiation == SslNegotiation::Direct
    }

    /// Turns to the next way; `false` where there is none.
    pub(super) fn next(&mut self) -> bool {
        let more = self.current + 1 < self.methods.len();
        self.current += usize::from(more);
        more
    }
}

impl Connection {
    /// The connection is made, or its encryption is: whoever polls is told so before the next step.
    pub(super) fn made_ready(&mut self, next: Step) -> Turn {
        self.status = ConnStatus::Made;
        Turn::Wait(next, Polling::Writing)
    }

    /// The network connection is made: asks for encryption where it is wanted.
    pub(super) fn made(&mut self) -> Stepped {
        let (Some(attempt), Some(settings)) = (&self.attempt, &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        match attempt.encryption.method() {
            Method::Plain => return Ok(Turn::Go(Step::Start)),
            Method::Gss => return self.ask_for_gss(),
            Method::Tls => {}
        }
        let is_direct = attempt.encryption.is_direct(settings);
        self.status = ConnStatus::SslStartup;
        if is_direct {
            return self.start_handshake();
        }
        frontend::ssl_request(self.output.buffer());
        self.trace_sent_as(Sent::Packet);
        self.send_now()?;
        Ok(Turn::Wait(Step::SslReply, Polling::Reading))
    }

    /// The server's one byte: whether it speaks TLS.
    pub(super) fn read_ssl_reply(&mut self) -> Stepped {
        if self.input.is_empty() && !self.receive_step()? {
            return Ok(Turn::Wait(Step::SslReply, Polling::Reading));
        }
        let answer = self.input.bytes()[0];
        self.input.consume(1);
        self.trace_reply("SSLResponse", answer);
        match answer {
            reply::SSL if !self.input.is_empty() => {
                // Bytes sent before the handshake came from somebody else.
                Err(Failure::Final(
                    "received unencrypted data after SSL response".to_owned(),
                ))
            }
            reply::SSL => self.start_handshake(),
            reply::REFUSED => self.tls_refused(),
            // Whatever it says, it is said by somebody who has not proved who he is.
            reply::ERROR => Err(Failure::Final(
                "server sent an error response during SSL exchange".to_owned(),
            )),
            other => Err(Failure::Final(format!(
                "received invalid response to SSL negotiation: {}",
                char::from(other)
            ))),
        }
    }

    /// The server does not speak TLS: goes on without where that is allowed.
    fn tls_refused(&mut self) -> Stepped {
        let goes_on = self.attempt.as_mut().is_some_and(|a| a.encryption.next());
        if !goes_on {
            return Err(Failure::Final(
                "server does not support SSL, but SSL was required".to_owned(),
            ));
        }
        Ok(self.made_ready(Step::Made))
    }

    fn start_handshake(&mut self) -> Stepped {
        let (Some(stream), Some(settings)) = (self.stream.take(), &self.settings) else {
            return Err(Failure::Final(String::new()));
        };
        let Ok(socket) = stream.into_socket() else {
            return Err(Failure::Final(String::new()));
        };
        let tls_settings = tls_settings(settings, self.host());
        if self.tls_by_host {
            let start = TlsStart::new(socket, tls_settings);
            let offered = Step::TlsByHost(ByHost::Offered(Box::new(start)));
            return Ok(Turn::Wait(offered, Polling::Writing));
        }
        self.begin_handshake(Handshake::start(socket, &tls_settings))
    }

    /// Goes on with a handshake that has begun, or has failed to.
    pub(super) fn begin_handshake(&mut self, begun: Result<Handshake, NotEncrypted>) -> Stepped {
        match begun {
            Ok(handshake) => self.step_handshake(handshake),
            Err(failed) => Err(self.encryption_failed(failed)),
        }
    }

    /// Goes on with the handshake.
    pub(super) fn step_handshake(&mut self, handshake: Handshake) -> Stepped {
        match handshake.step() {
            tls::Step::Done(stream) => {
                self.stream = Some(Stream::Secure(stream));
                self.tls_in_use = true;
                Ok(self.made_ready(Step::Start))
            }
            tls::Step::WantRead(handshake) => {
                Ok(Turn::Wait(Step::Handshake(handshake), Polling::Reading))
            }
            tls::Step::WantWrite(handshake) => {
                Ok(Turn::Wait(Step::Handshake(handshake), Polling::Writing))
            }
            tls::Step::Failed(failed) => Err(self.encryption_failed(failed)),
        }
    }

    /// The next kind of encryption may be tried. The socket stays open until then, as that of a
    /// refused connection does.
    pub(super) fn encryption_failed(&mut self, failed: NotEncrypted) -> Failure {
        self.failed_stream = failed.socket.map(Stream::Plain);
        Failure::Encryption(failed.error.message().to_owned())
    }
}

fn path(text: &CString) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(text.to_bytes()))
}

fn tls_version(version: conninfo::TlsVersion) -> TlsVersion {
    match version {
        conninfo::TlsVersion::V1_0 => TlsVersion::V1,
        conninfo::TlsVersion::V1_1 => TlsVersion::V1_1,
        conninfo::TlsVersion::V1_2 => TlsVersion::V1_2,
        conninfo::TlsVersion::V1_3 => TlsVersion::V1_3,
    }
}

/// The settings as the transport wants them.
fn tls_settings(settings: &Settings, host: Option<&HostSpec>) -> TlsSettings {
    let name = host.and_then(|spec| spec.host.as_ref());
    TlsSettings {
        host: name.map(|name| name.to_string_lossy().into_owned()),
        home: settings.home.clone(),
        verify: match settings.sslmode {
            SslMode::VerifyFull => Verify::ChainAndHostName,
            SslMode::VerifyCa => Verify::Chain,
            _ => Verify::IfRootsExist,
        },
        roots: match &settings.sslrootcert {
            None => RootCertificates::Default,
            Some(name) if name.as_bytes() == b"system" => RootCertificates::System,
            Some(name) => RootCertificates::File(path(name)),
        },
        crl: settings.sslcrl.as_ref().map(path),
        crl_dir: settings.sslcrldir.as_ref().map(path),
        certificate: settings.sslcert.as_ref().map(path),
        key: settings.sslkey.as_ref().map(path),
        key_password: settings
            .sslpassword
            .as_ref()
            .map(|password| Zeroizing::new(password.to_bytes().to_vec())),
        key_password_hook: None,
        certificate_mode: match settings.sslcertmode {
            SslCertMode::Disable => CertificateMode::Disable,
            SslCertMode::Allow => CertificateMode::Allow,
            SslCertMode::Require => CertificateMode::Require,
        },
        sni: settings.sslsni,
        min_version: settings.ssl_min_protocol_version.map(tls_version),
        max_version: settings.ssl_max_protocol_version.map(tls_version),
        compression: settings.info.get(OptionId::Sslcompression) == Some(c"1"),
        require_alpn: settings.sslnegotiation == SslNegotiation::Direct,
        key_log: settings.sslkeylogfile.as_ref().map(path),
    }
}
