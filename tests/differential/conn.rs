//! A `PGconn` that finishes itself, with the calls of the interface as methods.

use std::cell::RefCell;
use std::ffi::CStr;
use std::ptr;

use libc::{c_char, c_int, c_void};

use crate::api::Api;
use crate::options::OptionList;
use crate::params::Params;
use crate::raw::*;
use crate::result::Res;
use crate::text::{Arg, copy};
use crate::transcript::Text;

/// A connection, or NULL: every function must cope with both.
pub(crate) struct Conn<'a> {
    pub(crate) api: &'a Api,
    pub(crate) raw: *mut PGconn,
    notices: Option<Box<Notices>>,
}

/// What a notice callback writes down.
pub(crate) struct Notices {
    library: *const Api,
    seen: RefCell<Vec<Notice>>,
}

/// One notice: the processor's text, and the receiver's fields where one is set.
pub(crate) struct Notice {
    pub text: Text,
    pub fields: Vec<(&'static str, Vec<u8>)>,
    pub status: String,
}

/// A parameter list of `PQconnectdbParams`: keyword and value, either may be NULL.
pub(crate) type Keywords<'k> = &'k [(Option<&'k CStr>, Option<&'k CStr>)];

/// One method per function that takes the connection and small arguments and returns a number.
macro_rules! numbers {
    ($($method:ident => $symbol:ident($($arg:ident: $type:ty),*) -> $ret:ty;)*) => {
        impl Conn<'_> {
            $(pub(crate) fn $method(&self, $($arg: $type),*) -> $ret {
                // SAFETY: the connection is NULL or live, and the function takes only numbers besides.
                unsafe { self.api.$symbol(self.raw, $($arg),*) }
            })*
        }
    };
}

numbers! {
    status => PQstatus() -> c_int;
    transaction_status => PQtransactionStatus() -> c_int;
    protocol_version => PQprotocolVersion() -> c_int;
    full_protocol_version => PQfullProtocolVersion() -> c_int;
    server_version => PQserverVersion() -> c_int;
    socket => PQsocket() -> c_int;
    backend_pid => PQbackendPID() -> c_int;
    pipeline_status => PQpipelineStatus() -> c_int;
    needs_password => PQconnectionNeedsPassword() -> c_int;
    used_password => PQconnectionUsedPassword() -> c_int;
    used_gssapi => PQconnectionUsedGSSAPI() -> c_int;
    client_encoding => PQclientEncoding() -> c_int;
    ssl_in_use => PQsslInUse() -> c_int;
    gss_enc_in_use => PQgssEncInUse() -> c_int;
    set_verbosity => PQsetErrorVerbosity(verbosity: c_int) -> c_int;
    set_context_visibility => PQsetErrorContextVisibility(context: c_int) -> c_int;
    set_trace_flags => PQsetTraceFlags(flags: c_int) -> ();
    untrace => PQuntrace() -> ();
    reset => PQreset() -> ();
    reset_start => PQresetStart() -> c_int;
    reset_poll => PQresetPoll() -> c_int;
    connect_poll => PQconnectPoll() -> c_int;
    request_cancel => PQrequestCancel() -> c_int;
    is_busy => PQisBusy() -> c_int;
    consume_input => PQconsumeInput() -> c_int;
    flush => PQflush() -> c_int;
    set_nonblocking => PQsetnonblocking(flag: c_int) -> c_int;
    is_nonblocking => PQisnonblocking() -> c_int;
    set_single_row_mode => PQsetSingleRowMode() -> c_int;
    set_chunked_rows_mode => PQsetChunkedRowsMode(rows: c_int) -> c_int;
    enter_pipeline => PQenterPipelineMode() -> c_int;
    exit_pipeline => PQexitPipelineMode() -> c_int;
    pipeline_sync => PQpipelineSync() -> c_int;
    send_pipeline_sync => PQsendPipelineSync() -> c_int;
    send_flush_request => PQsendFlushRequest() -> c_int;
    end_copy => PQendcopy() -> c_int;
    lo_open => lo_open(oid: Oid, mode: c_int) -> c_int;
    lo_close => lo_close(fd: c_int) -> c_int;
    lo_lseek => lo_lseek(fd: c_int, offset: c_int, whence: c_int) -> c_int;
    lo_lseek64 => lo_lseek64(fd: c_int, offset: i64, whence: c_int) -> i64;
    lo_creat => lo_creat(mode: c_int) -> Oid;
    lo_create => lo_create(oid: Oid) -> Oid;
    lo_tell => lo_tell(fd: c_int) -> c_int;
    lo_tell64 => lo_tell64(fd: c_int) -> i64;
    lo_truncate => lo_truncate(fd: c_int, length: usize) -> c_int;
    lo_truncate64 => lo_truncate64(fd: c_int, length: i64) -> c_int;
    lo_unlink => lo_unlink(oid: Oid) -> c_int;
}

/// As [`numbers!`], for functions that return a string which the connection or the library owns.
macro_rules! texts {
    ($($method:ident => $symbol:ident;)*) => {
        impl Conn<'_> {
            $(pub(crate) fn $method(&self) -> Text {
                // SAFETY: the connection is NULL or live; a returned string outlives the call.
                unsafe { copy(self.api.$symbol(self.raw)) }
            })*
        }
    };
}

texts! {
    error_message => PQerrorMessage;
    db => PQdb;
    user => PQuser;
    pass => PQpass;
    host => PQhost;
    hostaddr => PQhostaddr;
    port => PQport;
    tty => PQtty;
    options => PQoptions;
}

/// One method per function that takes the connection and one string and returns a number.
macro_rules! with_text {
    ($($method:ident => $symbol:ident;)*) => {
        impl Conn<'_> {
            $(pub(crate) fn $method(&self, text: impl Arg) -> c_int {
                // SAFETY: connection and string are NULL or live.
                unsafe { self.api.$symbol(self.raw, text.pointer()) }
            })*
        }
    };
}

with_text! {
    set_client_encoding => PQsetClientEncoding;
    send_query => PQsendQuery;
    send_describe_prepared => PQsendDescribePrepared;
    send_describe_portal => PQsendDescribePortal;
    send_close_prepared => PQsendClosePrepared;
    send_close_portal => PQsendClosePortal;
    put_copy_end => PQputCopyEnd;
    put_line => PQputline;
}

/// One method per function that takes the connection and one string and returns a result.
macro_rules! results_with_text {
    ($($method:ident => $symbol:ident;)*) => {
        impl<'a> Conn<'a> {
            $(pub(crate) fn $method(&self, text: impl Arg) -> Res<'a> {
                // SAFETY: connection and string are NULL or live.
                Res::own(self.api, unsafe { self.api.$symbol(self.raw, text.pointer()) })
            })*
        }
    };
}

results_with_text! {
    exec => PQexec;
    describe_prepared => PQdescribePrepared;
    describe_portal => PQdescribePortal;
    close_prepared => PQclosePrepared;
    close_portal => PQclosePortal;
}

impl<'a> Conn<'a> {
    /// Takes over a connection that a call returned.
    pub(crate) fn own(api: &'a Api, raw: *mut PGconn) -> Self {
        Self {
            api,
            raw,
            notices: None,
        }
    }

    /// The NULL connection.
    pub(crate) fn null(api: &'a Api) -> Self {
        Self::own(api, ptr::null_mut())
    }

    pub(crate) fn open(api: &'a Api, conninfo: impl Arg) -> Self {
        // SAFETY: the string is NULL or live.
        Self::own(api, unsafe { api.PQconnectdb(conninfo.pointer()) })
    }

    pub(crate) fn start(api: &'a Api, conninfo: impl Arg) -> Self {
        // SAFETY: the string is NULL or live.
        Self::own(api, unsafe { api.PQconnectStart(conninfo.pointer()) })
    }

    pub(crate) fn open_params(api: &'a Api, keywords: Keywords<'_>, expand_dbname: c_int) -> Self {
        let (names, values) = pointers(keywords);
        // SAFETY: two arrays of live strings, both ended by NULL.
        Self::own(api, unsafe {
            api.PQconnectdbParams(names.as_ptr(), values.as_ptr(), expand_dbname)
        })
    }

    /// `PQsetdbLogin`: host, port, options, tty, database, user, password.
    pub(crate) fn login(api: &'a Api, arguments: [Option<&CStr>; 7]) -> Self {
        let [host, port, options, tty, dbname, user, password] =
            arguments.map(|text| text.pointer());
        // SAFETY: every string is NULL or live.
        Self::own(api, unsafe {
            api.PQsetdbLogin(host, port, options, tty, dbname, user, password)
        })
    }

    pub(crate) fn parameter_status(&self, name: impl Arg) -> Text {
        // SAFETY: connection and string are NULL or live; the returned string outlives the call.
        unsafe { copy(self.api.PQparameterStatus(self.raw, name.pointer())) }
    }

    pub(crate) fn ssl_attribute(&self, name: impl Arg) -> Text {
        // SAFETY: connection and string are NULL or live; the returned string outlives the call.
        unsafe { copy(self.api.PQsslAttribute(self.raw, name.pointer())) }
    }

    pub(crate) fn conninfo(&self) -> OptionList<'a> {
        // SAFETY: the connection is NULL or live; the list is ours to free.
        unsafe { OptionList::own(self.api, self.api.PQconninfo(self.raw)) }
    }

    pub(crate) fn make_empty(&self, status: c_int) -> Res<'a> {
        // SAFETY: the connection is NULL or live.
        Res::own(self.api, unsafe {
            self.api.PQmakeEmptyPGresult(self.raw, status)
        })
    }

    pub(crate) fn get_result(&self) -> Res<'a> {
        // SAFETY: the connection is NULL or live.
        Res::own(self.api, unsafe { self.api.PQgetResult(self.raw) })
    }

    pub(crate) fn exec_params(&self, query: impl Arg, mut params: Params) -> Res<'a> {
        let p = params.pointers();
        // SAFETY: the arrays are NULL or at least as long as the count says and live until after the call.
        let raw = unsafe {
            self.api.PQexecParams(
                self.raw,
                query.pointer(),
                p.count,
                p.types(),
                p.values(),
                p.lengths(),
                p.formats(),
                p.result_format,
            )
        };
        Res::own(self.api, raw)
    }

    pub(crate) fn send_query_params(&self, query: impl Arg, mut params: Params) -> c_int {
        let p = params.pointers();
        // SAFETY: as in `exec_params`.
        unsafe {
            self.api.PQsendQueryParams(
                self.raw,
                query.pointer(),
                p.count,
                p.types(),
                p.values(),
                p.lengths(),
                p.formats(),
                p.result_format,
            )
        }
    }

    pub(crate) fn prepare(&self, name: impl Arg, query: impl Arg, types: &[Oid]) -> Res<'a> {
        self.prepare_counted(name, query, types.len() as c_int, types)
    }

    /// `PQprepare` with a count of its own; one that the library must refuse where it exceeds `types`.
    pub(crate) fn prepare_counted(
        &self,
        name: impl Arg,
        query: impl Arg,
        count: c_int,
        types: &[Oid],
    ) -> Res<'a> {
        let mut types = types.to_vec();
        types.resize(types.len().max(usize::try_from(count).unwrap_or(0)), 0);
        // SAFETY: strings are NULL or live, and the array is as long as the count says.
        let raw = unsafe {
            self.api.PQprepare(
                self.raw,
                name.pointer(),
                query.pointer(),
                count,
                types.as_ptr(),
            )
        };
        Res::own(self.api, raw)
    }

    pub(crate) fn send_prepare(&self, name: impl Arg, query: impl Arg, types: &[Oid]) -> c_int {
        let count = types.len() as c_int;
        // SAFETY: strings are NULL or live, and the array is as long as the count says.
        unsafe {
            self.api.PQsendPrepare(
                self.raw,
                name.pointer(),
                query.pointer(),
                count,
                types.as_ptr(),
            )
        }
    }

    pub(crate) fn exec_prepared(&self, name: impl Arg, mut params: Params) -> Res<'a> {
        let p = params.pointers();
        // SAFETY: as in `exec_params`.
        let raw = unsafe {
            self.api.PQexecPrepared(
                self.raw,
                name.pointer(),
                p.count,
                p.values(),
                p.lengths(),
                p.formats(),
                p.result_format,
            )
        };
        Res::own(self.api, raw)
    }

    pub(crate) fn send_query_prepared(&self, name: impl Arg, mut params: Params) -> c_int {
        let p = params.pointers();
        // SAFETY: as in `exec_params`.
        unsafe {
            self.api.PQsendQueryPrepared(
                self.raw,
                name.pointer(),
                p.count,
                p.values(),
                p.lengths(),
                p.formats(),
                p.result_format,
            )
        }
    }

    /// Records notices by a processor from here on; returns what was set before, as one word.
    pub(crate) fn record_by_processor(&mut self) -> &'static str {
        let argument = self.recorder();
        // SAFETY: the recorder lives as long as the connection.
        let before = unsafe {
            self.api
                .PQsetNoticeProcessor(self.raw, Some(processor), argument)
        };
        known(
            before.map(|function| function as usize),
            processor as *const () as usize,
        )
    }

    /// As [`record_by_processor`](Self::record_by_processor), by a receiver.
    pub(crate) fn record_by_receiver(&mut self) -> &'static str {
        let argument = self.recorder();
        // SAFETY: the recorder lives as long as the connection.
        let before = unsafe {
            self.api
                .PQsetNoticeReceiver(self.raw, Some(receiver), argument)
        };
        known(
            before.map(|function| function as usize),
            receiver as *const () as usize,
        )
    }

    /// The notices seen since the last call.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        self.notices
            .as_ref()
            .map_or_else(Vec::new, |notices| notices.seen.take())
    }

    fn recorder(&mut self) -> *mut c_void {
        let library: *const Api = self.api;
        let notices = self.notices.get_or_insert_with(|| {
            Box::new(Notices {
                library,
                seen: RefCell::default(),
            })
        });
        ptr::from_mut::<Notices>(notices.as_mut()).cast()
    }
}

/// Names a callback that was set before: none, ours, or one of the library's own.
fn known(before: Option<usize>, ours: usize) -> &'static str {
    match before {
        None => "NULL",
        Some(address) if address == ours => "ours",
        Some(_) => "the library's",
    }
}

unsafe extern "C" fn processor(argument: *mut c_void, message: *const c_char) {
    // SAFETY: `argument` is the recorder that was registered, and the message is a C string.
    let (notices, text) = unsafe { (&*argument.cast::<Notices>(), copy(message)) };
    notices.seen.borrow_mut().push(Notice {
        text,
        fields: Vec::new(),
        status: String::new(),
    });
}

unsafe extern "C" fn receiver(argument: *mut c_void, result: *const PGresult) {
    // SAFETY: `argument` is the recorder that was registered; its library outlives the connection.
    let (notices, api) = unsafe {
        let notices = &*argument.cast::<Notices>();
        (notices, &*notices.library)
    };
    let result = Res::borrow(api, result.cast_mut());
    let fields = DIAGNOSTIC_FIELDS
        .iter()
        .filter_map(|&(code, name)| Some((name, result.error_field(code.into())?)))
        .collect();
    let notice = Notice {
        text: result.error_message(),
        fields,
        status: result.status_name(),
    };
    notices.seen.borrow_mut().push(notice);
}

/// The two arrays of `PQconnectdbParams`, ended by NULL.
pub(crate) fn pointers(keywords: Keywords<'_>) -> (Vec<*const c_char>, Vec<*const c_char>) {
    let (mut names, mut values): (Vec<_>, Vec<_>) = keywords
        .iter()
        .map(|(name, value)| (name.pointer(), value.pointer()))
        .unzip();
    names.push(ptr::null());
    values.push(ptr::null());
    (names, values)
}

impl Drop for Conn<'_> {
    fn drop(&mut self) {
        if self.api.address("PQfinish").is_some() {
            // SAFETY: the connection is NULL or live and finished nowhere else.
            unsafe { self.api.PQfinish(self.raw) }
        }
    }
}
