//! TLS by OpenSSL: everything that the manual's chapter "SSL Support" has.

mod certificate;
mod context;
mod engine;
mod failure;
mod identity;
mod library;
mod machine;
mod stream;

use std::sync::Arc;

use ::openssl::ssl::Ssl;

use self::library::Library;
use super::channel::Channel;
use super::handshake::Machine;
use super::settings::{TlsSettings, Verify};
use super::tls_error;
use crate::error::Error;
use crate::transport::Socket;

/// Sees to it that OpenSSL is loaded, which nothing here may be used before. The error is a sentence.
pub(super) fn load() -> Result<(), String> {
    match Library::get() {
        Ok(_) => Ok(()),
        Err(reason) => Err(format!("could not load OpenSSL: {reason}")),
    }
}

/// Gets a handshake ready: see [`Handshake::start`](super::Handshake::start).
pub(super) fn start(
    socket: Arc<Socket>,
    settings: &TlsSettings,
) -> Result<Box<dyn Machine>, Error> {
    load().map_err(tls_error)?;
    let context = context::for_settings(settings)?;
    let mut ssl =
        Ssl::new(&context).map_err(|e| with_reason("could not establish SSL connection", &e))?;
    if let Some(name) = settings.server_name() {
        ssl.set_hostname(name)
            .map_err(|e| with_reason("could not set SSL Server Name Indication (SNI)", &e))?;
    }
    let watch = identity::Watch::over(&mut ssl);
    let expected = machine::Expected {
        host: match settings.verify {
            Verify::ChainAndHostName => Some(settings.host_name().unwrap_or_default().to_owned()),
            _ => None,
        },
        require_alpn: settings.require_alpn,
        versions: (settings.min_version, settings.max_version),
    };
    let channel = Channel::new(socket);
    Ok(Box::new(machine::Handshake::new(
        ssl, channel, watch, expected,
    )))
}

fn with_reason(what: &str, errors: &::openssl::error::ErrorStack) -> Error {
    tls_error(format!("{what}: {}", failure::reason(errors)))
}
