//! Every `sslmode`, against servers with and without TLS and rules that want one or the other, with
//! a root certificate that is there, wrong or missing.

use support::{Authority, Server, ServerOptions};

use super::{ADVICE, AGAIN, Told, said, system};
use crate::compare::{But, Compare, Talk};

const MODES: [&str; 6] = [
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// Roles that the rules treat differently.
const USERS: [(&str, &str); 4] = [
    ("trusted either way", "trust_user"),
    ("only over TLS", "tls_user password='tls secret'"),
    ("never over TLS", "plain_user password='plain secret'"),
    ("wrong password", "scram_user password=wrong"),
];

struct World {
    authority: Authority,
    with: Server,
    without: Server,
}

pub(crate) fn run() -> Result<Told, String> {
    let Some(installation) = system() else {
        return Ok(Told::Skipped("no PostgreSQL server is installed".into()));
    };
    let start = |options: &ServerOptions| Server::start(&installation, options).map_err(said);
    let world = World {
        authority: Authority::new().map_err(said)?,
        with: start(&ServerOptions::default())?,
        without: start(&ServerOptions {
            tls: None,
            ..ServerOptions::default()
        })?,
    };
    world.with.show(&world.authority, "names").map_err(said)?;
    let mut compare = Compare::new()?;
    matrix(&mut compare, &world);
    Ok(Told::All(compare))
}

/// Server, user, mode and root, one connection each.
fn matrix(compare: &mut Compare, world: &World) {
    let file = |name| world.authority.path(name);
    let roots = [
        ("no root", String::new()),
        ("root", format!("sslrootcert={}", file("root.crt"))),
        (
            "wrong root",
            format!("sslrootcert={}", file("other-root.crt")),
        ),
        (
            "several roots",
            format!("sslrootcert={}", file("roots.crt")),
        ),
        ("missing root", "sslrootcert=/nonexistent/root.crt".into()),
        ("broken root", format!("sslrootcert={}", file("names.key"))),
        ("system's roots", "sslrootcert=system".into()),
    ];
    for (tls, server) in [("TLS on", &world.with), ("TLS off", &world.without)] {
        for (who, user) in USERS {
            for mode in MODES {
                for (what, root) in &roots {
                    let name = format!("{tls}, {who}, {mode}, {what}");
                    let port = server.port();
                    let conninfo = format!(
                        "host=localhost hostaddr=127.0.0.1 port={port} dbname=postgres \
                         user={user} gssencmode=disable sslmode={mode} {root}"
                    );
                    let known = known(tls, who, mode, what);
                    let but: Vec<But> = known.map(|why| But::Before(18, why)).into_iter().collect();
                    let ours = compare.story_but(&name, &but, |talk| tell(talk, server, &conninfo));
                    if let Some(wanted) = expected(tls, who, mode, what) {
                        compare.expect_open(&name, &ours, wanted);
                    }
                }
            }
        }
    }
}

/// What comes of the usual ones, as the manual has it.
fn expected(tls: &str, who: &str, mode: &str, root: &str) -> Option<bool> {
    let has_tls = tls == "TLS on";
    let verifies = mode.starts_with("verify");
    match (who, root) {
        ("wrong password", _) => Some(false),
        (_, "root" | "several roots") if verifies => Some(has_tls && !who.starts_with("never")),
        (_, "wrong root" | "missing root" | "no root") if verifies => Some(false),
        ("trusted either way", "no root") => Some(has_tls || mode != "require"),
        ("only over TLS", "no root") => Some(has_tls && mode != "disable"),
        ("never over TLS", "no root") => Some(mode != "require"),
        _ => None,
    }
}

/// Why libpq 15 tells another story, where it does.
fn known(tls: &str, who: &str, mode: &str, root: &str) -> Option<&'static str> {
    let has_tls = tls == "TLS on";
    match (mode, root) {
        ("verify-full", "system's roots") if !has_tls => None,
        (_, "system's roots") => Some("sslrootcert=system came with libpq 16"),
        ("verify-ca" | "verify-full", "no root" | "missing root") if has_tls => Some(ADVICE),
        ("allow", _) if !has_tls && ["only over TLS", "wrong password"].contains(&who) => {
            Some(AGAIN)
        }
        _ => None,
    }
}

fn tell(talk: &mut Talk<'_>, server: &Server, conninfo: &str) {
    talk.hide(server.port().to_string(), "PORT");
    if talk.open(conninfo) {
        talk.exec("select ssl, version from pg_stat_ssl where pid = pg_backend_pid()");
    }
    talk.close();
}
