//! The 210 names of the interface as callable methods over one loaded library.
//!
//! A symbol is looked up when it is first called. A library that lacks it makes the case stop
//! with [`MissingSymbol`], which the report names.

// The methods bear the C names they stand for, and C's prototypes decide how many arguments they have.
#![allow(non_snake_case, clippy::too_many_arguments)]

use std::ffi::{CStr, OsStr};
use std::path::{Path, PathBuf};

use libc::{FILE, c_char, c_int, c_uchar, c_void};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::raw::*;

/// The panic payload of a case that needs a symbol which the library under test does not export.
pub(crate) struct MissingSymbol(pub &'static str);

/// One libpq, loaded privately: its symbols are reachable through this value alone.
pub(crate) struct Api {
    library: Library,
    path: PathBuf,
}

impl Api {
    /// Loads the library at `path` and checks that its names are its own.
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: both libraries of a comparison are libpq implementations, whose initialisers have no
        // preconditions.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
            .map_err(|error| format!("cannot load {}: {error}", path.display()))?;
        let api = Self {
            library,
            path: path.to_path_buf(),
        };
        match api.address("PQexec") {
            Some(address) if !comes_from(address, path) => Err(format!(
                "PQexec of {} comes from another library",
                path.display()
            )),
            _ => Ok(api),
        }
    }

    /// Where the library was loaded from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The address of an exported name.
    pub(crate) fn address(&self, name: &str) -> Option<*mut c_void> {
        // SAFETY: the address is not used at this type; callers only compare it or cast it to the
        // symbol's real prototype.
        let symbol = unsafe { self.library.get::<*mut c_void>(name.as_bytes()) };
        symbol.ok().map(|symbol| symbol.into_raw())
    }

    /// The address of `name`, or the end of the running case.
    pub(crate) fn need(&self, name: &'static str) -> *mut c_void {
        self.address(name)
            .unwrap_or_else(|| std::panic::panic_any(MissingSymbol(name)))
    }

    /// The library's interface level: 150000, 180000, ...
    pub(crate) fn version(&self) -> c_int {
        // SAFETY: takes nothing and only returns a number.
        unsafe { self.PQlibVersion() }
    }

    /// How many of the interface's names the library exports.
    pub(crate) fn exported(&self) -> usize {
        NAMES
            .iter()
            .filter(|name| self.address(name).is_some())
            .count()
    }
}

/// Whether `address` lies in the file `path`, links resolved.
fn comes_from(address: *mut c_void, path: &Path) -> bool {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: `info` is writable, and dladdr accepts any address.
    if unsafe { libc::dladdr(address, info.as_mut_ptr()) } == 0 {
        return false;
    }
    // SAFETY: dladdr succeeded, so it filled `info`; the file name lives as long as the library.
    let file = unsafe { CStr::from_ptr(info.assume_init().dli_fname) };
    let file = Path::new(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(
        file.to_bytes(),
    ));
    file.canonicalize().ok() == path.canonicalize().ok()
}

/// Declares one method per C function: same name, same prototype, looked up at the call.
macro_rules! interface {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty)?;)*) => {
        /// Each method calls the function of its name.
        ///
        /// # Safety
        /// As the C function demands of its arguments.
        #[allow(dead_code, reason = "the whole interface, whether or not a case calls it yet")]
        impl Api {
            $(pub(crate) unsafe fn $name(&self, $($arg: $type),*) $(-> $ret)? {
                let address = self.need(stringify!($name));
                // SAFETY: the exported symbol of this name has this prototype in every libpq.
                let function = unsafe {
                    std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($type),*) $(-> $ret)?>(address)
                };
                // SAFETY: the caller keeps the C function's contract.
                unsafe { function($($arg),*) }
            })*
        }

        /// Every exported name.
        pub(crate) const NAMES: &[&str] = &[
            $(stringify!($name),)*
            // Not a function, or not one that Rust can describe by a plain prototype.
            "pgresStatus", "printfPQExpBuffer", "appendPQExpBuffer", "appendPQExpBufferVA",
        ];
    };
}

interface! {
    fn PQconnectStart(a: *const c_char) -> *mut PGconn;
    fn PQconnectStartParams(a: *const *const c_char, b: *const *const c_char, c: c_int) -> *mut PGconn;
    fn PQconnectPoll(conn: *mut PGconn) -> c_int;
    fn PQconnectdb(a: *const c_char) -> *mut PGconn;
    fn PQconnectdbParams(a: *const *const c_char, b: *const *const c_char, c: c_int) -> *mut PGconn;
    fn PQsetdbLogin(a: *const c_char, b: *const c_char, c: *const c_char, d: *const c_char, e: *const c_char, f: *const c_char, g: *const c_char) -> *mut PGconn;
    fn PQfinish(conn: *mut PGconn);
    fn PQconndefaults() -> *mut PQconninfoOption;
    fn PQconninfoParse(a: *const c_char, b: *mut *mut c_char) -> *mut PQconninfoOption;
    fn PQconninfo(conn: *mut PGconn) -> *mut PQconninfoOption;
    fn PQconninfoFree(a: *mut PQconninfoOption);
    fn PQresetStart(conn: *mut PGconn) -> c_int;
    fn PQresetPoll(conn: *mut PGconn) -> c_int;
    fn PQreset(conn: *mut PGconn);
    fn PQcancelCreate(conn: *mut PGconn) -> *mut PGcancelConn;
    fn PQcancelStart(a: *mut PGcancelConn) -> c_int;
    fn PQcancelBlocking(a: *mut PGcancelConn) -> c_int;
    fn PQcancelPoll(a: *mut PGcancelConn) -> c_int;
    fn PQcancelStatus(a: *const PGcancelConn) -> c_int;
    fn PQcancelSocket(a: *const PGcancelConn) -> c_int;
    fn PQcancelErrorMessage(a: *const PGcancelConn) -> *mut c_char;
    fn PQcancelReset(a: *mut PGcancelConn);
    fn PQcancelFinish(a: *mut PGcancelConn);
    fn PQgetCancel(conn: *mut PGconn) -> *mut PGcancel;
    fn PQfreeCancel(a: *mut PGcancel);
    fn PQcancel(a: *mut PGcancel, b: *mut c_char, c: c_int) -> c_int;
    fn PQrequestCancel(conn: *mut PGconn) -> c_int;
    fn PQdb(conn: *const PGconn) -> *mut c_char;
    fn PQuser(conn: *const PGconn) -> *mut c_char;
    fn PQpass(conn: *const PGconn) -> *mut c_char;
    fn PQhost(conn: *const PGconn) -> *mut c_char;
    fn PQhostaddr(conn: *const PGconn) -> *mut c_char;
    fn PQport(conn: *const PGconn) -> *mut c_char;
    fn PQtty(conn: *const PGconn) -> *mut c_char;
    fn PQoptions(conn: *const PGconn) -> *mut c_char;
    fn PQstatus(conn: *const PGconn) -> c_int;
    fn PQtransactionStatus(conn: *const PGconn) -> c_int;
    fn PQparameterStatus(conn: *const PGconn, b: *const c_char) -> *const c_char;
    fn PQprotocolVersion(conn: *const PGconn) -> c_int;
    fn PQfullProtocolVersion(conn: *const PGconn) -> c_int;
    fn PQserverVersion(conn: *const PGconn) -> c_int;
    fn PQerrorMessage(conn: *const PGconn) -> *mut c_char;
    fn PQsocket(conn: *const PGconn) -> c_int;
    fn PQbackendPID(conn: *const PGconn) -> c_int;
    fn PQpipelineStatus(conn: *const PGconn) -> c_int;
    fn PQconnectionNeedsPassword(conn: *const PGconn) -> c_int;
    fn PQconnectionUsedPassword(conn: *const PGconn) -> c_int;
    fn PQconnectionUsedGSSAPI(conn: *const PGconn) -> c_int;
    fn PQclientEncoding(conn: *const PGconn) -> c_int;
    fn PQsetClientEncoding(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQsslInUse(conn: *mut PGconn) -> c_int;
    fn PQsslStruct(conn: *mut PGconn, b: *const c_char) -> *mut c_void;
    fn PQsslAttribute(conn: *mut PGconn, b: *const c_char) -> *const c_char;
    fn PQsslAttributeNames(conn: *mut PGconn) -> *const *const c_char;
    fn PQgetssl(conn: *mut PGconn) -> *mut c_void;
    fn PQinitSSL(a: c_int);
    fn PQinitOpenSSL(a: c_int, b: c_int);
    fn PQgssEncInUse(conn: *mut PGconn) -> c_int;
    fn PQgetgssctx(conn: *mut PGconn) -> *mut c_void;
    fn PQsetErrorVerbosity(conn: *mut PGconn, b: c_int) -> c_int;
    fn PQsetErrorContextVisibility(conn: *mut PGconn, b: c_int) -> c_int;
    fn PQsetNoticeReceiver(conn: *mut PGconn, b: PQnoticeReceiver, c: *mut c_void) -> PQnoticeReceiver;
    fn PQsetNoticeProcessor(conn: *mut PGconn, b: PQnoticeProcessor, c: *mut c_void) -> PQnoticeProcessor;
    fn PQregisterThreadLock(a: ThreadLock) -> ThreadLock;
    fn pqsignal(a: c_int, b: libc::sighandler_t) -> libc::sighandler_t;
    fn PQtrace(conn: *mut PGconn, b: *mut FILE);
    fn PQuntrace(conn: *mut PGconn);
    fn PQsetTraceFlags(conn: *mut PGconn, b: c_int);
    fn PQexec(conn: *mut PGconn, b: *const c_char) -> *mut PGresult;
    fn PQexecParams(conn: *mut PGconn, b: *const c_char, c: c_int, d: *const Oid, e: *const *const c_char, f: *const c_int, g: *const c_int, h: c_int) -> *mut PGresult;
    fn PQprepare(conn: *mut PGconn, b: *const c_char, c: *const c_char, d: c_int, e: *const Oid) -> *mut PGresult;
    fn PQexecPrepared(conn: *mut PGconn, b: *const c_char, c: c_int, d: *const *const c_char, e: *const c_int, f: *const c_int, g: c_int) -> *mut PGresult;
    fn PQsendQuery(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQsendQueryParams(conn: *mut PGconn, b: *const c_char, c: c_int, d: *const Oid, e: *const *const c_char, f: *const c_int, g: *const c_int, h: c_int) -> c_int;
    fn PQsendPrepare(conn: *mut PGconn, b: *const c_char, c: *const c_char, d: c_int, e: *const Oid) -> c_int;
    fn PQsendQueryPrepared(conn: *mut PGconn, b: *const c_char, c: c_int, d: *const *const c_char, e: *const c_int, f: *const c_int, g: c_int) -> c_int;
    fn PQsetSingleRowMode(conn: *mut PGconn) -> c_int;
    fn PQsetChunkedRowsMode(conn: *mut PGconn, b: c_int) -> c_int;
    fn PQgetResult(conn: *mut PGconn) -> *mut PGresult;
    fn PQisBusy(conn: *mut PGconn) -> c_int;
    fn PQconsumeInput(conn: *mut PGconn) -> c_int;
    fn PQenterPipelineMode(conn: *mut PGconn) -> c_int;
    fn PQexitPipelineMode(conn: *mut PGconn) -> c_int;
    fn PQpipelineSync(conn: *mut PGconn) -> c_int;
    fn PQsendFlushRequest(conn: *mut PGconn) -> c_int;
    fn PQsendPipelineSync(conn: *mut PGconn) -> c_int;
    fn PQnotifies(conn: *mut PGconn) -> *mut PGnotify;
    fn PQputCopyData(conn: *mut PGconn, b: *const c_char, c: c_int) -> c_int;
    fn PQputCopyEnd(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQgetCopyData(conn: *mut PGconn, b: *mut *mut c_char, c: c_int) -> c_int;
    fn PQgetline(conn: *mut PGconn, b: *mut c_char, c: c_int) -> c_int;
    fn PQputline(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQgetlineAsync(conn: *mut PGconn, b: *mut c_char, c: c_int) -> c_int;
    fn PQputnbytes(conn: *mut PGconn, b: *const c_char, c: c_int) -> c_int;
    fn PQendcopy(conn: *mut PGconn) -> c_int;
    fn PQsetnonblocking(conn: *mut PGconn, b: c_int) -> c_int;
    fn PQisnonblocking(conn: *const PGconn) -> c_int;
    fn PQisthreadsafe() -> c_int;
    fn PQping(a: *const c_char) -> c_int;
    fn PQpingParams(a: *const *const c_char, b: *const *const c_char, c: c_int) -> c_int;
    fn PQflush(conn: *mut PGconn) -> c_int;
    fn PQfn(conn: *mut PGconn, b: c_int, c: *mut c_int, d: *mut c_int, e: c_int, f: *const PQArgBlock, g: c_int) -> *mut PGresult;
    fn PQresultStatus(res: *const PGresult) -> c_int;
    fn PQresStatus(a: c_int) -> *mut c_char;
    fn PQresultErrorMessage(res: *const PGresult) -> *mut c_char;
    fn PQresultVerboseErrorMessage(res: *const PGresult, b: c_int, c: c_int) -> *mut c_char;
    fn PQresultErrorField(res: *const PGresult, b: c_int) -> *mut c_char;
    fn PQntuples(res: *const PGresult) -> c_int;
    fn PQnfields(res: *const PGresult) -> c_int;
    fn PQbinaryTuples(res: *const PGresult) -> c_int;
    fn PQfname(res: *const PGresult, b: c_int) -> *mut c_char;
    fn PQfnumber(res: *const PGresult, b: *const c_char) -> c_int;
    fn PQftable(res: *const PGresult, b: c_int) -> Oid;
    fn PQftablecol(res: *const PGresult, b: c_int) -> c_int;
    fn PQfformat(res: *const PGresult, b: c_int) -> c_int;
    fn PQftype(res: *const PGresult, b: c_int) -> Oid;
    fn PQfsize(res: *const PGresult, b: c_int) -> c_int;
    fn PQfmod(res: *const PGresult, b: c_int) -> c_int;
    fn PQcmdStatus(res: *mut PGresult) -> *mut c_char;
    fn PQoidStatus(res: *const PGresult) -> *mut c_char;
    fn PQoidValue(res: *const PGresult) -> Oid;
    fn PQcmdTuples(res: *mut PGresult) -> *mut c_char;
    fn PQgetvalue(res: *const PGresult, b: c_int, c: c_int) -> *mut c_char;
    fn PQgetlength(res: *const PGresult, b: c_int, c: c_int) -> c_int;
    fn PQgetisnull(res: *const PGresult, b: c_int, c: c_int) -> c_int;
    fn PQnparams(res: *const PGresult) -> c_int;
    fn PQparamtype(res: *const PGresult, b: c_int) -> Oid;
    fn PQdescribePrepared(conn: *mut PGconn, b: *const c_char) -> *mut PGresult;
    fn PQdescribePortal(conn: *mut PGconn, b: *const c_char) -> *mut PGresult;
    fn PQsendDescribePrepared(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQsendDescribePortal(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQclosePrepared(conn: *mut PGconn, b: *const c_char) -> *mut PGresult;
    fn PQclosePortal(conn: *mut PGconn, b: *const c_char) -> *mut PGresult;
    fn PQsendClosePrepared(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQsendClosePortal(conn: *mut PGconn, b: *const c_char) -> c_int;
    fn PQclear(res: *mut PGresult);
    fn PQfreemem(a: *mut c_void);
    fn PQmakeEmptyPGresult(conn: *mut PGconn, b: c_int) -> *mut PGresult;
    fn PQcopyResult(res: *const PGresult, b: c_int) -> *mut PGresult;
    fn PQsetResultAttrs(res: *mut PGresult, b: c_int, c: *mut PGresAttDesc) -> c_int;
    fn PQresultAlloc(res: *mut PGresult, b: usize) -> *mut c_void;
    fn PQresultMemorySize(res: *const PGresult) -> usize;
    fn PQsetvalue(res: *mut PGresult, b: c_int, c: c_int, d: *mut c_char, e: c_int) -> c_int;
    fn PQescapeStringConn(conn: *mut PGconn, b: *mut c_char, c: *const c_char, d: usize, e: *mut c_int) -> usize;
    fn PQescapeLiteral(conn: *mut PGconn, b: *const c_char, c: usize) -> *mut c_char;
    fn PQescapeIdentifier(conn: *mut PGconn, b: *const c_char, c: usize) -> *mut c_char;
    fn PQescapeByteaConn(conn: *mut PGconn, b: *const c_uchar, c: usize, d: *mut usize) -> *mut c_uchar;
    fn PQunescapeBytea(a: *const c_uchar, b: *mut usize) -> *mut c_uchar;
    fn PQescapeString(a: *mut c_char, b: *const c_char, c: usize) -> usize;
    fn PQescapeBytea(a: *const c_uchar, b: usize, c: *mut usize) -> *mut c_uchar;
    fn PQprint(a: *mut FILE, res: *const PGresult, c: *const PQprintOpt);
    fn PQdisplayTuples(res: *const PGresult, b: *mut FILE, c: c_int, d: *const c_char, e: c_int, f: c_int);
    fn PQprintTuples(res: *const PGresult, b: *mut FILE, c: c_int, d: c_int, e: c_int);
    fn lo_open(conn: *mut PGconn, b: Oid, c: c_int) -> c_int;
    fn lo_close(conn: *mut PGconn, b: c_int) -> c_int;
    fn lo_read(conn: *mut PGconn, b: c_int, c: *mut c_char, d: usize) -> c_int;
    fn lo_write(conn: *mut PGconn, b: c_int, c: *const c_char, d: usize) -> c_int;
    fn lo_lseek(conn: *mut PGconn, b: c_int, c: c_int, d: c_int) -> c_int;
    fn lo_lseek64(conn: *mut PGconn, b: c_int, c: i64, d: c_int) -> i64;
    fn lo_creat(conn: *mut PGconn, b: c_int) -> Oid;
    fn lo_create(conn: *mut PGconn, b: Oid) -> Oid;
    fn lo_tell(conn: *mut PGconn, b: c_int) -> c_int;
    fn lo_tell64(conn: *mut PGconn, b: c_int) -> i64;
    fn lo_truncate(conn: *mut PGconn, b: c_int, c: usize) -> c_int;
    fn lo_truncate64(conn: *mut PGconn, b: c_int, c: i64) -> c_int;
    fn lo_unlink(conn: *mut PGconn, b: Oid) -> c_int;
    fn lo_import(conn: *mut PGconn, b: *const c_char) -> Oid;
    fn lo_import_with_oid(conn: *mut PGconn, b: *const c_char, c: Oid) -> Oid;
    fn lo_export(conn: *mut PGconn, b: Oid, c: *const c_char) -> c_int;
    fn PQlibVersion() -> c_int;
    fn PQsocketPoll(a: c_int, b: c_int, c: c_int, d: i64) -> c_int;
    fn PQgetCurrentTimeUSec() -> i64;
    fn PQmblen(a: *const c_char, b: c_int) -> c_int;
    fn PQmblenBounded(a: *const c_char, b: c_int) -> c_int;
    fn PQdsplen(a: *const c_char, b: c_int) -> c_int;
    fn PQenv2encoding() -> c_int;
    fn PQencryptPassword(a: *const c_char, b: *const c_char) -> *mut c_char;
    fn PQencryptPasswordConn(conn: *mut PGconn, b: *const c_char, c: *const c_char, d: *const c_char) -> *mut c_char;
    fn PQchangePassword(conn: *mut PGconn, b: *const c_char, c: *const c_char) -> *mut PGresult;
    fn PQsetAuthDataHook(a: AnyHook);
    fn PQgetAuthDataHook() -> AnyHook;
    fn PQdefaultAuthDataHook(a: c_int, conn: *mut PGconn, c: *mut c_void) -> c_int;
    fn pg_char_to_encoding(a: *const c_char) -> c_int;
    fn pg_encoding_to_char(a: c_int) -> *const c_char;
    fn pg_valid_server_encoding_id(a: c_int) -> c_int;
    fn PQgetSSLKeyPassHook_OpenSSL() -> AnyHook;
    fn PQsetSSLKeyPassHook_OpenSSL(a: AnyHook);
    fn PQdefaultSSLKeyPassHook_OpenSSL(a: *mut c_char, b: c_int, conn: *mut PGconn) -> c_int;
    fn PQregisterEventProc(conn: *mut PGconn, b: PGEventProc, c: *const c_char, d: *mut c_void) -> c_int;
    fn PQsetInstanceData(conn: *mut PGconn, b: PGEventProc, c: *mut c_void) -> c_int;
    fn PQinstanceData(conn: *const PGconn, b: PGEventProc) -> *mut c_void;
    fn PQresultSetInstanceData(res: *mut PGresult, b: PGEventProc, c: *mut c_void) -> c_int;
    fn PQresultInstanceData(res: *const PGresult, b: PGEventProc) -> *mut c_void;
    fn PQfireResultCreateEvents(conn: *mut PGconn, res: *mut PGresult) -> c_int;
    fn createPQExpBuffer() -> *mut PQExpBufferData;
    fn initPQExpBuffer(a: *mut PQExpBufferData);
    fn destroyPQExpBuffer(a: *mut PQExpBufferData);
    fn termPQExpBuffer(a: *mut PQExpBufferData);
    fn resetPQExpBuffer(a: *mut PQExpBufferData);
    fn enlargePQExpBuffer(a: *mut PQExpBufferData, b: usize) -> c_int;
    fn appendPQExpBufferStr(a: *mut PQExpBufferData, b: *const c_char);
    fn appendPQExpBufferChar(a: *mut PQExpBufferData, b: c_char);
    fn appendBinaryPQExpBuffer(a: *mut PQExpBufferData, b: *const c_char, c: usize);
    fn PQfreeNotify(a: *mut PGnotify);
    fn pg_utf_mblen(a: *const c_uchar) -> c_int;
    fn pg_valid_server_encoding(a: *const c_char) -> c_int;
}
