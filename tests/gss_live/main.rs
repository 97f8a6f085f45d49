//! GSSAPI against a Kerberos KDC and a PostgreSQL server of its own.
//!
//! Who one is, Kerberos finds in the environment of the process. So every case runs in a process of
//! its own: this program, started again with the case's name in `FERROPQ_GSS_CASE`.
//!
//! Skipped where no KDC or no system's PostgreSQL is installed, except with `FERROPQ_REQUIRE_KDC=1`.
//! An argument that is no option selects the cases whose names contain it.

mod cases;
mod driver;
mod reference;

use std::env;
use std::panic::catch_unwind;
use std::process::{Command, ExitCode};
use std::time::Duration;

use support::{Kdc, Server, ServerOptions, require_kdc, servers};

use cases::Case;

const CASE: &str = "FERROPQ_GSS_CASE";
const SERVER: &str = "FERROPQ_GSS_SERVER";

/// Rules before those of every test server.
const HBA: &str = "\
hostgssenc   all  alice     all  gss include_realm=0 krb_realm=FERROPQ.TEST
hostnogssenc all  alice,bob all  gss include_realm=0
hostgssenc   all  enc_only  all  trust
hostnogssenc all  never_enc all  trust
";

const ROLES: &str = "create role alice login; create role bob login; \
    create role enc_only login; create role never_enc login; \
    grant pg_read_all_stats to alice";

/// Whose tickets a case has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tickets {
    /// Alice's.
    Alice,
    /// Bob's.
    Bob,
    /// Alice's, but they have expired.
    Expired,
    /// A cache is named and does not exist.
    Missing,
    /// None, and no cache is named.
    None,
}

/// Where the server is.
struct World {
    port: u16,
    socket: String,
}

impl World {
    /// A connection string for the user, by TCP and without TLS, as far as `options` say no more.
    fn conninfo(&self, user: &str, options: &str) -> String {
        let port = self.port;
        format!(
            "host=localhost hostaddr=127.0.0.1 port={port} dbname=postgres user={user} \
             sslmode=disable connect_timeout=30 {options}"
        )
    }

    /// A connection string for the superuser, over the Unix socket.
    fn superuser(&self) -> String {
        let Self { port, socket } = self;
        format!("host={socket} port={port} dbname=postgres user=postgres")
    }
}

fn main() -> ExitCode {
    if let Ok(name) = env::var(CASE) {
        run_here(&name);
        return ExitCode::SUCCESS;
    }
    let filters: Vec<String> = env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let Some(kdc) = require_kdc() else {
        return ExitCode::SUCCESS;
    };
    let Some(server) = start_server(&kdc) else {
        return ExitCode::SUCCESS;
    };
    let mut failed = 0;
    for case in cases::all() {
        if filters.is_empty() || filters.iter().any(|part| case.name.contains(part)) {
            let passed = run_apart(case, &kdc, &server);
            println!("{} ... {}", case.name, if passed { "ok" } else { "FAILED" });
            failed += usize::from(!passed);
        }
    }
    if failed == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{failed} failed; the server's log:\n{}", server.log());
    ExitCode::FAILURE
}

/// The system's server, which is built with GSSAPI; the packaged ones are not.
fn start_server(kdc: &Kdc) -> Option<Server> {
    let Some(installation) = servers().into_iter().find(|found| found.system) else {
        let required = env::var_os("FERROPQ_REQUIRE_KDC").is_some_and(|value| value == "1");
        assert!(!required, "no PostgreSQL of the system's is installed");
        eprintln!("skipped: no PostgreSQL of the system's is installed");
        return None;
    };
    let options = ServerOptions {
        hba: HBA.to_owned(),
        settings: vec![("krb_server_keyfile", "server.keytab".to_owned())],
        environment: vec![
            ("KRB5_CONFIG", kdc.file("krb5.conf").display().to_string()),
            ("KRB5RCACHETYPE", "none".to_owned()),
        ],
        files: vec![
            ("server.keytab", kdc.file("server.keytab")),
            ("other.keytab", kdc.file("other.keytab")),
        ],
        ..ServerOptions::default()
    };
    let server = Server::start(&installation, &options).expect("a server that knows GSSAPI");
    let superuser = server.conninfo(support::SUPERUSER, support::Via::Unix);
    driver::connect(&superuser)
        .expect("the superuser's connection")
        .run(ROLES);
    Some(server)
}

/// Runs a case in a process of its own, with the tickets it wants.
fn run_apart(case: &Case, kdc: &Kdc, server: &Server) -> bool {
    let log_in = |principal, seconds| {
        let lifetime = Duration::from_secs(seconds);
        kdc.log_in(principal, lifetime).expect("a ticket")
    };
    let cache = match case.tickets {
        Tickets::Alice => Some(log_in("alice", 3600)),
        Tickets::Bob => Some(log_in("bob", 3600)),
        Tickets::Expired => {
            let cache = log_in("alice", 1);
            // A second of life, and one more for the clock.
            std::thread::sleep(Duration::from_millis(2100));
            Some(cache)
        }
        Tickets::Missing => Some("FILE:/nonexistent/cache".to_owned()),
        Tickets::None => None,
    };
    let mut command = Command::new(env::current_exe().expect("this program"));
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("PG") || name.starts_with("KRB5") {
            command.env_remove(&*name);
        }
    }
    if let Some(cache) = cache {
        command
            .env("KRB5_CONFIG", kdc.file("krb5.conf"))
            .env("KRB5CCNAME", cache);
    }
    let folder = server.socket_folder().display();
    command
        .env(CASE, case.name)
        .env(SERVER, format!("{} {folder}", server.port()));
    command.status().expect("this program to start").success()
}

fn run_here(name: &str) {
    let server = env::var(SERVER).expect("the server's place");
    let (port, socket) = server.split_once(' ').expect("port and folder");
    let world = World {
        port: port.parse().expect("a port"),
        socket: socket.to_owned(),
    };
    let case = cases::all().find(|case| case.name == name);
    let case = case.expect("a case of this name");
    if catch_unwind(|| (case.run)(&world)).is_err() {
        std::process::exit(1);
    }
}
