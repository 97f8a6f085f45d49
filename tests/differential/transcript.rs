//! What a case writes down: one line per answer, equal for both libraries when they behave alike.
//!
//! Lines go out as they are written, so that a crash or a hang shows the last answer before it.

use std::fmt::Display;
use std::io::Write;

use crate::raw::DIAGNOSTIC_FIELDS;
use crate::result::Res;

/// A C string as the library returned it: `None` is NULL.
pub(crate) type Text = Option<Vec<u8>>;

/// The running case's lines.
pub(crate) struct Transcript {
    out: Box<dyn Write>,
    hidden: Vec<(Vec<u8>, &'static str)>,
    prefix: String,
}

impl Transcript {
    /// A transcript whose lines go to `out`, one write per line.
    pub(crate) fn new(out: Box<dyn Write>) -> Self {
        Self {
            out,
            hidden: Vec::new(),
            prefix: String::new(),
        }
    }

    /// Shows `name` wherever `value` would appear from here on: process ids, ports, paths.
    pub(crate) fn hide(&mut self, value: impl Display, name: &'static str) {
        let value = value.to_string().into_bytes();
        if !value.is_empty() {
            self.hidden.push((value, name));
        }
    }

    /// Runs `body` with its lines indented under a heading.
    pub(crate) fn section(&mut self, heading: impl Display, body: impl FnOnce(&mut Self)) {
        self.line(format_args!("{heading}:"));
        let outer = self.prefix.len();
        self.prefix.push_str("  ");
        body(self);
        self.prefix.truncate(outer);
    }

    /// Writes one line as it is.
    pub(crate) fn line(&mut self, line: impl Display) {
        let mut text = format!("{}{line}", self.prefix)
            .replace('\n', "\\n")
            .into_bytes();
        for (value, name) in &self.hidden {
            text = replace(&text, value, name.as_bytes());
        }
        text.push(b'\n');
        // A parent that went away ends the child through its next read.
        let _ = self.out.write_all(&text).and_then(|()| self.out.flush());
    }

    /// Writes a number, a flag or another value that prints in a word.
    pub(crate) fn value(&mut self, label: impl Display, value: impl Display) {
        self.line(format_args!("{label} = {value}"));
    }

    /// Writes a string with its unprintable bytes escaped; several lines are shown as such.
    pub(crate) fn text(&mut self, label: impl Display, text: &Text) {
        match text {
            None => self.line(format_args!("{label} = NULL")),
            Some(text) => self.bytes(label, text),
        }
    }

    /// As [`text`](Self::text), for bytes that cannot be NULL.
    pub(crate) fn bytes(&mut self, label: impl Display, bytes: &[u8]) {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        if lines.len() < 2 {
            return self.line(format_args!("{label} = \"{}\"", escape(bytes)));
        }
        self.section(label, |t| {
            for line in lines {
                t.line(format_args!("| {}", escape(line)));
            }
        });
    }

    /// Writes everything a result says about itself, its rows included.
    pub(crate) fn result(&mut self, label: impl Display, result: &Res<'_>) {
        self.section(label, |t| {
            if result.is_null() {
                return t.line("NULL");
            }
            t.value("status", result.status_name());
            t.text("command", &result.cmd_status());
            t.text("affected", &result.cmd_tuples());
            if result.oid_value() != 0 {
                t.value("oid", result.oid_value());
            }
            if result.nfields() > 0 || result.ntuples() > 0 {
                t.columns(result);
                t.rows(result);
            }
            if result.nparams() > 0 {
                let types: Vec<_> = (0..result.nparams())
                    .map(|index| result.param_type(index))
                    .collect();
                t.line(format_args!("parameters = {types:?}"));
            }
            t.failure(result);
        });
    }

    /// Writes the columns of a result.
    fn columns(&mut self, result: &Res<'_>) {
        self.value(
            "columns",
            format_args!(
                "{} (all binary: {})",
                result.nfields(),
                result.binary_tuples()
            ),
        );
        for column in 0..result.nfields() {
            let name = result.fname(column);
            self.line(format_args!(
                "column {column} {} type {} size {} mod {} format {} table {} column {}",
                name.map_or("NULL".into(), |name| format!("\"{}\"", escape(&name))),
                result.ftype(column),
                result.fsize(column),
                result.fmod(column),
                result.fformat(column),
                if result.ftable(column) == 0 {
                    "none"
                } else {
                    "some"
                },
                result.ftablecol(column),
            ));
        }
    }

    /// Writes the rows of a result, the first twenty of them.
    pub(crate) fn rows(&mut self, result: &Res<'_>) {
        self.value("rows", result.ntuples());
        for row in 0..result.ntuples().min(20) {
            let values: Vec<String> = (0..result.nfields())
                .map(|column| match result.getisnull(row, column) {
                    0 => format!("\"{}\"", escape(&result.value_bytes(row, column))),
                    flag => format!("null({flag},{})", result.getlength(row, column)),
                })
                .collect();
            self.line(format_args!("row {row}: {}", values.join(" ")));
        }
    }

    /// Writes a result's error: the message and every field that is there.
    pub(crate) fn failure(&mut self, result: &Res<'_>) {
        self.text("error", &result.error_message());
        for (code, name) in DIAGNOSTIC_FIELDS {
            if let Some(value) = result.error_field(code.into()) {
                self.bytes(format_args!("field {name}"), &value);
            }
        }
    }
}

/// Printable text for `bytes`: as they are where they are UTF-8, escaped where not.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '"' | '\\' => text.extend(['\\', character]),
                _ if character.is_control() => {
                    text.push_str(&format!("\\u{{{:x}}}", u32::from(character)))
                }
                _ => text.push(character),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// `text` with every `old` replaced by `new`.
fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(old.len()).position(|window| window == old) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    out
}
