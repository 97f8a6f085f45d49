//! What the platform's library cannot do is refused, not left out.

use std::sync::Arc;

use super::certificates::{Folder, root};
use crate::transport::Socket;
use crate::transport::tls::{CertificateMode, RootCertificates, TlsSettings, native};

fn refused(settings: &TlsSettings) -> String {
    let (ours, _theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let error = native::start(Arc::new(Socket::from(ours)), settings)
        .err()
        .unwrap();
    error.message().to_owned()
}

#[test]
fn options_that_need_openssl_are_refused_by_name() {
    let folder = Folder::new();
    let authority = root("root");
    let file = folder.certificate("root.crt", &authority);
    let cases = [
        (
            "sslkeylogfile",
            TlsSettings {
                key_log: Some(file.clone()),
                ..TlsSettings::default()
            },
        ),
        (
            "sslcertmode=require",
            TlsSettings {
                certificate_mode: CertificateMode::Require,
                ..TlsSettings::default()
            },
        ),
        (
            "sslcrl",
            TlsSettings {
                roots: RootCertificates::File(file.clone()),
                crl: Some(file.clone()),
                ..TlsSettings::default()
            },
        ),
        (
            "sslcrldir",
            TlsSettings {
                roots: RootCertificates::File(file),
                crl_dir: Some(folder.path().to_owned()),
                ..TlsSettings::default()
            },
        ),
    ];
    for (option, settings) in cases {
        assert_eq!(
            refused(&settings),
            format!("{option} needs a build of ferropq with the feature \"openssl\"")
        );
    }
}

#[test]
fn a_key_in_an_engine_or_in_an_old_form_is_refused() {
    let folder = Folder::new();
    let issued = root("client");
    let mut settings = TlsSettings {
        certificate: Some(folder.certificate("client.crt", &issued)),
        key: Some("pkcs11:key".into()),
        ..TlsSettings::default()
    };
    assert!(refused(&settings).contains("engine"));
    let old = issued.key.ec_key().unwrap().private_key_to_pem().unwrap();
    settings.key = Some(folder.write("client.key", old));
    assert!(refused(&settings).contains("openssl pkcs8 -topk8"));
}
