//! What went wrong: the fields of an error or notice, and the text made from them.

use std::ffi::{CStr, CString};

use crate::charset::Encoding;
use crate::error::{Error, ErrorKind, ServerError};
use crate::wire::error_field;
use crate::wire::find_nul;

use super::caret;

/// How much of a report the text shows, with the numbers of libpq's `PGVerbosity`.
///
/// Manual: "PQsetErrorVerbosity".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(i32)]
pub enum Verbosity {
    /// Severity, message and position, on one line.
    Terse = 0,
    /// Detail, hint and context as well.
    #[default]
    Default = 1,
    /// All fields.
    Verbose = 2,
    /// Severity and SQLSTATE only.
    SqlState = 3,
}

impl Verbosity {
    /// The verbosity with this number.
    pub fn from_number(number: i32) -> Option<Self> {
        [Self::Terse, Self::Default, Self::Verbose, Self::SqlState]
            .into_iter()
            .find(|v| *v as i32 == number)
    }
}

/// When the text shows the CONTEXT field, with the numbers of libpq's `PGContextVisibility`.
///
/// Manual: "PQsetErrorContextVisibility".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(i32)]
pub enum ContextVisibility {
    /// Never.
    Never = 0,
    /// In errors, not in notices.
    #[default]
    Errors = 1,
    /// Always.
    Always = 2,
}

impl ContextVisibility {
    /// The visibility with this number.
    pub fn from_number(number: i32) -> Option<Self> {
        [Self::Never, Self::Errors, Self::Always]
            .into_iter()
            .find(|v| *v as i32 == number)
    }
}

/// What a text is made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextStyle {
    /// How much is shown.
    pub verbosity: Verbosity,
    /// When context is shown.
    pub context: ContextVisibility,
}

/// An error or a notice: fields, the query they speak of, and the text.
#[derive(Debug, Clone, Default)]
pub struct Report {
    fields: Vec<(u8, CString)>,
    /// The query that an error position counts in.
    query: Option<Box<[u8]>>,
    text: CString,
}

impl Report {
    /// A report of our own, without fields; `text` is a whole message, its newline included.
    pub fn internal(text: impl Into<Vec<u8>>) -> Self {
        Self {
            text: c_string(text.into()),
            ..Self::default()
        }
    }

    /// A notice of our own; `message` is without a newline.
    pub fn notice(message: &str) -> Self {
        let fields = [
            (error_field::MESSAGE, message.into()),
            (error_field::SEVERITY, b"NOTICE".to_vec()),
            (error_field::SEVERITY_NONLOCALIZED, b"NOTICE".to_vec()),
        ];
        let mut report = Self::from_fields(fields, None);
        report.set_text(format!("{message}\n").into_bytes());
        report
    }

    /// A report with fields; [`render`](Self::render) makes its text.
    pub fn from_fields(
        fields: impl IntoIterator<Item = (u8, Vec<u8>)>,
        query: Option<Box<[u8]>>,
    ) -> Self {
        Self {
            fields: fields
                .into_iter()
                .map(|(code, value)| (code, c_string(value)))
                .collect(),
            query,
            text: CString::default(),
        }
    }

    /// The value of the field with this code.
    pub fn field(&self, code: u8) -> Option<&CStr> {
        // Of a field that was sent twice the latter counts.
        let found = self.fields.iter().rev().find(|(c, _)| *c == code)?;
        Some(&found.1)
    }

    fn bytes(&self, code: u8) -> Option<&[u8]> {
        self.field(code).map(CStr::to_bytes)
    }

    /// The text, its newline included.
    pub fn text(&self) -> &CStr {
        &self.text
    }

    /// Replaces the text.
    pub fn set_text(&mut self, text: Vec<u8>) {
        self.text = c_string(text);
    }

    /// Bytes of memory in use.
    pub fn memory(&self) -> usize {
        let fields: usize = self.fields.iter().map(|(_, v)| v.count_bytes() + 1).sum();
        fields + self.text.count_bytes() + 1 + self.query.as_ref().map_or(0, |q| q.len())
    }

    /// The text of the report in a style; `is_error` tells errors from notices.
    pub fn render(&self, style: TextStyle, is_error: bool, encoding: Encoding) -> Vec<u8> {
        if self.fields.is_empty() {
            return match self.text.to_bytes() {
                [] => b"no error message available\n".to_vec(),
                text => text.to_vec(),
            };
        }
        let mut out = Vec::new();
        self.head(&mut out, style, encoding);
        if matches!(style.verbosity, Verbosity::Default | Verbosity::Verbose) {
            self.body(&mut out, style, is_error);
        }
        if style.verbosity == Verbosity::Verbose {
            self.origin(&mut out);
        }
        out
    }

    /// Severity, code, message and position.
    fn head(&self, out: &mut Vec<u8>, style: TextStyle, encoding: Encoding) {
        if let Some(severity) = self.bytes(b'S') {
            out.extend_from_slice(severity);
            out.extend_from_slice(b":  ");
        }
        let mut verbosity = style.verbosity;
        let code = self.bytes(b'C');
        match (verbosity, code) {
            (Verbosity::SqlState, Some(code)) => {
                out.extend_from_slice(code);
                out.push(b'\n');
                return;
            }
            // Without a code the message itself is the shortest that tells anything.
            (Verbosity::SqlState, None) => verbosity = Verbosity::Terse,
            (Verbosity::Verbose, Some(code)) => {
                out.extend_from_slice(code);
                out.extend_from_slice(b": ");
            }
            _ => {}
        }
        out.extend_from_slice(self.bytes(b'M').unwrap_or_default());
        self.position(out, verbosity, encoding);
    }

    /// Where in the query: as a number on the same line, or as an excerpt with a caret below.
    fn position(&self, out: &mut Vec<u8>, verbosity: Verbosity, encoding: Encoding) {
        let (position, query) = match self.bytes(b'P') {
            Some(position) => (Some(position), self.query.as_deref()),
            None => (self.bytes(b'p'), self.bytes(b'q')),
        };
        let excerpt = query.filter(|_| verbosity != Verbosity::Terse);
        match (position, excerpt) {
            (Some(position), Some(query)) => {
                out.push(b'\n');
                let position = std::str::from_utf8(position)
                    .ok()
                    .and_then(|p| p.parse().ok());
                if let Some(position) = position {
                    caret::append(out, query, position, encoding);
                }
            }
            (Some(position), None) => {
                out.extend_from_slice(b" at character ");
                out.extend_from_slice(position);
                out.push(b'\n');
            }
            (None, _) => out.push(b'\n'),
        }
    }

    /// Detail, hint, internal query and context.
    fn body(&self, out: &mut Vec<u8>, style: TextStyle, is_error: bool) {
        self.line(out, "DETAIL:  ", b'D');
        self.line(out, "HINT:  ", b'H');
        self.line(out, "QUERY:  ", b'q');
        let shown = match style.context {
            ContextVisibility::Always => true,
            ContextVisibility::Errors => is_error,
            ContextVisibility::Never => false,
        };
        if shown {
            self.line(out, "CONTEXT:  ", b'W');
        }
    }

    /// The objects involved, and where in the server's source the report was made.
    fn origin(&self, out: &mut Vec<u8>) {
        self.line(out, "SCHEMA NAME:  ", b's');
        self.line(out, "TABLE NAME:  ", b't');
        self.line(out, "COLUMN NAME:  ", b'c');
        self.line(out, "DATATYPE NAME:  ", b'd');
        self.line(out, "CONSTRAINT NAME:  ", b'n');
        let (file, line, function) = (self.bytes(b'F'), self.bytes(b'L'), self.bytes(b'R'));
        if file.is_none() && line.is_none() && function.is_none() {
            return;
        }
        out.extend_from_slice(b"LOCATION:  ");
        if let Some(function) = function {
            out.extend_from_slice(function);
            out.extend_from_slice(b", ");
        }
        if let (Some(file), Some(line)) = (file, line) {
            out.extend_from_slice(file);
            out.push(b':');
            out.extend_from_slice(line);
        }
        out.push(b'\n');
    }

    fn line(&self, out: &mut Vec<u8>, label: &str, code: u8) {
        if let Some(value) = self.bytes(code) {
            out.extend_from_slice(label.as_bytes());
            out.extend_from_slice(value);
            out.push(b'\n');
        }
    }

    /// The report as an error of the crate.
    pub fn to_error(&self, kind: ErrorKind) -> Error {
        let text = self.text.to_string_lossy();
        let message = text.trim_end_matches('\n');
        match self.to_server_error() {
            Some(said) => Error::from_server(said, message),
            None => Error::new(kind, message),
        }
    }

    /// The fields, where there are any: a report of our own may have none.
    pub fn to_server_error(&self) -> Option<ServerError> {
        if self.fields.is_empty() {
            return None;
        }
        let fields = self
            .fields
            .iter()
            .map(|(code, value)| (*code, value.to_bytes().to_vec()));
        Some(ServerError::new(fields.collect()))
    }
}

/// The bytes up to the first NUL.
fn c_string(mut bytes: Vec<u8>) -> CString {
    if let Some(end) = find_nul(&bytes) {
        bytes.truncate(end);
    }
    CString::new(bytes).unwrap_or_default()
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
