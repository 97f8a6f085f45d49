//! A `PGresult` that frees itself, with the result readers as methods.

use std::ffi::CStr;

use libc::{c_int, c_void};

use crate::api::Api;
use crate::raw::{Oid, PGresAttDesc, PGresult};
use crate::text::{Arg, copy};
use crate::transcript::Text;

/// A result, or NULL: every reader must cope with both.
pub(crate) struct Res<'a> {
    pub(crate) api: &'a Api,
    pub(crate) raw: *mut PGresult,
    owned: bool,
}

/// One method per reader that takes the result and small arguments and returns a number.
macro_rules! readers {
    ($($method:ident => $symbol:ident($($arg:ident: $type:ty),*) -> $ret:ty;)*) => {
        impl Res<'_> {
            $(pub(crate) fn $method(&self, $($arg: $type),*) -> $ret {
                // SAFETY: the result is NULL or live; numbers may be out of range by libpq's contract.
                unsafe { self.api.$symbol(self.raw, $($arg),*) }
            })*
        }
    };
}

readers! {
    status => PQresultStatus() -> c_int;
    ntuples => PQntuples() -> c_int;
    nfields => PQnfields() -> c_int;
    binary_tuples => PQbinaryTuples() -> c_int;
    ftable => PQftable(column: c_int) -> Oid;
    ftablecol => PQftablecol(column: c_int) -> c_int;
    fformat => PQfformat(column: c_int) -> c_int;
    ftype => PQftype(column: c_int) -> Oid;
    fsize => PQfsize(column: c_int) -> c_int;
    fmod => PQfmod(column: c_int) -> c_int;
    oid_value => PQoidValue() -> Oid;
    getlength => PQgetlength(row: c_int, column: c_int) -> c_int;
    getisnull => PQgetisnull(row: c_int, column: c_int) -> c_int;
    nparams => PQnparams() -> c_int;
    param_type => PQparamtype(index: c_int) -> Oid;
    memory_size => PQresultMemorySize() -> usize;
}

/// As [`readers!`], for those that return a string owned by the result or by the library.
macro_rules! text_readers {
    ($($method:ident => $symbol:ident($($arg:ident: $type:ty),*);)*) => {
        impl Res<'_> {
            $(pub(crate) fn $method(&self, $($arg: $type),*) -> Text {
                // SAFETY: the result is NULL or live; a returned string lives as long as it does.
                unsafe { copy(self.api.$symbol(self.raw, $($arg),*)) }
            })*
        }
    };
}

text_readers! {
    error_message => PQresultErrorMessage();
    error_field => PQresultErrorField(code: c_int);
    fname => PQfname(column: c_int);
    cmd_status => PQcmdStatus();
    oid_status => PQoidStatus();
    cmd_tuples => PQcmdTuples();
    getvalue => PQgetvalue(row: c_int, column: c_int);
}

impl<'a> Res<'a> {
    /// Takes over a result that a call returned.
    pub(crate) fn own(api: &'a Api, raw: *mut PGresult) -> Self {
        Self {
            api,
            raw,
            owned: true,
        }
    }

    /// Looks at a result that somebody else frees, such as a notice receiver's.
    pub(crate) fn borrow(api: &'a Api, raw: *mut PGresult) -> Self {
        Self {
            api,
            raw,
            owned: false,
        }
    }

    /// The NULL result.
    pub(crate) fn null(api: &'a Api) -> Self {
        Self::borrow(api, std::ptr::null_mut())
    }

    pub(crate) fn is_null(&self) -> bool {
        self.raw.is_null()
    }

    /// The status by its name, through `PQresStatus`.
    pub(crate) fn status_name(&self) -> String {
        // SAFETY: returns a string that lives as long as the library.
        let name = unsafe { copy(self.api.PQresStatus(self.status())) };
        String::from_utf8_lossy(&name.unwrap_or_default()).into_owned()
    }

    pub(crate) fn fnumber(&self, name: impl Arg) -> c_int {
        // SAFETY: result and name are NULL or live.
        unsafe { self.api.PQfnumber(self.raw, name.pointer()) }
    }

    /// The value's bytes by its length, so that NULs inside of binary values show.
    pub(crate) fn value_bytes(&self, row: c_int, column: c_int) -> Vec<u8> {
        // SAFETY: the result is NULL or live.
        let value = unsafe { self.api.PQgetvalue(self.raw, row, column) };
        if value.is_null() {
            return b"<NULL pointer>".to_vec();
        }
        let length = usize::try_from(self.getlength(row, column)).unwrap_or(0);
        // SAFETY: libpq keeps `length` bytes and a NUL behind them at the address.
        let bytes = unsafe { std::slice::from_raw_parts(value.cast::<u8>(), length + 1) };
        assert_eq!(bytes[length], 0, "a value must end in a NUL");
        bytes[..length].to_vec()
    }

    pub(crate) fn verbose_error(&self, verbosity: c_int, context: c_int) -> Text {
        // SAFETY: the result is NULL or live; the returned string is ours to free.
        unsafe {
            let message = self
                .api
                .PQresultVerboseErrorMessage(self.raw, verbosity, context);
            let text = copy(message);
            self.api.PQfreemem(message.cast());
            text
        }
    }

    pub(crate) fn copy_result(&self, flags: c_int) -> Res<'a> {
        // SAFETY: the result is NULL or live.
        Res::own(self.api, unsafe { self.api.PQcopyResult(self.raw, flags) })
    }

    /// `PQsetvalue`; the value is `None` for SQL's NULL.
    pub(crate) fn set_value(
        &self,
        row: c_int,
        column: c_int,
        value: Option<&[u8]>,
        length: c_int,
    ) -> c_int {
        let mut bytes = value.map(<[u8]>::to_vec);
        let pointer = bytes
            .as_mut()
            .map_or(std::ptr::null_mut(), |bytes| bytes.as_mut_ptr());
        assert!(
            length <= value.map_or(length, |value| value.len() as c_int),
            "reads past the value"
        );
        // SAFETY: result is NULL or live, and the value has as many bytes as it says.
        unsafe {
            self.api
                .PQsetvalue(self.raw, row, column, pointer.cast(), length)
        }
    }

    /// `PQsetResultAttrs` with columns of the given names and type numbers.
    pub(crate) fn set_attrs(&self, columns: &[(&CStr, Oid)]) -> c_int {
        let mut attributes: Vec<_> = columns
            .iter()
            .map(|&(name, typid)| PGresAttDesc {
                name: name.as_ptr().cast_mut(),
                tableid: 7,
                columnid: 3,
                format: 0,
                typid,
                typlen: 4,
                atttypmod: -1,
            })
            .collect();
        // SAFETY: result is NULL or live; libpq copies the names and does not write to them.
        unsafe {
            self.api
                .PQsetResultAttrs(self.raw, attributes.len() as c_int, attributes.as_mut_ptr())
        }
    }

    /// Whether `PQresultAlloc` handed out `size` bytes; they are written to, to prove they are there.
    pub(crate) fn alloc(&self, size: usize) -> bool {
        // SAFETY: result is NULL or live.
        let memory: *mut c_void = unsafe { self.api.PQresultAlloc(self.raw, size) };
        if memory.is_null() {
            return false;
        }
        // SAFETY: the library says that `size` bytes are ours until the result is cleared.
        unsafe { memory.cast::<u8>().write_bytes(0xa5, size) };
        true
    }
}

impl Drop for Res<'_> {
    fn drop(&mut self) {
        if self.owned && self.api.address("PQclear").is_some() {
            // SAFETY: the result is NULL or live and freed nowhere else.
            unsafe { self.api.PQclear(self.raw) }
        }
    }
}
