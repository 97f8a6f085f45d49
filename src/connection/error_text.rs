//! The text of what went wrong on a connection.

use std::ffi::CStr;

use crate::wire::find_nul;

/// More text than this is not kept once results have taken it.
const LONGEST_REPORTED: usize = 1 << 20;

/// Messages gathered since the last query began, each ending with a newline.
///
/// Results take the part that no earlier result has reported.
#[derive(Default)]
pub struct ErrorText {
    /// The text and a NUL behind it, or nothing at all.
    text: Vec<u8>,
    reported: usize,
}

impl ErrorText {
    /// Adds a message, giving it a newline at its end where it has none.
    pub fn push(&mut self, message: impl AsRef<[u8]>) {
        let message = message.as_ref();
        let newline: &[u8] = if message.ends_with(b"\n") { b"" } else { b"\n" };
        self.append(message, newline);
    }

    /// Adds a part of a message as it is.
    pub(super) fn push_part(&mut self, part: &str) {
        self.append(part.as_bytes(), b"");
    }

    fn append(&mut self, part: &[u8], newline: &[u8]) {
        // C reads up to the first NUL.
        let end = find_nul(part).unwrap_or(part.len());
        if self.reported > LONGEST_REPORTED {
            self.text.drain(..self.reported);
            self.reported = 0;
        }
        self.text.pop();
        self.text.extend_from_slice(&part[..end]);
        self.text.extend_from_slice(newline);
        self.text.push(0);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.text.clear();
        self.reported = 0;
    }

    /// Forgets everything if a new exchange begins.
    pub(super) fn clear_if(&mut self, begins: bool) {
        if begins {
            self.clear();
        }
    }

    /// All of it, as C reads it; valid until it changes.
    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.text).unwrap_or_default()
    }

    /// All of it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..self.text.len().saturating_sub(1)]
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What no result has reported yet; it counts as reported now.
    pub(super) fn take_unreported(&mut self) -> &[u8] {
        let length = self.as_bytes().len();
        let from = std::mem::replace(&mut self.reported, length);
        &self.text[from.min(length)..length]
    }
}
