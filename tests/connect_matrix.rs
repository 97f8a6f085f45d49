//! Connecting: every server version, by TCP, Unix socket and TLS, with each kind of password.

use ferropq::connection::{
    Connection,
    blocking::{self, Host},
};
use ferropq::conninfo::ConnInfo;
use ferropq::result::QueryResult;
use support::{
    MD5_USER, PASSWORD_USER, SCRAM_USER, Server, TLS_USER, TRUST_USER, User, Via, each_server,
};

/// Drives the engine as it is.
struct Driver(Connection);

impl Host for Driver {
    type Result = QueryResult;

    fn engine(&mut self) -> &mut Connection {
        &mut self.0
    }

    fn deliver_notices(&mut self) {
        while self.0.pop_notice().is_some() {}
    }

    fn adopt(&mut self, result: Box<QueryResult>) -> QueryResult {
        *result
    }

    fn core(result: &QueryResult) -> &QueryResult {
        result
    }
}

/// Connects and asks who one is; `Err` is the connection's error text.
fn connect(conninfo: &str) -> Result<Driver, String> {
    let info = ConnInfo::from_string(conninfo.as_bytes());
    let mut driver = Driver(Connection::start(info));
    if blocking::connect(&mut driver) {
        return Ok(driver);
    }
    Err(String::from_utf8_lossy(driver.0.error().as_bytes()).into_owned())
}

fn ask(driver: &mut Driver, sql: &str) -> String {
    let result = blocking::exec(driver, sql.as_bytes()).expect("sent");
    let value = result.rows.get(0, 0).flatten().expect("a value");
    String::from_utf8_lossy(value).into_owned()
}

#[track_caller]
fn assert_connects(conninfo: &str, user: User, encrypted: bool) {
    let mut driver = connect(conninfo).unwrap_or_else(|error| panic!("{conninfo}: {error}"));
    assert_eq!(ask(&mut driver, "select current_user"), user.name);
    let secure = driver.0.stream().and_then(|stream| stream.secure());
    assert_eq!(secure.is_some(), encrypted, "{conninfo}");
    let asked = user.name != TRUST_USER.name;
    assert_eq!(driver.0.password_needed(), asked, "{conninfo}");
}

#[track_caller]
fn assert_refused(conninfo: &str, reason: &str) {
    match connect(conninfo) {
        Ok(_) => panic!("{conninfo}: connected"),
        Err(error) => assert!(error.contains(reason), "{conninfo}: {error}"),
    }
}

fn failed_at(server: &Server) -> String {
    let port = server.port();
    format!("connection to server at \"127.0.0.1\", port {port} failed: ")
}

#[test]
fn every_password_method_works_over_every_transport() {
    for server in each_server() {
        for user in [TRUST_USER, PASSWORD_USER, MD5_USER, SCRAM_USER] {
            let tcp = server.conninfo(user, Via::Tcp);
            assert_connects(&tcp, user, true);
            assert_connects(&format!("{tcp} sslmode=disable"), user, false);
            assert_connects(&format!("{tcp} sslmode=allow"), user, false);
            assert_connects(&server.conninfo(user, Via::Unix), user, false);
            assert_connects(&server.conninfo(user, Via::Tcp6), user, true);
            assert_connects(&server.conninfo_tls(user), user, true);
        }
    }
}

#[test]
fn a_server_that_wants_tls_is_given_it_where_the_mode_allows() {
    for server in each_server() {
        let tcp = server.conninfo(TLS_USER, Via::Tcp);
        for mode in ["allow", "prefer", "require"] {
            assert_connects(&format!("{tcp} sslmode={mode}"), TLS_USER, true);
        }
        assert_refused(
            &format!("{tcp} sslmode=disable"),
            "no pg_hba.conf entry for host",
        );
    }
}

#[test]
fn scram_is_bound_to_the_channel_from_version_11_on() {
    for server in each_server() {
        let bound = format!(
            "{} channel_binding=require",
            server.conninfo_tls(SCRAM_USER)
        );
        match connect(&bound) {
            Ok(mut driver) => assert_eq!(ask(&mut driver, "select current_user"), SCRAM_USER.name),
            Err(error) => {
                assert_eq!(server.major(), 10, "{error}");
                assert!(error.contains("server did not offer an authentication method"));
            }
        }
        let plain = server.conninfo(SCRAM_USER, Via::Tcp);
        assert_refused(
            &format!("{plain} sslmode=disable channel_binding=require"),
            "channel binding required, but SSL not in use",
        );
    }
}

#[test]
fn refusals_are_told_as_libpq_tells_them() {
    for server in each_server() {
        let scram = format!("{} sslmode=disable", server.conninfo(SCRAM_USER, Via::Tcp));
        let trust = server.conninfo(TRUST_USER, Via::Tcp);
        let at = failed_at(server);
        assert_refused(
            &format!("{scram} password=wrong"),
            &format!(
                "{at}FATAL:  password authentication failed for user \"{}\"\n",
                SCRAM_USER.name
            ),
        );
        assert_refused(
            &format!("{trust} dbname=nope"),
            &format!("{at}FATAL:  database \"nope\" does not exist\n"),
        );
        assert_refused(
            &format!("{scram} password='' passfile=/nonexistent"),
            &format!("{at}fe_sendauth: no password supplied\n"),
        );
    }
}

#[test]
fn a_primary_is_judged_alike_by_what_it_tells_and_by_asking() {
    for server in each_server() {
        let trust = server.conninfo(TRUST_USER, Via::Tcp);
        for wanted in ["any", "read-write", "primary", "prefer-standby"] {
            let conninfo = format!("{trust} target_session_attrs={wanted}");
            let mut driver = connect(&conninfo).unwrap_or_else(|e| panic!("{conninfo}: {e}"));
            assert_eq!(ask(&mut driver, "select 1"), "1");
        }
        let at = failed_at(server);
        for (wanted, reason) in [
            ("standby", "server is not in hot standby mode\n"),
            ("read-only", "session is not read-only\n"),
        ] {
            let conninfo = format!("{trust} target_session_attrs={wanted}");
            assert_refused(&conninfo, &format!("{at}{reason}"));
        }
    }
}

#[test]
fn a_later_host_is_tried_when_an_earlier_one_does_not_answer() {
    for server in each_server() {
        let port = server.port();
        let user = TRUST_USER.name;
        let conninfo = format!(
            "host=/nonexistent,127.0.0.1,localhost port=1,1,{port} user={user} dbname=postgres"
        );
        let mut driver = connect(&conninfo).unwrap_or_else(|e| panic!("{conninfo}: {e}"));
        assert_eq!(ask(&mut driver, "select 2"), "2");
    }
}

#[test]
fn both_protocol_versions_are_spoken() {
    for server in each_server() {
        let latest = format!(
            "{} max_protocol_version=latest",
            server.conninfo(TRUST_USER, Via::Tcp)
        );
        let driver = connect(&latest).unwrap_or_else(|e| panic!("{latest}: {e}"));
        let expected = if server.major() >= 18 { (3, 2) } else { (3, 0) };
        let protocol = driver.0.session().protocol;
        assert_eq!((protocol >> 16, protocol & 0xffff), expected);
        let key = driver.0.session().cancel_key.len();
        assert_eq!(key, if expected.1 == 2 { 32 } else { 4 });
    }
}
