//! The real libpq, loaded at run time: the system's, and a libpq 18 where there is one.
//!
//! libpq 18 is looked for at `$FERROPQ_LIBPQ18`, then beside the PostgreSQL 18 that the live tests
//! use. With `FERROPQ_REQUIRE_SERVER=1` it is a failure to find none, or not that one where it
//! is packaged.

use std::env;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fmt;
use std::path::PathBuf;
use std::ptr;

use ferropq::conninfo::OptionId;
use libloading::Library;

use crate::Parsed;

/// libpq's `PQconninfoOption`.
#[repr(C)]
struct RawOption {
    keyword: *const c_char,
    envvar: *const c_char,
    compiled: *const c_char,
    val: *const c_char,
    label: *const c_char,
    dispchar: *const c_char,
    dispsize: c_int,
}

/// A row of libpq's option table.
pub(crate) struct Row {
    pub(crate) keyword: String,
    pub(crate) envvar: Option<String>,
    pub(crate) compiled: Option<String>,
    pub(crate) label: String,
    pub(crate) dispchar: String,
    pub(crate) dispsize: i32,
    value: Option<Vec<u8>>,
}

/// One libpq.
pub(crate) struct Reference {
    library: Library,
    version: i32,
    keywords: Vec<String>,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "libpq {}", self.version)
    }
}

/// Every libpq that is found.
pub(crate) fn all() -> Vec<Reference> {
    let system = Some(PathBuf::from("libpq.so.5"));
    let found: Vec<_> = system
        .into_iter()
        .chain(libpq_18())
        .filter_map(Reference::load)
        .collect();
    let packaged_here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    let has_all = !found.is_empty() && (!packaged_here || found.iter().any(Reference::is_18));
    if !has_all {
        let is_required = env::var("FERROPQ_REQUIRE_SERVER").is_ok_and(|value| value == "1");
        assert!(
            !is_required,
            "no libpq, or no libpq 18, was found to compare with"
        );
        eprintln!("skipped: no libpq, or no libpq 18, was found to compare with");
    }
    found
}

/// Ours in the place of libpq, as cargo has built it beside this test.
#[cfg(feature = "capi")]
pub(crate) fn ours() -> Reference {
    let built = env::current_exe().expect("this program");
    let names = ["libferropq.so", "libferropq.dylib"].map(|name| built.with_file_name(name));
    let library = names.into_iter().find(|path| path.exists());
    let library = library.expect("the shared library among the build's files");
    Reference::load(library).expect("a library that is there")
}

fn libpq_18() -> Option<PathBuf> {
    if let Some(path) = env::var_os("FERROPQ_LIBPQ18") {
        let path = PathBuf::from(path);
        assert!(path.exists(), "$FERROPQ_LIBPQ18 names no file");
        return Some(path);
    }
    let servers = support::servers();
    let server = servers.iter().find(|server| server.major == 18)?;
    let path = server.bindir.parent()?.join("lib/libpq.so.5.18");
    path.exists().then_some(path)
}

impl Reference {
    fn load(path: PathBuf) -> Option<Self> {
        // What a packaged libpq is linked to lies beside it, where the linker would not look.
        for name in ["libcrypto.so.1.1", "libssl.so.1.1"] {
            // SAFETY: OpenSSL's initialisation may run in any program.
            if let Ok(library) = unsafe { Library::new(path.with_file_name(name)) } {
                std::mem::forget(library);
            }
        }
        // SAFETY: libpq has no initialisation that could do harm.
        let library = unsafe { Library::new(&path) };
        let library = match library {
            Ok(library) => library,
            Err(error) if path.is_absolute() => panic!("{error}"),
            Err(_) => return None,
        };
        // SAFETY: PQlibVersion has this signature.
        let version = unsafe {
            let version = library.get::<unsafe extern "C" fn() -> c_int>(b"PQlibVersion\0");
            version.expect("PQlibVersion")()
        };
        let mut reference = Self {
            library,
            version,
            keywords: Vec::new(),
        };
        let rows = reference.options();
        reference.keywords = rows.into_iter().map(|row| row.keyword).collect();
        Some(reference)
    }

    /// Whether this is libpq 18, whose behaviour is ours.
    pub(crate) fn is_18(&self) -> bool {
        self.version / 10_000 == 18
    }

    /// Whether the string uses what came after this libpq: newer options, the system's roots, or
    /// spaces in a URI, which were kept before libpq 18.
    pub(crate) fn is_too_old_for(&self, conninfo: &[u8]) -> bool {
        let text = String::from_utf8_lossy(conninfo);
        let is_new = |id: OptionId| {
            let keyword = id.keyword();
            !self.keywords.iter().any(|k| k == keyword) && text.contains(keyword)
        };
        let is_uri = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let is_changed = is_uri && text.contains(' ') || text.contains("sslrootcert=system");
        !self.is_18() && is_changed || OptionId::ALL.into_iter().any(is_new)
    }

    /// `PQconninfoParse`.
    pub(crate) fn parse(&self, conninfo: &[u8]) -> Parsed {
        type Parse = unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> *mut RawOption;
        let conninfo = CString::new(conninfo).expect("no NUL");
        let mut message: *mut c_char = ptr::null_mut();
        // SAFETY: PQconninfoParse has this signature and gets a C string and a place for a message;
        // it returns an array of its own, or NULL and a message of its own, and each is freed once
        // after its last use.
        unsafe {
            let parse = self.library.get::<Parse>(b"PQconninfoParse\0");
            let options = parse.expect("PQconninfoParse")(conninfo.as_ptr(), &raw mut message);
            if options.is_null() {
                let text = CStr::from_ptr(message).to_string_lossy();
                let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
                self.free(b"PQfreemem\0", message.cast());
                return Err(text);
            }
            let rows = rows(options);
            self.free(b"PQconninfoFree\0", options.cast());
            let set = rows.into_iter().filter_map(|r| Some((r.keyword, r.value?)));
            Ok(set.collect())
        }
    }

    /// The table that `PQconndefaults` shows.
    pub(crate) fn options(&self) -> Vec<Row> {
        type Defaults = unsafe extern "C" fn() -> *mut RawOption;
        // SAFETY: PQconndefaults has this signature and returns an array that is freed once after
        // its last use.
        unsafe {
            let defaults = self.library.get::<Defaults>(b"PQconndefaults\0");
            let options = defaults.expect("PQconndefaults")();
            assert!(!options.is_null(), "PQconndefaults has no memory");
            let rows = rows(options);
            self.free(b"PQconninfoFree\0", options.cast());
            rows
        }
    }

    /// The error message after `PQconnectStart`, without its last newline.
    pub(crate) fn connect_start(&self, conninfo: &[u8]) -> String {
        type Start = unsafe extern "C" fn(*const c_char) -> *mut c_void;
        type Message = unsafe extern "C" fn(*mut c_void) -> *const c_char;
        let conninfo = CString::new(conninfo).expect("no NUL");
        // SAFETY: the functions have these signatures; the connection is used until PQfinish only,
        // and the message is copied before.
        unsafe {
            let start = self.library.get::<Start>(b"PQconnectStart\0");
            let connection = start.expect("PQconnectStart")(conninfo.as_ptr());
            assert!(!connection.is_null(), "PQconnectStart has no memory");
            let message = self.library.get::<Message>(b"PQerrorMessage\0");
            let text = CStr::from_ptr(message.expect("PQerrorMessage")(connection));
            let text = text.to_string_lossy().into_owned();
            self.free(b"PQfinish\0", connection);
            text.strip_suffix('\n').unwrap_or(&text).to_owned()
        }
    }

    /// Calls one of libpq's functions that free what they are given.
    ///
    /// # Safety
    ///
    /// The function takes one pointer of this kind, which is not used any more.
    unsafe fn free(&self, function: &[u8], pointer: *mut c_void) {
        type Free = unsafe extern "C" fn(*mut c_void);
        // SAFETY: the function has this signature and the pointer is its to free, as the caller
        // promises.
        unsafe {
            let free = self.library.get::<Free>(function);
            free.expect("a function of libpq")(pointer);
        }
    }
}

/// A copy of libpq's array.
///
/// # Safety
///
/// The pointer is to an array of libpq's that ends with a NULL keyword.
unsafe fn rows(options: *const RawOption) -> Vec<Row> {
    let mut rows = Vec::new();
    // SAFETY: every index up to that of the NULL keyword is inside the array, and its texts are
    // NULL or C strings.
    unsafe {
        while !(*options.add(rows.len())).keyword.is_null() {
            let option = &*options.add(rows.len());
            rows.push(Row {
                keyword: text(option.keyword).unwrap_or_default(),
                envvar: text(option.envvar),
                compiled: text(option.compiled),
                label: text(option.label).unwrap_or_default(),
                dispchar: text(option.dispchar).unwrap_or_default(),
                dispsize: option.dispsize,
                value: bytes(option.val),
            });
        }
    }
    rows
}

/// # Safety
///
/// The pointer is NULL or to a C string.
unsafe fn bytes(text: *const c_char) -> Option<Vec<u8>> {
    // SAFETY: not NULL where it is read, and a C string as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}

/// # Safety
///
/// The pointer is NULL or to a C string.
unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    let bytes = unsafe { bytes(text) }?;
    Some(String::from_utf8(bytes).expect("the table is ASCII"))
}
