//! The same client with libpq 18, where the packaged server has brought one.

use std::env;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use libloading::Library;

use crate::client::{MOST_RESULTS, describe, shown};

type Handle = *mut c_void;
type NoticeProcessor = unsafe extern "C" fn(*mut c_void, *const c_char);

/// libpq 18, loaded once; `None` where it is not installed.
fn libpq() -> Option<&'static Library> {
    static LOADED: OnceLock<Option<Library>> = OnceLock::new();
    let load = || {
        let folder = env::var_os("FERROPQ_SERVERS").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join(".servers"),
            Into::into,
        );
        // SAFETY: libpq's initialisers have no conditions.
        unsafe { Library::new(folder.join("18/lib/libpq.so.5.18")).ok() }
    };
    LOADED.get_or_init(load).as_ref()
}

macro_rules! call {
    ($library:expr, $name:ident ( $($value:expr => $type:ty),* ) -> $result:ty) => {{
        // SAFETY: the symbol is libpq's, with the signature that its manual gives.
        unsafe {
            let function = $library
                .get::<unsafe extern "C" fn($($type),*) -> $result>(stringify!($name).as_bytes())
                .expect("a function of libpq");
            function($($value),*)
        }
    }};
}

/// What happens to a client of libpq with the same server, or `None` without libpq.
pub(crate) fn transcript(conninfo: &str, first: Option<&str>) -> Option<Vec<String>> {
    let mut client = Reference::start(libpq()?, conninfo);
    if client.connect()
        && let Some(sql) = first
    {
        client.query(sql);
        client.try_again();
    }
    Some(std::mem::take(&mut client.lines.0))
}

#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn push(&mut self, line: String) {
        self.0.push(line);
    }
}

struct Reference {
    library: &'static Library,
    handle: Handle,
    /// In a box: the notice processor has its address.
    lines: Box<Notes>,
}

unsafe extern "C" fn note(lines: *mut c_void, text: *const c_char) {
    // SAFETY: the address given with the processor, and libpq's text.
    unsafe {
        let text = CStr::from_ptr(text).to_string_lossy();
        let lines = &mut *lines.cast::<Notes>();
        lines.push(format!("notice: {}", shown(&text)));
    }
}

impl Reference {
    fn start(library: &'static Library, conninfo: &str) -> Self {
        let conninfo = CString::new(conninfo).expect("no NUL");
        let mut lines = Box::<Notes>::default();
        let target: *mut c_void = ptr::from_mut(&mut *lines).cast();
        let handle = call!(library, PQconnectStart(conninfo.as_ptr() => *const c_char) -> Handle);
        call!(library, PQsetNoticeProcessor(handle => Handle, note => NoticeProcessor,
            target => *mut c_void) -> *const c_void);
        Self {
            library,
            handle,
            lines,
        }
    }

    fn connect(&mut self) -> bool {
        let mut polling = 2;
        loop {
            let events = match polling {
                1 => libc::POLLIN,
                2 => libc::POLLOUT,
                3 => {
                    self.lines.push("connected".to_owned());
                    return true;
                }
                _ => {
                    let error = self.error();
                    self.lines.push(format!("refused: {}", shown(&error)));
                    return false;
                }
            };
            let fd = call!(self.library, PQsocket(self.handle => Handle) -> c_int);
            let mut entry = libc::pollfd {
                fd,
                events,
                revents: 0,
            };
            // SAFETY: one entry that lives through the call.
            unsafe { libc::poll(&raw mut entry, 1, 10_000) };
            polling = call!(self.library, PQconnectPoll(self.handle => Handle) -> c_int);
        }
    }

    fn error(&self) -> String {
        self.text(call!(self.library, PQerrorMessage(self.handle => Handle) -> *const c_char))
    }

    fn text(&self, text: *const c_char) -> String {
        // SAFETY: a text that libpq has returned.
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    }

    fn query(&mut self, sql: &str) {
        let sql = CString::new(sql).expect("no NUL");
        let sent = call!(self.library, PQsendQuery(self.handle => Handle,
            sql.as_ptr() => *const c_char) -> c_int);
        if sent == 0 {
            let error = self.error();
            return self.lines.push(format!("not sent: {}", shown(&error)));
        }
        for _ in 0..MOST_RESULTS {
            let result = call!(self.library, PQgetResult(self.handle => Handle) -> Handle);
            if result.is_null() {
                return;
            }
            self.take(result);
        }
        self.lines.push("and so on".to_owned());
    }

    fn take(&mut self, result: Handle) {
        let library = self.library;
        let status = call!(library, PQresultStatus(result => Handle) -> c_int);
        let name = self.text(call!(library, PQresStatus(status => c_int) -> *const c_char));
        let rows = call!(library, PQntuples(result => Handle) -> c_int);
        let columns = call!(library, PQnfields(result => Handle) -> c_int);
        let error = call!(library, PQresultErrorMessage(result => Handle) -> *const c_char);
        let error = self.text(error);
        self.lines
            .push(describe(&name, rows as usize, columns as usize, &error));
        call!(library, PQclear(result => Handle) -> ());
        match status {
            3 | 8 => self.copy_out(),
            4 => {
                call!(library, PQputCopyEnd(self.handle => Handle,
                    c"no data".as_ptr() => *const c_char) -> c_int);
            }
            _ => {}
        }
    }

    fn copy_out(&mut self) {
        let mut bytes = 0;
        loop {
            let mut data: *mut c_char = ptr::null_mut();
            let count = call!(self.library, PQgetCopyData(self.handle => Handle,
                &raw mut data => *mut *mut c_char, 0 => c_int) -> c_int);
            call!(self.library, PQfreemem(data.cast() => *mut c_void) -> ());
            match count {
                1.. => bytes += count,
                -1 => {
                    self.lines.push(format!("copied {bytes} bytes"));
                    call!(self.library, PQputCopyEnd(self.handle => Handle,
                        ptr::null() => *const c_char) -> c_int);
                    return;
                }
                _ => {
                    let error = self.error();
                    return self.lines.push(format!("no copy: {}", shown(&error)));
                }
            }
        }
    }

    fn try_again(&mut self) {
        let alive = call!(self.library, PQstatus(self.handle => Handle) -> c_int) == 0;
        self.lines.push(format!("alive: {alive}"));
        if alive {
            self.query("again");
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        call!(self.library, PQfinish(self.handle => Handle) -> ());
    }
}
