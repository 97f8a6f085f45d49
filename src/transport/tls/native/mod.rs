//! TLS by the platform's library, through the crate `native-tls`.
//!
//! Beside what it refuses (see `identity` and [`start`]), it differs from the manual in that the
//! platform itself compares the host name with the certificate: an address matches only names of
//! type iPAddress, and when the common name counts is the platform's affair.

mod end_point;
mod identity;
mod stream;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ::native_tls::{
    Certificate, HandshakeError, MidHandshakeTlsStream, Protocol, TlsConnector,
    TlsConnectorBuilder, TlsStream,
};

use super::channel::Channel;
use super::files::{self, Roots};
use super::handshake::{Machine, Progress};
use super::settings::{CertificateMode, TlsSettings, TlsVersion, Verify};
use super::{ALPN, check_alpn, tls_error};
use crate::error::Error;
use crate::transport::failure::CLOSED;
use crate::transport::{Socket, os_error};
use stream::NativeStream;

/// Gets a handshake ready: see [`Handshake::start`](super::Handshake::start).
pub(super) fn start(
    socket: Arc<Socket>,
    settings: &TlsSettings,
) -> Result<Box<dyn Machine>, Error> {
    refuse_what_is_missing(settings)?;
    let host = settings.host_name();
    if settings.verify == Verify::ChainAndHostName && host.is_none() {
        return Err(tls_error(
            "host name must be specified for a verified SSL connection",
        ));
    }
    let mut builder = TlsConnector::builder();
    set_versions(&mut builder, settings);
    set_trust(&mut builder, settings)?;
    if let Some(identity) = identity::load(settings)? {
        builder.identity(identity);
    }
    builder.request_alpns(&[ALPN]);
    builder.use_sni(settings.server_name().is_some());
    let connector = builder.build().map_err(|error| {
        tls_error(format!("could not create SSL context: {error}")).with_source(error)
    })?;
    Ok(Box::new(Handshake {
        state: State::Ready(connector, Channel::new(socket)),
        host: host.unwrap_or("localhost").to_owned(),
        require_alpn: settings.require_alpn,
    }))
}

fn needs_openssl(option: &str) -> Error {
    tls_error(format!(
        "{option} needs a build of ferropq with the feature \"openssl\""
    ))
}

/// What would otherwise be left out without a word.
fn refuse_what_is_missing(settings: &TlsSettings) -> Result<(), Error> {
    if settings.key_log.is_some() {
        return Err(needs_openssl("sslkeylogfile"));
    }
    if settings.certificate_mode == CertificateMode::Require {
        return Err(needs_openssl("sslcertmode=require"));
    }
    Ok(())
}

fn set_versions(builder: &mut TlsConnectorBuilder, settings: &TlsSettings) {
    builder.min_protocol_version(settings.min_version.map(version));
    builder.max_protocol_version(settings.max_version.map(version));
}

fn version(version: TlsVersion) -> Protocol {
    match version {
        TlsVersion::V1 => Protocol::Tlsv10,
        TlsVersion::V1_1 => Protocol::Tlsv11,
        TlsVersion::V1_2 => Protocol::Tlsv12,
        TlsVersion::V1_3 => Protocol::Tlsv13,
    }
}

fn set_trust(builder: &mut TlsConnectorBuilder, settings: &TlsSettings) -> Result<(), Error> {
    let roots = files::roots(settings)?;
    let (file, dir) = files::revocation_lists(settings, &roots);
    // A list that is there must not be passed over.
    if file.is_some_and(|path| path.exists()) {
        return Err(needs_openssl("sslcrl"));
    }
    if dir.is_some() {
        return Err(needs_openssl("sslcrldir"));
    }
    if settings.verify != Verify::ChainAndHostName {
        builder.danger_accept_invalid_hostnames(true);
    }
    match roots {
        Roots::Unverified => {
            builder.danger_accept_invalid_certs(true);
        }
        Roots::System => {}
        Roots::File(path) => {
            builder.disable_built_in_roots(true);
            for certificate in read_roots(&path)? {
                builder.add_root_certificate(certificate);
            }
        }
    }
    Ok(())
}

fn read_roots(path: &Path) -> Result<Vec<Certificate>, Error> {
    let problem = |reason: &str| {
        let path = path.display();
        tls_error(format!(
            "could not read root certificate file \"{path}\": {reason}"
        ))
    };
    let pem = fs::read(path).map_err(|error| problem(&os_error::text(&error)))?;
    let found = Certificate::stack_from_pem(&pem).map_err(|error| problem(&error.to_string()))?;
    if found.is_empty() {
        return Err(problem("no certificate or crl found"));
    }
    Ok(found)
}

/// A handshake under way.
struct Handshake {
    state: State,
    host: String,
    require_alpn: bool,
}

enum State {
    Ready(TlsConnector, Channel),
    Under(MidHandshakeTlsStream<Channel>),
}

impl Machine for Handshake {
    fn step(self: Box<Self>) -> Progress {
        let Self {
            state,
            host,
            require_alpn,
        } = *self;
        let outcome = match state {
            State::Ready(connector, channel) => connector.connect(&host, channel),
            State::Under(stream) => stream.handshake(),
        };
        match outcome {
            Ok(mut stream) => match check(&stream, require_alpn) {
                Ok(()) => Progress::Done(Box::new(NativeStream::new(stream))),
                Err(error) => {
                    // The server must not wait for who does not trust it.
                    let _ = stream.shutdown();
                    Progress::Failed(error)
                }
            },
            Err(HandshakeError::WouldBlock(stream)) => {
                let writes = stream.get_ref().blocked_on_write();
                let machine = Box::new(Self {
                    state: State::Under(stream),
                    host,
                    require_alpn,
                });
                if writes {
                    Progress::WantWrite(machine)
                } else {
                    Progress::WantRead(machine)
                }
            }
            Err(HandshakeError::Failure(error)) => Progress::Failed(failed(error, &host)),
        }
    }
}

fn check(stream: &TlsStream<Channel>, require_alpn: bool) -> Result<(), Error> {
    let agreed = stream.negotiated_alpn().unwrap_or_default();
    check_alpn(agreed.as_deref(), require_alpn)
}

/// The platform's words, with libpq's in front of them where they are about the certificate.
fn failed(error: ::native_tls::Error, host: &str) -> Error {
    let words = error.to_string();
    let message = if words.contains("ostname mismatch") || words.contains("address mismatch") {
        format!("server certificate does not match host name \"{host}\"")
    } else if words.contains("certificate verify failed") {
        "SSL error: certificate verify failed".to_owned()
    } else if words == "unexpected EOF" {
        "SSL SYSCALL error: EOF detected".to_owned()
    } else if words.contains(&os_error_words(libc::ECONNRESET)) {
        format!("{CLOSED}\nSSL SYSCALL error: Connection reset by peer")
    } else {
        format!("SSL error: {words}")
    };
    tls_error(message).with_source(error)
}

fn os_error_words(code: i32) -> String {
    format!("(os error {code})")
}
