//! The hook that gives a key's passphrase.

use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicI32, Ordering};

use ferropq::capi::cancel::*;
use ferropq::capi::conn::PGconn;
use ferropq::capi::conn_status::*;
use ferropq::capi::connect::*;
use ferropq::capi::key_hook::*;
use ferropq::capi::reset::PQreset;
use ferropq::capi::ssl::PQsslInUse;
use ferropq::capi::types::*;
use support::{CERT_USER, require_server};

use crate::handles::*;

/// How often the hook has been asked.
static ASKED: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" fn hook(buf: *mut c_char, size: c_int, conn: *mut PGconn) -> c_int {
    ASKED.fetch_add(1, Ordering::Relaxed);
    unsafe {
        assert_eq!(text(PQuser(conn)), CERT_USER.name);
        assert_eq!(PQstatus(conn), ConnStatusType::CONNECTION_SSL_STARTUP);
        assert!(PQsocket(conn) >= 0);
        assert!(text(PQhost(conn)).contains("localhost"));
        // Asking in the middle of it is of no use, and of no harm either.
        let polling = PQconnectPoll(conn);
        assert_eq!(polling, PostgresPollingStatusType::PGRES_POLLING_WRITING);
        PQdefaultSSLKeyPassHook_OpenSSL(buf, size, conn)
    }
}

#[test]
fn the_key_hook_may_use_the_connection() {
    let Some(server) = require_server() else {
        return;
    };
    let conninfo = format!(
        "{} sslcert={} sslkey={} sslpassword='open sesame'",
        server.conninfo_tls(CERT_USER),
        server.certificate("client.crt"),
        server.certificate("client-locked.key")
    );
    PQsetSSLKeyPassHook_OpenSSL(Some(hook));
    let conn = Conn::ready(&conninfo);
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    assert_eq!(unsafe { PQsslInUse(conn.0) }, 1);

    // A cancel request is a connection of its own, and so is what a reset makes.
    unsafe {
        let cancel = PQcancelCreate(conn.0);
        let sent = PQcancelBlocking(cancel);
        assert_eq!(sent, 1, "{}", text(PQcancelErrorMessage(cancel)));
        PQcancelFinish(cancel);
        assert_eq!(ASKED.load(Ordering::Relaxed), 2);
        PQreset(conn.0);
    }
    assert_eq!(
        conn.status(),
        ConnStatusType::CONNECTION_OK,
        "{}",
        conn.error()
    );
    assert_eq!(ASKED.load(Ordering::Relaxed), 3);

    let wrong = conninfo.replace("open sesame", "closed");
    let refused = Conn(unsafe { PQconnectdb(c(&wrong).as_ptr()) });
    assert_eq!(refused.status(), ConnStatusType::CONNECTION_BAD);
    assert!(refused.error().contains("could not load private key file"));

    PQsetSSLKeyPassHook_OpenSSL(None);
    drop(Conn::ready(&conninfo));
    assert_eq!(ASKED.load(Ordering::Relaxed), 4);
}
