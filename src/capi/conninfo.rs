//! Connection options as C sees them: a list with one entry for each.
//!
//! Manual: "Database Connection Control Functions", `PQconndefaults`.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use super::boundary::{guard, with_conn_ref};
use super::conn::PGconn;
use super::memory;
use crate::conninfo::{ConnInfo, OPTION_COUNT, OPTIONS};

/// One connection option. A list of them ends with an entry whose keyword is NULL.
#[repr(C)]
pub struct _PQconninfoOption {
    /// The keyword of the option.
    pub keyword: *mut c_char,
    /// The environment variable that gives its value where nothing else does, or NULL.
    pub envvar: *mut c_char,
    /// Its built-in default, or NULL.
    pub compiled: *mut c_char,
    /// Its value, or NULL.
    pub val: *mut c_char,
    /// The label of a field in a connect dialog.
    pub label: *mut c_char,
    /// How to show that field: "" as it is, "*" hidden, "D" only for debugging.
    pub dispchar: *mut c_char,
    /// The size of that field in characters.
    pub dispsize: c_int,
}
/// One connection option.
pub type PQconninfoOption = _PQconninfoOption;

impl _PQconninfoOption {
    /// The end of a list.
    const END: Self = Self {
        keyword: ptr::null_mut(),
        envvar: ptr::null_mut(),
        compiled: ptr::null_mut(),
        val: ptr::null_mut(),
        label: ptr::null_mut(),
        dispchar: ptr::null_mut(),
        dispsize: 0,
    };
}

/// A list of all options with these values, for C to free; NULL where there is no memory.
fn list(info: &ConnInfo) -> *mut PQconninfoOption {
    let fixed = |text: &'static CStr| text.as_ptr().cast_mut();
    let maybe = |text: Option<&'static CStr>| text.map_or(ptr::null_mut(), fixed);
    // SAFETY: room for all entries and the end is allocated, and each is written once.
    unsafe {
        let size = (OPTION_COUNT + 1) * size_of::<PQconninfoOption>();
        let first = libc::malloc(size).cast::<PQconninfoOption>();
        if first.is_null() {
            return first;
        }
        for (index, (id, value)) in info.iter().enumerate() {
            let spec = &OPTIONS[id as usize];
            first.add(index).write(PQconninfoOption {
                keyword: fixed(spec.keyword),
                envvar: maybe(spec.envvar),
                compiled: maybe(spec.compiled),
                val: memory::copy_string(value),
                label: fixed(spec.label),
                dispchar: fixed(spec.dispchar),
                dispsize: spec.dispsize,
            });
        }
        first.add(OPTION_COUNT).write(PQconninfoOption::END);
        first
    }
}

/// All options with their default values, from the environment and a service file as well. To be
/// freed with PQconninfoFree; NULL where there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn PQconndefaults() -> *mut PQconninfoOption {
    guard(ptr::null_mut(), || list(&ConnInfo::defaults()))
}

/// All options with the values that a connection string gives, without defaults. To be freed with
/// PQconninfoFree.
///
/// NULL when the string is not valid; then `*errmsg`, where `errmsg` is not NULL, is a message that
/// is to be freed with PQfreemem. Otherwise it is set to NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconninfoParse(
    conninfo: *const c_char,
    errmsg: *mut *mut c_char,
) -> *mut PQconninfoOption {
    // SAFETY: the pointer contract; `errmsg` is NULL or can be written to.
    unsafe {
        let tell = |message: *mut c_char| {
            if !errmsg.is_null() {
                *errmsg = message;
            }
        };
        tell(ptr::null_mut());
        let conninfo = memory::bytes(conninfo).unwrap_or_default();
        guard(ptr::null_mut(), || match ConnInfo::parse(conninfo) {
            Ok(info) => list(&info),
            Err(error) => {
                if !errmsg.is_null() {
                    tell(memory::copy_bytes(format!("{error}\n").as_bytes()));
                }
                ptr::null_mut()
            }
        })
    }
}

/// All options with the values that a connection uses. To be freed with PQconninfoFree; NULL for
/// NULL and where there is no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconninfo(conn: *mut PGconn) -> *mut PQconninfoOption {
    // SAFETY: the pointer contract.
    unsafe { with_conn_ref(conn, ptr::null_mut(), |conn| list(conn.engine.info())) }
}

/// Frees a list of options. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQconninfoFree(connOptions: *mut PQconninfoOption) {
    if connOptions.is_null() {
        return;
    }
    // SAFETY: the list was made by `list` and is not used again; its values came from `malloc`.
    unsafe {
        let mut option = connOptions;
        while !(*option).keyword.is_null() {
            libc::free((*option).val.cast());
            option = option.add(1);
        }
        libc::free(connOptions.cast());
    }
}
