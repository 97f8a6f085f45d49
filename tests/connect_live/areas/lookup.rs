//! Names: those with several addresses, those that spread, and those whose lookup stalls.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Server, ServerOptions};

use super::{Told, said, system};
use crate::compare::Compare;

/// How far the counts of three even hosts may be from a third: a chi-square value of two degrees
/// of freedom that one run in a million exceeds.
const UNLIKELY: f64 = 27.7;

pub(crate) fn run() -> Result<Told, String> {
    let Some(newest) = system() else {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    };
    let options = ServerOptions {
        settings: vec![(
            "listen_addresses",
            "127.0.0.1, 127.0.0.2, 127.0.0.3, ::1".into(),
        )],
        ..ServerOptions::default()
    };
    let server = Server::start(&newest, &options).map_err(said)?;
    let folder = tempfile::tempdir().map_err(said)?;
    let resolver = build(folder.path())?;
    let mut compare = Compare::preloading(&resolver)?;
    names(&mut compare, &server);
    spread(&mut compare, &server);
    half(&mut compare, &server)?;
    stalled(&mut compare, &server);
    Ok(Told::All(compare))
}

/// Compiles the resolver.
fn build(folder: &Path) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/connect_live/resolver.c");
    let library = folder.join("resolver.so");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status()
        .map_err(said)?;
    status
        .success()
        .then_some(library)
        .ok_or_else(|| format!("cc: {status}"))
}

fn conninfo(server: &Server, hosts: &str, more: &str) -> String {
    let port = server.port();
    format!(
        "host={hosts} port={port} user=trust_user dbname=postgres sslmode=disable \
         gssencmode=disable {more}"
    )
}

fn names(compare: &mut Compare, server: &Server) {
    for (hosts, more) in [
        ("many.test", ""),
        ("mixed.test", ""),
        ("mixed.test,many.test", ""),
        ("missing.test", ""),
        ("missing.test,many.test", ""),
        ("missing.test,missing.test", ""),
        ("missing.test", "connect_timeout=5"),
        ("slow.test", "connect_timeout=5"),
        ("slow.test", ""),
        ("many.test", "target_session_attrs=standby"),
        ("mixed.test", "target_session_attrs=standby"),
        ("many.test", "target_session_attrs=prefer-standby"),
        ("many.test", "user=nobody_at_all"),
        ("many.test", "port=1"),
        ("many.test", "port=1 connect_timeout=5"),
    ] {
        compare.story(&format!("name {hosts} {more}"), |talk| {
            talk.hide(server.port().to_string(), "PORT");
            if talk.open(&conninfo(server, hosts, more)) {
                talk.ask(&["facts", ""]);
                talk.exec("select inet_server_addr()");
            }
            talk.close();
        });
    }
}

/// 300 connections spread over three hosts, and over the three addresses of one.
fn spread(compare: &mut Compare, server: &Server) {
    let three = "127.0.0.1,127.0.0.2,127.0.0.3";
    for hosts in [three, "many.test", "many.test,many.test"] {
        compare.story(&format!("spread over {hosts}"), |talk| {
            let random = conninfo(server, hosts, "load_balance_hosts=random");
            if !talk
                .ask_quietly(&["open", "", &random])
                .starts_with("connected")
            {
                talk.note(
                    "open",
                    "refused: invalid connection option \"load_balance_hosts\"",
                );
                return;
            }
            let mut counts = [0u32; 3];
            for _ in 0..300 {
                talk.ask_quietly(&["open", "", &random]);
                let answer = talk.ask_quietly(&["exec", "", "select host(inet_server_addr())"]);
                let last = answer.chars().last().and_then(|digit| digit.to_digit(10));
                counts[last.expect("an address") as usize - 1] += 1;
            }
            let far = counts.map(|count| (f64::from(count) - 100.0).powi(2) / 100.0);
            let far: f64 = far.iter().sum();
            talk.note("even", &(far < UNLIKELY).to_string());
            assert!(far < UNLIKELY, "{}: {hosts}: {counts:?}", talk.kind());
            talk.close();
        });
    }
    compare.story("all hosts are tried, in whatever order", |talk| {
        let more = "load_balance_hosts=random target_session_attrs=standby";
        talk.hide(server.port().to_string(), "PORT");
        let said = talk.ask_quietly(&["open", "", &conninfo(server, three, more)]);
        // The outcome stands in front of whichever attempt came first.
        let attempts = said.trim_start_matches("refused: ");
        let mut lines: Vec<&str> = attempts.lines().collect();
        lines.sort_unstable();
        talk.note("open", &format!("refused: {}", lines.join("\n")));
        talk.close();
    });
}

/// A name whose first address accepts and then says nothing: the time limit is each address's own.
fn half(compare: &mut Compare, server: &Server) -> Result<(), String> {
    let silent = TcpListener::bind(("127.0.0.4", server.port())).map_err(said)?;
    for (hosts, more, seconds) in [
        ("half.test", "connect_timeout=2", 2),
        ("half.test", "connect_timeout=1", 2),
        ("half.test", "connect_timeout=2 sslmode=prefer", 2),
        (
            "half.test,half.test",
            "connect_timeout=2 user=nobody_at_all",
            4,
        ),
        (
            "half.test",
            "connect_timeout=2 target_session_attrs=prefer-standby",
            4,
        ),
    ] {
        let mut longest = Duration::ZERO;
        let name = format!("the first address of {hosts} stalls, {more}");
        compare.story(&name, |talk| {
            talk.hide(server.port().to_string(), "PORT");
            let begin = Instant::now();
            if talk.open(&conninfo(server, hosts, more)) {
                talk.ask(&["facts", ""]);
            }
            talk.close();
            longest = longest.max(begin.elapsed());
        });
        let in_time = longest < Duration::from_millis(seconds * 1000 + 900);
        compare.check(in_time, &format!("{name}: took {longest:?}"));
    }
    drop(silent);
    Ok(())
}

/// What libpq does not have: its lookup takes the time it takes.
fn stalled(compare: &mut Compare, server: &Server) {
    let begin = Instant::now();
    let answer = compare.ours_alone(&["poll", "", &conninfo(server, "slow.test", "")]);
    compare.check(answer.starts_with("connected"), &answer);
    let took = begin.elapsed();
    let limit = Duration::from_millis(1_900);
    compare.check(took < limit, &format!("a lookup of a second took {took:?}"));
    for (hosts, connects) in [
        ("stalls.test", false),
        ("stalls.test,127.0.0.1", true),
        ("127.0.0.1,stalls.test", true),
        ("stalls.test,stalls.test", false),
    ] {
        for verb in ["open", "poll"] {
            let begin = Instant::now();
            let conninfo = conninfo(server, hosts, "connect_timeout=2");
            let answer = compare.ours_alone(&[verb, "", &conninfo]);
            let took = begin.elapsed();
            let name = format!("{verb} of {hosts}");
            let stalling = hosts.matches("stalls").count();
            let limit = Duration::from_millis(2_600) * u32::try_from(stalling).expect("few");
            compare.check(took < limit, &format!("{name} took {took:?}"));
            compare.check(answer.starts_with("connected") == connects, &answer);
            let told = "could not translate host name \"stalls.test\" to address: timeout expired";
            compare.check(
                connects || answer.matches(told).count() == stalling,
                &answer,
            );
        }
    }
    compare.told += 1;
}
