//! Printing results as tables.
//!
//! Manual: "Retrieving Query Result Information", `PQprint`.

use std::ffi::{c_char, c_int};
use std::io::{self, Write};

use libc::FILE;

use super::boundary::{guard, with_result};
use super::memory;
use super::result::PGresult;
use super::trace::CStream;
use crate::charset::Encoding;
use crate::result::print::{self, DisplayOptions, PrintOptions};
use crate::result::{ExecStatus, QueryResult};

/// A truth value: 0 is false.
pub type pqbool = c_char;

/// How PQprint prints.
#[repr(C)]
pub struct _PQprintOpt {
    /// With the columns' names, and the number of rows.
    pub header: pqbool,
    /// With columns of equal width.
    pub align: pqbool,
    /// With lines around everything, along with `align`.
    pub standard: pqbool,
    /// As HTML.
    pub html3: pqbool,
    /// Each value on a line of its own.
    pub expanded: pqbool,
    /// By the pager when the standard output is a terminal and the table is longer than it.
    pub pager: pqbool,
    /// What stands between fields.
    pub fieldSep: *mut c_char,
    /// Attributes of HTML tables.
    pub tableOpt: *mut c_char,
    /// The caption of HTML tables.
    pub caption: *mut c_char,
    /// Names for the first columns in place of their own, ending in NULL.
    pub fieldName: *mut *mut c_char,
}
/// How PQprint prints.
pub type PQprintOpt = _PQprintOpt;

/// Prints a result as a table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQprint(fout: *mut FILE, res: *const PGresult, po: *const PQprintOpt) {
    // SAFETY: the pointer contract; the stream is open.
    unsafe {
        let Some(po) = po.as_ref() else { return };
        let names = names(po.fieldName);
        let options = PrintOptions {
            header: po.header != 0,
            align: po.align != 0,
            standard: po.standard != 0,
            html: po.html3 != 0,
            expanded: po.expanded != 0,
            separator: memory::bytes(po.fieldSep).unwrap_or_default(),
            table_attributes: memory::bytes(po.tableOpt).unwrap_or_default(),
            caption: memory::bytes(po.caption),
            names: &names,
        };
        let text = with_result(res, Vec::new(), |result| {
            print::print(&result.core, &options)
        });
        let paged = po.pager != 0 && !options.html && pager::wants(fout, &text);
        if !(paged && pager::show(&text)) {
            put(fout, &text);
        }
    }
}

/// Prints a result as a table of fields with a separator behind each; NULL stands for a blank as the
/// separator, for standard output as the stream, and for a result that is empty. `fillAlign` pads
/// the fields to equal width, `printHeader` adds the columns' names, and without `quiet` the number
/// of rows follows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQdisplayTuples(
    res: *const PGresult,
    fp: *mut FILE,
    fillAlign: c_int,
    fieldSep: *const c_char,
    printHeader: c_int,
    quiet: c_int,
) {
    // SAFETY: the pointer contract; the stream is open.
    unsafe {
        let options = DisplayOptions {
            fill: fillAlign != 0,
            separator: memory::bytes(fieldSep).unwrap_or(b" "),
            header: printHeader != 0,
            quiet: quiet != 0,
        };
        let nothing = QueryResult::new(ExecStatus::EmptyQuery, Encoding::SQL_ASCII);
        let text = guard(Vec::new(), || {
            let result = res.as_ref().map_or(&nothing, |result| &result.core);
            print::display_tuples(result, &options)
        });
        let stream = if fp.is_null() { stdout } else { fp };
        put(stream, &text);
        CStream::new(stream).flush().unwrap_or_default();
    }
}

unsafe extern "C" {
    /// C's standard output.
    #[cfg_attr(target_vendor = "apple", link_name = "__stdoutp")]
    static stdout: *mut FILE;
}

/// Prints a result as a table, with the columns' names for `printAttName`, without lines for
/// `terseOutput`, and with columns of at least `colWidth` characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PQprintTuples(
    res: *const PGresult,
    fout: *mut FILE,
    printAttName: c_int,
    terseOutput: c_int,
    colWidth: c_int,
) {
    let width = usize::try_from(colWidth).unwrap_or(0);
    let shown = |result: &PGresult| {
        print::print_tuples(&result.core, printAttName != 0, terseOutput != 0, width)
    };
    // SAFETY: the pointer contract; the stream is open.
    unsafe { put(fout, &with_result(res, Vec::new(), shown)) }
}

/// The names in an array that ends in NULL.
///
/// # Safety
/// The pointer contract of [`super`].
unsafe fn names<'a>(array: *mut *mut c_char) -> Vec<&'a [u8]> {
    let mut names = Vec::new();
    if !array.is_null() {
        // SAFETY: as the caller promises; the NULL is not passed by.
        unsafe {
            while let Some(name) = memory::bytes(*array.add(names.len())) {
                names.push(name);
            }
        }
    }
    names
}

/// Writes a text to a stream. What goes wrong is found by `ferror`.
///
/// # Safety
/// The stream is NULL or open.
unsafe fn put(stream: *mut FILE, text: &[u8]) {
    if !stream.is_null() {
        // SAFETY: as the caller promises.
        let _: io::Result<()> = unsafe { CStream::new(stream) }.write_all(text);
    }
}

mod pager {
    //! Showing a text page by page, by the program that `PAGER` names.

    use std::env;
    use std::ffi::CString;
    use std::os::unix::ffi::OsStringExt;

    use super::{CStream, FILE, Write};

    /// A terminal that does not tell its size is taken to have so many lines and columns.
    const USUAL_SIZE: (usize, usize) = (24, 80);

    /// Whether a text for this stream is for a terminal, and is longer than that.
    ///
    /// # Safety
    /// The stream is NULL or open.
    pub(super) unsafe fn wants(stream: *mut FILE, text: &[u8]) -> bool {
        // SAFETY: as the caller promises; the descriptors are numbers.
        let is_terminal = unsafe {
            !stream.is_null()
                && libc::fileno(stream) == libc::STDOUT_FILENO
                && libc::isatty(libc::STDIN_FILENO) != 0
                && libc::isatty(libc::STDOUT_FILENO) != 0
        };
        is_terminal && {
            let (lines, columns) = screen();
            lines_on_screen(text, columns) >= lines
        }
    }

    /// Lines and columns of the terminal.
    fn screen() -> (usize, usize) {
        // SAFETY: the structure is plain data, which the call fills in.
        let size = unsafe {
            let mut size: libc::winsize = std::mem::zeroed();
            let done = libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size);
            (done == 0).then_some(size)
        };
        match size {
            Some(size) if size.ws_row > 0 && size.ws_col > 0 => {
                (size.ws_row.into(), size.ws_col.into())
            }
            _ => USUAL_SIZE,
        }
    }

    /// Lines that a text takes on a screen, long ones being folded.
    pub(super) fn lines_on_screen(text: &[u8], columns: usize) -> usize {
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        lines.map(|line| (line.len() - 1) / columns + 1).sum()
    }

    /// The pager's command line, if there is a pager.
    fn command() -> Option<CString> {
        let command = CString::new(env::var_os("PAGER")?.into_vec()).ok()?;
        let is_blank = command.to_bytes().trim_ascii().is_empty();
        (!is_blank).then_some(command)
    }

    /// Shows a text; `false` when there is no pager, or it cannot be started.
    ///
    /// A pager that is left early breaks the pipe: the signal for that is not for the program.
    pub(super) fn show(text: &[u8]) -> bool {
        let Some(command) = command() else {
            return false;
        };
        without_broken_pipes(|| {
            // SAFETY: both strings end in a NUL; the stream is open until it is closed.
            unsafe {
                let pipe = libc::popen(command.as_ptr(), c"w".as_ptr());
                if pipe.is_null() {
                    return false;
                }
                let _ = CStream::new(pipe).write_all(text);
                libc::pclose(pipe);
                true
            }
        })
    }

    /// Runs something with SIGPIPE held back in this thread; one that comes is thrown away.
    fn without_broken_pipes<R>(body: impl FnOnce() -> R) -> R {
        // SAFETY: the sets are plain data, filled in before they are read.
        unsafe {
            let mut pipe: libc::sigset_t = std::mem::zeroed();
            let mut before: libc::sigset_t = std::mem::zeroed();
            let mut waiting: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut pipe);
            libc::sigaddset(&raw mut pipe, libc::SIGPIPE);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, &raw mut before);
            libc::sigpending(&raw mut waiting);
            let waited_before = libc::sigismember(&raw const waiting, libc::SIGPIPE) == 1;
            let done = body();
            libc::sigpending(&raw mut waiting);
            if !waited_before && libc::sigismember(&raw const waiting, libc::SIGPIPE) == 1 {
                let mut signal = 0;
                libc::sigwait(&raw const pipe, &raw mut signal);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
            done
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_on_the_screen() {
        assert_eq!(pager::lines_on_screen(b"", 80), 0);
        assert_eq!(pager::lines_on_screen(b"a\nb\n\n", 80), 3);
        assert_eq!(pager::lines_on_screen(&[b'x'; 81], 80), 2);
        assert_eq!(pager::lines_on_screen(b"end without newline", 80), 1);
    }

    #[test]
    fn nothing_to_print_is_printed_nowhere() {
        // SAFETY: NULL is allowed.
        unsafe {
            let null = std::ptr::null_mut();
            PQprint(null, null.cast(), null.cast());
            PQprintTuples(null.cast(), null, 0, 0, 0);
        }
    }
}
