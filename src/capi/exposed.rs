//! What programs read of libpq's handles without asking: structures that no header declares.
//!
//! Two widely used drivers know how libpq has always laid out the beginnings of two of its handles,
//! and read them: so ours begin in the same way.
//!
//! - psycopg's implementation in C (`psycopg_c`) reads the values of a `PGresult` from the table
//!   that the result begins with. Our results have an index in place of such a table; one is made
//!   for programs that have `psycopg_c` loaded when they connect.
//! - ruby-pg before 1.5 reads process and key from a `PGcancel`, to cancel commands itself.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::result::QueryResult;

/// Whether a program is there that reads results without asking.
static WANTED: AtomicBool = AtomicBool::new(false);

/// Looks whether such a program has come; called for each new connection.
pub fn look_around() {
    if !WANTED.load(Ordering::Relaxed) && is_loaded(b"/psycopg_c/") {
        WANTED.store(true, Ordering::Relaxed);
    }
}

/// Whether a library is loaded whose path contains this.
#[cfg(all(target_os = "linux", not(miri)))]
fn is_loaded(part: &[u8]) -> bool {
    use std::ffi::CStr;

    unsafe extern "C" fn look(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        wanted: *mut c_void,
    ) -> c_int {
        // SAFETY: `is_loaded` hands over its own slice, and the linker a name that is a string.
        let (part, name) = unsafe {
            let name = (*info).dlpi_name;
            if name.is_null() {
                return 0;
            }
            (&*wanted.cast::<&[u8]>(), CStr::from_ptr(name))
        };
        // A search that makes use of the processor's extensions would have to ask for them first,
        // which takes a virtual machine long.
        let mut parts = name.to_bytes().windows(part.len());
        parts.any(|found| found == *part).into()
    }

    let mut part = part;
    // SAFETY: the callback gets what it expects, and both live until the call has ended.
    unsafe { libc::dl_iterate_phdr(Some(look), ptr::from_mut(&mut part).cast()) != 0 }
}

/// Elsewhere nobody is known to read results in this way.
#[cfg(not(all(target_os = "linux", not(miri))))]
fn is_loaded(_part: &[u8]) -> bool {
    false
}

/// A value: its length, -1 for NULL, and where it lies.
#[repr(C)]
struct Value {
    length: c_int,
    text: *const c_char,
}

/// What a `PGresult` begins with.
#[repr(C)]
pub struct ResultHead {
    rows: c_int,
    columns: c_int,
    /// The descriptions of the columns, which nobody is known to read.
    descriptions: *const c_void,
    /// A row for each entry; NULL where nobody is to read them.
    values: *const *const Value,
    /// What the pointers lead to.
    table: Option<Box<Table>>,
}

/// All values of a result, and where each row begins.
struct Table {
    values: Box<[Value]>,
    rows: Box<[*const Value]>,
}

impl Default for ResultHead {
    fn default() -> Self {
        Self {
            rows: 0,
            columns: 0,
            descriptions: ptr::null(),
            values: ptr::null(),
            table: None,
        }
    }
}

impl ResultHead {
    /// Makes the table, where somebody reads it. The rows stay where they are from now on.
    #[inline]
    pub fn fill(&mut self, result: &QueryResult) {
        // The rows are looked at only then: they have just been moved.
        if WANTED.load(Ordering::Relaxed) {
            self.expose(result);
        }
    }

    /// Takes the table away: the rows are about to change.
    pub fn withdraw(&mut self) {
        if self.table.is_some() {
            *self = Self::default();
        }
    }

    #[cold]
    fn expose(&mut self, result: &QueryResult) {
        let (rows, columns) = (result.rows.len(), result.columns.len());
        if rows == 0 {
            return;
        }
        let value = |row, column| Value {
            length: match result.rows.is_null(row, column) {
                Some(false) => result.rows.length(row, column).unwrap_or(0) as c_int,
                _ => -1,
            },
            text: result
                .rows
                .value_ptr(row, column)
                .map_or(c"".as_ptr(), <*const u8>::cast),
        };
        let values: Box<[Value]> = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(row, column)| value(row, column))
            .collect();
        // Pointed to only once they are where they stay.
        let mut table = Box::new(Table {
            values,
            rows: Box::default(),
        });
        let begins = (0..rows).map(|row| table.values[row * columns..].as_ptr());
        table.rows = begins.collect();
        self.rows = c_int::try_from(rows).unwrap_or(c_int::MAX);
        self.columns = c_int::try_from(columns).unwrap_or(c_int::MAX);
        self.values = table.rows.as_ptr();
        self.table = Some(table);
    }
}

/// An address has 128 bytes in `sockaddr_storage`, and its length takes a word.
const ADDRESS_WORDS: usize = 128 / size_of::<usize>() + 1;

/// What a `PGcancel` begins with.
#[repr(C)]
pub struct CancelHead {
    /// The server's address and its length, which nobody is known to read.
    _address: [usize; ADDRESS_WORDS],
    pid: c_int,
    key: c_int,
}

impl CancelHead {
    /// With process and key as numbers; `None` for a key that is none, as protocol 3.2 has them.
    pub fn new(numbers: Option<(i32, i32)>) -> Self {
        let (pid, key) = numbers.unwrap_or_default();
        Self {
            _address: [0; ADDRESS_WORDS],
            pid,
            key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charset::Encoding;
    use crate::result::ExecStatus;
    use std::ffi::CStr;
    use std::mem::offset_of;
    use std::sync::Arc;

    use crate::result::{Column, Columns};

    #[test]
    fn heads_are_laid_out_as_programs_know_them() {
        let word = size_of::<usize>();
        assert_eq!(offset_of!(ResultHead, values), 8 + word);
        assert_eq!(size_of::<Value>(), 2 * word);
        assert_eq!(offset_of!(CancelHead, pid), 128 + word);
        assert_eq!(offset_of!(CancelHead, key), 132 + word);
    }

    #[test]
    fn libraries_are_found_by_a_part_of_their_path() {
        assert!(!is_loaded(b"/no such library/"));
        #[cfg(all(target_os = "linux", not(miri)))]
        assert!(is_loaded(b"libc.so"));
    }

    #[test]
    fn the_table_holds_what_the_index_leads_to() {
        let columns = Columns::build([(&b"a"[..], Column::default()), (b"b", Column::default())]);
        let mut result = QueryResult::new(ExecStatus::TuplesOk, Encoding::UTF8);
        result.set_columns(Arc::new(columns));
        for row in 0..3 {
            result.rows.set(row, 0, Some(b"a value")).unwrap();
            result.rows.set(row, 1, None).unwrap();
        }
        let mut head = ResultHead::default();
        head.expose(&result);
        assert_eq!((head.rows, head.columns), (3, 2));
        for row in 0..3 {
            // SAFETY: the table has three rows of two values, and a NUL behind each.
            unsafe {
                let values = *head.values.add(row);
                assert_eq!((*values).length, 7);
                assert_eq!(CStr::from_ptr((*values).text), c"a value");
                assert_eq!((*values.add(1)).length, -1);
                assert_eq!(CStr::from_ptr((*values.add(1)).text), c"");
            }
        }
        head.withdraw();
        assert!(head.values.is_null());
    }
}
