//! What the C interface says of connections by GSSAPI, and does over them, beside the system's libpq.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fmt::Write;
use std::path::PathBuf;
use std::ptr;

use libloading::{Library, Symbol};

use crate::World;
use crate::driver::connected;

super::cases! {
    Alice: the_c_interface_says_what_libpq_s_says;
    Missing: the_c_interface_says_what_libpq_s_says_without_tickets;
}

type Pointer = *mut c_void;
type Text = *const c_char;

/// A libpq, or ours in its place.
struct Interface(Library);

/// Calls a function of an interface; its arguments are numbers, live strings, and handles that it
/// has given and not taken back.
macro_rules! call {
    ($library:expr, $name:ident($($value:expr => $type:ty),*) -> $ret:ty) => {{
        let name = stringify!($name);
        // SAFETY: the prototype is libpq's, and the arguments are as said above.
        unsafe {
            let function: Symbol<unsafe extern "C" fn($($type),*) -> $ret> =
                $library.0.get(name.as_bytes()).expect(name);
            function($($value),*)
        }
    }};
}

fn text(text: Text) -> String {
    // SAFETY: what libpq returns is NULL or a C string that lives until the next call.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text.map_or("NULL".into(), |text| text.to_string_lossy().into_owned())
}

/// Whether this is a context that the GSSAPI library knows: the machine's own, not a copy of ours.
fn is_known(context: Pointer) -> bool {
    type Time = unsafe extern "C" fn(*mut u32, Pointer, *mut u32) -> u32;
    // SAFETY: gss_context_time has this prototype; the context is the connection's, which is open.
    unsafe {
        let library = Library::new("libgssapi_krb5.so.2").expect("the library in use");
        let time: Symbol<Time> = library.get(b"gss_context_time\0").expect("its function");
        let (mut minor, mut seconds) = (0, 0);
        time(&raw mut minor, context, &raw mut seconds) == 0 && seconds > 0
    }
}

/// Waits until a server sleeps: a request to cancel that overtakes its query is lost.
fn await_sleep(world: &World) {
    let mut superuser = connected(&world.superuser());
    let asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    while superuser.ask(asleep) != "1" {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

impl Interface {
    fn load(path: PathBuf) -> Self {
        // SAFETY: neither library does more at first than prepare itself.
        Self(unsafe { Library::new(&path) }.unwrap_or_else(|error| panic!("{path:?}: {error}")))
    }

    fn value(&self, conn: Pointer, sql: &str, parameter: &CStr) -> String {
        let sql = CString::new(sql).expect("no NUL");
        let values = [parameter.as_ptr()];
        let result = call!(self, PQexecParams(
            conn => Pointer, sql.as_ptr() => Text, 1 => c_int, ptr::null() => *const u32,
            values.as_ptr() => *const Text, ptr::null() => *const c_int,
            ptr::null() => *const c_int, 0 => c_int) -> Pointer);
        let error = text(call!(self, PQresultErrorMessage(result => Pointer) -> Text));
        let value =
            text(call!(self, PQgetvalue(result => Pointer, 0 => c_int, 0 => c_int) -> Text));
        call!(self, PQclear(result => Pointer) -> ());
        if error.is_empty() { value } else { error }
    }

    /// A sleeping command that is cancelled: how it ends.
    fn cancelled(&self, world: &World, conn: Pointer) -> String {
        let sql = c"select pg_sleep(60)";
        call!(self, PQsendQuery(conn => Pointer, sql.as_ptr() => Text) -> c_int);
        await_sleep(world);
        let cancel = call!(self, PQgetCancel(conn => Pointer) -> Pointer);
        let mut said = [0 as c_char; 256];
        let sent = call!(self, PQcancel(
            cancel => Pointer, said.as_mut_ptr() => *mut c_char, 256 => c_int) -> c_int);
        call!(self, PQfreeCancel(cancel => Pointer) -> ());
        let result = call!(self, PQgetResult(conn => Pointer) -> Pointer);
        let error = text(call!(self, PQresultErrorMessage(result => Pointer) -> Text));
        call!(self, PQclear(result => Pointer) -> ());
        let end = call!(self, PQgetResult(conn => Pointer) -> Pointer);
        format!("{sent} {error} {}", end.is_null())
    }

    /// Everything that is compared, a line each.
    fn story(&self, world: &World, conninfo: &str) -> String {
        let conninfo = CString::new(conninfo).expect("no NUL");
        let conn = call!(self, PQconnectdb(conninfo.as_ptr() => Text) -> Pointer);
        let status = call!(self, PQstatus(conn => Pointer) -> c_int);
        let mut told = format!("status {status}\n");
        let mut tell = |what: &str, value: String| {
            writeln!(told, "{what} {value}").expect("a string takes everything");
        };
        for round in ["connected", "reset"] {
            let encrypted = call!(self, PQgssEncInUse(conn => Pointer) -> c_int);
            let context = call!(self, PQgetgssctx(conn => Pointer) -> Pointer);
            let known = !context.is_null() && is_known(context);
            tell(
                round,
                format!(
                    "encrypted {encrypted} context {} {known}",
                    !context.is_null()
                ),
            );
            let tls = call!(self, PQsslInUse(conn => Pointer) -> c_int);
            let password = call!(self, PQconnectionUsedPassword(conn => Pointer) -> c_int);
            tell("tls, password", format!("{tls} {password}"));
            if status == 0 {
                let letters = CString::new("x".repeat(3_000_000)).expect("no NUL");
                let sql = "select md5($1) || length(repeat($1, 3))";
                tell("large parameter", self.value(conn, sql, &letters));
                let sql = "select repeat(md5($1), 100000)";
                let value = self.value(conn, sql, c"y");
                tell("large value", format!("{} {}", value.len(), &value[..40]));
                let sql = "select gss_authenticated::text || principal || encrypted::text \
                           from pg_stat_gssapi where pid = pg_backend_pid() and $1 <> ''";
                tell("the server", self.value(conn, sql, c"x"));
                tell("cancelled", self.cancelled(world, conn));
            }
            call!(self, PQreset(conn => Pointer) -> ());
        }
        call!(self, PQfinish(conn => Pointer) -> ());
        told
    }
}

fn the_c_interface_says_what_libpq_s_says(world: &World) {
    compare(world, true);
}

fn the_c_interface_says_what_libpq_s_says_without_tickets(world: &World) {
    compare(world, false);
}

fn compare(world: &World, with_tickets: bool) {
    let folder = std::env::current_exe().expect("this program");
    let built = folder.with_file_name("libferropq.so");
    let ours = Interface::load(std::env::var_os("FERROPQ_LIB").map_or(built, PathBuf::from));
    let theirs = Interface::load("libpq.so.5".into());
    for (user, options, encrypted) in [
        ("alice", "gssencmode=require", true),
        ("alice", "gssencmode=prefer", true),
        ("alice", "gssencmode=disable", false),
        ("alice", "gssencmode=prefer sslmode=prefer", true),
        ("alice", "gssencmode=disable sslmode=require", false),
        ("never_enc", "gssencmode=disable", false),
        ("never_enc", "gssencmode=prefer", false),
        ("enc_only", "gssencmode=prefer", true),
    ] {
        let conninfo = world.conninfo(user, options);
        let (ours_says, says) = (ours.story(world, &conninfo), theirs.story(world, &conninfo));
        assert_eq!(ours_says, says, "{user}, {options}");
        let connects = with_tickets || user == "never_enc";
        assert_eq!(says.starts_with("status 0\n"), connects, "{says}");
        let context = format!("encrypted {}", i32::from(encrypted && with_tickets));
        assert!(says.contains(&context), "{says}");
        // libpq 15 does not know the question.
        let conninfo = CString::new(conninfo).expect("no NUL");
        let conn = call!(ours, PQconnectdb(conninfo.as_ptr() => Text) -> Pointer);
        let used = call!(ours, PQconnectionUsedGSSAPI(conn => Pointer) -> c_int);
        let by_gssapi = with_tickets && (user != "never_enc" || encrypted);
        assert_eq!(used != 0, by_gssapi, "{user}, {options}");
        call!(ours, PQfinish(conn => Pointer) -> ());
    }
}
