//! Connecting, cancelling, losing the connection.

use std::thread;
use std::time::Duration;

use ferropq::{Client, Config, ErrorKind, SslMode, sqlstate};
use support::{SCRAM_USER, SUPERUSER, Via, require_server};

use super::{client, connect};

#[test]
fn a_command_is_cancelled_from_another_thread() {
    let mut client = client!();
    let token = client.cancel_token();
    for _ in 0..2 {
        let token = token.clone();
        let canceller = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            token.cancel().unwrap();
        });
        let error = client.batch_execute("SELECT pg_sleep(30)").unwrap_err();
        assert_eq!(error.code(), Some("57014"));
        canceller.join().unwrap();
    }
    assert_eq!(client.query("SELECT 1", &[]).unwrap().len(), 1);
}

#[test]
fn a_server_that_ends_the_session_is_told() {
    let mut client = client!();
    let mut other = connect().unwrap();
    let pid = client.backend_pid();
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        other
            .execute("SELECT pg_terminate_backend($1)", &[&pid])
            .unwrap();
    });
    let error = client.batch_execute("SELECT pg_sleep(30)").unwrap_err();
    killer.join().unwrap();
    assert_eq!(error.code(), Some("57P01"));
    assert!(client.is_closed());
    let error = client.query("SELECT 1", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(client.transaction().is_err());
    assert!(client.close().is_err());
}

#[test]
fn a_server_that_is_silent_is_given_up() {
    let mut client = client!();
    client.is_valid(Duration::from_secs(10)).unwrap();
    client.set_query_timeout(Some(Duration::from_millis(100)));
    let error = client.batch_execute("SELECT pg_sleep(30)").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(client.is_closed());
    assert_eq!(
        client.is_valid(Duration::from_secs(1)).unwrap_err().kind(),
        ErrorKind::Closed
    );
}

#[test]
fn a_session_tells_of_itself() {
    let mut client = client!();
    let row = client
        .query_one(
            "SELECT pg_backend_pid(), current_setting('server_version_num')::int4",
            &[],
        )
        .unwrap();
    assert_eq!(row.get::<_, i32>(0), client.backend_pid());
    assert_eq!(row.get::<_, i32>(1) as u32, client.server_version());
    assert_eq!(client.parameter("client_encoding"), Some("UTF8"));
    assert_eq!(client.parameter("absent"), None);
    assert!(!client.in_transaction() && !client.is_closed());
    client.close().unwrap();
}

#[test]
fn settings_are_used_for_connecting() {
    let Some(server) = require_server() else {
        return;
    };
    let mut client = Config::new()
        .host(&server.socket_folder().display().to_string())
        .port(server.port())
        .user(SUPERUSER.name)
        .dbname("postgres")
        .application_name("ferropq's test")
        .options("-c work_mem=1234kB")
        .connect()
        .unwrap();
    let row = client
        .query_one(
            "SELECT current_setting('application_name'), current_setting('work_mem')",
            &[],
        )
        .unwrap();
    assert_eq!(
        (row.get::<_, &str>(0), row.get::<_, &str>(1)),
        ("ferropq's test", "1234kB")
    );

    let mut config: Config = server.conninfo(SCRAM_USER, Via::Tcp).parse().unwrap();
    config.ssl_mode(SslMode::Disable);
    assert!(config.connect().is_ok());
    config.password("wrong");
    let error = config.connect().unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Server, Some("28P01"))
    );
    assert!(
        error.to_string().contains("password authentication failed"),
        "{error}"
    );
}

#[test]
fn what_a_server_says_when_it_refuses_is_told() {
    let Some(server) = require_server() else {
        return;
    };
    let mut config: Config = server.conninfo(SUPERUSER, Via::Unix).parse().unwrap();
    config.dbname("absent");
    let error = config.connect().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let said = error.server().unwrap();
    assert_eq!(said.code(), sqlstate::INVALID_CATALOG_NAME);
    assert_eq!(said.severity(), "FATAL");
    assert_eq!(said.message(), "database \"absent\" does not exist");
    config.set("require_auth", "scram-sha-256");
    assert_eq!(config.connect().unwrap_err().kind(), ErrorKind::Auth);
}

#[test]
fn connections_that_cannot_be_made_say_why() {
    let kind = |conninfo: &str| Client::connect(conninfo).unwrap_err().kind();
    assert_eq!(
        kind("host=127.0.0.1 port=1 dbname=x user=x"),
        ErrorKind::Connect
    );
    assert_eq!(kind("host=/absent dbname=x user=x"), ErrorKind::Connect);
    assert_eq!(kind("nonsense"), ErrorKind::Settings);
    assert_eq!(kind("sslmode=x"), ErrorKind::Settings);
    assert_eq!(kind("client_encoding=latin1"), ErrorKind::Settings);
    assert_eq!(kind("host=/absent port=99999 user=x"), ErrorKind::Settings);
    assert_eq!(
        kind("host=127.0.0.1 connect_timeout=soon user=x"),
        ErrorKind::Settings
    );
}
