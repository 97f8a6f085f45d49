//! Tables as text, as `PQprint` and its older kin make them.
//!
//! Byte by byte what libpq prints, oddities included: programs that still use these functions have
//! their output read by others. All widths are in bytes.
//!
//! Manual: "PQprint".

use std::io::Write;

use super::QueryResult;

/// How `PQprint` prints.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrintOptions<'a> {
    /// With the columns' names, and the number of rows.
    pub header: bool,
    /// With columns of equal width.
    pub align: bool,
    /// With lines around everything; only along with `align`.
    pub standard: bool,
    /// As HTML.
    pub html: bool,
    /// Each value on a line of its own.
    pub expanded: bool,
    /// What stands between fields.
    pub separator: &'a [u8],
    /// Attributes of HTML tables.
    pub table_attributes: &'a [u8],
    /// The caption of HTML tables, in place of one that tells the number of rows.
    pub caption: Option<&'a [u8]>,
    /// Names for the first columns in place of their own.
    pub names: &'a [&'a [u8]],
}

/// A table being printed.
struct Printer<'a> {
    result: &'a QueryResult,
    options: &'a PrintOptions<'a>,
    out: Vec<u8>,
    /// The longest name or value of each column.
    widths: Vec<usize>,
    /// Which columns have a value that is no number. Known only where columns are aligned.
    has_text: Vec<bool>,
}

/// The table that `PQprint` prints.
pub fn print(result: &QueryResult, options: &PrintOptions<'_>) -> Vec<u8> {
    let columns = result.columns.len();
    let mut printer = Printer {
        result,
        options,
        out: Vec::new(),
        widths: (0..columns)
            .map(|c| name(result, options, c).len())
            .collect(),
        has_text: vec![false; columns],
    };
    if columns > 0 {
        printer.print();
    }
    printer.out
}

/// The name that a column goes by: its own one, unless another is given.
fn name<'a>(result: &'a QueryResult, options: &PrintOptions<'a>, column: usize) -> &'a [u8] {
    match options.names.get(column) {
        Some(name) if !name.is_empty() => name,
        _ => own_name(result, column),
    }
}

fn own_name(result: &QueryResult, column: usize) -> &[u8] {
    let name = result.columns.name(column);
    name.map_or(b"", std::ffi::CStr::to_bytes)
}

/// The same as C's library prints a name that is not there.
fn printed_name(result: &QueryResult, column: usize) -> &[u8] {
    let name = result.columns.name(column);
    name.map_or(b"(null)", std::ffi::CStr::to_bytes)
}

/// A value as C sees it: up to the first NUL, and a NULL as nothing.
fn value(result: &QueryResult, row: usize, column: usize) -> &[u8] {
    let bytes = result.rows.get(row, column).flatten().unwrap_or_default();
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

/// Whether a value looks like a number, which is printed at the right. It need not be one.
fn is_number(value: &[u8]) -> bool {
    let digits = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'E' | b'e' | b' ' | b'-');
    let [first, ..] = value else { return true };
    value.iter().all(digits)
        && !matches!(first, b'E' | b'e')
        && value.last().is_some_and(u8::is_ascii_digit)
}

fn pad(out: &mut Vec<u8>, text: &[u8], width: usize, right: bool) {
    let blanks = width.saturating_sub(text.len());
    if right {
        out.resize(out.len() + blanks, b' ');
    }
    out.extend_from_slice(text);
    if !right {
        out.resize(out.len() + blanks, b' ');
    }
}

impl Printer<'_> {
    fn put(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    fn format(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(text);
    }

    fn columns(&self) -> usize {
        self.widths.len()
    }

    fn rows(&self) -> usize {
        self.result.rows.len()
    }

    fn print(&mut self) {
        let options = self.options;
        match (options.expanded, options.html) {
            (true, true) => self.print_expanded_html(),
            (true, false) => self.print_expanded(),
            (false, html) => {
                if html || options.align {
                    self.measure();
                }
                match html {
                    true => self.print_html(),
                    false if options.align => self.print_aligned(),
                    false => self.print_plain(),
                }
            }
        }
        if options.header && !options.html {
            let ending = if self.rows() == 1 { "" } else { "s" };
            self.format(format_args!("({} row{ending})\n\n", self.rows()));
        }
    }

    /// Finds the widths of columns, and whether they hold numbers only.
    fn measure(&mut self) {
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                self.measure_value(row, column);
            }
        }
    }

    fn measure_value(&mut self, row: usize, column: usize) {
        let value = value(self.result, row, column);
        self.widths[column] = self.widths[column].max(value.len());
        if self.options.align {
            self.has_text[column] |= !is_number(value);
        } else if value.is_empty() && !self.options.expanded {
            // A field that is not aligned is printed at once where there is nothing to print.
            self.end_field(column);
        }
    }

    /// The separator behind a field, or the end of the line.
    fn end_field(&mut self, column: usize) {
        let last = column + 1 == self.columns();
        let end = if last { b"\n" } else { self.options.separator };
        self.put(end);
    }

    fn print_plain(&mut self) {
        if self.options.header {
            let start = self.out.len();
            for column in 0..self.columns() {
                let name = name(self.result, self.options, column);
                self.put(name);
                self.end_field(column);
            }
            let length = self.out.len() - start - 1;
            self.out.resize(self.out.len() + length, b'-');
            self.put(b"\n");
        }
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                let value = value(self.result, row, column);
                self.put(value);
                self.end_field(column);
            }
        }
    }

    fn print_aligned(&mut self) {
        let (result, standard) = (self.result, self.options.standard);
        // libpq makes the line along with the header, and prints it without one all the same.
        let mut line = match self.options.header {
            true => self.border(),
            false => b"(null)".to_vec(),
        };
        line.push(b'\n');
        if self.options.header {
            if standard {
                self.put(&line);
            }
            for column in 0..self.columns() {
                // Not the names of the options, though these are measured and the line fits them.
                let name = own_name(result, column);
                self.print_cell(name, column);
                self.widths[column] = self.widths[column].max(name.len());
            }
            self.put(b"\n");
            self.put(&line);
        }
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                self.print_cell(value(result, row, column), column);
            }
            self.put(b"\n");
            if standard {
                self.put(&line);
            }
        }
    }

    /// A field of a line of aligned fields.
    fn print_cell(&mut self, text: &[u8], column: usize) {
        let (separator, standard) = (self.options.separator, self.options.standard);
        if standard {
            if column == 0 {
                self.put(separator);
            }
            self.put(b" ");
        }
        pad(
            &mut self.out,
            text,
            self.widths[column],
            !self.has_text[column],
        );
        if standard {
            self.put(b" ");
        }
        if standard || column + 1 < self.columns() {
            self.put(separator);
        }
    }

    /// The line between rows.
    fn border(&self) -> Vec<u8> {
        let crossing = vec![b'+'; self.options.separator.len()];
        let standard = self.options.standard;
        let mut line = Vec::new();
        if standard {
            line.extend_from_slice(&crossing);
        }
        for (column, &width) in self.widths.iter().enumerate() {
            let blanks = if standard { 2 } else { 0 };
            line.resize(line.len() + width + blanks, b'-');
            if standard || column + 1 < self.columns() {
                line.extend_from_slice(&crossing);
            }
        }
        line
    }

    fn print_html(&mut self) {
        let attributes = self.options.table_attributes;
        self.put(b"<table ");
        self.put(attributes);
        self.put(b">");
        if self.options.header {
            self.print_html_header();
        }
        for row in 0..self.rows() {
            self.put(b"<tr>");
            for column in 0..self.columns() {
                let side = self.side(column);
                self.format(format_args!("<td align=\"{side}\">"));
                let value = value(self.result, row, column);
                self.put(value);
                self.put(b"</td>");
            }
            self.put(b"</tr>\n");
        }
        self.put(b"</table>\n");
    }

    fn side(&self, column: usize) -> &'static str {
        if self.has_text[column] {
            "left"
        } else {
            "right"
        }
    }

    fn print_html_header(&mut self) {
        let options = self.options;
        self.put(b"<caption align=\"top\">");
        match options.caption {
            Some(caption) => self.put(caption),
            None => {
                let (rows, columns) = (self.rows(), self.columns());
                self.format(format_args!("Retrieved {rows} rows * {columns} fields"));
            }
        }
        self.put(b"</caption>\n<tr>");
        if options.standard {
            self.put(options.separator);
        }
        for column in 0..self.columns() {
            let side = self.side(column);
            self.format(format_args!("<th align=\"{side}\">"));
            let name = name(self.result, options, column);
            self.put(name);
            self.put(b"</th>");
        }
        self.put(b"</tr>\n");
    }

    fn print_expanded(&mut self) {
        let options = self.options;
        let width = match options.align {
            true => self.widths.iter().copied().max().unwrap_or(0),
            false => 0,
        };
        if options.header {
            self.print_pair(b"Field", b"Value", width);
        }
        for row in 0..self.rows() {
            self.format(format_args!("-- RECORD {row} --\n"));
            for column in 0..self.columns() {
                let value = value(self.result, row, column);
                if !value.is_empty() {
                    let name = name(self.result, options, column);
                    self.print_pair(name, value, width);
                }
            }
        }
    }

    fn print_pair(&mut self, name: &[u8], value: &[u8], width: usize) {
        pad(&mut self.out, name, width, false);
        self.put(self.options.separator);
        if self.options.align {
            self.put(b" ");
        }
        self.put(value);
        self.put(b"\n");
    }

    fn print_expanded_html(&mut self) {
        let options = self.options;
        self.put(b"<center><h2>");
        match options.caption {
            Some(caption) => self.put(caption),
            None => {
                let (rows, columns) = (self.rows(), self.columns());
                self.format(format_args!(
                    "Query retrieved {rows} rows * {columns} fields"
                ));
            }
        }
        self.put(b"</h2></center>\n");
        for row in 0..self.rows() {
            self.put(b"<table ");
            self.put(options.table_attributes);
            self.format(format_args!("><caption align=\"top\">{row}</caption>\n"));
            for column in 0..self.columns() {
                let value = value(self.result, row, column);
                if value.is_empty() {
                    continue;
                }
                self.measure_value(row, column);
                self.put(b"<tr><td align=\"left\"><b>");
                let name = name(self.result, options, column);
                self.put(name);
                let side = self.side(column);
                self.format(format_args!("</b></td><td align=\"{side}\">"));
                self.put(value);
                self.put(b"</td></tr>\n");
            }
            self.put(b"</table>\n");
        }
    }
}

/// How `PQdisplayTuples` prints.
#[derive(Debug, Clone, Copy)]
pub struct DisplayOptions<'a> {
    /// With columns of equal width.
    pub fill: bool,
    /// What stands behind each field.
    pub separator: &'a [u8],
    /// With the columns' names.
    pub header: bool,
    /// Without the number of rows.
    pub quiet: bool,
}

/// The table that `PQdisplayTuples` prints.
pub fn display_tuples(result: &QueryResult, options: &DisplayOptions<'_>) -> Vec<u8> {
    let columns = 0..result.columns.len();
    let rows = 0..result.rows.len();
    let width = |column| {
        let longest = rows
            .clone()
            .map(|row| value(result, row, column).len())
            .max();
        longest.unwrap_or(0).max(own_name(result, column).len()) + 1
    };
    let widths: Vec<usize> = match options.fill {
        true => columns.clone().map(width).collect(),
        false => vec![0; columns.len()],
    };
    let mut out = Vec::new();
    let field = |out: &mut Vec<u8>, text: &[u8], column: usize| {
        pad(out, text, widths[column], false);
        out.extend_from_slice(options.separator);
    };
    if options.header {
        for column in columns.clone() {
            field(&mut out, printed_name(result, column), column);
        }
        out.push(b'\n');
        for column in columns.clone() {
            field(&mut out, &vec![b'-'; widths[column]], column);
        }
        out.push(b'\n');
    }
    for row in rows.clone() {
        for column in columns.clone() {
            field(&mut out, value(result, row, column), column);
        }
        out.push(b'\n');
    }
    if !options.quiet {
        let ending = if rows.len() == 1 { "" } else { "s" };
        let _ = write!(out, "\nQuery returned {} row{ending}.\n", rows.len());
    }
    out
}

/// The table that `PQprintTuples` prints: with names, without lines, and with columns of this width
/// at the least.
pub fn print_tuples(result: &QueryResult, names: bool, terse: bool, width: usize) -> Vec<u8> {
    /// Dashes in a line for each column.
    const DASHES: usize = 14;
    let columns = 0..result.columns.len();
    let mut out = Vec::new();
    if columns.is_empty() {
        return out;
    }
    let side: &[u8] = if terse { b"" } else { b"|" };
    let line = |out: &mut Vec<u8>| {
        if !terse {
            out.resize(out.len() + DASHES * columns.len(), b'-');
            out.push(b'\n');
        }
    };
    let field = |out: &mut Vec<u8>, text: &[u8]| {
        out.extend_from_slice(side);
        out.push(b' ');
        pad(out, text, width, false);
    };
    let end = |out: &mut Vec<u8>| {
        out.extend_from_slice(side);
        out.push(b'\n');
        line(out);
    };
    line(&mut out);
    if names {
        for column in columns.clone() {
            field(&mut out, printed_name(result, column));
        }
        end(&mut out);
    }
    for row in 0..result.rows.len() {
        for column in columns.clone() {
            field(&mut out, value(result, row, column));
        }
        end(&mut out);
    }
    out
}

#[cfg(test)]
#[path = "print_tests.rs"]
mod tests;
