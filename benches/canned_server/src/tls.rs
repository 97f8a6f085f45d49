//! TLS as a PostgreSQL server does it: a certificate of its own, no session tickets, and records of
//! the size of its send buffer.

use std::io::{self, Read, Write};

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{Ssl, SslAcceptor, SslMethod, SslOptions, SslStream};
use openssl::x509::{X509, X509Name};

/// What a PostgreSQL server gathers before it encrypts.
const RECORD: usize = 8192;

/// An encrypted stream.
pub(crate) struct Stream<S>(SslStream<S>);

/// What every handshake starts from, made once.
pub(crate) fn acceptor() -> SslAcceptor {
    try_acceptor().expect("OpenSSL makes a key and a certificate")
}

fn try_acceptor() -> Result<SslAcceptor, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_options(SslOptions::NO_TICKET);
    builder.set_num_tickets(0)?;
    builder.set_certificate(&*certificate(&key)?)?;
    builder.set_private_key(&key)?;
    Ok(builder.build())
}

fn certificate(key: &PKey<Private>) -> Result<X509, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_text("CN", "localhost")?;
    let name = name.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(&*Asn1Time::days_from_now(0)?)?;
    builder.set_not_after(&*Asn1Time::days_from_now(30)?)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

/// Does the server's side of a handshake.
pub(crate) fn accept<S: Read + Write>(acceptor: &SslAcceptor, stream: S) -> io::Result<Stream<S>> {
    let ssl = Ssl::new(acceptor.context())?;
    let mut stream = SslStream::new(ssl, stream)?;
    stream.accept().map_err(io::Error::other)?;
    Ok(Stream(stream))
}

impl<S: Read + Write> Read for Stream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&bytes[..bytes.len().min(RECORD)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
