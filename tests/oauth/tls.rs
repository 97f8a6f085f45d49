//! Certificates for issuers: one that is trusted, and one that is not.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslFiletype, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

/// Where the cases find the certificates.
pub(crate) const FOLDER: &str = "FERROPQ_OAUTH_FOLDER";

/// Makes both; returns the file of the trusted one.
pub(crate) fn create(folder: &Path) -> PathBuf {
    for name in ["trusted", "foreign"] {
        let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
        let certificate = certificate(&key);
        let pem = certificate.to_pem().expect("PEM");
        fs::write(folder.join(format!("{name}.crt")), pem).expect("a file");
        let pem = key.private_key_to_pem_pkcs8().expect("PEM");
        fs::write(folder.join(format!("{name}.key")), pem).expect("a file");
    }
    folder.join("trusted.crt")
}

fn certificate(key: &PKey<Private>) -> X509 {
    let mut name = X509NameBuilder::new().expect("a name");
    name.append_entry_by_text("CN", "localhost")
        .expect("a name");
    let name = name.build();
    let mut serial = BigNum::new().expect("a number");
    serial
        .rand(64, MsbOption::MAYBE_ZERO, false)
        .expect("random");
    let mut builder = X509::builder().expect("a certificate");
    builder.set_version(2).expect("version 3");
    let serial = serial.to_asn1_integer().expect("a number");
    builder.set_serial_number(&serial).expect("a serial number");
    builder.set_subject_name(&name).expect("a subject");
    builder.set_issuer_name(&name).expect("an issuer");
    builder.set_pubkey(key).expect("a key");
    let (begin, end) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(1));
    builder
        .set_not_before(&begin.expect("today"))
        .expect("a time");
    builder
        .set_not_after(&end.expect("tomorrow"))
        .expect("a time");
    let authority = BasicConstraints::new().critical().ca().build();
    builder
        .append_extension(authority.expect("an extension"))
        .expect("an extension");
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&builder.x509v3_context(None, None));
    builder
        .append_extension(names.expect("an extension"))
        .expect("an extension");
    builder
        .sign(key, MessageDigest::sha256())
        .expect("a signature");
    builder.build()
}

/// What an issuer with that certificate accepts connections with.
pub(crate) fn acceptor(name: &str) -> SslAcceptor {
    let folder = PathBuf::from(env::var_os(FOLDER).expect("the folder of certificates"));
    let mut builder = SslAcceptor::mozilla_intermediate(SslMethod::tls()).expect("TLS");
    let file = |ending: &str| folder.join(format!("{name}.{ending}"));
    builder
        .set_certificate_file(file("crt"), SslFiletype::PEM)
        .expect("a certificate");
    builder
        .set_private_key_file(file("key"), SslFiletype::PEM)
        .expect("a key");
    builder.build()
}
