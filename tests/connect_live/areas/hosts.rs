//! Many hosts: a primary and its standby, lists, failover, and what is told when nothing helps.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use support::scripted::{authentication_ok, error_fields, message};
use support::{Installation, Server, ServerOptions};

use super::{Told, installation, said, system};
use crate::compare::{But, Compare, Talk};

const ATTRIBUTES: [&str; 6] = [
    "any",
    "read-write",
    "read-only",
    "primary",
    "standby",
    "prefer-standby",
];

pub(crate) fn run() -> Result<Told, String> {
    let Some(newest) = system() else {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    };
    let mut compare = Compare::new()?;
    pair(&mut compare, &newest)?;
    // Servers before 14 do not tell what they are: the client asks.
    for major in [12, 10] {
        match installation(major) {
            Some(found) => pair(&mut compare, &found)?,
            None if crate::required() => return Err(format!("no PostgreSQL {major}")),
            None => println!("hosts: no PostgreSQL {major}"),
        }
    }
    let server = Server::start(&newest, &ServerOptions::default()).map_err(said)?;
    lists(&mut compare, &server);
    attempts(&mut compare, &server);
    sockets(&mut compare, &server);
    refusing(&mut compare, &server);
    stalls(&mut compare, &server);
    pings(&mut compare, &server);
    Ok(Told::All(compare))
}

/// A primary and a standby of one major version, and what becomes of them.
struct Pair {
    primary: Server,
    standby: Server,
}

impl Pair {
    fn conninfo(&self, hosts: &str, more: &str) -> String {
        let (primary, standby) = (self.primary.port(), self.standby.port());
        let ports: Vec<String> = hosts
            .split(',')
            .map(|host| match host {
                "primary" => primary.to_string(),
                "standby" => standby.to_string(),
                _ => "1".to_owned(),
            })
            .collect();
        let places = vec!["127.0.0.1"; ports.len()].join(",");
        let ports = ports.join(",");
        format!(
            "host={places} port={ports} user=trust_user dbname=postgres sslmode=disable \
             gssencmode=disable {more}"
        )
    }

    fn hide(&self, talk: &mut Talk<'_>) {
        talk.hide(self.primary.port().to_string(), "PRIMARY");
        talk.hide(self.standby.port().to_string(), "STANDBY");
    }
}

fn pair(compare: &mut Compare, found: &Installation) -> Result<(), String> {
    let major = found.major;
    let options = ServerOptions {
        settings: vec![("hot_standby", "on".into())],
        ..ServerOptions::default()
    };
    let primary = Server::start(found, &options).map_err(said)?;
    let standby = Server::start_standby(found, &primary, &options).map_err(said)?;
    let pair = Pair { primary, standby };
    for wanted in ATTRIBUTES {
        for hosts in [
            "primary",
            "standby",
            "primary,standby",
            "standby,primary",
            "nobody,standby,primary",
            "primary,primary",
        ] {
            for (what, more) in [
                ("", ""),
                (
                    ", read-only by default",
                    "options='-c default_transaction_read_only=on'",
                ),
            ] {
                let name = format!("{major}: {wanted} of {hosts}{what}");
                let goes_to = expected(wanted, hosts, !more.is_empty());
                let more = format!("target_session_attrs={wanted} {more}");
                let ours = compare.story(&name, |talk| {
                    pair.hide(talk);
                    if talk.open(&pair.conninfo(hosts, &more)) {
                        talk.ask(&["facts", ""]);
                        talk.exec(
                            "select pg_is_in_recovery(), current_setting('transaction_read_only')",
                        );
                        talk.ask(&["status", "", "in_hot_standby"]);
                    }
                    talk.close();
                });
                match goes_to {
                    Some(place) => compare.expect(&name, &ours, &format!("port={place} ")),
                    None => compare.expect_open(&name, &ours, false),
                }
            }
        }
    }
    promotion(compare, found, pair)
}

/// Which of the hosts is taken, as the manual has it.
fn expected(wanted: &str, hosts: &str, read_only: bool) -> Option<&'static str> {
    let takes = |host: &str, wanted: &str| match wanted {
        "any" => true,
        "read-write" => host == "primary" && !read_only,
        "read-only" => host == "standby" || read_only,
        "primary" => host == "primary",
        _ => host == "standby",
    };
    let rounds: &[&str] = match wanted {
        "prefer-standby" => &["standby", "any"],
        _ => &[wanted],
    };
    let there = hosts.split(',').filter(|host| *host != "nobody");
    let tried = rounds
        .iter()
        .flat_map(|wanted| there.clone().map(move |host| (host, *wanted)));
    let (host, _) = { tried }.find(|(host, wanted)| takes(host, wanted))?;
    Some(if host == "primary" {
        "PRIMARY"
    } else {
        "STANDBY"
    })
}

/// The primary goes, the standby takes its place, and PQreset finds it.
fn promotion(compare: &mut Compare, found: &Installation, pair: Pair) -> Result<(), String> {
    let major = found.major;
    let more = "target_session_attrs=read-write connect_timeout=20";
    let hosts = pair.conninfo("primary,standby", more);
    compare.story(&format!("{major}: before the promotion"), |talk| {
        pair.hide(talk);
        talk.ask(&["open", "session", &hosts]);
        talk.ask(&["facts", "session"]);
    });
    pair.primary.stop();
    pair.standby.promote(found).map_err(said)?;
    let ours = compare.story(&format!("{major}: after the promotion"), |talk| {
        pair.hide(talk);
        let lost = talk.ask_quietly(&["exec", "session", "select 1"]);
        talk.note("lost", &lost.contains("PGRES_FATAL_ERROR").to_string());
        talk.ask(&["reset", "session"]);
        talk.ask(&["facts", "session"]);
        talk.ask(&["exec", "session", "select pg_is_in_recovery()"]);
        talk.ask_quietly(&["close", "session"]);
    });
    let found = ours.iter().any(|line| line.contains("port=STANDBY"));
    compare.check(found, &format!("{major}: PQreset finds the new primary"));
    Ok(())
}

/// Lists of hosts, addresses and ports, right and wrong.
fn lists(compare: &mut Compare, server: &Server) {
    let port = server.port();
    let socket = server.socket_folder().display().to_string();
    for list in [
        "host=127.0.0.1,localhost port=PORT",
        "host=127.0.0.1,localhost port=1,PORT",
        "host=127.0.0.1,localhost,::1 port=1,1,PORT",
        "host=127.0.0.1,localhost port=1,2,PORT",
        "host=a,b,c hostaddr=127.0.0.1,127.0.0.1,127.0.0.1 port=PORT",
        "host=a,b,c hostaddr=127.0.0.1,,127.0.0.1 port=1,1,PORT",
        "host=a,b hostaddr=127.0.0.1,127.0.0.1,127.0.0.1 port=PORT",
        "host=a,b,c hostaddr=127.0.0.1,127.0.0.1 port=PORT",
        "hostaddr=127.0.0.1,::1 port=1,PORT",
        "hostaddr=::1,127.0.0.1 port=PORT,1",
        "hostaddr=localhost port=PORT",
        "hostaddr=300.0.0.1,127.0.0.1 port=PORT",
        "host=SOCKET port=PORT",
        "host=/nonexistent,SOCKET port=PORT",
        "host=SOCKET,127.0.0.1 port=1,PORT",
        "host=@ferropq-nobody,127.0.0.1 port=1,PORT",
        "host=127.0.0.1, port=1,PORT",
        "host=127.0.0.1 port=,",
        "host=127.0.0.1 port=70000",
        "host=127.0.0.1 port=x",
        "host=127.0.0.1 port=0",
        "host=127.0.0.1 port=-1",
        "host=127.0.0.1,127.0.0.1 port=x,PORT",
        "host=127.0.0.1,127.0.0.1 port=70000,PORT",
        "host=' 127.0.0.1' port=PORT",
        "host=127.1 port=PORT",
        "host=127.0.0.1 port=' PORT '",
        "host=127.0.0.1 port=PORT target_session_attrs=wrong",
        "host=127.0.0.1 port=PORT load_balance_hosts=wrong",
        "host=127.0.0.1,127.0.0.1 port=1,PORT load_balance_hosts=disable",
        "host=127.0.0.1 port=PORT connect_timeout=x",
        "host=127.0.0.1 port=PORT connect_timeout=-1",
        "host=127.0.0.1 port=PORT connect_timeout=1",
        "host=127.0.0.1 port=PORT connect_timeout=' 5 '",
        "host=127.0.0.1 port=PORT connect_timeout=99999999999",
    ] {
        let list_here = list
            .replace("PORT", &port.to_string())
            .replace("SOCKET", &socket);
        compare.story_but(list, &known_of_list(list), |talk| {
            talk.hide(port.to_string(), "PORT");
            talk.hide(socket.clone(), "SOCKET");
            let conninfo = format!(
                "{list_here} user=trust_user dbname=postgres sslmode=disable gssencmode=disable"
            );
            if talk.open(&conninfo) {
                talk.ask(&["facts", ""]);
            }
            talk.close();
        });
    }
}

fn known_of_list(list: &str) -> Vec<But> {
    if list == "host=127.0.0.1, port=1,PORT" {
        return vec![But::Packaged(18, "its sockets are in /tmp by default")];
    }
    Vec::new()
}

/// Every attempt is named, with its reason.
fn attempts(compare: &mut Compare, server: &Server) {
    let port = server.port();
    for (hosts, user) in [
        ("host=127.0.0.1,::1,/nonexistent port=1,2,3", "trust_user"),
        ("host=127.0.0.1,::1 port=PORT,1", "nobody_at_all"),
        ("host=127.0.0.1,::1 port=1,PORT", "nobody_at_all"),
        ("host=127.0.0.1,::1 port=PORT", "scram_user password=wrong"),
        ("host=127.0.0.1,::1 port=PORT", "scram_user"),
        (
            "host=127.0.0.1,127.0.0.1 port=PORT",
            "trust_user dbname=none",
        ),
        (
            "host=127.0.0.1,127.0.0.1 port=PORT target_session_attrs=standby",
            "trust_user",
        ),
        (
            "host=127.0.0.1,127.0.0.1 port=PORT target_session_attrs=read-only sslmode=allow",
            "trust_user",
        ),
        (
            "host=127.0.0.1,127.0.0.1 port=PORT sslmode=prefer",
            "plain_user",
        ),
        (
            "host=127.0.0.1,127.0.0.1 port=1,PORT sslmode=allow",
            "tls_user",
        ),
    ] {
        let place = hosts.replace("PORT", &port.to_string());
        compare.story(&format!("attempts: {hosts} {user}"), |talk| {
            talk.hide(port.to_string(), "PORT");
            let conninfo = format!(
                "dbname=postgres gssencmode=disable {place} user={user} passfile=/nonexistent"
            );
            talk.open(&conninfo);
            talk.ask(&["facts", ""]);
            talk.ask(&["reset", ""]);
            talk.close();
        });
    }
}

/// What the options make of the socket.
fn sockets(compare: &mut Compare, server: &Server) {
    let port = server.port();
    let unix = format!("host={}", server.socket_folder().display());
    for (place, more) in [
        ("host=127.0.0.1", ""),
        ("host=::1", ""),
        (unix.as_str(), ""),
        (unix.as_str(), "keepalives_idle=x tcp_user_timeout=y"),
        ("host=127.0.0.1", "keepalives=0 keepalives_idle=77"),
        ("host=127.0.0.1", "keepalives=1"),
        ("host=127.0.0.1", "keepalives=2 keepalives_count=4"),
        ("host=127.0.0.1", "keepalives=-1 keepalives_count=4"),
        ("host=127.0.0.1", "keepalives=''"),
        ("host=127.0.0.1", "keepalives=x"),
        (
            "host=127.0.0.1",
            "keepalives_idle=77 keepalives_interval=7 keepalives_count=3",
        ),
        (
            "host=127.0.0.1",
            "keepalives_idle=0 keepalives_interval=-1 keepalives_count=0",
        ),
        ("host=127.0.0.1", "keepalives_count=''"),
        ("host=127.0.0.1", "keepalives_idle=99999"),
        ("host=127.0.0.1", "keepalives_count=x"),
        ("host=127.0.0.1", "keepalives_interval=99999999999"),
        ("host=127.0.0.1", "tcp_user_timeout=1234"),
        ("host=127.0.0.1", "tcp_user_timeout=-5"),
        ("host=127.0.0.1", "tcp_user_timeout=x"),
        ("host=127.0.0.1", "keepalives=0 tcp_user_timeout=1234"),
    ] {
        let shown = if place.contains('/') { "Unix" } else { place };
        let differs = more.starts_with("keepalives_idle=0") || more.ends_with("timeout=1234");
        let but: &[But] = match more.contains("=0") && differs {
            true => &[But::Ours("as the manual has it", "-> connected")],
            false => &[],
        };
        compare.story_but(&format!("socket: {shown} {more}"), but, |talk| {
            talk.hide(port.to_string(), "PORT");
            talk.hide(unix.clone(), "UNIX");
            talk.hide(server.socket_folder().display().to_string(), "FOLDER");
            let conninfo = format!(
                "{place} port={port} user=trust_user dbname=postgres sslmode=disable \
                 gssencmode=disable {more}"
            );
            if talk.open(&conninfo) {
                talk.ask(&["socket", ""]);
            }
            talk.close();
        });
    }
}

/// A listener that answers whatever it is asked first like this, and hangs up.
fn saying(words: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        // The thread ends with the process.
        for mut stream in listener.incoming().flatten() {
            let mut length = [0; 4];
            if stream.read_exact(&mut length).is_ok() {
                let rest = u32::from_be_bytes(length).saturating_sub(4);
                let _ = stream.read_exact(&mut vec![0; rest as usize]);
            }
            let _ = stream.write_all(&words);
        }
    });
    port
}

/// Which refusals lead to the next host, and which end the attempt.
fn refusing(compare: &mut Compare, server: &Server) {
    let port = server.port();
    let refusal = |code: &str| {
        error_fields(
            b'E',
            &[(b'S', "FATAL"), (b'C', code), (b'M', "not with me")],
        )
    };
    let mut hosts: Vec<(String, Vec<u8>)> = [
        "57P03", "57P01", "57P02", "53300", "53000", "28P01", "28000", "3D000", "0A000", "08004",
        "XX000", "",
    ]
    .iter()
    .map(|code| (format!("refuses with {code}"), refusal(code)))
    .collect();
    let welcome = authentication_ok();
    hosts.extend([
        ("hangs up".to_owned(), Vec::new()),
        ("says nonsense".to_owned(), b"HTTP/1.1 400\r\n\r\n".to_vec()),
        ("hangs up after the welcome".to_owned(), welcome.clone()),
        (
            "refuses after the welcome".to_owned(),
            [welcome, refusal("57P03")].concat(),
        ),
        (
            "asks for what nobody knows".to_owned(),
            message(b'R', &99i32.to_be_bytes()),
        ),
    ]);
    for (what, words) in hosts {
        for mode in ["disable", "prefer", "require"] {
            let first = saying(words.clone());
            compare.story(&format!("the first host {what}, sslmode={mode}"), |talk| {
                talk.hide(port.to_string(), "PORT");
                talk.hide(first.to_string(), "FIRST");
                let conninfo = format!(
                    "host=127.0.0.1,127.0.0.1 port={first},{port} user=trust_user \
                     dbname=postgres gssencmode=disable sslmode={mode} connect_timeout=10"
                );
                if talk.open(&conninfo) {
                    talk.ask(&["facts", ""]);
                }
                talk.close();
            });
        }
    }
}

/// A listener whose connections come to nothing after these bytes.
fn stalling(after: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        use std::io::Write;
        let mut held = Vec::new();
        // The thread ends with the process.
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(&after);
            held.push(stream);
        }
    });
    port
}

/// A host that accepts and then says nothing is given up after connect_timeout.
fn stalls(compare: &mut Compare, server: &Server) {
    let port = server.port();
    let asks = message(b'R', &3i32.to_be_bytes());
    for (what, words, mode, alone) in [
        ("at once", Vec::new(), "disable", true),
        ("at once", Vec::new(), "prefer", false),
        ("at once", Vec::new(), "require", false),
        ("after agreeing to TLS", b"S".to_vec(), "require", false),
        ("after asking for a password", asks, "disable", true),
    ] {
        let stalled = stalling(words);
        let both = (
            "127.0.0.1,127.0.0.1".to_owned(),
            format!("{stalled},{port}"),
        );
        let one = alone.then(|| ("127.0.0.1".to_owned(), stalled.to_string()));
        for (hosts, ports) in [both].into_iter().chain(one) {
            let name = format!("a host that stalls {what}, sslmode={mode}, {hosts}");
            let conninfo = format!(
                "host={hosts} port={ports} user=trust_user password=x dbname=postgres \
                 gssencmode=disable sslmode={mode} connect_timeout=2"
            );
            let mut longest = Duration::ZERO;
            let goes_on = hosts.contains(',');
            let ours = compare.story(&name, |talk| {
                talk.hide(port.to_string(), "PORT");
                talk.hide(stalled.to_string(), "STALLED");
                let begin = Instant::now();
                if talk.open(&conninfo) {
                    talk.ask(&["facts", ""]);
                }
                talk.close();
                longest = longest.max(begin.elapsed());
            });
            compare.expect_open(&name, &ours, goes_on);
            let in_time = longest < Duration::from_secs(4);
            compare.check(in_time, &format!("{name}: took {longest:?}"));
        }
    }
}

/// PQping knows the difference between refused and unreachable.
fn pings(compare: &mut Compare, server: &Server) {
    let port = server.port();
    let stalled = stalling(Vec::new());
    for (conninfo, more) in [
        (format!("host=127.0.0.1 port={port}"), ""),
        (format!("host=127.0.0.1 port={port}"), "user=nobody_at_all"),
        (format!("host=127.0.0.1 port={port}"), "user=scram_user"),
        (format!("host=127.0.0.1 port={port}"), "dbname=none"),
        ("host=127.0.0.1 port=1".to_owned(), ""),
        (format!("host=127.0.0.1,127.0.0.1 port=1,{port}"), ""),
        (
            format!("host=127.0.0.1,127.0.0.1 port={port},1"),
            "user=trust_user dbname=postgres target_session_attrs=standby",
        ),
        (
            format!("host=127.0.0.1 port={stalled}"),
            "connect_timeout=2",
        ),
        ("host=127.0.0.1 port=x".to_owned(), ""),
        ("nonsense".to_owned(), ""),
    ] {
        compare.story(&format!("ping {more}"), |talk| {
            let conninfo = format!("{conninfo} {more}");
            let answer = talk.ask_quietly(&["ping", &conninfo]);
            talk.note("ping", &answer);
        });
    }
}
