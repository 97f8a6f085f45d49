//! The hooks of C programs.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use ferropq::capi::auth_data::{
    PGauthData, PGoauthBearerRequest, PGpromptOAuthDevice, PQsetAuthDataHook,
};
use ferropq::capi::conn::PGconn;
use ferropq::capi::conn_status::{PQerrorMessage, PQsocket, PQstatus};
use ferropq::capi::connect::{PQconnectPoll, PQconnectStart, PQconnectdb, PQfinish};
use ferropq::capi::types::{ConnStatusType, PostgresPollingStatusType as Polling, number};
use ferropq::transport::{Deadline, poll};
use support::scripted::Scripted;

use crate::issuer::{Issuer, Reply};
use crate::server::{asked, server, shown};
use crate::{Case, Mode};

const fn case(name: &'static str, run: fn()) -> Case {
    Case {
        name,
        mode: Mode::Production,
        run,
        says: &[],
    }
}

pub(crate) const CASES: &[Case] = &[
    case("a hook gives a token at once", at_once),
    case("a hook gets a token in steps", in_steps),
    case("a hook fails", fails),
    case("a hook gives nothing", gives_nothing),
    case("a hook gives no socket to wait for", no_socket),
    case(
        "a connection is finished while a hook gets a token",
        finished_early,
    ),
    Case {
        mode: Mode::Development,
        ..case("a hook prompts", prompts)
    },
];

const DOCUMENT: &str = "https://i.example/.well-known/openid-configuration";

/// What the hooks have been through.
static STORY: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(line: impl Into<String>) {
    STORY.lock().expect("no panic").push(line.into());
}

fn story() -> Vec<String> {
    std::mem::take(&mut STORY.lock().expect("no panic"))
}

type Request = *mut PGoauthBearerRequest;

/// Notes what the request asks for.
///
/// # Safety
/// A request as hooks get it.
unsafe fn note_request(type_: MaybeUninit<PGauthData>, data: *mut c_void) -> Request {
    let wanted = PGauthData::PQAUTHDATA_OAUTH_BEARER_TOKEN as c_int;
    assert_eq!(number(type_), wanted);
    let request: Request = data.cast();
    // SAFETY: the request and its strings are alive.
    unsafe {
        let document = CStr::from_ptr((*request).openid_configuration);
        let scope = CStr::from_ptr((*request).scope);
        note(format!("asked {document:?} {scope:?}"));
        (*request).cleanup = Some(cleanup);
    }
    request
}

const ASKED: &str = "asked \"https://i.example/.well-known/openid-configuration\" \"openid db\"";

unsafe extern "C" fn cleanup(_conn: *mut PGconn, request: Request) {
    // SAFETY: the request is alive until this returns; the descriptor, plus 1, is ours.
    unsafe {
        let fd = (*request).user as usize as c_int;
        if fd > 0 {
            libc::close(fd - 1);
        }
    }
    note("cleaned up");
}

unsafe extern "C" fn give(
    type_: MaybeUninit<PGauthData>,
    _conn: *mut PGconn,
    data: *mut c_void,
) -> c_int {
    // SAFETY: as hooks are called.
    unsafe { (*note_request(type_, data)).token = c"the-token".as_ptr().cast_mut() };
    1
}

/// Sets up a flow whose socket becomes readable in a while.
unsafe extern "C" fn begin(
    type_: MaybeUninit<PGauthData>,
    _conn: *mut PGconn,
    data: *mut c_void,
) -> c_int {
    let (ours, mut theirs) = UnixStream::pair().expect("sockets");
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        // The connection may have been finished.
        let _ = theirs.write_all(b"x");
    });
    // SAFETY: as hooks are called.
    unsafe {
        let request = note_request(type_, data);
        (*request).r#async = Some(go_on);
        (*request).user = (ours.into_raw_fd() as usize + 1) as *mut c_void;
    }
    1
}

unsafe extern "C" fn go_on(
    conn: *mut PGconn,
    request: Request,
    altsock: *mut c_int,
) -> MaybeUninit<Polling> {
    // SAFETY: as flows are called; the connection may be asked meanwhile.
    unsafe {
        assert_eq!(PQstatus(conn), ConnStatusType::CONNECTION_AUTHENTICATING);
        let own = (*request).user as usize as c_int - 1;
        if *altsock == -1 {
            note("begins");
            *altsock = own;
            return MaybeUninit::new(Polling::PGRES_POLLING_READING);
        }
        assert_eq!((*altsock, PQsocket(conn)), (own, own));
        note("ends");
        (*request).token = c"the-token".as_ptr().cast_mut();
    }
    MaybeUninit::new(Polling::PGRES_POLLING_OK)
}

unsafe extern "C" fn fail(
    type_: MaybeUninit<PGauthData>,
    _conn: *mut PGconn,
    data: *mut c_void,
) -> c_int {
    // SAFETY: as hooks are called.
    unsafe { note_request(type_, data) };
    -1
}

unsafe extern "C" fn give_nothing(
    type_: MaybeUninit<PGauthData>,
    _conn: *mut PGconn,
    data: *mut c_void,
) -> c_int {
    // SAFETY: as hooks are called.
    unsafe { note_request(type_, data) };
    1
}

unsafe extern "C" fn wait_for_nothing(
    type_: MaybeUninit<PGauthData>,
    _conn: *mut PGconn,
    data: *mut c_void,
) -> c_int {
    unsafe extern "C" fn wait(_: *mut PGconn, _: Request, _: *mut c_int) -> MaybeUninit<Polling> {
        MaybeUninit::new(Polling::PGRES_POLLING_WRITING)
    }
    // SAFETY: as hooks are called.
    unsafe { (*note_request(type_, data)).r#async = Some(wait) };
    1
}

fn conninfo(server: &Scripted) -> CString {
    let conninfo = server.conninfo();
    let options = "oauth_client_id=client oauth_issuer=https://i.example";
    CString::new(format!("{conninfo} {options}")).expect("no NUL")
}

/// Connects, and gives what the program is told of it.
fn connect(conninfo: &CStr) -> String {
    // SAFETY: the connection is alive until it is finished.
    unsafe {
        let conn = PQconnectdb(conninfo.as_ptr());
        let message = CStr::from_ptr(PQerrorMessage(conn))
            .to_string_lossy()
            .into_owned();
        let is_connected = PQstatus(conn) == ConnStatusType::CONNECTION_OK;
        assert_eq!(is_connected, message.is_empty());
        PQfinish(conn);
        message
    }
}

fn at_once() {
    PQsetAuthDataHook(Some(give));
    let server = server(vec![asked(DOCUMENT), shown("the-token")]);
    assert_eq!(connect(&conninfo(&server)), "");
    assert_eq!(story(), [ASKED, "cleaned up"]);
    server.finish();
}

fn in_steps() {
    PQsetAuthDataHook(Some(begin));
    let blocking = server(vec![asked(DOCUMENT), shown("the-token")]);
    assert_eq!(connect(&conninfo(&blocking)), "");
    assert_eq!(story(), [ASKED, "begins", "ends", "cleaned up"]);
    blocking.finish();

    let server = server(vec![asked(DOCUMENT), shown("the-token")]);
    // SAFETY: the connection is alive until it is finished.
    unsafe {
        let conn = PQconnectStart(conninfo(&server).as_ptr());
        let (mut read, mut write) = (false, true);
        loop {
            let deadline = Deadline::after(Duration::from_secs(10));
            let ready = poll(PQsocket(conn), read, write, deadline).expect("a socket");
            assert!(ready.any(), "nothing has happened");
            (read, write) = match PQconnectPoll(conn) {
                Polling::PGRES_POLLING_READING => (true, false),
                Polling::PGRES_POLLING_WRITING => (false, true),
                Polling::PGRES_POLLING_OK => break,
                other => panic!("{other:?}: {:?}", CStr::from_ptr(PQerrorMessage(conn))),
            };
        }
        PQfinish(conn);
    }
    assert_eq!(story(), [ASKED, "begins", "ends", "cleaned up"]);
    server.finish();
}

type Hook = unsafe extern "C" fn(MaybeUninit<PGauthData>, *mut PGconn, *mut c_void) -> c_int;

#[track_caller]
fn fails_with(hook: Hook, reason: &str) {
    PQsetAuthDataHook(Some(hook));
    let server = server(vec![asked(DOCUMENT)]);
    let message = connect(&conninfo(&server));
    assert!(
        message.ends_with(&format!("failed: {reason}\n")),
        "{message}"
    );
    assert_eq!(story(), [ASKED, "cleaned up"]);
    server.finish();
}

fn fails() {
    fails_with(fail, "user-defined OAuth flow failed");
}

fn gives_nothing() {
    let reason = "user-defined OAuth flow provided neither a token nor an async callback";
    fails_with(give_nothing, reason);
}

fn no_socket() {
    let reason = "user-defined OAuth flow did not provide a socket for polling";
    fails_with(wait_for_nothing, reason);
}

fn finished_early() {
    PQsetAuthDataHook(Some(begin));
    let server = server(vec![asked(DOCUMENT)]);
    // SAFETY: the connection is alive until it is finished.
    unsafe {
        let conn = PQconnectStart(conninfo(&server).as_ptr());
        while !STORY
            .lock()
            .expect("no panic")
            .contains(&"begins".to_owned())
        {
            assert_ne!(PQconnectPoll(conn), Polling::PGRES_POLLING_FAILED);
            thread::sleep(Duration::from_millis(1));
        }
        PQfinish(conn);
    }
    assert_eq!(story(), [ASKED, "begins", "cleaned up"]);
    server.finish();
}

unsafe extern "C" fn show(
    type_: MaybeUninit<PGauthData>,
    _conn: *mut PGconn,
    data: *mut c_void,
) -> c_int {
    if number(type_) != PGauthData::PQAUTHDATA_PROMPT_OAUTH_DEVICE as c_int {
        return 0;
    }
    let prompt: *const PGpromptOAuthDevice = data.cast();
    // SAFETY: the prompt and its strings are alive.
    unsafe {
        let text = |text: *const c_char| CStr::from_ptr(text).to_string_lossy().into_owned();
        note(text((*prompt).verification_uri));
        note(text((*prompt).user_code));
        note(text((*prompt).verification_uri_complete));
        note((*prompt).expires_in.to_string());
    }
    1
}

fn prompts() {
    PQsetAuthDataHook(Some(show));
    let issuer = Issuer::usual(vec![
        Reply::device(0),
        Reply::error("authorization_pending"),
        Reply::token("the-token"),
    ]);
    let server = server(vec![asked(&issuer.document()), shown("the-token")]);
    let (conninfo, url) = (server.conninfo(), &issuer.url);
    let conninfo = format!("{conninfo} oauth_client_id=client oauth_issuer={url}");
    assert_eq!(connect(&CString::new(conninfo).expect("no NUL")), "");
    let expected = [
        "https://i.example/go",
        "AB-CD",
        "https://i.example/go?AB-CD",
        "600",
    ];
    assert_eq!(story(), expected);
    server.finish();
}
