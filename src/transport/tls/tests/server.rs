//! A TLS server at the other end of a socket pair.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use ::openssl::ssl::{
    AlpnError, NameType, Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVerifyMode,
    SslVersion,
};
use ::openssl::x509::X509;

use super::certificates::Issued;
use crate::transport::Socket;

/// What the server does once the connection is encrypted.
#[derive(Clone, Copy)]
pub(super) enum Then {
    /// Sends back what it receives until the client closes.
    Echo,
    /// Sends this many bytes and then echoes.
    Send(usize),
    /// Ends the encryption properly.
    SayGoodbye,
    /// Ends the connection without a word, after these bytes.
    CutOff(&'static [u8]),
    /// Sends bytes that are no record.
    Garbage,
}

/// A server to be.
pub(super) struct Server<'a> {
    pub(super) issued: &'a Issued,
    pub(super) chain: Vec<X509>,
    pub(super) ask: bool,
    pub(super) alpn: Option<&'static [u8]>,
    pub(super) min: Option<SslVersion>,
    pub(super) max: Option<SslVersion>,
    pub(super) then: Then,
    /// Whether the server may show a certificate with a signature that is out of fashion.
    pub(super) weak: bool,
}

/// What the server saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) established: bool,
    pub(super) server_name: Option<String>,
    pub(super) client_chain: usize,
}

impl<'a> Server<'a> {
    pub(super) fn new(issued: &'a Issued) -> Self {
        Self {
            issued,
            chain: Vec::new(),
            ask: false,
            alpn: None,
            min: None,
            max: None,
            then: Then::Echo,
            weak: false,
        }
    }

    /// Serves one connection, whose other end comes back.
    pub(super) fn serve(&self) -> (Socket, JoinHandle<Seen>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let context = self.context();
        let then = self.then;
        let thread = thread::spawn(move || {
            let mut seen = Seen::default();
            let ssl = Ssl::new(&context).unwrap();
            if let Ok(stream) = ssl.accept(theirs) {
                seen.established = true;
                let name = stream.ssl().servername(NameType::HOST_NAME);
                seen.server_name = name.map(str::to_owned);
                let certificates = usize::from(stream.ssl().peer_certificate().is_some());
                // A server's view of the chain leaves out the client's own certificate.
                let above = stream
                    .ssl()
                    .peer_cert_chain()
                    .map_or(0, |chain| chain.len());
                seen.client_chain = certificates + above;
                go_on(stream, then);
            }
            seen
        });
        (Socket::from(ours), thread)
    }

    fn context(&self) -> SslContext {
        let mut context = SslContextBuilder::new(SslMethod::tls_server()).unwrap();
        if self.weak {
            context.set_security_level(0);
        }
        context.set_certificate(&self.issued.certificate).unwrap();
        context.set_private_key(&self.issued.key).unwrap();
        for certificate in &self.chain {
            context.add_extra_chain_cert(certificate.clone()).unwrap();
        }
        if self.ask {
            context.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
        }
        context.set_session_id_context(b"ferropq").unwrap();
        context.set_min_proto_version(self.min).unwrap();
        context.set_max_proto_version(self.max).unwrap();
        if let Some(protocol) = self.alpn {
            context.set_alpn_select_callback(move |_, offered| {
                let at = offered
                    .windows(protocol.len())
                    .position(|w| w == protocol)
                    .ok_or(AlpnError::NOACK)?;
                Ok(&offered[at..at + protocol.len()])
            });
        }
        context.build()
    }
}

fn go_on(mut stream: SslStream<UnixStream>, then: Then) {
    match then {
        Then::Echo => echo(&mut stream),
        Then::Send(count) => {
            let bytes: Vec<u8> = (0..count).map(|i| i as u8).collect();
            if stream.write_all(&bytes).is_ok() {
                echo(&mut stream);
            }
        }
        Then::SayGoodbye => {
            let _ = stream.shutdown();
        }
        Then::CutOff(bytes) => {
            let _ = stream.write_all(bytes);
        }
        Then::Garbage => {
            let _ = stream.get_mut().write_all(b"this is no record at all");
            echo(&mut stream);
        }
    }
}

fn echo(stream: &mut SslStream<UnixStream>) {
    let mut buf = vec![0; 1 << 14];
    while let Ok(count) = stream.read(&mut buf) {
        if count == 0 || stream.write_all(&buf[..count]).is_err() {
            return;
        }
    }
}
