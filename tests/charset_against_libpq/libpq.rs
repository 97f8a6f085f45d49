//! The functions of libpq that the comparison asks, and safe ways to call them.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::{env, slice};

use libloading::{Library, Symbol};

pub(crate) type Conn = *mut c_void;

/// The functions of libpq that are asked.
pub(crate) struct Libpq {
    pub(crate) version: c_int,
    pub(crate) name: unsafe extern "C" fn(c_int) -> *const c_char,
    pub(crate) id: unsafe extern "C" fn(*const c_char) -> c_int,
    pub(crate) is_server: unsafe extern "C" fn(c_int) -> c_int,
    pub(crate) mblen: unsafe extern "C" fn(*const c_char, c_int) -> c_int,
    pub(crate) mblen_bounded: unsafe extern "C" fn(*const c_char, c_int) -> c_int,
    pub(crate) dsplen: unsafe extern "C" fn(*const c_char, c_int) -> c_int,
    connect: unsafe extern "C" fn(*const c_char) -> Conn,
    finish: unsafe extern "C" fn(Conn),
    status: unsafe extern "C" fn(Conn) -> c_int,
    pub(crate) client_encoding: unsafe extern "C" fn(Conn) -> c_int,
    error_message: unsafe extern "C" fn(Conn) -> *const c_char,
    escape_string:
        unsafe extern "C" fn(Conn, *mut c_char, *const c_char, usize, *mut c_int) -> usize,
    pub(crate) escape_literal: unsafe extern "C" fn(Conn, *const c_char, usize) -> *mut c_char,
    pub(crate) escape_identifier: unsafe extern "C" fn(Conn, *const c_char, usize) -> *mut c_char,
    escape_bytea: unsafe extern "C" fn(Conn, *const u8, usize, *mut usize) -> *mut u8,
    unescape_bytea: unsafe extern "C" fn(*const u8, *mut usize) -> *mut u8,
    freemem: unsafe extern "C" fn(*mut c_void),
}

impl Libpq {
    /// The library, or why there is none to compare with.
    fn load() -> Result<Self, String> {
        let path = env::var("FERROPQ_LIBPQ").unwrap_or_else(|_| "libpq.so.5".to_owned());
        // SAFETY: loading libpq runs no code that depends on anything of ours.
        let library = unsafe { Library::new(&path) }.map_err(|why| why.to_string())?;
        // It stays loaded, so that its functions stay valid.
        let library: &'static Library = Box::leak(Box::new(library));
        // SAFETY: the symbol is looked for and not used.
        let ours = unsafe { library.get::<*const ()>(b"ferropq_version") };
        if ours.is_ok() {
            return Err(format!("{path} is ferropq itself"));
        }
        /// Looks a function up.
        ///
        /// # Safety
        /// `T` must be the function's type.
        unsafe fn function<T: Copy>(library: &'static Library, name: &str) -> Result<T, String> {
            // SAFETY: as the caller promises.
            let symbol: Result<Symbol<T>, _> = unsafe { library.get(name.as_bytes()) };
            symbol.map(|found| *found).map_err(|why| why.to_string())
        }
        // SAFETY: the types are those of libpq's header.
        unsafe {
            let version = function::<unsafe extern "C" fn() -> c_int>(library, "PQlibVersion")?;
            Ok(Self {
                version: version(),
                name: function(library, "pg_encoding_to_char")?,
                id: function(library, "pg_char_to_encoding")?,
                is_server: function(library, "pg_valid_server_encoding_id")?,
                mblen: function(library, "PQmblen")?,
                mblen_bounded: function(library, "PQmblenBounded")?,
                dsplen: function(library, "PQdsplen")?,
                connect: function(library, "PQconnectdb")?,
                finish: function(library, "PQfinish")?,
                status: function(library, "PQstatus")?,
                client_encoding: function(library, "PQclientEncoding")?,
                error_message: function(library, "PQerrorMessage")?,
                escape_string: function(library, "PQescapeStringConn")?,
                escape_literal: function(library, "PQescapeLiteral")?,
                escape_identifier: function(library, "PQescapeIdentifier")?,
                escape_bytea: function(library, "PQescapeByteaConn")?,
                unescape_bytea: function(library, "PQunescapeBytea")?,
                freemem: function(library, "PQfreemem")?,
            })
        }
    }

    pub(crate) fn id_of(&self, name: &str) -> c_int {
        let name = CString::new(name).expect("no NUL");
        // SAFETY: a NUL-terminated string that outlives the call.
        unsafe { (self.id)(name.as_ptr()) }
    }

    pub(crate) fn name_of(&self, id: c_int) -> &str {
        // SAFETY: libpq answers any number with a string of static life.
        unsafe { CStr::from_ptr((self.name)(id)) }
            .to_str()
            .expect("ASCII")
    }

    /// Copies out what libpq has allocated, and frees it. `None` for a null pointer.
    ///
    /// # Safety
    /// `bytes` must be null or libpq's allocation of at least `len` bytes.
    unsafe fn take(&self, bytes: *mut u8, len: usize) -> Option<Vec<u8>> {
        if bytes.is_null() {
            return None;
        }
        // SAFETY: as the caller promises; nobody else has the allocation.
        unsafe {
            let copy = slice::from_raw_parts(bytes, len).to_vec();
            (self.freemem)(bytes.cast());
            Some(copy)
        }
    }

    pub(crate) fn unescape_bytea(&self, text: &[u8]) -> Vec<u8> {
        let text = CString::new(text).expect("no NUL");
        let mut len = 0;
        // SAFETY: a NUL-terminated string; the answer has `len` bytes.
        unsafe {
            let bytes = (self.unescape_bytea)(text.as_ptr().cast(), &mut len);
            self.take(bytes, len).expect("memory")
        }
    }
}

/// A connection of libpq to a server that has said its encoding and the like.
pub(crate) struct Connection<'a> {
    pub(crate) libpq: &'a Libpq,
    pub(crate) conn: Conn,
}

impl<'a> Connection<'a> {
    pub(crate) fn open(libpq: &'a Libpq, conninfo: &str) -> Self {
        let conninfo = CString::new(conninfo).expect("no NUL");
        // SAFETY: a NUL-terminated string; the connection is not null and is ours.
        let connection = unsafe {
            let conn = (libpq.connect)(conninfo.as_ptr());
            Self { libpq, conn }
        };
        // SAFETY: the connection is open until dropped.
        let status = unsafe { (libpq.status)(connection.conn) };
        assert_eq!(status, 0, "{}", connection.error());
        connection
    }

    fn error(&self) -> String {
        // SAFETY: the message stays valid until the connection is next used.
        let message = unsafe { CStr::from_ptr((self.libpq.error_message)(self.conn)) };
        message.to_string_lossy().trim_end().to_owned()
    }

    pub(crate) fn escape_string(&self, src: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut dst = vec![0; 2 * src.len() + 1];
        let mut failed = 0;
        // SAFETY: the destination has the size that the manual asks for.
        let len = unsafe {
            let (to, from) = (dst.as_mut_ptr().cast(), src.as_ptr().cast());
            (self.libpq.escape_string)(self.conn, to, from, src.len(), &mut failed)
        };
        dst.truncate(len);
        (dst, (failed != 0).then(|| self.error()))
    }

    pub(crate) fn quote(
        &self,
        function: unsafe extern "C" fn(Conn, *const c_char, usize) -> *mut c_char,
        src: &[u8],
    ) -> Result<Vec<u8>, String> {
        // SAFETY: the source has that length; the answer is null or a NUL-terminated string.
        let quoted = unsafe {
            let text = function(self.conn, src.as_ptr().cast(), src.len());
            let len = if text.is_null() {
                0
            } else {
                CStr::from_ptr(text).count_bytes()
            };
            self.libpq.take(text.cast(), len)
        };
        quoted.ok_or_else(|| self.error())
    }

    pub(crate) fn escape_bytea(&self, src: &[u8]) -> Vec<u8> {
        let mut len = 0;
        // SAFETY: the source has that length; the answer has `len` bytes, the last of them a NUL.
        unsafe {
            let text = (self.libpq.escape_bytea)(self.conn, src.as_ptr(), src.len(), &mut len);
            self.libpq.take(text, len - 1).expect("memory")
        }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        // SAFETY: the connection is not used again.
        unsafe { (self.libpq.finish)(self.conn) }
    }
}

/// The libpq to compare with, or `None` where there is none and none is required.
pub(crate) fn libpq() -> Option<&'static Libpq> {
    static LIBPQ: OnceLock<Result<Libpq, String>> = OnceLock::new();
    match LIBPQ.get_or_init(Libpq::load) {
        Ok(libpq) => Some(libpq),
        Err(why) => {
            let required = env::var_os("FERROPQ_REQUIRE_SERVER").is_some_and(|value| value == "1");
            assert!(
                !required,
                "{why}, and FERROPQ_REQUIRE_SERVER=1 forbids skipping"
            );
            eprintln!("skipped: {why}");
            None
        }
    }
}
