//! Where escaped text goes: memory that C is to own, or a buffer that C has brought.

use std::ffi::c_char;
use std::ptr;

use crate::charset::Sink;

/// Text growing in memory from `malloc`, one byte of which is kept for a NUL.
#[derive(Default)]
pub struct MallocSink {
    /// NULL until something is written, and once memory could not be had.
    start: Option<*mut u8>,
    length: usize,
    capacity: usize,
}

impl MallocSink {
    /// The text and a NUL behind it, for C to free, and its length; NULL where there is no memory.
    pub fn into_c(mut self) -> (*mut c_char, usize) {
        self.grow_to(self.length);
        let length = self.length;
        let start = self.start.take().unwrap_or(ptr::null_mut());
        if !start.is_null() {
            // SAFETY: there is room for one byte more than the text.
            unsafe { start.add(length).write(0) };
        }
        (start.cast(), length)
    }

    /// Makes room for so many bytes and a NUL.
    fn grow_to(&mut self, length: usize) {
        let start = self.start.unwrap_or(ptr::null_mut());
        let failed = self.start.is_some() && start.is_null();
        if failed || (length < self.capacity && !start.is_null()) {
            return;
        }
        let capacity = (length + 1).max(self.capacity * 2);
        // SAFETY: NULL or memory of ours from `malloc`; on failure the old memory is still there.
        unsafe {
            let grown = libc::realloc(start.cast(), capacity).cast::<u8>();
            if grown.is_null() {
                libc::free(start.cast());
            }
            self.start = Some(grown);
        }
        self.capacity = capacity;
    }
}

impl Drop for MallocSink {
    fn drop(&mut self) {
        if let Some(start) = self.start {
            // SAFETY: memory of ours that nobody else knows of.
            unsafe { libc::free(start.cast()) };
        }
    }
}

impl Sink for MallocSink {
    fn reserve(&mut self, additional: usize) {
        self.grow_to(self.length + additional);
    }

    fn push_slice(&mut self, bytes: &[u8]) {
        self.grow_to(self.length + bytes.len());
        match self.start {
            Some(start) if !start.is_null() => {
                // SAFETY: there is room, and nobody else knows of the memory.
                unsafe {
                    start
                        .add(self.length)
                        .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                }
                self.length += bytes.len();
            }
            _ => {}
        }
    }
}

/// Text written to a buffer of C's.
pub struct BufferSink {
    start: *mut u8,
    length: usize,
    room: usize,
}

impl BufferSink {
    /// # Safety
    /// `start` has `room` bytes and one for a NUL, and is used by nobody else meanwhile.
    pub unsafe fn new(start: *mut c_char, room: usize) -> Self {
        Self {
            start: start.cast(),
            length: 0,
            room,
        }
    }

    /// Puts a NUL behind the text, whose length it tells.
    pub fn finish(self) -> usize {
        // SAFETY: there is a byte more than `room`.
        unsafe { self.start.add(self.length).write(0) };
        self.length
    }
}

impl Sink for BufferSink {
    fn reserve(&mut self, _additional: usize) {}

    fn push_slice(&mut self, bytes: &[u8]) {
        let fits = bytes.len().min(self.room - self.length);
        debug_assert_eq!(fits, bytes.len(), "escaping at most doubles a text");
        // SAFETY: there is room for what fits.
        unsafe {
            self.start
                .add(self.length)
                .copy_from_nonoverlapping(bytes.as_ptr(), fits);
        }
        self.length += fits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn text_grows_in_memory_for_c() {
        let mut sink = MallocSink::default();
        let mut expected = Vec::new();
        for n in 0..300usize {
            let piece = vec![b'a' + (n % 26) as u8; n % 17];
            if n % 50 == 0 {
                sink.reserve(n);
            }
            sink.push_slice(&piece);
            expected.extend(piece);
        }
        let (start, length) = sink.into_c();
        assert_eq!(length, expected.len());
        // SAFETY: a string of ours, freed here.
        unsafe {
            assert_eq!(CStr::from_ptr(start).to_bytes(), expected);
            libc::free(start.cast());
        }
    }

    #[test]
    fn no_text_is_an_empty_string() {
        let (start, length) = MallocSink::default().into_c();
        assert_eq!(length, 0);
        // SAFETY: a string of ours, freed here.
        unsafe {
            assert_eq!(*start, 0);
            libc::free(start.cast());
        }
        drop(MallocSink::default());
    }

    #[test]
    fn a_buffer_takes_what_fits() {
        let mut buffer = [1 as c_char; 6];
        // SAFETY: room for four bytes and a NUL.
        let mut sink = unsafe { BufferSink::new(buffer.as_mut_ptr(), 4) };
        sink.push_slice(b"ab");
        sink.push_slice(b"cd");
        assert_eq!(sink.finish(), 4);
        assert_eq!(buffer.map(|c| c as u8), *b"abcd\0\x01");
    }
}
