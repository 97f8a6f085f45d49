//! What only OpenSSL can do.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::openssl::symm::Cipher;
use zeroize::Zeroizing;

use super::Backend;
use super::certificates::{Folder, Issued, Wish, issue, root};
use super::revocation::revocation_list;
use super::server::{Seen, Server};
use crate::transport::ClientCertificate;
use crate::transport::tls::{CertificateMode, RootCertificates, TlsSettings, Verify, openssl};
use crate::{Error, ErrorKind};

const OPENSSL: Backend = Backend {
    name: "openssl",
    start: openssl::start,
};

fn attempt(
    server: &Server<'_>,
    settings: &TlsSettings,
) -> Result<(ClientCertificate, Seen), Error> {
    let (socket, thread) = server.serve();
    let stream = OPENSSL.connect(socket, settings)?;
    let outcome = stream.client_certificate().unwrap();
    drop(stream);
    Ok((outcome, thread.join().unwrap()))
}

fn refused(server: &Server<'_>, settings: &TlsSettings) -> String {
    let error = attempt(server, settings).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    error.message().to_owned()
}

#[test]
fn a_revoked_certificate_is_refused_by_file_and_by_directory() {
    let folder = Folder::new();
    let authority = root("root");
    let (good, bad) = (
        issue(&Wish::default(), Some(&authority)),
        issue(&Wish::default(), Some(&authority)),
    );
    let base = TlsSettings {
        verify: Verify::Chain,
        roots: RootCertificates::File(folder.certificate("root.crt", &authority)),
        ..TlsSettings::default()
    };
    let bytes = revocation_list(&authority, &[&bad]);
    let file = folder.write("root.crl", &bytes);
    let dir = folder.path().join("lists");
    fs::create_dir(&dir).unwrap();
    let hash = authority.certificate.subject_name_hash();
    fs::write(dir.join(format!("{hash:08x}.r0")), &bytes).unwrap();

    let by_file = TlsSettings {
        crl: Some(file),
        ..base.clone()
    };
    let by_dir = TlsSettings {
        crl_dir: Some(dir),
        ..base.clone()
    };
    for settings in [by_file, by_dir] {
        attempt(&Server::new(&good), &settings).unwrap();
        let error = refused(&Server::new(&bad), &settings);
        assert_eq!(error, "SSL error: certificate verify failed");
    }
    let with_file = |name| TlsSettings {
        crl: Some(folder.path().join(name)),
        ..base.clone()
    };
    attempt(&Server::new(&bad), &with_file("none.crl")).unwrap();
    // A file that holds something else than lists: there is none that vouches for anybody.
    let error = refused(&Server::new(&good), &with_file("root.crt"));
    assert_eq!(error, "SSL error: certificate verify failed");
}

#[test]
fn the_list_at_home_is_heeded() {
    let folder = Folder::new();
    let authority = root("root");
    let bad = issue(&Wish::default(), Some(&authority));
    fs::create_dir(folder.path().join(".postgresql")).unwrap();
    folder.certificate(".postgresql/root.crt", &authority);
    folder.write(".postgresql/root.crl", revocation_list(&authority, &[&bad]));
    let settings = TlsSettings {
        home: Some(folder.path().to_owned()),
        ..TlsSettings::default()
    };
    let error = refused(&Server::new(&bad), &settings);
    assert_eq!(error, "SSL error: certificate verify failed");
}

/// A client whose key is stored as these bytes.
fn client(folder: &Folder, issued: &Issued, key: &[u8]) -> TlsSettings {
    TlsSettings {
        certificate: Some(folder.certificate("client.crt", issued)),
        key: Some(folder.write("client.key", key)),
        ..TlsSettings::default()
    }
}

#[test]
fn every_form_of_key_is_taken() {
    let folder = Folder::new();
    let issued = root("client");
    let mut server = Server::new(&issued);
    server.ask = true;
    let ec = issued.key.ec_key().unwrap();
    let forms = [
        issued.key.private_key_to_pem_pkcs8().unwrap(),
        ec.private_key_to_pem().unwrap(),
        issued.key.private_key_to_der().unwrap(),
        issued.key.private_key_to_pkcs8().unwrap(),
    ];
    for form in forms {
        let settings = client(&folder, &issued, &form);
        let (outcome, seen) = attempt(&server, &settings).unwrap();
        assert!(outcome.requested && outcome.sent && seen.client_chain > 0);
    }
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let folder = Folder::new();
    let issued = root("client");
    let mut server = Server::new(&issued);
    server.ask = true;
    let key = &issued.key;
    let pem = key
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"open sesame")
        .unwrap();
    let mut settings = client(&folder, &issued, &pem);
    settings.key_password = Some(Zeroizing::new(b"open sesame".to_vec()));
    assert!(attempt(&server, &settings).unwrap().0.sent);

    settings.key_password = Some(Zeroizing::new(b"wrong".to_vec()));
    let error = refused(&server, &settings);
    assert!(error.starts_with("could not load private key file \""));
    assert!(error.ends_with("\": bad decrypt"), "{error}");
    assert!(!error.contains("wrong"));

    // The hook goes first.
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    settings.key_password_hook = Some(Arc::new(move |buf| {
        counted.fetch_add(1, Ordering::Relaxed);
        buf[..11].copy_from_slice(b"open sesame");
        11
    }));
    assert!(attempt(&server, &settings).unwrap().0.sent);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    settings.key_password_hook = Some(Arc::new(|_| usize::MAX));
    refused(&server, &settings);
    settings.key_password_hook = Some(Arc::new(|_| 0));
    refused(&server, &settings);
}

#[test]
fn files_that_hold_something_else_are_told() {
    let folder = Folder::new();
    let issued = root("client");
    let server = Server::new(&issued);
    let settings = client(&folder, &issued, b"no key");
    let error = refused(&server, &settings);
    assert!(error.starts_with("could not load private key file \""));
    let mut settings = client(&folder, &issued, b"unused");
    settings.certificate = Some(folder.key("other.key", &issued));
    let error = refused(&server, &settings);
    assert!(error.starts_with("could not read certificate file \""));
    assert!(error.ends_with("\": no start line"), "{error}");
}

#[test]
fn what_became_of_the_certificate_is_told() {
    let folder = Folder::new();
    let issued = root("client");
    let pem = issued.key.private_key_to_pem_pkcs8().unwrap();
    let with = client(&folder, &issued, &pem);
    let disabled = TlsSettings {
        certificate_mode: CertificateMode::Disable,
        ..with.clone()
    };
    let without = TlsSettings::default();
    for (settings, ask, requested, sent) in [
        (&with, true, true, true),
        (&with, false, false, false),
        (&without, true, true, false),
        (&disabled, true, true, false),
    ] {
        let mut server = Server::new(&issued);
        server.ask = ask;
        let (outcome, seen) = attempt(&server, settings).unwrap();
        assert_eq!(outcome, ClientCertificate { requested, sent });
        assert_eq!(seen.client_chain > 0, sent);
    }
}

#[test]
fn an_engine_that_is_not_there_is_told() {
    let folder = Folder::new();
    let issued = root("client");
    let mut settings = client(&folder, &issued, b"unused");
    settings.key = Some("no-such-engine:key".into());
    let error = refused(&Server::new(&issued), &settings);
    let prefix = "could not load SSL engine \"no-such-engine\": ";
    assert!(error.starts_with(prefix), "{error}");
}

#[test]
fn keys_are_logged_where_nobody_else_can_read_them() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let issued = root("server");
    let path = folder.path().join("keys");
    let settings = TlsSettings {
        key_log: Some(path.clone()),
        ..TlsSettings::default()
    };
    attempt(&Server::new(&issued), &settings).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.lines().count() >= 4, "{text}");
    assert!(text.lines().all(|line| line.split(' ').count() == 3));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A log that cannot be written does not end the connection.
    let settings = TlsSettings {
        key_log: Some(folder.path().join("missing/keys")),
        ..TlsSettings::default()
    };
    attempt(&Server::new(&issued), &settings).unwrap();
}

#[test]
fn the_object_of_openssl_is_handed_out_under_its_name() {
    let issued = root("server");
    let server = Server::new(&issued);
    let (socket, _thread) = server.serve();
    let stream = OPENSSL.connect(socket, &TlsSettings::default()).unwrap();
    assert!(!stream.raw("OpenSSL").is_null());
    assert!(stream.raw("GnuTLS").is_null());
}
