//! TLS in detail: versions, names told to the server, direct negotiation, key log, attributes, and
//! servers that try to get around it.

use std::fs;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use openssl::ssl::{AlpnError, NameType, SslAcceptor, SslFiletype, SslMethod};
use support::scripted::{Scripted, authentication_ok, error_fields, ready};
use support::{Authority, Server, ServerOptions};

use super::{AGAIN, Told, every_installation, said, system};
use crate::compare::{But, Compare, Talk};

const EARLY: &str = "what comes before the handshake ends the attempt, before the handshake";

pub(crate) fn run() -> Result<Told, String> {
    let Some(newest) = system() else {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    };
    let authority = Authority::new().map_err(said)?;
    let mut compare = Compare::new()?;
    let start = |settings| {
        let options = ServerOptions {
            settings,
            ..ServerOptions::default()
        };
        let server = Server::start(&newest, &options).map_err(said)?;
        server.show(&authority, "names").map_err(said)?;
        Ok::<_, String>(server)
    };
    let any = start(Vec::new())?;
    versions(&mut compare, "any version", &any);
    attributes(&mut compare, &any);
    key_log(&mut compare, &any);
    direct(&mut compare, &any, &authority);
    let old = start(vec![("ssl_max_protocol_version", "TLSv1.2".into())])?;
    versions(&mut compare, "TLSv1.2 at most", &old);
    let new = start(vec![("ssl_min_protocol_version", "TLSv1.3".into())])?;
    versions(&mut compare, "TLSv1.3 at least", &new);
    let unasking = start(vec![("ssl_ca_file", String::new())])?;
    unasked(&mut compare, &unasking, &authority);
    drop((any, old, new, unasking));
    let found = every_installation()?;
    if let Some(found) = found.into_iter().find(|found| found.major == 18) {
        let server = Server::start(&found, &ServerOptions::default()).map_err(said)?;
        server.show(&authority, "names").map_err(said)?;
        direct(&mut compare, &server, &authority);
        attributes(&mut compare, &server);
    }
    told_to_the_server(&mut compare, &authority);
    hostile(&mut compare, &authority);
    Ok(Told::All(compare))
}

fn conninfo(server: &Server, more: &str) -> String {
    let port = server.port();
    format!(
        "host=localhost hostaddr=127.0.0.1 port={port} dbname=postgres user=trust_user \
         gssencmode=disable {more}"
    )
}

fn tell(talk: &mut Talk<'_>, server: &Server, more: &str) {
    talk.hide(server.port().to_string(), "PORT");
    if talk.open(&conninfo(server, more)) {
        talk.exec("select ssl, version from pg_stat_ssl where pid = pg_backend_pid()");
    }
    talk.close();
}

/// Every range of versions.
fn versions(compare: &mut Compare, what: &str, server: &Server) {
    const VERSIONS: [&str; 6] = ["", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "tlsV1.3"];
    for min in VERSIONS {
        for max in VERSIONS {
            for mode in ["require", "prefer"] {
                let more = format!(
                    "sslmode={mode} ssl_min_protocol_version='{min}' \
                     ssl_max_protocol_version='{max}'"
                );
                let name = format!("server of {what}, {more}");
                compare.story_but(&name, &known_of_versions(what, mode, min, max), |talk| {
                    tell(talk, server, &more);
                });
            }
        }
    }
    for wrong in ["SSLv3", "TLSv2", "1.2"] {
        let more = format!("ssl_min_protocol_version={wrong}");
        let but = [But::Before(18, "the option's name was not quoted")];
        compare.story_but(&more, &but, |talk| tell(talk, server, &more));
    }
}

/// libpq's hint names the limits as they were given: an empty one by no name.
fn known_of_versions(server: &str, mode: &str, min: &str, max: &str) -> Vec<But> {
    let modern = |version: &str| version.is_empty() || version.ends_with('3');
    let refused = match server {
        "TLSv1.2 at most" => {
            min.ends_with('3') && modern(max) && (min, max) != ("TLSv1.3", "TLSv1.3")
        }
        "TLSv1.3 at least" => min.is_empty() && !modern(max),
        _ => min.is_empty() && ["TLSv1", "TLSv1.1"].contains(&max),
    };
    let also_old = server == "TLSv1.2 at most" && min.is_empty();
    let refused = refused || also_old && ["TLSv1", "TLSv1.1"].contains(&max);
    if mode == "require" && refused {
        return vec![But::Ours(
            "the hint has the versions' own names",
            "-> refused",
        )];
    }
    Vec::new()
}

/// A server that does not ask for the client's certificate.
fn unasked(compare: &mut Compare, server: &Server, authority: &Authority) {
    let (certificate, key) = (authority.path("client.crt"), authority.path("client.key"));
    for mode in ["disable", "allow", "require", "wrong"] {
        for files in [String::new(), format!("sslcert={certificate} sslkey={key}")] {
            let shown = if files.is_empty() { "without" } else { "with" };
            let name = format!("not asked for a certificate, sslcertmode={mode}, {shown}");
            compare.story(&name, |talk| {
                talk.hide(certificate.clone(), "CERTIFICATE");
                talk.hide(key.clone(), "KEY");
                let more = format!("sslmode=require sslcertmode={mode} {files}");
                tell(talk, server, &more);
            });
        }
    }
}

/// What a connection says of its encryption.
fn attributes(compare: &mut Compare, server: &Server) {
    let before = But::Before(18, "libpq 17 added the attribute alpn");
    let native = But::Native("native-tls tells only library and alpn");
    let major = server.major();
    for more in ["sslmode=require", "sslmode=disable"] {
        let encrypted = more == "sslmode=require";
        let both: &[But] = if encrypted {
            &[before, native]
        } else {
            &[before]
        };
        compare.story_but(&format!("attributes, {major}, {more}"), both, |talk| {
            talk.open(&conninfo(server, more));
            talk.ask(&["attributes", ""]);
            talk.close();
        });
        let native: &[But] = if encrypted { &[native] } else { &[] };
        compare.story_but(
            &format!("each attribute, {major}, {more}"),
            native,
            |talk| {
                talk.open(&conninfo(server, more));
                for name in [
                    "library",
                    "protocol",
                    "cipher",
                    "key_bits",
                    "compression",
                    "x",
                    "",
                ] {
                    talk.ask(&["attribute", "", name]);
                }
                talk.close();
            },
        );
    }
}

/// The log of keys, which only libpq 18 knows.
fn key_log(compare: &mut Compare, server: &Server) {
    let native = [But::Native("sslkeylogfile needs OpenSSL")];
    compare.story_but("key log", &native, |talk| {
        let file = talk.home().join("keys");
        let more = format!("sslmode=require sslkeylogfile={}", file.display());
        tell(talk, server, &more);
        tell(talk, server, &more);
        let log = fs::read_to_string(&file).unwrap_or_default();
        let labels: Vec<&str> = log
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default())
            .collect();
        talk.note("labels", &labels.join(" "));
        let mode = fs::metadata(&file).map(|file| std::os::unix::fs::MetadataExt::mode(&file));
        talk.note("mode", &format!("{:o}", mode.unwrap_or_default()));
        let _ = fs::remove_file(&file);
    });
    compare.story_but("key log that cannot be written", &native, |talk| {
        tell(
            talk,
            server,
            "sslmode=require sslkeylogfile=/nonexistent/keys",
        );
    });
    compare.story("key log without TLS", |talk| {
        let file = talk.home().join("keys");
        let more = format!("sslmode=disable sslkeylogfile={}", file.display());
        tell(talk, server, &more);
        talk.note("exists", &file.exists().to_string());
    });
}

/// The handshake without asking first: servers before 17 do not know it.
fn direct(compare: &mut Compare, server: &Server, authority: &Authority) {
    let root = authority.path("root.crt");
    let major = server.major();
    for more in [
        "sslmode=require sslnegotiation=direct".to_owned(),
        format!("sslmode=verify-full sslnegotiation=direct sslrootcert={root}"),
        format!("sslmode=verify-full sslnegotiation=postgres sslrootcert={root}"),
        format!("host=wrong.name sslmode=verify-full sslnegotiation=direct sslrootcert={root}"),
        "sslmode=prefer sslnegotiation=direct".to_owned(),
        "sslmode=allow sslnegotiation=direct".to_owned(),
        "sslmode=disable sslnegotiation=direct".to_owned(),
        "sslmode=require sslnegotiation=wrong".to_owned(),
        "sslmode=require sslnegotiation=direct ssl_max_protocol_version=TLSv1.2".to_owned(),
    ] {
        compare.story(&format!("direct, {major}, {more}"), |talk| {
            talk.hide(root.clone(), "ROOT");
            talk.hide(server.port().to_string(), "PORT");
            if talk.open(&conninfo(server, &more)) {
                talk.exec("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
                talk.ask(&["attribute", "", "alpn"]);
                talk.ask(&["cancel", "", "new"]);
                talk.ask(&["cancel", "", "old"]);
                talk.ask(&["reset", ""]);
                talk.exec("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
            }
            talk.close();
        });
    }
}

/// What a server of our own is told: the name, the protocol inside.
fn told_to_the_server(compare: &mut Compare, authority: &Authority) {
    for (host, more) in [
        ("localhost", ""),
        ("localhost", "sslsni=0"),
        ("localhost", "sslsni=1"),
        ("DB.ferropq.test", ""),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("1.2.3", ""),
        ("localhost", "sslcertmode=disable"),
        ("localhost", "ssl_max_protocol_version=TLSv1.2"),
    ] {
        for direct in [false, true] {
            let mode = if direct { "sslnegotiation=direct" } else { "" };
            let name = format!("told to the server: {host} {more} {mode}");
            let but = [But::Before(18, "libpq 17 added ALPN")];
            compare.story_but(&name, &but, |talk| {
                let (port, told) = listen(authority, direct);
                talk.hide(port.to_string(), "PORT");
                talk.open(&format!(
                    "host={host} hostaddr=127.0.0.1 port={port} user=u dbname=d \
                     gssencmode=disable sslmode=require {more} {mode}"
                ));
                talk.close();
                let told = told.lock().expect("no panic").join(" ");
                talk.note("told", &told);
            });
        }
    }
}

type Notes = Arc<Mutex<Vec<String>>>;

/// A TLS server for one connection, which refuses it after the handshake.
fn listen(authority: &Authority, direct: bool) -> (u16, Notes) {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("a context");
    let files = (authority.file("names.crt"), authority.file("names.key"));
    acceptor
        .set_certificate_chain_file(files.0)
        .expect("a certificate");
    acceptor
        .set_private_key_file(files.1, SslFiletype::PEM)
        .expect("a key");
    let told = Notes::default();
    let notes = Arc::clone(&told);
    acceptor.set_servername_callback(move |ssl, _| {
        let name = ssl.servername(NameType::HOST_NAME).unwrap_or("(none)");
        notes.lock().expect("no panic").push(format!("name={name}"));
        Ok(())
    });
    let notes = Arc::clone(&told);
    acceptor.set_alpn_select_callback(move |_, offered| {
        let shown = String::from_utf8_lossy(offered).into_owned();
        notes
            .lock()
            .expect("no panic")
            .push(format!("alpn={shown}"));
        openssl::ssl::select_next_proto(b"\x0apostgresql", offered).ok_or(AlpnError::NOACK)
    });
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().expect("a connection");
        if !direct {
            stream.read_exact(&mut [0; 8]).expect("a request for TLS");
            stream.write_all(b"S").expect("a client");
        }
        if let Ok(mut stream) = acceptor.accept(stream) {
            let _ = stream.read(&mut [0; 1000]);
            let refusal = [(b'S', "FATAL"), (b'C', "08000"), (b'M', "not today")];
            let _ = stream.write_all(&error_fields(b'E', &refusal));
            let _ = stream.shutdown();
        }
    });
    (port, told)
}

/// Servers that try to get a connection without TLS, or words into it.
fn hostile(compare: &mut Compare, authority: &Authority) {
    let error = error_fields(b'E', &[(b'S', "FATAL"), (b'C', "53300"), (b'M', "go away")]);
    let injected = [&b"S"[..], &authentication_ok(), &ready(b'I')].concat();
    let replies: [(&str, Vec<u8>); 8] = [
        ("no", b"N".to_vec()),
        ("nothing", Vec::new()),
        ("an error", error),
        ("words behind yes", injected),
        (
            "words behind no",
            [&b"N"[..], &authentication_ok()].concat(),
        ),
        ("another letter", b"X".to_vec()),
        ("G", b"G".to_vec()),
        ("yes and no TLS", b"S".to_vec()),
    ];
    for (what, reply) in &replies {
        for mode in ["require", "verify-ca", "verify-full", "prefer", "allow"] {
            let root = authority.path("root.crt");
            let name = format!("answer to the request for TLS: {what}, {mode}");
            let but = known_of_hostile(what, mode);
            compare.story_but(&name, &but, |talk| {
                let server = refusing(reply.clone());
                talk.hide(server.port().to_string(), "PORT");
                talk.hide(root.clone(), "ROOT");
                let port = server.port();
                talk.open(&format!(
                    "host=localhost hostaddr=127.0.0.1 port={port} user=u dbname=d \
                     gssencmode=disable sslmode={mode} sslrootcert={root}"
                ));
                talk.close();
            });
        }
    }
}

fn known_of_hostile(reply: &str, mode: &str) -> Vec<But> {
    match (reply, mode) {
        ("words behind yes", _) => vec![But::Ours(
            EARLY,
            "received unencrypted data after SSL response",
        )],
        ("no" | "words behind no", "allow") => vec![But::Before(18, AGAIN)],
        _ => Vec::new(),
    }
}

/// Answers every request for TLS like this, and refuses every session by name.
fn refusing(reply: Vec<u8>) -> Scripted {
    let refusal = [(b'S', "FATAL"), (b'C', "28000"), (b'M', "in clear, too")];
    let refusal = error_fields(b'E', &refusal);
    let once = || -> support::scripted::Script {
        let (reply, refusal) = (reply.clone(), refusal.clone());
        Box::new(move |peer| {
            let Some(packet) = peer.try_packet() else {
                return;
            };
            if packet != [4, 210, 22, 47] {
                peer.try_send(&refusal);
                return;
            }
            peer.try_send(&reply);
            if reply.first() != Some(&b'N') {
                peer.close();
                return;
            }
            if peer.try_packet().is_some() {
                peer.try_send(&refusal);
            }
        })
    };
    Scripted::run_all(vec![once(), once(), once()])
}
