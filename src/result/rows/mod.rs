//! The rows of a result, left where the kernel wrote them.
//!
//! A row is kept as the DataRow message it came in. The index holds for each row one *entry*: the
//! address of the message and, for each field, the 2-byte offset of its value from there. A
//! value's length stands in the message, in the four bytes in front of the value.
//!
//! C wants a NUL behind each value. The byte behind a value is the first byte of the next length
//! word: zero already for every length under 16 MiB, and clearing it in a NULL's -1 leaves a
//! pattern (`NULL_LENGTH`) that no such length has. Behind a row's last value stands the type
//! byte of the next message: whoever consumes a message clears its type byte.
//!
//! Rows that this does not fit (64 KiB and more, and rows that a program edits) have entries with
//! all offsets zero and the address of an array of `Cell`s instead.

mod divisor;
mod edit;

use super::arena::Arena;
use super::chunk::{Chunk, FULL_CHUNK, INDEX_CHUNK, OutOfMemory};
use divisor::Divisor;

/// What a NULL's length word reads as once its first byte has been cleared.
const NULL_LENGTH: u32 = 0x00FF_FFFF;
/// Type byte, length word and field count of a DataRow message.
const ROW_HEADER: usize = 7;
/// Bytes of an entry in front of its offsets.
const ADDRESS: usize = size_of::<*mut u8>();
/// Rows for which the first index segment has room, at the least.
const FIRST_ROWS: usize = 16;

/// A row whose values do not end where it ends.
const DISAGREES: &str = "message contents do not agree with length in message type \"D\"";
/// A row that has not the columns it was announced with.
const FIELD_COUNT: &str = "unexpected field count in \"D\" message";

/// One value of a row that does not follow the packed form.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    /// The value, a NUL behind it.
    start: *const u8,
    /// Its length in bytes; -1 for NULL.
    length: i32,
}

/// Why decoding stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The next message has not arrived in full.
    Incomplete,
    /// The next message is not a DataRow, or as many rows as asked for have been taken.
    Message,
    /// The DataRow at the position reached breaks the protocol in this way.
    Malformed(&'static str),
    /// There is no memory for the index.
    OutOfMemory,
}

/// Why a row could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFault {
    /// The message breaks the protocol in this way.
    Malformed(&'static str),
    /// There is no memory for it.
    OutOfMemory,
}

impl From<OutOfMemory> for RowFault {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

/// Memory of a set beyond the first index segment.
#[derive(Default)]
struct More {
    /// Further segments of the index.
    segments: Vec<Chunk>,
    /// The received bytes that entries point into.
    data: Vec<Chunk>,
    /// Cells, and the values they own.
    arena: Arena,
}

/// The rows of a result; see the module's head.
#[derive(Default)]
pub struct RowSet {
    columns: usize,
    /// Bytes of an entry.
    stride: usize,
    /// An index segment holds so many entries; the first one may still be smaller. Not set before
    /// the index grows.
    segment: Divisor,
    count: usize,
    /// Entries for which there is room.
    room: usize,
    first: Chunk,
    /// The first segment's chunk holds, behind the entries, bytes that rows point into.
    first_has_bytes: bool,
    /// What a small result has not.
    more: Option<Box<More>>,
}

// SAFETY: all addresses in the index point into memory that the set owns.
unsafe impl Send for RowSet {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for RowSet {}

impl RowSet {
    /// No rows yet, of so many columns.
    #[inline(always)]
    pub fn new(columns: usize) -> Self {
        // Entries start at even addresses, so that offsets are aligned.
        let stride = (ADDRESS + 2 * columns).next_multiple_of(2);
        Self {
            columns,
            stride,
            ..Self::default()
        }
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// The index segments behind the first.
    fn segments(&self) -> &[Chunk] {
        self.more.as_ref().map_or(&[], |more| &more.segments)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many fields each row has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes of memory in use for rows and index.
    pub fn memory(&self) -> usize {
        let more = self.more.as_ref().map_or(0, |more| {
            let chunks = more.segments.iter().chain(&more.data);
            chunks.map(Chunk::capacity).sum::<usize>() + more.arena.memory()
        });
        self.first.capacity() + more
    }

    #[inline(always)]
    fn entry(&self, row: usize) -> *mut u8 {
        if row < self.segment.value {
            // SAFETY: `row < room`, so its entry lies inside the first segment.
            return unsafe { self.first.as_ptr().add(row * self.stride) };
        }
        let (segment, within) = self.segment.divide(row);
        // SAFETY: `row < room`, so there is this segment, and the entry lies inside.
        unsafe {
            let more = self.more.as_ref().unwrap_unchecked();
            let chunk = more.segments.get_unchecked(segment - 1);
            chunk.as_ptr().add(within * self.stride)
        }
    }

    /// The value's address and length word, or `None` for a row kept as cells.
    ///
    /// # Safety
    /// `row < len` and `column < columns`.
    #[inline(always)]
    unsafe fn packed(&self, row: usize, column: usize) -> Option<(*const u8, u32)> {
        let entry = self.entry(row);
        // SAFETY: the entry of an existing row is initialised; an offset that is not zero leads to
        // a value inside the row's message, behind its length word.
        unsafe {
            let offset = entry.add(ADDRESS + 2 * column).cast::<u16>().read();
            if offset == 0 {
                return None;
            }
            let address = entry.cast::<*const u8>().read_unaligned();
            let value = address.add(usize::from(offset));
            let length = u32::from_be_bytes(value.sub(4).cast::<[u8; 4]>().read());
            Some((value, length & NULL_LENGTH))
        }
    }

    #[cold]
    fn cell(&self, row: usize, column: usize) -> Cell {
        // SAFETY: the entry of a row kept as cells holds the address of `columns` cells.
        unsafe {
            let cells = self.entry(row).cast::<*const Cell>().read_unaligned();
            cells.add(column).read()
        }
    }

    /// Whether there is such a field.
    #[inline(always)]
    pub fn contains(&self, row: usize, column: usize) -> bool {
        row < self.count && column < self.columns
    }

    /// The address of a value, a NUL behind it; for a NULL, of an empty string.
    #[inline(always)]
    pub fn value_ptr(&self, row: usize, column: usize) -> Option<*const u8> {
        if !self.contains(row, column) {
            return None;
        }
        // SAFETY: checked above.
        Some(match unsafe { self.packed(row, column) } {
            Some((value, _)) => value,
            None => self.cell(row, column).start,
        })
    }

    /// The length of a value in bytes, 0 for a NULL.
    #[inline(always)]
    pub fn length(&self, row: usize, column: usize) -> Option<usize> {
        if !self.contains(row, column) {
            return None;
        }
        // SAFETY: checked above.
        Some(match unsafe { self.packed(row, column) } {
            Some((_, NULL_LENGTH)) => 0,
            Some((_, length)) => length as usize,
            None => self.cell(row, column).length.max(0) as usize,
        })
    }

    /// Whether a field is NULL; `None` where there is no such field.
    #[inline(always)]
    pub fn is_null(&self, row: usize, column: usize) -> Option<bool> {
        if !self.contains(row, column) {
            return None;
        }
        // SAFETY: checked above.
        Some(match unsafe { self.packed(row, column) } {
            Some((_, length)) => length == NULL_LENGTH,
            None => self.cell(row, column).length < 0,
        })
    }

    /// A field: `None` where there is none, `Some(None)` for a NULL.
    #[inline]
    pub fn get(&self, row: usize, column: usize) -> Option<Option<&[u8]>> {
        if !self.contains(row, column) {
            return None;
        }
        // SAFETY: checked above.
        let (start, length) = match unsafe { self.packed(row, column) } {
            Some((_, NULL_LENGTH)) => return Some(None),
            Some((start, length)) => (start, length as usize),
            None => {
                let cell = self.cell(row, column);
                match usize::try_from(cell.length) {
                    Ok(length) => (cell.start, length),
                    Err(_) => return Some(None),
                }
            }
        };
        // SAFETY: `length` bytes of the value lie in memory that the set owns and nobody writes to
        // while it is borrowed.
        Some(Some(unsafe { std::slice::from_raw_parts(start, length) }))
    }

    /// Takes the DataRow messages that lie complete in `base[from..end]`, `most` at the most, and
    /// clears their type bytes. Returns the position behind the last one taken, and why it stopped.
    ///
    /// # Safety
    /// `base[..end]` is initialised and writable, and stays where it is until the rows have been
    /// moved by [`copy_rows_from`](Self::copy_rows_from) or the memory given to the set by
    /// [`keep`](Self::keep).
    pub unsafe fn take_messages(
        &mut self,
        base: *mut u8,
        from: usize,
        end: usize,
        most: usize,
    ) -> (usize, Stop) {
        let mut position = from;
        let last = self.count.saturating_add(most);
        loop {
            let left = end - position;
            if left < 5 {
                return (position, Stop::Incomplete);
            }
            // SAFETY: 5 bytes are there.
            let (row, tag, length) = unsafe {
                let row = base.add(position);
                (row, *row, read_u32(row.add(1)) as usize)
            };
            if tag != b'D' || self.count == last {
                return (position, Stop::Message);
            }
            if left - 1 < length {
                return (position, Stop::Incomplete);
            }
            if self.count == self.room && self.grow().is_err() {
                return (position, Stop::OutOfMemory);
            }
            let entry = self.entry(self.count);
            // SAFETY: the message is there in full, and `entry` has room for one entry.
            let taken = unsafe {
                if length < usize::from(u16::MAX) {
                    index_row(row, length + 1, entry, self.columns)
                } else {
                    self.index_wide_row(row, length + 1, entry)
                }
            };
            if let Err(fault) = taken {
                return (position, Stop::Malformed(fault));
            }
            // SAFETY: inside the message. This is the byte behind the previous row's last value.
            unsafe { *row = 0 };
            self.count += 1;
            position += length + 1;
        }
    }

    /// A set of one row: a copy of one whole DataRow message.
    pub fn from_message(columns: usize, message: &[u8]) -> Result<Self, RowFault> {
        let mut set = Self::new(columns);
        set.copy_messages(message, 1)?;
        Ok(set)
    }

    /// Makes this empty set one of so many rows: a copy of whole DataRow messages, index and bytes
    /// in one allocation. After an error the set is still empty.
    pub fn copy_messages(&mut self, messages: &[u8], count: usize) -> Result<(), RowFault> {
        debug_assert!(self.is_empty() && self.room == 0);
        if count == 0 {
            return Ok(());
        }
        let (columns, stride) = (self.columns, self.stride);
        let index = stride * count;
        let chunk = Chunk::with_capacity(index + messages.len() + 1)?;
        let mut entry = chunk.as_ptr();
        let mut left = messages;
        // SAFETY: the chunk has room for the entries, the messages and a NUL; nothing overlaps.
        // Each row is checked to lie in what is left of the messages before its copy is indexed,
        // and its type byte is the byte behind the previous row's last value.
        unsafe {
            let mut row = entry.add(index);
            row.copy_from_nonoverlapping(messages.as_ptr(), messages.len());
            *row.add(messages.len()) = 0;
            for _ in 0..count {
                // The original is read, as the copy is still on its way to memory.
                let size = match left.first_chunk::<5>() {
                    Some([_, length @ ..]) => 1 + u32::from_be_bytes(*length) as usize,
                    None => return Err(RowFault::Malformed(DISAGREES)),
                };
                let Some(behind) = left.get(size..).filter(|_| size >= ROW_HEADER) else {
                    return Err(RowFault::Malformed(DISAGREES));
                };
                let indexed = if size <= usize::from(u16::MAX) {
                    index_row(row, size, entry, columns)
                } else {
                    self.index_wide_row(row, size, entry)
                };
                indexed.map_err(RowFault::Malformed)?;
                *row = 0;
                row = row.add(size);
                entry = entry.add(stride);
                left = behind;
            }
        }
        self.first = chunk;
        self.first_has_bytes = true;
        self.count = count;
        self.room = count;
        Ok(())
    }

    /// Indexes a row of 64 KiB or more as cells that point into the message.
    ///
    /// # Safety
    /// `row[..size]` is a whole message, and `entry` has room for one entry.
    #[cold]
    unsafe fn index_wide_row(
        &mut self,
        row: *mut u8,
        size: usize,
        entry: *mut u8,
    ) -> Result<(), &'static str> {
        let cells = self
            .new_cells()
            .map_err(|_| "out of memory for query result")?;
        // SAFETY: as the caller promises; `at` never passes `size`.
        unsafe {
            if usize::from(read_u16(row.add(5))) != self.columns {
                return Err(FIELD_COUNT);
            }
            let mut at = ROW_HEADER;
            for column in 0..self.columns {
                if size - at < 4 {
                    return Err(DISAGREES);
                }
                let length = read_u32(row.add(at)) as i32;
                // The byte behind the value before this one.
                *row.add(at) = 0;
                at += 4;
                let start = row.add(at).cast_const();
                if length > 0 {
                    if size - at < length as usize {
                        return Err(DISAGREES);
                    }
                    at += length as usize;
                }
                let (start, length) = match length {
                    0.. => (start, length),
                    -1 => (c"".as_ptr().cast(), -1),
                    _ => return Err(DISAGREES),
                };
                cells.add(column).write(Cell { start, length });
            }
            if at != size {
                return Err("message contents do not agree with length in message type \"D\"");
            }
            set_cells(entry, cells, self.columns);
        }
        Ok(())
    }

    /// How many entries a whole segment of the index holds.
    fn whole_segment(&mut self) -> usize {
        if !self.segment.is_set() {
            self.segment = Divisor::new((FULL_CHUNK / self.stride).max(FIRST_ROWS));
        }
        self.segment.value
    }

    /// Makes room for more entries.
    #[cold]
    fn grow(&mut self) -> Result<(), OutOfMemory> {
        let whole = self.whole_segment();
        if self.room >= whole {
            let size = (whole * self.stride).max(FULL_CHUNK);
            let segment = Chunk::with_capacity(size)?;
            self.more().segments.push(segment);
            self.room += whole;
            return Ok(());
        }
        let wanted = match self.room {
            0 => INDEX_CHUNK.max(FIRST_ROWS * self.stride),
            room => room * 4 * self.stride,
        };
        let rows = (wanted / self.stride).min(whole);
        let size = if rows == whole {
            (rows * self.stride).max(FULL_CHUNK)
        } else {
            wanted
        };
        let larger = Chunk::with_capacity(size)?;
        // SAFETY: the new chunk has room for more entries than the old one holds.
        unsafe {
            let old = self.first.as_ptr();
            old.copy_to_nonoverlapping(larger.as_ptr(), self.count * self.stride);
        }
        self.replace_first(larger);
        self.room = rows;
        Ok(())
    }

    /// Puts the first segment's entries, already copied, into another chunk.
    fn replace_first(&mut self, chunk: Chunk) {
        let old = std::mem::replace(&mut self.first, chunk);
        if std::mem::take(&mut self.first_has_bytes) {
            self.more().data.push(old);
        }
    }

    /// Takes over the memory that rows point into.
    pub fn keep(&mut self, chunk: Chunk) {
        self.more().data.push(chunk);
    }

    /// Copies the bytes of the rows from `first` on, which lie in `base[from..end]`, into memory of
    /// the set's own, exactly as large as they are. Index and bytes of a small result get one
    /// allocation together.
    ///
    /// # Safety
    /// The rows from `first` on, and no others, point into `base[from..end]`, which is initialised.
    pub unsafe fn copy_rows_from(
        &mut self,
        first: usize,
        base: *const u8,
        from: usize,
        end: usize,
    ) -> Result<(), OutOfMemory> {
        let size = end - from;
        let together = first == 0 && self.segments().is_empty();
        let index = if together {
            self.count * self.stride
        } else {
            0
        };
        let chunk = Chunk::with_capacity(size + 1 + index)?;
        // SAFETY: the chunk holds the bytes, one NUL behind them, and the entries in front, whose
        // offsets stay aligned as the chunk is.
        unsafe {
            let bytes = chunk.as_ptr().add(index);
            base.add(from).copy_to_nonoverlapping(bytes, size);
            *bytes.add(size) = 0;
            self.rebase(first, base.add(from), size, bytes);
            if together {
                let entries = self.first.as_ptr();
                entries.copy_to_nonoverlapping(chunk.as_ptr(), index);
                self.first = chunk;
                self.first_has_bytes = true;
                self.room = self.count;
            } else {
                self.more().data.push(chunk);
            }
        }
        Ok(())
    }

    /// Makes the rows from `first` on point to `new` where they pointed to `old`.
    ///
    /// # Safety
    /// `new[..size]` is a copy of `old[..size]` and lives as long as the set.
    unsafe fn rebase(&mut self, first: usize, old: *const u8, size: usize, new: *mut u8) {
        let moved = |address: *const u8| {
            let offset = (address as usize).wrapping_sub(old as usize);
            // SAFETY: inside the copy.
            (offset <= size).then(|| unsafe { new.add(offset).cast_const() })
        };
        for row in first..self.count {
            let entry = self.entry(row);
            // SAFETY: the entry of an existing row; of a row kept as cells, its cells.
            unsafe {
                let address = entry.cast::<*const u8>().read_unaligned();
                let is_cells = self.columns > 0 && entry.add(ADDRESS).cast::<u16>().read() == 0;
                if is_cells {
                    let cells = address.cast::<Cell>().cast_mut();
                    for column in 0..self.columns {
                        let cell = &mut *cells.add(column);
                        if let Some(start) = moved(cell.start) {
                            cell.start = start;
                        }
                    }
                } else if let Some(address) = moved(address) {
                    entry.cast::<*const u8>().write_unaligned(address);
                }
            }
        }
    }

    /// Gives back index memory that a finished result does not need.
    pub fn trim(&mut self) {
        let (used, last) = match self.more.as_mut().and_then(|more| more.segments.last_mut()) {
            Some(last) => {
                let before = self.room - self.segment.value;
                ((self.count - before) * self.stride, last)
            }
            None if self.first_has_bytes => return,
            None => (self.count * self.stride, &mut self.first),
        };
        if used > last.capacity() / 2 {
            return;
        }
        let Ok(exact) = Chunk::with_capacity(used) else {
            return;
        };
        // SAFETY: `used` bytes of entries lie in the old chunk and fit into the new one.
        unsafe { last.as_ptr().copy_to_nonoverlapping(exact.as_ptr(), used) };
        *last = exact;
        self.room = self.count;
    }
}

/// Indexes one row of less than 64 KiB: checks the message and writes its entry.
///
/// # Safety
/// `row[..size]` is a whole message with `5 <= size`, writable, and `entry` has room for one entry.
#[inline(always)]
unsafe fn index_row(
    row: *mut u8,
    size: usize,
    entry: *mut u8,
    columns: usize,
) -> Result<(), &'static str> {
    // SAFETY: every access is inside the message, as `at` is checked against `size` before each,
    // and inside the entry, which has `columns` offsets at an even address.
    unsafe {
        if size < ROW_HEADER {
            return Err(FIELD_COUNT);
        }
        if usize::from(read_u16(row.add(5))) != columns {
            return Err(FIELD_COUNT);
        }
        entry.cast::<*mut u8>().write_unaligned(row);
        let offsets = entry.add(ADDRESS).cast::<u16>();
        let mut at = ROW_HEADER;
        for column in 0..columns {
            if size - at < 4 {
                return Err(DISAGREES);
            }
            let word = row.add(at);
            let length = read_u32(word);
            at += 4;
            offsets.add(column).write(at as u16);
            if length == u32::MAX {
                // The byte behind the value before this one.
                *word = 0;
            } else {
                if size - at < length as usize {
                    return Err(DISAGREES);
                }
                at += length as usize;
            }
        }
        if at != size {
            return Err("message contents do not agree with length in message type \"D\"");
        }
    }
    Ok(())
}

/// Makes an entry one of a row kept as cells.
///
/// # Safety
/// `entry` has room for one entry of so many columns.
unsafe fn set_cells(entry: *mut u8, cells: *mut Cell, columns: usize) {
    // SAFETY: as the caller promises.
    unsafe {
        entry.cast::<*mut Cell>().write_unaligned(cells);
        entry.add(ADDRESS).write_bytes(0, 2 * columns);
    }
}

#[inline(always)]
unsafe fn read_u32(at: *const u8) -> u32 {
    // SAFETY: the caller has checked that four bytes are there.
    u32::from_be_bytes(unsafe { at.cast::<[u8; 4]>().read() })
}

#[inline(always)]
unsafe fn read_u16(at: *const u8) -> u16 {
    // SAFETY: the caller has checked that two bytes are there.
    u16::from_be_bytes(unsafe { at.cast::<[u8; 2]>().read() })
}

#[cfg(test)]
mod tests;
