//! The steps of the handshake, and the checks at its end.

use ::openssl::ssl::{ErrorCode, HandshakeError, MidHandshakeSslStream, Ssl, SslStream};

use super::identity::Watch;
use super::stream::OpensslStream;
use super::{certificate, failure, with_reason};
use crate::error::Error;
use crate::transport::tls::channel::Channel;
use crate::transport::tls::handshake::{Machine, Progress};
use crate::transport::tls::settings::TlsVersion;
use crate::transport::tls::{check_alpn, host_name, tls_error};

/// What must hold once the handshake is over.
pub(super) struct Expected {
    /// The host that the certificate must be for, if that is checked.
    pub(super) host: Option<String>,
    /// Whether the protocol inside must have been agreed on.
    pub(super) require_alpn: bool,
    /// The versions wanted, told where there is none in common.
    pub(super) versions: (Option<TlsVersion>, Option<TlsVersion>),
}

/// A handshake under way.
pub(super) struct Handshake {
    state: State,
    // After the connection, which refers to it.
    watch: Watch,
    expected: Expected,
}

enum State {
    Ready(Ssl, Channel),
    Under(MidHandshakeSslStream<Channel>),
}

impl Handshake {
    pub(super) fn new(ssl: Ssl, channel: Channel, watch: Watch, expected: Expected) -> Self {
        Self {
            state: State::Ready(ssl, channel),
            watch,
            expected,
        }
    }

    fn advance(self) -> Progress {
        let Self {
            state,
            watch,
            expected,
        } = self;
        let outcome = match state {
            State::Ready(ssl, channel) => ssl.connect(channel),
            State::Under(stream) => stream.handshake(),
        };
        match outcome {
            Ok(mut stream) => match check(&stream, &expected) {
                Ok(()) => Progress::Done(Box::new(OpensslStream::new(stream, watch))),
                Err(error) => {
                    // The server must not wait for who does not trust it.
                    let _ = stream.shutdown();
                    Progress::Failed(error)
                }
            },
            Err(HandshakeError::WouldBlock(stream)) => {
                let writes = stream.error().code() == ErrorCode::WANT_WRITE;
                let machine = Box::new(Self {
                    state: State::Under(stream),
                    watch,
                    expected,
                });
                if writes {
                    Progress::WantWrite(machine)
                } else {
                    Progress::WantRead(machine)
                }
            }
            Err(HandshakeError::Failure(stream)) => {
                let message = failure::of_handshake(stream.into_error(), expected.versions);
                Progress::Failed(tls_error(message))
            }
            Err(HandshakeError::SetupFailure(errors)) => {
                Progress::Failed(with_reason("could not establish SSL connection", &errors))
            }
        }
    }
}

impl Machine for Handshake {
    fn step(self: Box<Self>) -> Progress {
        self.advance()
    }
}

fn check(stream: &SslStream<Channel>, expected: &Expected) -> Result<(), Error> {
    let ssl = stream.ssl();
    check_alpn(ssl.selected_alpn_protocol(), expected.require_alpn)?;
    let Some(certificate) = ssl.peer_certificate() else {
        return Err(tls_error(
            "certificate could not be obtained: the server has sent none",
        ));
    };
    match expected.host.as_deref() {
        None => Ok(()),
        Some("") => Err(tls_error(
            "host name must be specified for a verified SSL connection",
        )),
        Some(host) => host_name::verify(&certificate::names(&certificate), host),
    }
}
