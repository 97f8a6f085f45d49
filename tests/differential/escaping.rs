//! The escape family as safe calls over byte slices.

use libc::{c_char, c_int};

use crate::api::Api;
use crate::conn::Conn;
use crate::transcript::Text;

impl Conn<'_> {
    /// `PQescapeStringConn`: the escaped bytes, the returned length and the error flag.
    pub(crate) fn escape_string(&self, input: &[u8]) -> (Vec<u8>, usize, c_int) {
        let mut out = vec![0xaa_u8; input.len() * 2 + 1];
        let mut error: c_int = -7;
        // SAFETY: the output has the documented size of twice the input and one more.
        let length = unsafe {
            self.api.PQescapeStringConn(
                self.raw,
                out.as_mut_ptr().cast(),
                input.as_ptr().cast(),
                input.len(),
                &raw mut error,
            )
        };
        (until_nul(&out), length, error)
    }

    pub(crate) fn escape_literal(&self, input: &[u8]) -> Text {
        // SAFETY: the input has as many bytes as it says; the answer is ours to free.
        unsafe {
            taken_string(
                self.api,
                self.api
                    .PQescapeLiteral(self.raw, input.as_ptr().cast(), input.len()),
            )
        }
    }

    pub(crate) fn escape_identifier(&self, input: &[u8]) -> Text {
        // SAFETY: as for the literal.
        unsafe {
            taken_string(
                self.api,
                self.api
                    .PQescapeIdentifier(self.raw, input.as_ptr().cast(), input.len()),
            )
        }
    }

    /// `PQescapeByteaConn`: the escaped text and the length it reports.
    pub(crate) fn escape_bytea(&self, input: &[u8]) -> (Text, usize) {
        let mut length = usize::MAX;
        // SAFETY: the input has as many bytes as it says; the answer is ours to free.
        unsafe {
            let out =
                self.api
                    .PQescapeByteaConn(self.raw, input.as_ptr(), input.len(), &raw mut length);
            (taken_string(self.api, out.cast()), length)
        }
    }
}

impl Api {
    /// The deprecated `PQescapeString`: the escaped bytes and the returned length.
    pub(crate) fn escape_string(&self, input: &[u8]) -> (Vec<u8>, usize) {
        let mut out = vec![0xaa_u8; input.len() * 2 + 1];
        // SAFETY: the output has the documented size of twice the input and one more.
        let length = unsafe {
            self.PQescapeString(out.as_mut_ptr().cast(), input.as_ptr().cast(), input.len())
        };
        (until_nul(&out), length)
    }

    /// The deprecated `PQescapeBytea`.
    pub(crate) fn escape_bytea(&self, input: &[u8]) -> (Text, usize) {
        let mut length = usize::MAX;
        // SAFETY: the input has as many bytes as it says; the answer is ours to free.
        unsafe {
            let out = self.PQescapeBytea(input.as_ptr(), input.len(), &raw mut length);
            (taken_string(self, out.cast()), length)
        }
    }

    /// `PQunescapeBytea` of a text without NUL, or of NULL.
    pub(crate) fn unescape_bytea(&self, input: Option<&[u8]>) -> (Text, usize) {
        let text = input.map(|input| [input, b"\0"].concat());
        let pointer = text.as_ref().map_or(std::ptr::null(), Vec::as_ptr);
        let mut length = usize::MAX;
        // SAFETY: the input is NULL or ends in a NUL; the answer has as many bytes as it says.
        unsafe {
            let out = self.PQunescapeBytea(pointer, &raw mut length);
            if out.is_null() {
                return (None, length);
            }
            let bytes = std::slice::from_raw_parts(out, length).to_vec();
            self.PQfreemem(out.cast());
            (Some(bytes), length)
        }
    }
}

/// Copies and frees a string that the library allocated.
///
/// # Safety
/// `text` is NULL or a C string to be freed by `PQfreemem`.
pub(crate) unsafe fn taken_string(api: &Api, text: *mut c_char) -> Text {
    // SAFETY: the caller says so.
    unsafe {
        let copied = crate::text::copy(text);
        api.PQfreemem(text.cast());
        copied
    }
}

fn until_nul(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .copied()
        .take_while(|&byte| byte != 0)
        .collect()
}
