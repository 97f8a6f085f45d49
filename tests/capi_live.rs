//! The C functions against a real server, called from Rust as C calls them.
#![cfg(feature = "capi")]
// The functions' contract is said once, at the top of the library's folder `capi`; each call here
// keeps it: handles are alive, strings end in a NUL, arrays are as long as said.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use ferropq::capi::conn::PGconn;
use ferropq::capi::conn_status::*;
use ferropq::capi::connect::*;
use ferropq::capi::encoding::*;
use ferropq::capi::escape::*;
use ferropq::capi::events::*;
use ferropq::capi::exec::*;
use ferropq::capi::memory::PQfreemem;
use ferropq::capi::notice::*;
use ferropq::capi::password::*;
use ferropq::capi::ping::*;
use ferropq::capi::reset::*;
use ferropq::capi::result::*;
use ferropq::capi::result_columns::*;
use ferropq::capi::result_error::*;
use ferropq::capi::result_tag::*;
use ferropq::capi::ssl::*;
use ferropq::capi::types::*;
use support::{
    MD5_USER, PASSWORD_USER, SCRAM_USER, SUPERUSER, Server, TRUST_USER, User, Via, require_server,
};

fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

/// A string of C's; empty for NULL.
fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    unsafe { CStr::from_ptr(pointer) }
        .to_str()
        .expect("UTF-8")
        .to_owned()
}

/// A string that is ours to free.
fn taken(pointer: *mut c_char) -> String {
    let copy = text(pointer);
    unsafe { PQfreemem(pointer.cast()) };
    copy
}

/// A connection that is finished in the end.
struct Conn(*mut PGconn);

impl Conn {
    fn open(conninfo: &str) -> Self {
        Self(unsafe { PQconnectdb(c(conninfo).as_ptr()) })
    }

    fn ready(conninfo: &str) -> Self {
        let conn = Self::open(conninfo);
        assert_eq!(
            conn.status(),
            ConnStatusType::CONNECTION_OK,
            "{}",
            conn.error()
        );
        conn
    }

    fn status(&self) -> ConnStatusType {
        unsafe { PQstatus(self.0) }
    }

    fn error(&self) -> String {
        text(unsafe { PQerrorMessage(self.0) })
    }

    fn exec(&self, sql: &str) -> Res {
        Res(unsafe { PQexec(self.0, c(sql).as_ptr()) })
    }

    /// The only value of a query's only row.
    fn value(&self, sql: &str) -> String {
        let result = self.exec(sql);
        assert_eq!(
            result.status(),
            ExecStatusType::PGRES_TUPLES_OK,
            "{sql}: {}",
            self.error()
        );
        result.value(0, 0)
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        unsafe { PQfinish(self.0) };
    }
}

/// A result that is cleared in the end.
struct Res(*mut PGresult);

impl Res {
    fn status(&self) -> ExecStatusType {
        unsafe { PQresultStatus(self.0) }
    }

    fn value(&self, row: c_int, column: c_int) -> String {
        text(unsafe { PQgetvalue(self.0, row, column) })
    }

    fn error(&self) -> String {
        text(unsafe { PQresultErrorMessage(self.0) })
    }

    fn field(&self, code: u8) -> String {
        text(unsafe { PQresultErrorField(self.0, code.into()) })
    }
}

impl Drop for Res {
    fn drop(&mut self) {
        unsafe { PQclear(self.0) };
    }
}

fn superuser(server: &Server) -> Conn {
    Conn::ready(&server.conninfo(SUPERUSER, Via::Unix))
}

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
fn parameters_travel_in_both_formats() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let number = 7i32.to_be_bytes();
    let values = [number.as_ptr().cast(), c"text".as_ptr(), ptr::null()];
    let (lengths, formats) = ([4, 0, 0], [1, 0, 0]);
    let sql = c"SELECT $1::int4 + 1, $2::text, $3::text IS NULL, $1::int4";
    for result_format in [0, 1] {
        let result = Res(unsafe {
            PQexecParams(
                conn.0,
                sql.as_ptr(),
                3,
                ptr::null(),
                values.as_ptr(),
                lengths.as_ptr(),
                formats.as_ptr(),
                result_format,
            )
        });
        assert_eq!(
            result.status(),
            ExecStatusType::PGRES_TUPLES_OK,
            "{}",
            conn.error()
        );
        unsafe {
            assert_eq!(PQbinaryTuples(result.0), result_format);
            assert_eq!(
                (PQfformat(result.0, 0), PQftype(result.0, 0)),
                (result_format, 23)
            );
            assert_eq!((PQfsize(result.0, 0), PQfmod(result.0, 1)), (4, -1));
            let length = if result_format == 1 { 4 } else { 1 };
            assert_eq!(PQgetlength(result.0, 0, 0), length);
        }
        assert_eq!(result.value(0, 1), "text");
    }
}

#[test]
fn arguments_that_cannot_be_sent_are_refused() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let values = [c"1".as_ptr()];
    let refused = |count: c_int, formats: *const c_int, lengths: *const c_int| {
        let result = unsafe {
            let (types, values) = (ptr::null(), values.as_ptr());
            PQexecParams(
                conn.0,
                c"SELECT 1".as_ptr(),
                count,
                types,
                values,
                lengths,
                formats,
                0,
            )
        };
        assert!(result.is_null());
        conn.error()
    };
    let range = "number of parameters must be between 0 and 65535\n";
    assert_eq!(refused(-1, ptr::null(), ptr::null()), range);
    assert_eq!(refused(65_536, ptr::null(), ptr::null()), range);
    let no_length = "length must be given for binary parameter\n";
    assert_eq!(refused(1, [1].as_ptr(), ptr::null()), no_length);
    assert!(refused(1, [1].as_ptr(), [-3].as_ptr()).contains("negative"));
    assert!(unsafe { PQexec(conn.0, ptr::null()) }.is_null());
    assert_eq!(conn.error(), "command string is a null pointer\n");
    let prepared = unsafe { PQprepare(conn.0, ptr::null(), c"".as_ptr(), 0, ptr::null()) };
    assert!(prepared.is_null());
    assert_eq!(conn.error(), "statement name is a null pointer\n");
    assert_eq!(conn.value("SELECT 1"), "1");
}

#[test]
fn a_statement_is_prepared_described_executed_and_closed() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let name = c"twice".as_ptr();
    let status = |result: *mut PGresult| Res(result).status();
    unsafe {
        let sql = c"SELECT 2 * $1::int4 AS doubled";
        let prepared = PQprepare(conn.0, name, sql.as_ptr(), 0, ptr::null());
        assert_eq!(status(prepared), ExecStatusType::PGRES_COMMAND_OK);
        let described = Res(PQdescribePrepared(conn.0, name));
        assert_eq!(
            (PQnparams(described.0), PQparamtype(described.0, 0)),
            (1, 23)
        );
        assert_eq!(text(PQfname(described.0, 0)), "doubled");
        let values = [c"21".as_ptr()];
        let (none, values) = (ptr::null(), values.as_ptr());
        let executed = Res(PQexecPrepared(conn.0, name, 1, values, none, none, 0));
        assert_eq!(executed.value(0, 0), "42");
        assert_eq!(
            status(PQclosePrepared(conn.0, name)),
            ExecStatusType::PGRES_COMMAND_OK
        );
        let gone = Res(PQdescribePrepared(conn.0, name));
        assert_eq!(gone.field(b'C'), "26000");

        conn.exec("BEGIN");
        conn.exec("DECLARE portal CURSOR FOR SELECT 1 AS one");
        let described = Res(PQdescribePortal(conn.0, c"portal".as_ptr()));
        assert_eq!(PQfnumber(described.0, c"ONE".as_ptr()), 0);
        let closed = PQclosePortal(conn.0, c"portal".as_ptr());
        assert_eq!(status(closed), ExecStatusType::PGRES_COMMAND_OK);
        assert_eq!(
            PQtransactionStatus(conn.0),
            PGTransactionStatusType::PQTRANS_INTRANS
        );
    }
}

#[test]
fn errors_are_told_at_every_verbosity() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let terse = MaybeUninit::new(PGVerbosity::PQERRORS_TERSE);
    let former = unsafe { PQsetErrorVerbosity(conn.0, terse) };
    assert_eq!(former, PGVerbosity::PQERRORS_DEFAULT);
    let result = conn.exec("SELECT nope");
    assert_eq!(
        result.error(),
        "ERROR:  column \"nope\" does not exist at character 8\n"
    );
    assert_eq!(conn.error(), result.error());
    assert_eq!(
        (result.field(b'C'), result.field(b'P')),
        ("42703".into(), "8".into())
    );
    let again = |verbosity| {
        let context = MaybeUninit::new(PGContextVisibility::PQSHOW_CONTEXT_ERRORS);
        taken(unsafe {
            PQresultVerboseErrorMessage(result.0, MaybeUninit::new(verbosity), context)
        })
    };
    let default = "ERROR:  column \"nope\" does not exist\nLINE 1: SELECT nope\n               ^\n";
    assert_eq!(again(PGVerbosity::PQERRORS_DEFAULT), default);
    assert_eq!(again(PGVerbosity::PQERRORS_SQLSTATE), "ERROR:  42703\n");
    assert!(again(PGVerbosity::PQERRORS_VERBOSE).contains("\nLOCATION:  "));
    let always = MaybeUninit::new(PGContextVisibility::PQSHOW_CONTEXT_ALWAYS);
    let former = unsafe { PQsetErrorContextVisibility(conn.0, always) };
    assert_eq!(former, PGContextVisibility::PQSHOW_CONTEXT_ERRORS);
}

/// A receiver that uses the connection which the notice came from.
unsafe extern "C" fn ask_back(arg: *mut c_void, res: *const PGresult) {
    unsafe {
        let (conn, seen) = &mut *arg.cast::<(*mut PGconn, Vec<String>)>();
        seen.push(text(PQresultErrorField(res, b'M'.into())));
        seen.push(text(PQparameterStatus(*conn, c"client_encoding".as_ptr())));
    }
}

#[test]
fn a_notice_receiver_may_use_the_connection() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let mut state = (conn.0, Vec::<String>::new());
    unsafe { PQsetNoticeReceiver(conn.0, Some(ask_back), (&raw mut state).cast()) };
    let result = conn.exec("DO $$BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END$$");
    assert_eq!(text(unsafe { PQcmdStatus(result.0) }), "DO");
    let encoding = conn.value("SHOW client_encoding");
    assert_eq!(state.1, ["one", &encoding, "two", &encoding]);
}

/// Counts events by their numbers.
unsafe extern "C" fn count(id: PGEventId, _info: *mut c_void, counts: *mut c_void) -> c_int {
    unsafe { (*counts.cast::<[u32; 6]>())[id as usize] += 1 };
    1
}

#[test]
fn events_are_fired_for_each_result_and_reset() {
    let Some(server) = require_server() else {
        return;
    };
    let mut counts = [0u32; 6];
    {
        let conn = superuser(server);
        let arg = (&raw mut counts).cast();
        let registered =
            unsafe { PQregisterEventProc(conn.0, Some(count), c"count".as_ptr(), arg) };
        assert_eq!(registered, 1);
        // Two statements are two results, of which the first is cleared unseen.
        drop(conn.exec("SELECT 1; SELECT 2"));
        unsafe { PQreset(conn.0) };
        assert_eq!(conn.status(), ConnStatusType::CONNECTION_OK);
        unsafe {
            assert_eq!(PQresetStart(conn.0), 1);
            while PQresetPoll(conn.0) != PostgresPollingStatusType::PGRES_POLLING_OK {
                assert_ne!(
                    conn.status(),
                    ConnStatusType::CONNECTION_BAD,
                    "{}",
                    conn.error()
                );
            }
        }
        assert_eq!(conn.value("SELECT 3"), "3");
    }
    assert_eq!(counts, [1, 2, 1, 3, 0, 3]);
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

#[test]
fn escaping_follows_the_session() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    let mut buffer = [0 as c_char; 32];
    let to = buffer.as_mut_ptr();
    unsafe {
        assert_eq!(PQsetClientEncoding(conn.0, c"UTF8".as_ptr()), 0);
        assert_eq!(PQclientEncoding(conn.0), 6);
        assert_eq!(PQsetClientEncoding(conn.0, c"NOPE".as_ptr()), -1);
        let mut error = 0;
        let from = c"it's \xff".as_ptr();
        PQescapeStringConn(conn.0, to, from, 6, &mut error);
        assert_eq!(error, 1);
        assert_eq!(conn.error(), "invalid multibyte character\n");
        assert_eq!(
            PQescapeStringConn(conn.0, to, c"it's".as_ptr(), 4, &mut error),
            5
        );
        assert_eq!((text(to), error), ("it''s".into(), 0));
        // The process-wide settings are some session's of this test program: all alike here.
        assert_eq!(PQescapeString(to, c"a'\\".as_ptr(), 3), 4);
        assert_eq!(text(to), "a''\\");
        let mut length = 0;
        let bytes = PQescapeByteaConn(conn.0, c"\x01'".as_ptr().cast(), 2, &mut length);
        assert_eq!((taken(bytes.cast()), length), ("\\x0127".into(), 7));
        let bytes = PQescapeBytea(c"\x01".as_ptr().cast(), 1, &mut length);
        assert_eq!((taken(bytes.cast()), length), ("\\001".into(), 5));
        let bytes = PQunescapeBytea(c"\\x4142".as_ptr().cast(), &mut length);
        assert_eq!((taken(bytes.cast()), length), ("AB".into(), 2));
        let literal = PQescapeLiteral(conn.0, c"a'b".as_ptr(), 3);
        assert_eq!(conn.value(&format!("SELECT {}", taken(literal))), "a'b");
        let identifier = PQescapeIdentifier(conn.0, c"a\"b".as_ptr(), 3);
        assert_eq!(taken(identifier), "\"a\"\"b\"");
    }
}

#[test]
fn null_connections_are_answered() {
    let conn: *mut PGconn = ptr::null_mut();
    let name = c"x".as_ptr();
    unsafe {
        assert_eq!(text(PQerrorMessage(conn)), "connection pointer is NULL\n");
        assert_eq!(PQstatus(conn), ConnStatusType::CONNECTION_BAD);
        assert_eq!(
            PQtransactionStatus(conn),
            PGTransactionStatusType::PQTRANS_UNKNOWN
        );
        assert_eq!(
            PQconnectPoll(conn),
            PostgresPollingStatusType::PGRES_POLLING_FAILED
        );
        assert_eq!(
            PQresetPoll(conn),
            PostgresPollingStatusType::PGRES_POLLING_FAILED
        );
        let strings = [
            PQdb, PQuser, PQpass, PQhost, PQhostaddr, PQport, PQtty, PQoptions,
        ];
        assert!(strings.iter().all(|read| read(conn).is_null()));
        let zeros = [
            PQprotocolVersion,
            PQfullProtocolVersion,
            PQserverVersion,
            PQbackendPID,
        ];
        assert!(zeros.iter().all(|read| read(conn) == 0));
        let flags = [
            PQconnectionNeedsPassword,
            PQconnectionUsedPassword,
            PQconnectionUsedGSSAPI,
        ];
        assert!(flags.iter().all(|read| read(conn) == 0));
        assert_eq!((PQsocket(conn), PQclientEncoding(conn)), (-1, -1));
        assert_eq!(PQsetClientEncoding(conn, name), -1);
        assert!(PQexec(conn, name).is_null() && PQdescribePrepared(conn, name).is_null());
        assert!(
            PQclosePrepared(conn, name).is_null() && PQchangePassword(conn, name, name).is_null()
        );
        assert!(PQescapeLiteral(conn, name, 1).is_null());
        assert!(PQencryptPasswordConn(conn, name, name, name).is_null());
        assert!(PQsetNoticeReceiver(conn, Some(ask_back), ptr::null_mut()).is_none());
        assert_eq!(
            PQregisterEventProc(conn, Some(count), name, ptr::null_mut()),
            0
        );
        assert_eq!(
            (PQresetStart(conn), PQsslInUse(conn), PQgssEncInUse(conn)),
            (0, 0, 0)
        );
        PQreset(conn);
        PQfinish(conn);
    }
}

#[test]
fn tags_tell_rows_and_oids() {
    let Some(server) = require_server() else {
        return;
    };
    let conn = superuser(server);
    conn.exec("CREATE TEMP TABLE tags (n int)");
    let inserted = conn.exec("INSERT INTO tags SELECT generate_series(1, 3)");
    let tag = |result: &Res| unsafe {
        (
            text(PQcmdStatus(result.0)),
            text(PQcmdTuples(result.0)),
            text(PQoidStatus(result.0)),
        )
    };
    assert_eq!(
        tag(&inserted),
        ("INSERT 0 3".into(), "3".into(), "0".into())
    );
    assert_eq!(unsafe { PQoidValue(inserted.0) }, 0);
    let selected = conn.exec("SELECT n FROM tags");
    assert_eq!(
        tag(&selected),
        ("SELECT 3".into(), "3".into(), String::new())
    );
    unsafe {
        assert_ne!(PQftable(selected.0, 0), 0);
        assert_eq!(PQftablecol(selected.0, 0), 1);
        assert!(PQresultMemorySize(selected.0) > 0);
    }
}
