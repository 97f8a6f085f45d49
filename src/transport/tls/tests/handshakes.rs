//! Whom the handshake trusts, and what it tells the server.

use ::openssl::ssl::SslVersion;

use super::certificates::{Folder, Issued, Wish, issue, root};
use super::server::{Seen, Server};
use super::{Backend, backends};
use crate::Error;
use crate::ErrorKind;
use crate::transport::tls::{RootCertificates, Step, TlsSettings, TlsVersion, Verify};
use crate::transport::{SecureStream, Socket};

/// An authority and its file.
struct World {
    folder: Folder,
    root: Issued,
    settings: TlsSettings,
}

impl World {
    fn new(verify: Verify) -> Self {
        let folder = Folder::new();
        let root = root("root");
        let path = folder.certificate("root.crt", &root);
        let settings = TlsSettings {
            host: Some("localhost".to_owned()),
            verify,
            roots: RootCertificates::File(path),
            ..TlsSettings::default()
        };
        Self {
            folder,
            root,
            settings,
        }
    }

    fn leaf(&self, wish: &Wish<'_>) -> Issued {
        issue(wish, Some(&self.root))
    }
}

type Outcome = Result<Facts, Error>;

fn attempt(backend: Backend, server: &Server<'_>, settings: &TlsSettings) -> (Outcome, Seen) {
    let (socket, thread) = server.serve();
    let outcome = backend.connect(socket, settings).map(|mut stream| {
        stream.shutdown();
        Facts::of(&*stream)
    });
    // The server ends when the connection does.
    (outcome, thread.join().unwrap())
}

/// What a stream told of itself before it was closed.
struct Facts {
    end_point: Option<Vec<u8>>,
    attributes: Vec<(&'static str, String)>,
}

impl Facts {
    fn of(stream: &dyn SecureStream) -> Self {
        let names = [
            "library",
            "key_bits",
            "cipher",
            "compression",
            "protocol",
            "alpn",
            "colour",
        ];
        Self {
            end_point: stream.server_end_point(),
            attributes: names
                .into_iter()
                .filter_map(|name| Some((name, stream.attribute(name)?)))
                .collect(),
        }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn refused(outcome: Outcome) -> String {
    let error = outcome.err().expect("the connection must be refused");
    assert_eq!(error.kind(), ErrorKind::Tls);
    error.message().to_owned()
}

const NOT_TRUSTED: &str = "SSL error: certificate verify failed";

#[test]
fn without_roots_any_certificate_will_do() {
    let stranger = root("stranger");
    for backend in backends() {
        let settings = TlsSettings::default();
        let (outcome, seen) = attempt(backend, &Server::new(&stranger), &settings);
        let stream = outcome.unwrap();
        assert!(seen.established);
        let library = stream.attribute("library").unwrap();
        assert_eq!(library == "OpenSSL", backend.is_openssl());
        assert_eq!(stream.attribute("alpn"), Some(""));
        assert_eq!(stream.attribute("colour"), None);
        if backend.is_openssl() {
            assert_eq!(stream.attribute("protocol"), Some("TLSv1.3"));
            assert_eq!(stream.attribute("compression"), Some("off"));
            let cipher = stream.attribute("cipher").unwrap();
            assert!(cipher.starts_with("TLS_"), "{cipher}");
            let bits = stream.attribute("key_bits").unwrap();
            assert!(bits == "256" || bits == "128", "{bits}");
        }
    }
}

#[test]
fn the_chain_must_lead_to_a_root_in_the_file() {
    let world = World::new(Verify::Chain);
    let wish = Wish {
        common: "intermediate",
        authority: true,
        ..Wish::default()
    };
    let intermediate = world.leaf(&wish);
    let wish = Wish {
        common: "elsewhere",
        ..Wish::default()
    };
    let leaf = issue(&wish, Some(&intermediate));
    for backend in backends() {
        let mut server = Server::new(&leaf);
        let (outcome, _) = attempt(backend, &server, &world.settings);
        assert_eq!(refused(outcome), NOT_TRUSTED, "{}", backend.name);
        server.chain = vec![intermediate.certificate.clone()];
        let (outcome, seen) = attempt(backend, &server, &world.settings);
        outcome.unwrap();
        assert!(seen.established);
    }
}

#[test]
fn a_file_of_roots_is_heeded_even_where_verification_is_not_demanded() {
    let world = World::new(Verify::IfRootsExist);
    let stranger = root("stranger");
    let known = world.leaf(&Wish::default());
    for backend in backends() {
        let (outcome, _) = attempt(backend, &Server::new(&stranger), &world.settings);
        assert_eq!(refused(outcome), NOT_TRUSTED);
        attempt(backend, &Server::new(&known), &world.settings)
            .0
            .unwrap();
    }
}

#[test]
fn a_missing_file_of_roots_is_an_error_only_where_it_is_needed() {
    let mut world = World::new(Verify::Chain);
    let missing = world.folder.path().join("none.crt");
    world.settings.roots = RootCertificates::File(missing.clone());
    let leaf = world.leaf(&Wish::default());
    for backend in backends() {
        world.settings.verify = Verify::Chain;
        let error = refused(attempt(backend, &Server::new(&leaf), &world.settings).0);
        assert_eq!(
            error,
            format!(
                "root certificate file \"{}\" does not exist\nEither provide the file, use the \
                 system's trusted roots with sslrootcert=system, or change sslmode to disable \
                 server certificate verification.",
                missing.display()
            )
        );
        world.settings.verify = Verify::IfRootsExist;
        attempt(backend, &Server::new(&leaf), &world.settings)
            .0
            .unwrap();
    }
}

#[test]
fn a_file_without_certificates_is_told() {
    let mut world = World::new(Verify::Chain);
    let path = world.folder.key("not-a-certificate", &world.root);
    world.settings.roots = RootCertificates::File(path.clone());
    let leaf = world.leaf(&Wish::default());
    for backend in backends() {
        let error = refused(attempt(backend, &Server::new(&leaf), &world.settings).0);
        assert_eq!(
            error,
            format!(
                "could not read root certificate file \"{}\": no certificate or crl found",
                path.display()
            )
        );
    }
}

#[test]
fn the_systems_roots_do_not_know_us() {
    let mut world = World::new(Verify::ChainAndHostName);
    world.settings.roots = RootCertificates::System;
    let leaf = world.leaf(&Wish::default());
    for backend in backends() {
        let (outcome, _) = attempt(backend, &Server::new(&leaf), &world.settings);
        assert_eq!(refused(outcome), NOT_TRUSTED);
    }
}

#[test]
fn an_expired_certificate_is_refused() {
    let world = World::new(Verify::Chain);
    let wish = Wish {
        expired: true,
        ..Wish::default()
    };
    let leaf = world.leaf(&wish);
    for backend in backends() {
        let (outcome, _) = attempt(backend, &Server::new(&leaf), &world.settings);
        assert_eq!(refused(outcome), NOT_TRUSTED);
    }
}

#[test]
fn the_host_must_be_one_of_the_certificates() {
    let mut world = World::new(Verify::ChainAndHostName);
    let wish = Wish {
        common: "unused",
        dns: &["a.example", "*.wild.example"],
        ip: &["10.1.2.3"],
        ..Wish::default()
    };
    let leaf = world.leaf(&wish);
    for backend in backends() {
        for host in ["a.example", "db.wild.example", "10.1.2.3"] {
            world.settings.host = Some(host.to_owned());
            let (outcome, seen) = attempt(backend, &Server::new(&leaf), &world.settings);
            assert!(outcome.is_ok(), "{} {host}", backend.name);
            assert_eq!(seen.server_name.is_some(), host != "10.1.2.3");
        }
        for host in ["b.example", "wild.example", "a.b.wild.example", "10.1.2.4"] {
            world.settings.host = Some(host.to_owned());
            let error = refused(attempt(backend, &Server::new(&leaf), &world.settings).0);
            let words = if backend.is_openssl() {
                format!(
                    "server certificate for \"a.example\" (and 2 other names) does not match host \
                     name \"{host}\""
                )
            } else {
                format!("server certificate does not match host name \"{host}\"")
            };
            assert_eq!(error, words);
        }
    }
}

#[test]
fn the_host_must_be_named_to_be_verified() {
    let mut world = World::new(Verify::ChainAndHostName);
    let leaf = world.leaf(&Wish::default());
    for host in [None, Some(String::new())] {
        world.settings.host = host;
        for backend in backends() {
            let error = refused(attempt(backend, &Server::new(&leaf), &world.settings).0);
            let words = "host name must be specified for a verified SSL connection";
            assert_eq!(error, words);
        }
    }
}

#[test]
fn the_server_is_told_the_host_name_unless_that_is_off() {
    let stranger = root("stranger");
    for backend in backends() {
        for sni in [true, false] {
            let settings = TlsSettings {
                host: Some("db.example".to_owned()),
                sni,
                ..TlsSettings::default()
            };
            let (outcome, seen) = attempt(backend, &Server::new(&stranger), &settings);
            outcome.unwrap();
            let expected = sni.then(|| "db.example".to_owned());
            assert_eq!(seen.server_name, expected, "{}", backend.name);
        }
    }
}

#[test]
fn the_protocol_inside_is_agreed_on_where_the_server_knows_it() {
    let stranger = root("stranger");
    for backend in backends() {
        let mut settings = TlsSettings::default();
        let mut server = Server::new(&stranger);
        server.alpn = Some(b"postgresql");
        for required in [false, true] {
            settings.require_alpn = required;
            let stream = attempt(backend, &server, &settings).0.unwrap();
            assert_eq!(stream.attribute("alpn"), Some("postgresql"));
        }
        server.alpn = None;
        let error = refused(attempt(backend, &server, &settings).0);
        assert_eq!(
            error,
            "direct SSL connection was established without ALPN protocol negotiation extension"
        );
    }
}

#[test]
fn versions_outside_the_range_are_refused() {
    let stranger = root("stranger");
    for backend in backends() {
        let settings = TlsSettings {
            min_version: Some(TlsVersion::V1_3),
            ..TlsSettings::default()
        };
        let mut server = Server::new(&stranger);
        server.max = Some(SslVersion::TLS1_2);
        let error = refused(attempt(backend, &server, &settings).0);
        if backend.is_openssl() {
            assert_eq!(
                error,
                "SSL error: tlsv1 alert protocol version\nThis may indicate that the server does \
                 not support any SSL protocol version between TLSv1.3 and TLSv1.3."
            );
        } else {
            assert!(error.contains("protocol version"), "{error}");
        }
        let settings = TlsSettings {
            max_version: Some(TlsVersion::V1_2),
            ..TlsSettings::default()
        };
        let stream = attempt(backend, &Server::new(&stranger), &settings)
            .0
            .unwrap();
        if backend.is_openssl() {
            assert_eq!(stream.attribute("protocol"), Some("TLSv1.2"));
        }
    }
}

#[test]
fn a_clients_certificate_is_sent_with_its_chain() {
    let folder = Folder::new();
    let world = root("root");
    let leaf = issue(&Wish::default(), Some(&world));
    let certificate = [
        leaf.certificate.to_pem().unwrap(),
        world.certificate.to_pem().unwrap(),
    ]
    .concat();
    let settings = TlsSettings {
        certificate: Some(folder.write("client.crt", certificate)),
        key: Some(folder.key("client.key", &leaf)),
        ..TlsSettings::default()
    };
    for backend in backends() {
        let mut server = Server::new(&world);
        let (outcome, seen) = attempt(backend, &server, &settings);
        outcome.unwrap();
        assert_eq!(seen.client_chain, 0, "nobody asked");
        server.ask = true;
        let (outcome, seen) = attempt(backend, &server, &settings);
        outcome.unwrap();
        assert_eq!(seen.client_chain, 2, "{}", backend.name);
    }
}

#[test]
fn a_key_that_does_not_belong_to_the_certificate_is_refused() {
    let folder = Folder::new();
    let (one, other) = (root("one"), root("other"));
    let settings = TlsSettings {
        certificate: Some(folder.certificate("client.crt", &one)),
        key: Some(folder.key("client.key", &other)),
        ..TlsSettings::default()
    };
    for backend in backends() {
        let (outcome, _) = attempt(backend, &Server::new(&one), &settings);
        assert!(refused(outcome).contains("key values mismatch"));
    }
}

#[test]
fn the_end_point_is_the_certificates_hash_by_the_digest_of_its_signature() {
    use ::openssl::hash::{MessageDigest, hash};

    let world = root("root");
    let cases = [
        (MessageDigest::sha256(), MessageDigest::sha256()),
        (MessageDigest::sha1(), MessageDigest::sha256()),
        (MessageDigest::sha384(), MessageDigest::sha384()),
    ];
    for (signed, hashed) in cases {
        let wish = Wish {
            digest: signed,
            ..Wish::default()
        };
        let leaf = issue(&wish, Some(&world));
        let expected = hash(hashed, &leaf.certificate.to_der().unwrap()).unwrap();
        for backend in backends() {
            let mut server = Server::new(&leaf);
            // The server's own library may find SHA-1 too weak to show.
            server.weak = true;
            let stream = attempt(backend, &server, &TlsSettings::default())
                .0
                .unwrap();
            assert_eq!(stream.end_point.unwrap(), expected.to_vec());
        }
    }
}

#[test]
fn a_step_does_not_wait_for_a_silent_server() {
    for backend in backends() {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let handshake = backend
            .start(Socket::from(ours), &TlsSettings::default())
            .unwrap();
        let Step::WantRead(handshake) = handshake.step() else {
            panic!("the hello was sent, so the answer is wanted");
        };
        let Step::WantRead(handshake) = handshake.step() else {
            panic!("still no answer");
        };
        drop(theirs);
        let fd = handshake.fd();
        let Step::Failed(failed) = handshake.step() else {
            panic!("there will be no answer");
        };
        let error = failed.error;
        assert!(error.message().contains("SSL SYSCALL error: "), "{error}");
        let left = failed.socket.expect("whoever watches it has it still");
        assert_eq!(left.fd(), fd);
    }
}

#[test]
fn a_server_that_does_not_speak_tls_is_told() {
    use std::io::Write;

    for backend in backends() {
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        theirs.write_all(b"SFATAL: whatever").unwrap();
        let outcome = backend.connect(Socket::from(ours), &TlsSettings::default());
        let error = outcome.err().unwrap().message().to_owned();
        assert!(error.starts_with("SSL error: "), "{error}");
        assert!(error.contains("wrong version number"), "{error}");
    }
}
