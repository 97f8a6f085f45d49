//! What managed services and other stand-ins for a server do, and the versions of the protocol.

use std::sync::{Arc, Mutex};

use support::scripted::{
    Peer, Script, Scripted, authentication_ok, backend_key_data, command_complete, error_fields,
    message, parameter_status, ready,
};
use support::{Server, ServerOptions};

use super::{Told, said};
use crate::compare::{But, Compare, Talk};

const OLD_KEYS: &str = "libpq 15 has other words for a key that is not of four bytes";

pub(crate) fn run() -> Result<Told, String> {
    let mut compare = Compare::new()?;
    beginnings(&mut compare);
    keys(&mut compare);
    passwords(&mut compare);
    refusals(&mut compare);
    negotiation(&mut compare);
    Ok(Told::All(compare))
}

/// Real servers, all versions.
pub(crate) fn run_versions() -> Result<Told, String> {
    let mut compare = Compare::new()?;
    for found in super::every_installation()? {
        let server = Server::start(&found, &ServerOptions::default()).map_err(said)?;
        versions(&mut compare, &server);
    }
    if compare.told == 0 {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    }
    Ok(Told::All(compare))
}

/// Tells what libraries make of a server that begins like this and answers queries with nothing.
fn tell(compare: &mut Compare, name: &str, but: &[But], more: &str, words: &[u8]) {
    compare.story_but(name, but, |talk| {
        let words = words.to_vec();
        let server = Scripted::run(move |peer| {
            peer.startup();
            peer.try_send(&words);
            answer(peer);
        });
        talk_to(talk, &server, more);
        server.finish();
    });
}

/// Answers queries until the client leaves.
fn answer(peer: &mut Peer) {
    while let Some((tag, _)) = peer.try_message() {
        if tag == b'Q' {
            peer.try_send(&[command_complete("DONE"), ready(b'I')].concat());
        }
    }
}

fn talk_to(talk: &mut Talk<'_>, server: &Scripted, more: &str) {
    let port = server.port();
    talk.hide(port.to_string(), "PORT");
    if talk.open(&format!("{} {more}", server.conninfo())) {
        talk.ask(&["facts", ""]);
        if !more.is_empty() {
            talk.ask(&["protocol", ""]);
        }
        talk.exec("select 1");
        for name in ["server_version", "unheard_of", "is_superuser"] {
            talk.ask(&["status", "", name]);
        }
    }
    talk.close();
}

/// A session's beginning, with or without what one expects in it.
fn beginnings(compare: &mut Compare) {
    let key = backend_key_data(1, &[0, 0, 0, 2]);
    let version = parameter_status("server_version", "18.1");
    let encoding = parameter_status("client_encoding", "UTF8");
    let long = parameter_status("unheard_of", &"x".repeat(20_000));
    let notice = error_fields(b'N', &[(b'S', "NOTICE"), (b'C', "00000"), (b'M', "hello")]);
    let ok = authentication_ok();
    let ready = ready(b'I');
    let beginnings: [(&str, Vec<&[u8]>); 12] = [
        ("nothing at all", vec![&ok, &ready]),
        ("no key", vec![&ok, &version, &encoding, &ready]),
        ("no server_version", vec![&ok, &encoding, &key, &ready]),
        ("long parameter", vec![&ok, &version, &long, &key, &ready]),
        ("key first", vec![&ok, &key, &version, &encoding, &ready]),
        ("two keys", vec![&ok, &key, &version, &key, &ready]),
        (
            "notice",
            vec![&ok, &notice, &version, &notice, &key, &ready],
        ),
        ("notice before", vec![&notice, &ok, &ready]),
        ("parameter before", vec![&version, &ok, &ready]),
        ("two welcomes", vec![&ok, &ok, &ready]),
        ("two ends", vec![&ok, &key, &ready, &ready]),
        ("end at once", vec![&ready]),
    ];
    for (what, parts) in beginnings {
        let words = parts.concat();
        tell(compare, &format!("beginning: {what}"), &[], "", &words);
    }
    for shown in [
        "18.1",
        "18beta2",
        "9.6.24",
        "15.4 (Debian 15.4-1)",
        "PostgreSQL 15",
        "",
        "10",
        "1.2.3.4",
        "99999999999",
        "8.0.2 on i686-pc-linux-gnu, Redshift 1.0",
        "13.0.0-YB-2.20",
    ] {
        let version = parameter_status("server_version", shown);
        let words = [&ok[..], &version, &key, &ready].concat();
        let name = format!("server_version {shown}");
        let but: &[But] = match shown {
            "99999999999" => &[But::Ours(
                "a number that is too large is no number",
                "server=0 ",
            )],
            _ => &[],
        };
        tell(compare, &name, but, "", &words);
    }
}

/// Keys of all lengths, and what a cancel request carries.
fn keys(compare: &mut Compare) {
    for length in [0, 1, 3, 4, 5, 32, 255, 256, 257, 1000] {
        for (version, more) in [("3.0", ""), ("3.2", "max_protocol_version=3.2")] {
            for how in ["old", "new"] {
                let name = format!("key of {length} bytes, {version}, {how}");
                let is_odd = more.is_empty() && length != 4;
                let but: &[But] = if is_odd {
                    &[But::Before(18, OLD_KEYS)]
                } else {
                    &[]
                };
                compare.story_but(&name, but, |talk| cancel(talk, length, more, how));
            }
        }
    }
}

fn cancel(talk: &mut Talk<'_>, length: usize, more: &str, how: &str) {
    let seen = Arc::<Mutex<Option<Vec<u8>>>>::default();
    let noted = Arc::clone(&seen);
    let key: Vec<u8> = (0..length).map(|at| at as u8).collect();
    let session: Script = Box::new(move |peer| {
        if peer.try_packet().is_none() {
            return;
        }
        let words = [authentication_ok(), backend_key_data(77, &key), ready(b'I')];
        peer.try_send(&words.concat());
        // The cancel request comes on the next connection, while this one is open.
        peer.keep();
    });
    let request: Script = Box::new(move |peer| {
        *noted.lock().expect("no panic") = peer.try_packet();
    });
    let server = Scripted::run_all(vec![session, request]);
    let port = server.port();
    talk.hide(port.to_string(), "PORT");
    let connected = talk.open(&format!("{} {more}", server.conninfo()));
    let sent = connected && talk.ask(&["cancel", "", how]).starts_with('1');
    for _ in 0..2 - usize::from(connected) - usize::from(sent) {
        // Somebody has to come in the client's place.
        drop(std::net::TcpStream::connect(("127.0.0.1", port)));
    }
    talk.close();
    server.finish();
    let seen = seen.lock().expect("no panic").take();
    talk.note("request", &format!("{seen:?}"));
}

/// Passwords of great length, in clear.
fn passwords(compare: &mut Compare) {
    for length in [1, 999, 1_000, 1_023, 1_024, 2_000, 60_000] {
        for source in ["option", "file"] {
            let name = format!("password of {length} bytes, from {source}");
            compare.story(&name, |talk| {
                let seen = Arc::<Mutex<usize>>::default();
                let noted = Arc::clone(&seen);
                let server = Scripted::run(move |peer| {
                    peer.startup();
                    peer.send(&message(b'R', &3i32.to_be_bytes()));
                    if let Some((b'p', body)) = peer.try_message() {
                        *noted.lock().expect("no panic") = body.len();
                        peer.try_send(&[authentication_ok(), ready(b'I')].concat());
                    }
                    answer(peer);
                });
                let word = "x".repeat(length);
                let file = talk.home().join("passwords");
                let given = if source == "option" {
                    format!("password={word}")
                } else {
                    std::fs::write(&file, format!("*:*:*:*:{word}\n")).expect("our own");
                    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                    std::fs::set_permissions(&file, mode).expect("our own");
                    format!("passfile={}", file.display())
                };
                talk.hide(server.port().to_string(), "PORT");
                talk.open(&format!("{} {given}", server.conninfo()));
                talk.close();
                server.finish();
                talk.note("received", &seen.lock().expect("no panic").to_string());
            });
        }
    }
}

/// Errors before a session begins.
fn refusals(compare: &mut Compare) {
    let full = error_fields(
        b'E',
        &[
            (b'S', "FATAL"),
            (b'V', "FATAL"),
            (b'C', "53300"),
            (b'M', "too many connections"),
            (b'D', "The pool is full."),
            (b'H', "Wait."),
            (b'F', "pool.c"),
            (b'L', "12"),
            (b'R', "enter"),
        ],
    );
    let bare = error_fields(b'E', &[(b'M', "no")]);
    let none = error_fields(b'E', &[]);
    let odd = error_fields(b'E', &[(b'S', "PANIC"), (b'?', "what"), (b'M', "no")]);
    let notice = error_fields(b'N', &[(b'S', "NOTICE"), (b'M', "hello")]);
    let mid = [authentication_ok(), full.clone()].concat();
    let before = [notice, full.clone()].concat();
    let long = error_fields(b'E', &[(b'S', "FATAL"), (b'M', &"x".repeat(29_000))]);
    let longer = error_fields(b'E', &[(b'S', "FATAL"), (b'M', &"x".repeat(31_000))]);
    let starting = error_fields(
        b'E',
        &[
            (b'S', "FATAL"),
            (b'C', "57P03"),
            (b'M', "the database system is starting up"),
        ],
    );
    for (what, words) in [
        ("all fields", full),
        ("a message only", bare),
        ("nothing", none),
        ("odd fields", odd),
        ("after the welcome", mid),
        ("after a notice", before),
        ("long", long),
        ("too long", longer),
        ("starting up", starting),
        ("of an old server", b"EFATAL: go away\n\0".to_vec()),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("nothing said", Vec::new()),
    ] {
        let closing = words.clone();
        let but: &[But] = match what {
            "nothing" | "too long" => &[But::Ours(
                "that the error is not valid is said",
                "received invalid error message",
            )],
            _ => &[],
        };
        compare.story_but(&format!("refusal: {what}"), but, |talk| {
            let closing = closing.clone();
            let server = Scripted::run(move |peer| {
                peer.startup();
                peer.try_send(&closing);
                peer.close();
            });
            talk_to(talk, &server, "");
            server.finish();
        });
    }
}

/// NegotiateProtocolVersion.
fn offer(version: u32, options: &[&str]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend((options.len() as u32).to_be_bytes());
    for option in options {
        body.extend(option.as_bytes());
        body.push(0);
    }
    message(b'v', &body)
}

/// Which versions are asked for, and what becomes of a server that wants others.
fn negotiation(compare: &mut Compare) {
    const V3_0: u32 = 0x3_0000;
    let unsupported = "unsupported frontend protocol 3.2: server supports 2.0 to 3.0";
    let refuses = error_fields(
        b'E',
        &[(b'S', "FATAL"), (b'C', "0A000"), (b'M', unsupported)],
    );
    let welcome = [
        authentication_ok(),
        backend_key_data(1, &[9; 32]),
        ready(b'I'),
    ]
    .concat();
    let with = |offer: Vec<u8>| [offer, welcome.clone()].concat();
    let servers = [
        ("takes anything", welcome.clone()),
        ("refuses 3.2", refuses),
        ("offers 3.0", with(offer(V3_0, &[]))),
        ("offers 3.1", with(offer(V3_0 + 1, &[]))),
        ("offers 3.2", with(offer(V3_0 + 2, &[]))),
        ("offers 3.3", with(offer(V3_0 + 3, &[]))),
        ("offers 2.0", with(offer(0x2_0000, &[]))),
        ("offers minor only", with(offer(0, &[]))),
        ("knows no option", with(offer(V3_0, &["_pq_.x"]))),
        ("knows no user", with(offer(V3_0, &["user"]))),
        (
            "offers twice",
            with([offer(V3_0, &[]), offer(V3_0, &[])].concat()),
        ),
        (
            "offers late",
            [authentication_ok(), offer(V3_0, &[]), ready(b'I')].concat(),
        ),
    ];
    for (what, words) in servers {
        for more in [
            "max_protocol_version=latest",
            "max_protocol_version=3.2",
            "max_protocol_version=3.0",
            "min_protocol_version=3.0",
            "min_protocol_version=3.2",
            "min_protocol_version=latest max_protocol_version=latest",
            "min_protocol_version=3.2 max_protocol_version=3.0",
            "min_protocol_version=3.2 max_protocol_version=3.2",
        ] {
            compare.story(&format!("server {what}, {more}"), |talk| {
                let seen = Arc::<Mutex<u32>>::default();
                let noted = Arc::clone(&seen);
                let words = words.clone();
                let script: Script = Box::new(move |peer| {
                    let Some(packet) = peer.try_packet() else {
                        return;
                    };
                    let version = packet.first_chunk().copied().unwrap_or_default();
                    *noted.lock().expect("no panic") = u32::from_be_bytes(version);
                    peer.try_send(&words);
                    answer(peer);
                });
                let server = Scripted::run_all(vec![script]);
                let port = server.port();
                talk_to(talk, &server, more);
                // Where the options are refused, nobody has come.
                drop(std::net::TcpStream::connect(("127.0.0.1", port)));
                server.finish();
                let seen = *seen.lock().expect("no panic");
                talk.note("asked for", &format!("{seen:x}"));
            });
        }
    }
    for wrong in [
        "max_protocol_version=3.1",
        "max_protocol_version=2.0",
        "max_protocol_version=3",
        "max_protocol_version=''",
        "min_protocol_version=x",
        "min_protocol_version=3.3",
    ] {
        compare.story(&format!("option {wrong}"), |talk| {
            talk.open(&format!("host=127.0.0.1 port=1 sslmode=disable {wrong}"));
            talk.close();
        });
    }
}

/// Real servers of all versions: those before 18 negotiate; a real query is cancelled.
fn versions(compare: &mut Compare, server: &Server) {
    let (port, major) = (server.port(), server.major());
    for more in [
        "",
        "max_protocol_version=latest",
        "max_protocol_version=3.2",
        "max_protocol_version=3.0",
        "min_protocol_version=3.2 max_protocol_version=latest",
    ] {
        for mode in ["disable", "require"] {
            let name = format!("{major}, {more}, sslmode={mode}");
            let ways: &[&str] = match (more, mode) {
                ("", _) | ("max_protocol_version=latest", "require") => &["old", "new"],
                _ => &[],
            };
            let ours = compare.story(&name, |talk| {
                talk.hide(port.to_string(), "PORT");
                let conninfo = format!(
                    "host=127.0.0.1 port={port} user=trust_user dbname=postgres \
                     gssencmode=disable sslmode={mode} {more}"
                );
                if !talk.open(&conninfo) {
                    return talk.close();
                }
                if !more.is_empty() {
                    talk.ask(&["protocol", ""]);
                }
                talk.ask(&["facts", ""]);
                for how in ways {
                    talk.ask(&["send", "", "select pg_sleep(30)"]);
                    talk.await_sleep(&conninfo);
                    talk.ask(&["cancel", "", how]);
                    talk.ask(&["results", ""]);
                }
                talk.ask(&["reset", ""]);
                talk.exec("select 1");
                talk.close();
            });
            compare.expect_open(&name, &ours, major >= 18 || !more.starts_with("min"));
            if !ways.is_empty() {
                compare.expect(&name, &ours, "canceling statement due to user request");
            }
        }
    }
}
