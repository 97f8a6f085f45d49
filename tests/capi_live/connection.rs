//! Connecting, what a connection tells of itself, and refusals.

use std::ffi::c_int;
use std::ptr;

use ferropq::capi::conn_status::*;
use ferropq::capi::connect::*;
use ferropq::capi::password::*;
use ferropq::capi::ping::*;
use ferropq::capi::ssl::*;
use ferropq::capi::types::*;
use support::{MD5_USER, PASSWORD_USER, SCRAM_USER, TRUST_USER, User, Via, require_server};

use crate::handles::*;

#[test]
fn every_user_comes_in_by_every_way() {
    let Some(server) = require_server() else {
        return;
    };
    for user in [TRUST_USER, PASSWORD_USER, MD5_USER, SCRAM_USER] {
        let ways = [
            (server.conninfo(user, Via::Tcp) + " sslmode=disable", 0),
            (server.conninfo(user, Via::Unix), 0),
            (server.conninfo_tls(user), 1),
        ];
        for (conninfo, encrypted) in ways {
            let conn = Conn::ready(&conninfo);
            assert_eq!(conn.value("SELECT current_user"), user.name);
            unsafe {
                assert_eq!(PQsslInUse(conn.0), encrypted, "{conninfo}");
                let asked = c_int::from(user.password.is_some());
                assert_eq!(PQconnectionUsedPassword(conn.0), asked);
                assert_eq!(PQconnectionNeedsPassword(conn.0), 0);
                assert_eq!(
                    (PQconnectionUsedGSSAPI(conn.0), PQgssEncInUse(conn.0)),
                    (0, 0)
                );
                assert!(PQgetgssctx(conn.0).is_null());
            }
        }
    }
}

#[test]
fn a_connection_tells_of_itself() {
    let Some(server) = require_server() else {
        return;
    };
    let conninfo = server.conninfo(SCRAM_USER, Via::Tcp) + " options='-c geqo=off'";
    let conn = Conn::ready(&conninfo);
    unsafe {
        let conn = conn.0;
        assert_eq!(text(PQuser(conn)), SCRAM_USER.name);
        assert_eq!(Some(text(PQpass(conn)).as_str()), SCRAM_USER.password);
        assert_eq!(text(PQport(conn)), server.port().to_string());
        assert_eq!(text(PQhostaddr(conn)), "127.0.0.1");
        assert!(!text(PQhost(conn)).is_empty() && !text(PQdb(conn)).is_empty());
        assert_eq!(
            (text(PQtty(conn)), text(PQoptions(conn))),
            (String::new(), "-c geqo=off".into())
        );
        assert_eq!(
            PQtransactionStatus(conn),
            PGTransactionStatusType::PQTRANS_IDLE
        );
        assert_eq!(PQpipelineStatus(conn), PGpipelineStatus::PQ_PIPELINE_OFF);
        assert_eq!(
            (PQprotocolVersion(conn), PQfullProtocolVersion(conn)),
            (3, 30_000)
        );
        assert_eq!(PQserverVersion(conn) / 10_000, server.major() as c_int);
        assert!(PQsocket(conn) >= 0 && PQbackendPID(conn) > 0);
        assert_eq!(
            text(PQparameterStatus(
                conn,
                c"standard_conforming_strings".as_ptr()
            )),
            "on"
        );
        assert!(PQparameterStatus(conn, c"no_such_parameter".as_ptr()).is_null());
        assert!(PQparameterStatus(conn, ptr::null()).is_null());
    }
}

#[test]
fn encryption_tells_of_itself() {
    let Some(server) = require_server() else {
        return;
    };
    PQinitSSL(0);
    PQinitOpenSSL(0, 0);
    let library = if cfg!(feature = "openssl") {
        "OpenSSL"
    } else {
        "native-tls"
    };
    let conn = Conn::ready(&server.conninfo_tls(TRUST_USER));
    let plain = Conn::ready(&server.conninfo(TRUST_USER, Via::Unix));
    unsafe {
        assert_eq!(text(PQsslAttribute(conn.0, c"library".as_ptr())), library);
        assert_eq!(text(*PQsslAttributeNames(conn.0)), "library");
        assert!((*PQsslAttributeNames(plain.0)).is_null());
        assert!(PQsslAttribute(plain.0, c"library".as_ptr()).is_null());
        assert_eq!(
            text(PQsslAttribute(ptr::null_mut(), c"library".as_ptr())),
            library
        );
        assert!(PQgetssl(plain.0).is_null() && PQsslStruct(conn.0, c"GnuTLS".as_ptr()).is_null());
        if cfg!(feature = "openssl") {
            let protocol = PQsslAttribute(conn.0, c"protocol".as_ptr());
            assert!(text(protocol).starts_with("TLSv1."));
            assert_eq!(protocol, PQsslAttribute(conn.0, c"protocol".as_ptr()));
            assert!(!PQgetssl(conn.0).is_null());
        }
    }
}

#[test]
fn refusals_tell_why() {
    let Some(server) = require_server() else {
        return;
    };
    let without = |user: User| User {
        password: None,
        ..user
    };
    let conn = Conn::open(&server.conninfo(without(SCRAM_USER), Via::Unix));
    assert_eq!(conn.status(), ConnStatusType::CONNECTION_BAD);
    assert!(
        conn.error()
            .ends_with("fe_sendauth: no password supplied\n"),
        "{}",
        conn.error()
    );
    assert_eq!(unsafe { PQconnectionNeedsPassword(conn.0) }, 1);

    let wrong = User {
        password: Some("wrong"),
        ..SCRAM_USER
    };
    let conn = Conn::open(&server.conninfo(wrong, Via::Tcp));
    assert!(
        conn.error().contains("password authentication failed"),
        "{}",
        conn.error()
    );
    assert_eq!(unsafe { PQconnectionNeedsPassword(conn.0) }, 0);
    assert!(conn.exec("SELECT 1").0.is_null());
    assert_eq!(conn.error(), "no connection to the server\n");
}

#[test]
fn a_connection_is_made_one_poll_at_a_time() {
    let Some(server) = require_server() else {
        return;
    };
    let conninfo = c(&server.conninfo(SCRAM_USER, Via::Tcp));
    let keywords = [c"dbname".as_ptr(), c"user".as_ptr(), ptr::null()];
    let values = [conninfo.as_ptr(), ptr::null(), ptr::null()];
    let started = unsafe {
        [
            Conn(PQconnectStart(conninfo.as_ptr())),
            Conn(PQconnectStartParams(keywords.as_ptr(), values.as_ptr(), 1)),
        ]
    };
    for conn in started {
        loop {
            assert!(unsafe { PQsocket(conn.0) } >= 0, "{}", conn.error());
            match unsafe { PQconnectPoll(conn.0) } {
                PostgresPollingStatusType::PGRES_POLLING_OK => break,
                PostgresPollingStatusType::PGRES_POLLING_FAILED => panic!("{}", conn.error()),
                _ => std::thread::yield_now(),
            }
        }
        assert_eq!(conn.value("SELECT current_user"), SCRAM_USER.name);
    }
}

#[test]
fn a_ping_needs_no_password() {
    let Some(server) = require_server() else {
        return;
    };
    let ping = |conninfo: &str| unsafe { PQping(c(conninfo).as_ptr()) };
    let nobody = User {
        name: "nobody_at_all",
        password: None,
    };
    assert_eq!(ping(&server.conninfo(nobody, Via::Tcp)), PGPing::PQPING_OK);
    let nowhere = "host=127.0.0.1 port=1";
    assert_eq!(ping(nowhere), PGPing::PQPING_NO_RESPONSE);
    assert_eq!(ping("no_such_option=1"), PGPing::PQPING_NO_ATTEMPT);
    let (keywords, values) = (
        [c"port".as_ptr(), ptr::null()],
        [c"x".as_ptr(), ptr::null()],
    );
    let answer = unsafe { PQpingParams(keywords.as_ptr(), values.as_ptr(), 0) };
    assert_eq!(answer, PGPing::PQPING_NO_RESPONSE);
}

#[test]
fn passwords_are_changed_without_being_told() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let role = "password \"changes\"";
    let quoted = "\"password \"\"changes\"\"\"";
    conn.exec(&format!("CREATE ROLE {quoted}"));
    let name = c(role);
    let password = c"new secret".as_ptr();
    let changed = Res(unsafe { PQchangePassword(conn.0, name.as_ptr(), password) });
    assert_eq!(
        changed.status(),
        ExecStatusType::PGRES_COMMAND_OK,
        "{}",
        conn.error()
    );
    let stored =
        "SELECT left(rolpassword, 14) FROM pg_authid WHERE rolname = 'password \"changes\"'";
    assert_eq!(conn.value(stored), "SCRAM-SHA-256$");
    unsafe {
        let md5 = PQencryptPasswordConn(conn.0, password, name.as_ptr(), c"md5".as_ptr());
        assert_eq!(
            taken(md5),
            taken(PQencryptPassword(password, name.as_ptr()))
        );
        let none = PQencryptPasswordConn(conn.0, password, name.as_ptr(), c"rot13".as_ptr());
        assert!(none.is_null());
    }
    assert_eq!(
        conn.error(),
        "unrecognized password encryption algorithm \"rot13\"\n"
    );
    conn.exec(&format!("DROP ROLE {quoted}"));
}
