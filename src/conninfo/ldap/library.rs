//! The library for LDAP, loaded when it is needed first, and what is asked of it.
//!
//! Prototypes: the C API of LDAP as OpenLDAP documents it (ldap_initialize(3) and the pages that it
//! names).

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::ptr;

use super::url::Url;
use crate::conninfo::invalid;
use crate::error::Error;
use crate::library::functions;

/// Where the library may be found: OpenLDAP's of versions 2.6, 2.5 and 2.4.
#[cfg(not(target_vendor = "apple"))]
const NAMES: [&str; 5] = [
    "libldap.so.2",
    "libldap-2.5.so.0",
    "libldap_r-2.4.so.2",
    "libldap-2.4.so.2",
    "libldap.so",
];
/// The system's own.
#[cfg(target_vendor = "apple")]
const NAMES: [&str; 1] = ["/System/Library/Frameworks/LDAP.framework/LDAP"];

/// How long a directory is waited for, in seconds: libpq's limit.
const PATIENCE: u8 = 2;

const SUCCESS: c_int = 0;
const SERVER_DOWN: c_int = -1;
const TIMEOUT: c_int = -5;
const CONNECT_ERROR: c_int = -11;

const OPT_PROTOCOL_VERSION: c_int = 0x0011;
const OPT_TIMEOUT: c_int = 0x5002;
const OPT_NETWORK_TIMEOUT: c_int = 0x5005;

/// A session with a directory.
type Session = *mut c_void;
/// Entries found, or one of them.
type Message = *mut c_void;

/// A counted string.
#[repr(C)]
struct Berval {
    length: c_ulong,
    value: *mut c_char,
}

/// Why nothing was found.
#[derive(Debug)]
pub(super) enum Failure {
    /// The directory does not answer.
    Unreachable,
    /// The library makes no session.
    NoSession,
    /// The directory, or the library, refuses to search: the library's words.
    Refused(Option<&'static CStr>),
    /// More than one entry matches.
    SeveralEntries,
    /// No entry matches.
    NoEntry,
    /// The entry has no such attribute.
    NoValues,
}

functions! {
    /// The functions of the library, as OpenLDAP documents them. It is never unloaded, so that they
    /// are valid for good.
    pub(super) struct Library {
        initialize: unsafe extern "C" fn(*mut Session, *const c_char) -> c_int =
            "ldap_initialize",
        set_option: unsafe extern "C" fn(Session, c_int, *const c_void) -> c_int =
            "ldap_set_option",
        bind: unsafe extern "C" fn(
            Session,
            *const c_char,
            *const c_char,
            *const Berval,
            *const c_void,
            *const c_void,
            *mut *mut Berval,
        ) -> c_int = "ldap_sasl_bind_s",
        search: unsafe extern "C" fn(
            Session,
            *const c_char,
            c_int,
            *const c_char,
            *const *const c_char,
            c_int,
            *const c_void,
            *const c_void,
            *mut libc::timeval,
            c_int,
            *mut Message,
        ) -> c_int = "ldap_search_ext_s",
        count_entries: unsafe extern "C" fn(Session, Message) -> c_int = "ldap_count_entries",
        first_entry: unsafe extern "C" fn(Session, Message) -> Message = "ldap_first_entry",
        get_values: unsafe extern "C" fn(Session, Message, *const c_char) -> *mut *mut Berval =
            "ldap_get_values_len",
        free_values: unsafe extern "C" fn(*mut *mut Berval) = "ldap_value_free_len",
        free_message: unsafe extern "C" fn(Message) -> c_int = "ldap_msgfree",
        unbind: unsafe extern "C" fn(Session, *const c_void, *const c_void) -> c_int =
            "ldap_unbind_ext_s",
        error_text: unsafe extern "C" fn(c_int) -> *const c_char = "ldap_err2string",
    }
}

impl Library {
    /// The library; an error, the same every time, where there is none.
    pub(super) fn get() -> Result<&'static Self, Error> {
        Self::loaded(&NAMES)
            .map_err(|reason| invalid(format!("could not load a library for LDAP: {reason}")))
    }

    /// The values of the attribute of the one entry that the URL describes, each behind a newline.
    pub(super) fn find(&'static self, url: &Url) -> Result<Vec<u8>, Failure> {
        let directory = Directory::open(self, url)?;
        let found = directory.search(url)?;
        // SAFETY: session and entries are valid.
        match unsafe { (self.count_entries)(directory.session, found.0) } {
            ..=0 => return Err(Failure::NoEntry),
            1 => {}
            2.. => return Err(Failure::SeveralEntries),
        }
        directory.values(&found, url).ok_or(Failure::NoValues)
    }

    /// What went wrong, by the library's code.
    fn failure(&self, code: c_int) -> Failure {
        if matches!(code, SERVER_DOWN | TIMEOUT | CONNECT_ERROR) {
            return Failure::Unreachable;
        }
        Failure::Refused(self.words(code))
    }

    fn words(&self, code: c_int) -> Option<&'static CStr> {
        // SAFETY: the library has a static, NUL-terminated text for every number.
        unsafe {
            let text = (self.error_text)(code);
            (!text.is_null()).then(|| CStr::from_ptr(text))
        }
    }
}

/// A session with a directory, ended when dropped.
struct Directory {
    ldap: &'static Library,
    session: Session,
}

/// Entries found, given back when dropped.
struct Found(Message, &'static Library);

impl Drop for Directory {
    fn drop(&mut self) {
        // SAFETY: the session is valid, and not used afterwards.
        unsafe { (self.ldap.unbind)(self.session, ptr::null(), ptr::null()) };
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the message is valid, and not used afterwards.
            unsafe { (self.1.free_message)(self.0) };
        }
    }
}

fn patience() -> libc::timeval {
    libc::timeval {
        tv_sec: PATIENCE.into(),
        tv_usec: 0,
    }
}

impl Directory {
    /// Connects, as nobody in particular.
    fn open(ldap: &'static Library, url: &Url) -> Result<Self, Failure> {
        let mut session = ptr::null_mut();
        // SAFETY: the name is NUL-terminated; the session is an out parameter.
        let code = unsafe { (ldap.initialize)(&raw mut session, url.server.as_ptr()) };
        if code != SUCCESS || session.is_null() {
            return Err(Failure::NoSession);
        }
        let directory = Self { ldap, session };
        let (version, limit): (c_int, _) = (3, patience());
        directory.set(OPT_PROTOCOL_VERSION, (&raw const version).cast());
        directory.set(OPT_NETWORK_TIMEOUT, (&raw const limit).cast());
        directory.set(OPT_TIMEOUT, (&raw const limit).cast());
        let nothing = Berval {
            length: 0,
            value: ptr::null_mut(),
        };
        // SAFETY: the session is valid; NULL stands for "simple", for no controls and for an answer
        // that is not wanted; the empty password lives through the call.
        let code = unsafe {
            (ldap.bind)(
                session,
                c"".as_ptr(),
                ptr::null(),
                &raw const nothing,
                ptr::null(),
                ptr::null(),
                ptr::null_mut(),
            )
        };
        match ldap.failure(code) {
            Failure::Unreachable => Err(Failure::Unreachable),
            // A directory that refuses to be bound by nobody may still let nobody search.
            _ => Ok(directory),
        }
    }

    /// An option that is not taken leaves the library's default.
    fn set(&self, option: c_int, value: *const c_void) {
        // SAFETY: the session is valid, and the value has the type that the option documents.
        unsafe { (self.ldap.set_option)(self.session, option, value) };
    }

    fn search(&self, url: &Url) -> Result<Found, Failure> {
        let attributes = [url.attribute.as_ptr(), ptr::null()];
        let mut limit = patience();
        let mut found = Found(ptr::null_mut(), self.ldap);
        // SAFETY: the session is valid; the strings are NUL-terminated and the list ends with NULL,
        // all of them living through the call; NULL stands for no controls; the message is an out
        // parameter.
        let code = unsafe {
            (self.ldap.search)(
                self.session,
                url.base.as_ptr(),
                url.scope,
                url.filter.as_ptr(),
                attributes.as_ptr(),
                0,
                ptr::null(),
                ptr::null(),
                &raw mut limit,
                0,
                &raw mut found.0,
            )
        };
        if code == SUCCESS {
            return Ok(found);
        }
        Err(match self.ldap.failure(code) {
            // It had answered before.
            Failure::Unreachable => Failure::Refused(self.ldap.words(code)),
            failure => failure,
        })
    }

    fn values(&self, found: &Found, url: &Url) -> Option<Vec<u8>> {
        // SAFETY: session and entries are valid.
        let entry = unsafe { (self.ldap.first_entry)(self.session, found.0) };
        if entry.is_null() {
            return None;
        }
        // SAFETY: session and entry are valid, the name is NUL-terminated.
        let values = unsafe { (self.ldap.get_values)(self.session, entry, url.attribute.as_ptr()) };
        if values.is_null() {
            return None;
        }
        let mut text = Vec::new();
        let mut next = values;
        // SAFETY: the list ends with NULL, and each of its values has as many bytes as it says.
        unsafe {
            while let Some(value) = (*next).as_ref() {
                let length = usize::try_from(value.length).unwrap_or_default();
                if length > 0 && !value.value.is_null() {
                    let bytes = std::slice::from_raw_parts(value.value.cast::<u8>(), length);
                    text.extend_from_slice(bytes);
                }
                text.push(b'\n');
                next = next.add(1);
            }
            (self.ldap.free_values)(values);
        }
        (!text.is_empty()).then_some(text)
    }
}
