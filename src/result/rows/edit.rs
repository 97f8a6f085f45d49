//! Changing rows: what programs set themselves, and copies.

use super::{ADDRESS, Cell, FIRST_ROWS, RowSet, set_cells};
use crate::result::chunk::{Chunk, FULL_CHUNK, OutOfMemory};

impl RowSet {
    pub(super) fn new_cells(&mut self) -> Result<*mut Cell, OutOfMemory> {
        let size = self.columns * size_of::<Cell>();
        Ok(self.more().arena.allocate(size.max(1), true)?.cast())
    }

    /// Sets a field of an existing row, or of a new row behind the last one (whose other fields
    /// become NULL). The value is copied.
    ///
    /// # Panics
    /// Where `row > len` or `column >= columns`.
    pub fn set(
        &mut self,
        row: usize,
        column: usize,
        value: Option<&[u8]>,
    ) -> Result<(), OutOfMemory> {
        assert!(row <= self.count && column < self.columns);
        let start = match value {
            Some(bytes) => self.more().arena.copy(bytes)?,
            None => c"".as_ptr().cast(),
        };
        let length = value.map_or(-1, |bytes| bytes.len() as i32);
        let cells = self.owned_cells(row)?;
        // SAFETY: `columns` cells stand there.
        unsafe { cells.add(column).write(Cell { start, length }) };
        Ok(())
    }

    /// The cells of a row, made from its packed form, or new ones for the row behind the last.
    fn owned_cells(&mut self, row: usize) -> Result<*mut Cell, OutOfMemory> {
        if row < self.count {
            let entry = self.entry(row);
            // SAFETY: the entry of an existing row.
            unsafe {
                if entry.add(ADDRESS).cast::<u16>().read() == 0 {
                    return Ok(entry.cast::<*mut Cell>().read_unaligned());
                }
            }
        }
        let cells = self.new_cells()?;
        for column in 0..self.columns {
            let null = self.is_null(row, column) != Some(false);
            let cell = match (self.value_ptr(row, column), self.length(row, column)) {
                (Some(start), Some(length)) if !null => Cell {
                    start,
                    length: length as i32,
                },
                _ => Cell {
                    start: c"".as_ptr().cast(),
                    length: -1,
                },
            };
            // SAFETY: `columns` cells have been allocated.
            unsafe { cells.add(column).write(cell) };
        }
        if row == self.count {
            if self.count == self.room {
                self.grow_after_trim()?;
            }
            self.count += 1;
        }
        // SAFETY: the entry has room; the cells live as long as the set.
        unsafe { set_cells(self.entry(row), cells, self.columns) };
        Ok(cells)
    }

    /// As [`grow`](Self::grow), also where [`trim`](Self::trim) has left a segment partly filled.
    fn grow_after_trim(&mut self) -> Result<(), OutOfMemory> {
        let whole = self.whole_segment();
        if self.segments().is_empty() && self.room < whole {
            self.room = self.room.max(FIRST_ROWS / 4);
            return self.grow();
        }
        let filled = self.room % whole;
        if filled == 0 {
            return self.grow();
        }
        let full = Chunk::with_capacity((self.stride * whole).max(FULL_CHUNK))?;
        let size = filled * self.stride;
        if let Some(last) = self.more().segments.last_mut() {
            // SAFETY: the entries of the trimmed segment fit into a whole one.
            unsafe { last.as_ptr().copy_to_nonoverlapping(full.as_ptr(), size) };
            *last = full;
        }
        self.room += whole - filled;
        Ok(())
    }

    /// Copies all rows of another set, values and all.
    pub fn copy_from(&mut self, other: &Self) -> Result<(), OutOfMemory> {
        for row in 0..other.len() {
            let cells = self.owned_cells(row)?;
            for column in 0..self.columns.min(other.columns) {
                let Some(value) = other.get(row, column).flatten() else {
                    continue;
                };
                let start = self.more().arena.copy(value)?;
                let length = value.len() as i32;
                // SAFETY: `columns` cells stand there.
                unsafe { cells.add(column).write(Cell { start, length }) };
            }
        }
        Ok(())
    }
}
