//! libpq's types and numbers as a C program's header declares them.
//!
//! Names are the C interface's own, so that a case reads like the program it stands for.

use libc::{c_char, c_int, c_uint, c_void};

/// A handle that only its library looks into.
macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub(crate) struct $name {
            _private: [u8; 0],
        }
    )*};
}

opaque!(PGconn PGresult PGcancel PGcancelConn);

pub(crate) type Oid = c_uint;
pub(crate) type PQnoticeReceiver = Option<unsafe extern "C" fn(*mut c_void, *const PGresult)>;
pub(crate) type PQnoticeProcessor = Option<unsafe extern "C" fn(*mut c_void, *const c_char)>;
pub(crate) type PGEventProc =
    Option<unsafe extern "C" fn(c_int, *mut c_void, *mut c_void) -> c_int>;
pub(crate) type ThreadLock = Option<unsafe extern "C" fn(c_int)>;
/// The hooks for passwords of keys and for OAuth: cases only set them to NULL and read them back.
pub(crate) type AnyHook = *mut c_void;

#[repr(C)]
pub(crate) struct PQconninfoOption {
    pub keyword: *mut c_char,
    pub envvar: *mut c_char,
    pub compiled: *mut c_char,
    pub val: *mut c_char,
    pub label: *mut c_char,
    pub dispchar: *mut c_char,
    pub dispsize: c_int,
}

#[repr(C)]
pub(crate) struct PGnotify {
    pub relname: *mut c_char,
    pub be_pid: c_int,
    pub extra: *mut c_char,
    next: *mut PGnotify,
}

/// One argument of `PQfn`; `value` is C's union of an integer and a pointer.
#[repr(C)]
pub(crate) struct PQArgBlock {
    pub len: c_int,
    pub isint: c_int,
    pub value: PQArgValue,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) union PQArgValue {
    pub ptr: *mut c_int,
    pub integer: c_int,
}

#[repr(C)]
pub(crate) struct PGresAttDesc {
    pub name: *mut c_char,
    pub tableid: Oid,
    pub columnid: c_int,
    pub format: c_int,
    pub typid: Oid,
    pub typlen: c_int,
    pub atttypmod: c_int,
}

#[repr(C)]
pub(crate) struct PQprintOpt {
    pub header: c_char,
    pub align: c_char,
    pub standard: c_char,
    pub html3: c_char,
    pub expanded: c_char,
    pub pager: c_char,
    pub field_sep: *mut c_char,
    pub table_opt: *mut c_char,
    pub caption: *mut c_char,
    pub field_name: *mut *mut c_char,
}

#[repr(C)]
pub(crate) struct PQExpBufferData {
    pub data: *mut c_char,
    pub len: usize,
    pub maxlen: usize,
}

pub(crate) const CONNECTION_OK: c_int = 0;
pub(crate) const CONNECTION_BAD: c_int = 1;

pub(crate) const PGRES_TUPLES_OK: c_int = 2;
pub(crate) const PGRES_COPY_OUT: c_int = 3;
pub(crate) const PGRES_COPY_IN: c_int = 4;
pub(crate) const PGRES_FATAL_ERROR: c_int = 7;
pub(crate) const PGRES_COPY_BOTH: c_int = 8;

/// Every field code of `PQresultErrorField`, with the name that transcripts show.
pub(crate) const DIAGNOSTIC_FIELDS: [(u8, &str); 18] = [
    (b'S', "severity"),
    (b'V', "severity (not localised)"),
    (b'C', "sqlstate"),
    (b'M', "primary"),
    (b'D', "detail"),
    (b'H', "hint"),
    (b'P', "statement position"),
    (b'p', "internal position"),
    (b'q', "internal query"),
    (b'W', "context"),
    (b's', "schema"),
    (b't', "table"),
    (b'c', "column"),
    (b'd', "datatype"),
    (b'n', "constraint"),
    (b'F', "source file"),
    (b'L', "source line"),
    (b'R', "source function"),
];

pub(crate) const VERBOSITIES: [(c_int, &str); 4] = [
    (0, "terse"),
    (1, "default"),
    (2, "verbose"),
    (3, "sqlstate"),
];
pub(crate) const CONTEXTS: [(c_int, &str); 3] = [(0, "never"), (1, "errors"), (2, "always")];

pub(crate) const COPYRES_ATTRS: c_int = 1;
pub(crate) const COPYRES_TUPLES: c_int = 2;
pub(crate) const COPYRES_EVENTS: c_int = 4;
pub(crate) const COPYRES_NOTICEHOOKS: c_int = 8;

pub(crate) const INV_WRITE: c_int = 0x0002_0000;
pub(crate) const INV_READ: c_int = 0x0004_0000;
