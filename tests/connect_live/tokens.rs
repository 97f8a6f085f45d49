//! A program's own source of bearer tokens, in every way in which it may behave.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::Mutex;

use crate::raw::PGconn;

/// What a hook is asked for: a token.
const BEARER_TOKEN: c_int = 1;
const FAILED: c_int = 0;
const READING: c_int = 1;
const OK: c_int = 3;

/// `PGoauthBearerRequest`.
#[repr(C)]
struct Request {
    openid_configuration: *const c_char,
    scope: *const c_char,
    go_on: Option<unsafe extern "C" fn(*mut PGconn, *mut Self, *mut c_int) -> c_int>,
    cleanup: Option<unsafe extern "C" fn(*mut PGconn, *mut Self)>,
    token: *const c_char,
    user: *mut c_void,
}

/// How the hook behaves, and what it has been through.
struct State {
    way: String,
    story: Vec<String>,
}

static STATE: Mutex<State> = Mutex::new(State {
    way: String::new(),
    story: Vec::new(),
});

fn note(line: String) {
    STATE.lock().expect("no panic").story.push(line);
}

/// Sets how the hook behaves from now on.
pub(crate) fn behave(way: &str) {
    let mut state = STATE.lock().expect("no panic");
    way.clone_into(&mut state.way);
    state.story.clear();
}

/// What the hook has been through since.
pub(crate) fn story() -> String {
    std::mem::take(&mut STATE.lock().expect("no panic").story).join(", ")
}

fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return "(null)".to_owned();
    }
    // SAFETY: what a request holds are C strings that live as long as it does.
    unsafe { CStr::from_ptr(pointer) }
        .to_string_lossy()
        .into_owned()
}

/// The hook.
///
/// # Safety
///
/// Called by a libpq, as it calls hooks.
pub(crate) unsafe extern "C" fn hook(kind: c_int, _conn: *mut PGconn, data: *mut c_void) -> c_int {
    if kind != BEARER_TOKEN {
        note(format!("asked for {kind}"));
        return 0;
    }
    let way = STATE.lock().expect("no panic").way.clone();
    // SAFETY: for a token the data is a request, which is alive and nobody else's now.
    let request = unsafe { &mut *data.cast::<Request>() };
    let (document, scope) = (text(request.openid_configuration), text(request.scope));
    note(format!("asked for a token: {document} {scope}"));
    request.cleanup = Some(cleanup);
    request.user = ptr::null_mut();
    match way.as_str() {
        "unhandled" => {
            request.cleanup = None;
            return 0;
        }
        "fails" => return -1,
        "odd" => return 7,
        "empty" => request.token = c"".as_ptr(),
        "spaced" => request.token = c"two words".as_ptr(),
        "in steps" | "fails in steps" | "nothing in steps" | "no socket" => {
            request.go_on = Some(go_on);
        }
        "nothing" => {}
        token => {
            let token = if token == "bad" { c"bad" } else { c"good" };
            request.token = token.as_ptr();
        }
    }
    1
}

/// Goes on with getting a token.
///
/// # Safety
///
/// As for [`hook`].
unsafe extern "C" fn go_on(_conn: *mut PGconn, request: *mut Request, socket: *mut c_int) -> c_int {
    let way = STATE.lock().expect("no panic").way.clone();
    // SAFETY: the request is alive and nobody else's now, as is the place for the socket.
    let (request, socket) = unsafe { (&mut *request, &mut *socket) };
    note("goes on".to_owned());
    if request.user.is_null() {
        request.user = ptr::dangling_mut::<c_void>();
        if way != "no socket" {
            // Always ready.
            // SAFETY: a static path.
            *socket =
                unsafe { libc::open(c"/dev/zero".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
        }
        return READING;
    }
    match way.as_str() {
        "fails in steps" => FAILED,
        "nothing in steps" => OK,
        _ => {
            request.token = c"good".as_ptr();
            OK
        }
    }
}

/// Frees what a request has needed.
///
/// # Safety
///
/// As for [`hook`].
unsafe extern "C" fn cleanup(_conn: *mut PGconn, _request: *mut Request) {
    note("cleaned up".to_owned());
}
