//! The system's libpq, to compare with.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use libloading::{Library, Symbol};

type Conn = *mut c_void;

/// The system's libpq.
pub(crate) struct Libpq(Library);

/// What became of an attempt to connect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Connected, and encrypted with GSSAPI.
    pub(crate) encrypted: Option<bool>,
    /// The error text.
    pub(crate) error: String,
}

/// An option, as `PQconndefaults` has it.
#[repr(C)]
struct OptionRow {
    keyword: *const c_char,
    envvar: *const c_char,
    compiled: *const c_char,
    val: *const c_char,
    label: *const c_char,
    dispchar: *const c_char,
    dispsize: c_int,
}

impl Libpq {
    /// `None` where there is none, or one that was built without GSSAPI.
    pub(crate) fn load() -> Option<Self> {
        // SAFETY: loading libpq only runs the initialisers of the libraries it is linked with.
        let libpq = Self(unsafe { Library::new("libpq.so.5") }.ok()?);
        (libpq.default_gssencmode().as_deref() == Some("prefer")).then_some(libpq)
    }

    /// Connects, and closes the connection again.
    pub(crate) fn connect(&self, conninfo: &str) -> Outcome {
        let conninfo = CString::new(conninfo).expect("no zero byte");
        // SAFETY: these are the prototypes of libpq's functions; the connection is the one that
        // PQconnectdb has given, until PQfinish.
        unsafe {
            let open: Symbol<unsafe extern "C" fn(*const c_char) -> Conn> = self.get("PQconnectdb");
            let status: Symbol<unsafe extern "C" fn(Conn) -> c_int> = self.get("PQstatus");
            let encrypted: Symbol<unsafe extern "C" fn(Conn) -> c_int> = self.get("PQgssEncInUse");
            let error: Symbol<unsafe extern "C" fn(Conn) -> *const c_char> =
                self.get("PQerrorMessage");
            let finish: Symbol<unsafe extern "C" fn(Conn)> = self.get("PQfinish");
            let conn = open(conninfo.as_ptr());
            let outcome = Outcome {
                encrypted: (status(conn) == 0).then(|| encrypted(conn) != 0),
                error: CStr::from_ptr(error(conn)).to_string_lossy().into_owned(),
            };
            finish(conn);
            outcome
        }
    }

    /// The default of `gssencmode`.
    fn default_gssencmode(&self) -> Option<String> {
        // SAFETY: as for `connect`; the list ends with a row without a keyword.
        unsafe {
            let defaults: Symbol<unsafe extern "C" fn() -> *mut OptionRow> =
                self.get("PQconndefaults");
            let free: Symbol<unsafe extern "C" fn(*mut OptionRow)> = self.get("PQconninfoFree");
            let list = defaults();
            let mut row: *const OptionRow = list;
            let mut found = None;
            while !row.is_null() && !(*row).keyword.is_null() {
                if CStr::from_ptr((*row).keyword) == c"gssencmode" && !(*row).compiled.is_null() {
                    let compiled = CStr::from_ptr((*row).compiled);
                    found = Some(compiled.to_string_lossy().into_owned());
                }
                row = row.add(1);
            }
            free(list);
            found
        }
    }

    /// # Safety
    /// `F` is the type of the function of this name.
    unsafe fn get<F>(&self, name: &str) -> Symbol<'_, F> {
        // SAFETY: the caller's promise.
        unsafe { self.0.get(name.as_bytes()) }.expect("a function of libpq")
    }
}
