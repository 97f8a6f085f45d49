//! The parallel arrays with which C passes query parameters, wrong ones included.

use std::ptr;

use libc::{c_char, c_int};

use crate::raw::Oid;

/// Parameters of a query, as a C program would lay them out.
#[derive(Clone, Default)]
pub(crate) struct Params {
    values: Vec<Option<Vec<u8>>>,
    lengths: Vec<c_int>,
    formats: Vec<c_int>,
    types: Vec<Oid>,
    count: Option<c_int>,
    without: [bool; 4],
    result_format: c_int,
}

/// One of the four arrays, to be passed as NULL.
#[derive(Clone, Copy)]
pub(crate) enum Array {
    Types,
    Values,
    Lengths,
    Formats,
}

/// The arrays' addresses, valid while the [`Params`] they came from are.
pub(crate) struct Pointers {
    values: Vec<*const c_char>,
    types: *const Oid,
    lengths: *const c_int,
    formats: *const c_int,
    pub count: c_int,
    pub result_format: c_int,
    without_values: bool,
}

impl Params {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn push(mut self, value: Option<Vec<u8>>, length: c_int, format: c_int, oid: Oid) -> Self {
        self.values.push(value);
        self.lengths.push(length);
        self.formats.push(format);
        self.types.push(oid);
        self
    }

    /// A text parameter of a type for the server to infer.
    pub(crate) fn text(self, value: &str) -> Self {
        self.typed(0, value)
    }

    /// A text parameter of a given type.
    pub(crate) fn typed(self, oid: Oid, value: &str) -> Self {
        let bytes = [value.as_bytes(), b"\0"].concat();
        self.push(Some(bytes), 0, 0, oid)
    }

    /// A text parameter of arbitrary bytes, NUL excluded.
    pub(crate) fn raw_text(self, value: &[u8]) -> Self {
        self.push(Some([value, b"\0"].concat()), 0, 0, 0)
    }

    /// A binary parameter.
    pub(crate) fn binary(self, oid: Oid, value: &[u8]) -> Self {
        self.binary_of_length(oid, value, value.len() as c_int)
    }

    /// A binary parameter that claims a length of its own; the memory is really that long.
    pub(crate) fn binary_of_length(self, oid: Oid, value: &[u8], length: c_int) -> Self {
        let mut bytes = value.to_vec();
        bytes.resize(value.len().max(usize::try_from(length).unwrap_or(0)) + 1, 0);
        self.push(Some(bytes), length, 1, oid)
    }

    /// A parameter of a format that does not exist.
    pub(crate) fn formatted(self, value: &str, format: c_int) -> Self {
        let bytes = [value.as_bytes(), b"\0"].concat();
        self.push(Some(bytes), value.len() as c_int, format, 0)
    }

    /// SQL's NULL.
    pub(crate) fn null(self) -> Self {
        self.push(None, 0, 0, 0)
    }

    /// Passes this count instead of the true one.
    pub(crate) fn count(mut self, count: c_int) -> Self {
        self.count = Some(count);
        self
    }

    /// Passes NULL for one of the arrays.
    pub(crate) fn without(mut self, array: Array) -> Self {
        self.without[array as usize] = true;
        self
    }

    /// The format asked for the result: 0 text, 1 binary.
    pub(crate) fn result_format(mut self, format: c_int) -> Self {
        self.result_format = format;
        self
    }

    /// The arrays as C wants them, at least as long as the count that is passed.
    pub(crate) fn pointers(&mut self) -> Pointers {
        let count = self.count.unwrap_or(self.values.len() as c_int);
        // Counts beyond the protocol's limit are refused before an array is looked at.
        let room = usize::try_from(count)
            .unwrap_or(0)
            .min(65_536)
            .max(self.values.len());
        self.types.resize(room, 0);
        self.lengths.resize(room, 0);
        self.formats.resize(room, 0);
        let mut values: Vec<_> = self.values.iter().map(pointer).collect();
        values.resize(room, ptr::null());
        let array = |which: Array, pointer| {
            if self.without[which as usize] {
                ptr::null()
            } else {
                pointer
            }
        };
        Pointers {
            values,
            types: if self.without[Array::Types as usize] {
                ptr::null()
            } else {
                self.types.as_ptr()
            },
            lengths: array(Array::Lengths, self.lengths.as_ptr()),
            formats: array(Array::Formats, self.formats.as_ptr()),
            count,
            result_format: self.result_format,
            without_values: self.without[Array::Values as usize],
        }
    }
}

fn pointer(value: &Option<Vec<u8>>) -> *const c_char {
    value
        .as_ref()
        .map_or(ptr::null(), |bytes| bytes.as_ptr().cast())
}

impl Pointers {
    pub(crate) fn types(&self) -> *const Oid {
        self.types
    }

    pub(crate) fn values(&self) -> *const *const c_char {
        if self.without_values {
            ptr::null()
        } else {
            self.values.as_ptr()
        }
    }

    pub(crate) fn lengths(&self) -> *const c_int {
        self.lengths
    }

    pub(crate) fn formats(&self) -> *const c_int {
        self.formats
    }
}
