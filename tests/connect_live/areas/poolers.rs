//! PgBouncer and Pgpool-II between the client and the server.

use std::path::Path;

use ferropq::Client;
use support::{Authority, Daemon, DaemonFolder, SCRAM_USER, Server, ServerOptions};
use support::{free_port, program};

use super::{Told, said, system};
use crate::compare::{Compare, Talk};

/// One way to run a pooler.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    /// Whether what belongs to a session outlives its transaction.
    keeps_sessions: bool,
    /// Whether the client's side and the server's are encrypted.
    tls: bool,
}

/// PgBouncer's.
const WAYS: [Way; 3] = [
    Way {
        name: "session",
        keeps_sessions: true,
        tls: false,
    },
    Way {
        name: "transaction",
        keeps_sessions: false,
        tls: false,
    },
    Way {
        name: "transaction, TLS",
        keeps_sessions: false,
        tls: true,
    },
];

/// PgBouncer.
pub(crate) fn run_pgbouncer() -> Result<Told, String> {
    let (Some(pgbouncer), Some(installation)) = (program("pgbouncer"), system()) else {
        return Ok(Told::Skipped("no PgBouncer is installed".into()));
    };
    let (server, authority) = parts(&installation)?;
    let mut compare = Compare::new()?;
    for way in WAYS {
        let pooler = start_pgbouncer(&pgbouncer, &server, &authority, way)?;
        let place = Place::new(&pooler, &authority, way);
        queries(&mut compare, &place, "PgBouncer");
        refusals(&mut compare, &place, "PgBouncer");
        console(&mut compare, &place);
        rust_client(&mut compare, &place, "PgBouncer");
    }
    Ok(Told::All(compare))
}

/// Pgpool-II.
pub(crate) fn run_pgpool() -> Result<Told, String> {
    let (Some(pgpool), Some(installation)) = (program("pgpool"), system()) else {
        return Ok(Told::Skipped("no Pgpool-II is installed".into()));
    };
    let (server, authority) = parts(&installation)?;
    let mut compare = Compare::new()?;
    for (name, tls) in [("in clear", false), ("TLS", true)] {
        let way = Way {
            name,
            keeps_sessions: true,
            tls,
        };
        let pooler = start_pgpool(&pgpool, &server, &authority, way)?;
        let place = Place::new(&pooler, &authority, way);
        queries(&mut compare, &place, "Pgpool-II");
        refusals(&mut compare, &place, "Pgpool-II");
        nodes(&mut compare, &place);
        rust_client(&mut compare, &place, "Pgpool-II");
    }
    Ok(Told::All(compare))
}

fn parts(installation: &support::Installation) -> Result<(Server, Authority), String> {
    let authority = Authority::new().map_err(said)?;
    let server = Server::start(installation, &ServerOptions::default()).map_err(said)?;
    server.show(&authority, "names").map_err(said)?;
    Ok((server, authority))
}

/// Copies the pooler's certificate and the root's to where the pooler can read them.
fn copy_certificates(folder: &DaemonFolder, authority: &Authority) -> Result<(), String> {
    for name in ["names.crt", "names.key", "root.crt"] {
        let content = std::fs::read(authority.file(name)).map_err(said)?;
        folder.write(name, content).map_err(said)?;
    }
    Ok(())
}

fn start_pgbouncer(
    program: &Path,
    server: &Server,
    authority: &Authority,
    way: Way,
) -> Result<Daemon, String> {
    let folder = DaemonFolder::new().map_err(said)?;
    copy_certificates(&folder, authority)?;
    let (port, behind) = (free_port().map_err(said)?, server.port());
    let file = |name| folder.file(name);
    let mode = way.name.split(',').next().unwrap_or_default();
    let tls = if way.tls {
        format!(
            "client_tls_sslmode = require\nclient_tls_key_file = {}\nclient_tls_cert_file = {}\n\
             client_tls_ca_file = {}\nserver_tls_sslmode = verify-full\nserver_tls_ca_file = {}\n",
            file("names.key"),
            file("names.crt"),
            file("root.crt"),
            file("root.crt"),
        )
    } else {
        String::new()
    };
    let configuration = format!(
        "[databases]\npostgres = host=localhost port={behind}\nnowhere = host=127.0.0.1 port=1\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = scram-sha-256\nauth_file = {}\nadmin_users = scram_user\n\
         pool_mode = {mode}\ndefault_pool_size = 3\nserver_login_retry = 1\n\
         server_connect_timeout = 3\nquery_wait_timeout = 3\n{tls}",
        file("users"),
    );
    folder.write("pgbouncer.ini", configuration).map_err(said)?;
    let users = "\"scram_user\" \"scram secret\"\n\"trust_user\" \"open\"\n";
    folder.write("users", users).map_err(said)?;
    let arguments = [file("pgbouncer.ini")];
    folder
        .start(port, "TERM", program, &arguments)
        .map_err(said)
}

fn start_pgpool(
    program: &Path,
    server: &Server,
    authority: &Authority,
    way: Way,
) -> Result<Daemon, String> {
    let folder = DaemonFolder::new().map_err(said)?;
    copy_certificates(&folder, authority)?;
    let (port, behind) = (free_port().map_err(said)?, server.port());
    let control = free_port().map_err(said)?;
    let file = |name| folder.file(name);
    let (here, ssl) = (folder.path().display(), if way.tls { "on" } else { "off" });
    let configuration = format!(
        "backend_clustering_mode = 'raw'\nlisten_addresses = '127.0.0.1'\nport = {port}\n\
         unix_socket_directories = '{here}'\npcp_listen_addresses = '127.0.0.1'\n\
         pcp_port = {control}\npcp_socket_dir = '{here}'\nbackend_hostname0 = '127.0.0.1'\n\
         backend_port0 = {behind}\nbackend_weight0 = 1\nnum_init_children = 6\nmax_pool = 2\n\
         enable_pool_hba = on\npool_passwd = '{}'\nallow_clear_text_frontend_auth = off\n\
         pid_file_name = '{}'\nlogdir = '{here}'\nwork_dir = '{here}'\n\
         health_check_period = 0\nsr_check_period = 0\nssl = {ssl}\nssl_key = '{}'\n\
         ssl_cert = '{}'\n",
        file("passwords"),
        file("pid"),
        file("names.key"),
        file("names.crt"),
    );
    let kind = if way.tls { "hostssl" } else { "host" };
    let rules =
        format!("{kind} all scram_user all scram-sha-256\n{kind} all trust_user all trust\n");
    for (name, content) in [
        ("pgpool.conf", configuration),
        ("pool_hba.conf", rules),
        ("passwords", "scram_user:TEXTscram secret\n".to_owned()),
        ("pcp.conf", String::new()),
    ] {
        folder.write(name, content).map_err(said)?;
    }
    let arguments = [
        "-n".to_owned(),
        "-f".to_owned(),
        file("pgpool.conf"),
        "-a".to_owned(),
        file("pool_hba.conf"),
        "-F".to_owned(),
        file("pcp.conf"),
    ];
    folder.start(port, "INT", program, &arguments).map_err(said)
}

/// Where a pooler is, and how it is connected to.
struct Place {
    way: Way,
    port: u16,
    options: String,
}

impl Place {
    fn new(pooler: &Daemon, authority: &Authority, way: Way) -> Self {
        let port = pooler.port();
        let mode = if way.tls {
            format!(
                "sslmode=verify-full sslrootcert={}",
                authority.path("root.crt")
            )
        } else {
            "sslmode=disable".to_owned()
        };
        Self {
            way,
            port,
            options: format!(
                "host=localhost hostaddr=127.0.0.1 port={port} gssencmode=disable {mode}"
            ),
        }
    }

    fn conninfo(&self, more: &str) -> String {
        let user = SCRAM_USER.name;
        let password = SCRAM_USER.password.unwrap_or_default();
        format!(
            "{} dbname=postgres user={user} password='{password}' {more}",
            self.options
        )
    }

    fn hide(&self, talk: &mut Talk<'_>) {
        talk.hide(self.options.clone(), "POOLER");
        talk.hide(self.port.to_string(), "PORT");
    }
}

/// What sessions are made of.
fn queries(compare: &mut Compare, place: &Place, pooler: &str) {
    let way = place.way.name;
    let name = format!("{pooler}, {way}: queries");
    let ours = compare.story(&name, |talk| {
        place.hide(talk);
        talk.open(&place.conninfo("application_name=pooled"));
        talk.ask(&["facts", ""]);
        talk.exec("select 1, null, 'x'");
        talk.exec("select 1; select 2; nonsense");
        talk.exec("do $$ begin raise notice 'hello'; end $$");
        talk.ask(&["params", "", "select $1::int + $2::int", "20", "22"]);
        talk.ask(&["params", "", "select 1 / $1::int", "0"]);
        talk.exec("begin");
        talk.ask(&["prepare", "", "plus", "select $1::int + 1"]);
        talk.ask(&["run", "", "plus", "41"]);
        talk.exec("deallocate plus");
        talk.exec("commit");
        for name in [
            "server_encoding",
            "client_encoding",
            "application_name",
            "TimeZone",
        ] {
            talk.ask(&["status", "", name]);
        }
        talk.exec("select length(repeat('x', 3000000))");
        talk.ask(&[
            "copy out",
            "",
            "copy (select repeat('x', 90) from generate_series(1, 20000)) to stdout",
        ]);
        talk.exec("begin");
        talk.exec("create temp table kept (a int, b text)");
        talk.ask(&["copy in", "", "copy kept from stdin", "1\tone\n2\ttwo\n"]);
        talk.ask(&["copy in", "", "copy kept from stdin", "x\tone\n"]);
        talk.exec("rollback");
        if place.way.keeps_sessions {
            talk.exec("set search_path = pg_catalog");
            talk.exec("show search_path");
            talk.ask(&["prepare", "", "later", "select 7"]);
            talk.ask(&["run", "", "later"]);
            talk.exec("listen something");
        }
        if place.way.tls {
            talk.exec("select 'between them', ssl from pg_stat_ssl where pid = pg_backend_pid()");
        }
        talk.ask(&["reset", ""]);
        talk.exec("select 2");
        talk.close();
    });
    compare.expect_open(&name, &ours, true);
    let encrypted = if place.way.tls {
        ["ssl=1 ", "between them|t"].as_slice()
    } else {
        ["ssl=0 "].as_slice()
    };
    let told = [
        "SELECT 1 42",
        "COPY 2",
        "20000 lines, 1820000 bytes, -1 PGRES_COMMAND_OK",
    ];
    for says in told.iter().chain(encrypted) {
        compare.expect(&name, &ours, says);
    }
    for how in ["old", "new"] {
        let name = format!("{pooler}, {way}: cancel, {how}");
        let ours = compare.story(&name, |talk| {
            place.hide(talk);
            talk.open(&place.conninfo(""));
            talk.ask(&["send", "", "select pg_sleep(20)"]);
            talk.await_sleep(&place.conninfo(""));
            talk.ask(&["cancel", "", how]);
            talk.ask(&["results", ""]);
            talk.exec("select 3");
            talk.close();
        });
        compare.expect(&name, &ours, "canceling statement due to user request");
    }
}

/// What a pooler refuses, in its own words.
fn refusals(compare: &mut Compare, place: &Place, pooler: &str) {
    let way = place.way.name;
    for more in [
        "password=wrong",
        "user=nobody password=x",
        "dbname=none",
        "dbname=nowhere",
        "options='-c geqo=off'",
        "client_encoding=LATIN1",
        "replication=database",
        "max_protocol_version=3.2",
        "channel_binding=require",
        "require_auth=scram-sha-256",
        "require_auth=md5",
        "sslmode=disable",
        "sslmode=require",
        "target_session_attrs=read-write",
        "target_session_attrs=standby",
    ] {
        compare.story(&format!("{pooler}, {way}: {more}"), |talk| {
            place.hide(talk);
            if talk.open(&place.conninfo(more)) {
                talk.exec("select 1");
                talk.ask(&["facts", ""]);
            }
            talk.close();
        });
    }
}

/// The administrator's console, which knows simple queries only.
fn console(compare: &mut Compare, place: &Place) {
    let way = place.way.name;
    let name = format!("PgBouncer, {way}: console");
    let ours = compare.story(&name, |talk| {
        place.hide(talk);
        talk.open(&place.conninfo("dbname=pgbouncer"));
        talk.ask(&["facts", ""]);
        for command in [
            "show version",
            "show databases",
            "show lists",
            "show help",
            "nonsense",
        ] {
            let answer = talk.ask_quietly(&["exec", "", command]);
            let status = answer.split(' ').next().unwrap_or_default();
            talk.note(command, status);
        }
        let pools = talk.ask_quietly(&["exec", "", "show pools"]);
        talk.note("pools", &pools.contains("postgres|scram_user").to_string());
        talk.ask(&["params", "", "show version"]);
        talk.ask(&["exec", "", "show version"]);
        talk.close();
    });
    for says in ["show databases -> PGRES_TUPLES_OK", "pools -> true"] {
        compare.expect(&name, &ours, says);
    }
}

/// What Pgpool-II answers by itself.
fn nodes(compare: &mut Compare, place: &Place) {
    let way = place.way.name;
    let name = format!("Pgpool-II, {way}: its own answers");
    let ours = compare.story(&name, |talk| {
        place.hide(talk);
        talk.open(&place.conninfo(""));
        let nodes = talk.ask_quietly(&["exec", "", "show pool_nodes"]);
        talk.note("nodes", &nodes.contains("0|127.0.0.1|").to_string());
        for command in [
            "show pool_processes",
            "show pool_pools",
            "show pool_version",
        ] {
            let answer = talk.ask_quietly(&["exec", "", command]);
            let status = answer.split(' ').next().unwrap_or_default();
            talk.note(command, status);
        }
        talk.ask(&["exec", "", "pgpool show port"]);
        talk.close();
    });
    for says in ["nodes -> true", "show pool_processes -> PGRES_TUPLES_OK"] {
        compare.expect(&name, &ours, says);
    }
}

/// The Rust face through the same pooler.
fn rust_client(compare: &mut Compare, place: &Place, pooler: &str) {
    let outcome = talk_rust(place).map_err(|error| error.to_string());
    let name = format!("{pooler}, {}: Rust: {outcome:?}", place.way.name);
    compare.told += 1;
    compare.check(outcome.is_ok(), &name);
}

fn talk_rust(place: &Place) -> Result<(), ferropq::Error> {
    let mut client = Client::connect(&place.conninfo(""))?;
    let sum: i32 = client
        .query_one("select $1::int + $2::int", &[&20i32, &22i32])?
        .get(0);
    assert_eq!(sum, 42);
    let mut transaction = client.transaction()?;
    let statement = transaction.prepare("select $1::int * 2")?;
    for number in 0..10i32 {
        let twice: i32 = transaction.query_one(&statement, &[&number])?.get(0);
        assert_eq!(twice, number * 2);
    }
    transaction.commit()?;
    let refused = client.query("select 1 / $1::int", &[&0i32]);
    assert!(refused.is_err());
    let rows = client.query("select n from generate_series(1, 5000) n", &[])?;
    assert_eq!(rows.len(), 5000);
    let cancel = client.cancel_token();
    let watch = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        cancel.cancel()
    });
    assert!(client.batch_execute("select pg_sleep(20)").is_err());
    watch.join().expect("no panic")?;
    client.batch_execute("select 1")
}
