//! Blocks of raw memory: what `recv` fills and what results keep.
//!
//! A chunk is uninitialised memory with one owner. Chunks of three sizes are recycled through the
//! [`store`](super::store): touching fresh memory is what a large result costs, and an idle
//! connection shall not hold on to memory for its next small one.

use std::alloc::Layout;
use std::ptr::NonNull;

use super::store;

/// The size that large results are received in; recycled by the whole process.
pub const FULL_CHUNK: usize = 512 << 10;
/// The size that a connection begins to receive in; recycled by each thread.
pub const SMALL_CHUNK: usize = 16 << 10;

/// The size that the index of a result begins with; recycled by each thread.
pub const INDEX_CHUNK: usize = 1 << 10;

/// Memory could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

/// A block of raw memory with one owner.
#[derive(Debug)]
pub struct Chunk {
    start: NonNull<u8>,
    capacity: usize,
}

// SAFETY: a chunk owns its memory alone, as a `Vec<u8>` does; all access goes through its owner.
unsafe impl Send for Chunk {}
// SAFETY: a shared chunk gives out only its address and capacity.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// A chunk without memory.
    pub const fn empty() -> Self {
        Self {
            start: NonNull::dangling(),
            capacity: 0,
        }
    }

    /// A chunk of `capacity` bytes, uninitialised; a recycled one if there is.
    pub fn with_capacity(capacity: usize) -> Result<Self, OutOfMemory> {
        if capacity == 0 {
            return Ok(Self::empty());
        }
        let recycled = match capacity {
            FULL_CHUNK => store::take(),
            SMALL_CHUNK => store::SMALL.take(),
            INDEX_CHUNK => store::INDEX.take(),
            _ => None,
        };
        if let Some(chunk) = recycled {
            return Ok(chunk);
        }
        let start = memory::allocate(capacity).ok_or(OutOfMemory)?;
        Ok(Self { start, capacity })
    }

    /// The first byte.
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// How many bytes there are.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Gives a chunk of one of the recycled sizes to where it waits for its next use.
    fn recycle(self) {
        match self.capacity {
            FULL_CHUNK => store::give(self),
            SMALL_CHUNK => store::SMALL.give(self),
            _ => store::INDEX.give(self),
        }
    }

    /// Gives the memory back to the system, not to the store.
    pub(super) fn release(self) {
        let chunk = std::mem::ManuallyDrop::new(self);
        if chunk.capacity > 0 {
            // SAFETY: the memory came from `memory::allocate` with this capacity, and the chunk
            // that owned it is gone.
            unsafe { memory::free(chunk.start, chunk.capacity) };
        }
    }
}

impl Drop for Chunk {
    #[inline]
    fn drop(&mut self) {
        match self.capacity {
            0 => {}
            FULL_CHUNK | SMALL_CHUNK | INDEX_CHUNK => std::mem::take(self).recycle(),
            // SAFETY: the memory came from `memory::allocate` with this capacity, and nobody uses
            // the chunk that owns it any more.
            capacity => unsafe { memory::free(self.start, capacity) },
        }
    }
}

impl Default for Chunk {
    fn default() -> Self {
        Self::empty()
    }
}

fn layout(capacity: usize) -> Option<Layout> {
    Layout::from_size_align(capacity, 16).ok()
}

#[cfg(all(target_os = "linux", not(miri)))]
mod memory {
    //! Full and larger chunks come from the kernel directly, whole pages filled in by one call:
    //! a page fault for every 4 KiB would cost more than the copy that fills it.

    use super::{FULL_CHUNK, layout};
    use std::ptr::NonNull;

    pub(super) fn allocate(capacity: usize) -> Option<NonNull<u8>> {
        if capacity < FULL_CHUNK {
            // SAFETY: `capacity` is not zero.
            return NonNull::new(unsafe { std::alloc::alloc(layout(capacity)?) });
        }
        let populate = if capacity == FULL_CHUNK {
            libc::MAP_POPULATE
        } else {
            0
        };
        // SAFETY: an anonymous private mapping touches no memory that exists.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                capacity,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | populate,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return None;
        }
        NonNull::new(start.cast())
    }

    /// # Safety
    /// `start` came from [`allocate`] with this capacity and is not used again.
    pub(super) unsafe fn free(start: NonNull<u8>, capacity: usize) {
        if capacity < FULL_CHUNK {
            if let Some(layout) = layout(capacity) {
                // SAFETY: allocated with this layout.
                unsafe { std::alloc::dealloc(start.as_ptr(), layout) };
            }
        } else {
            // SAFETY: a mapping of this length that nothing uses any more.
            unsafe { libc::munmap(start.as_ptr().cast(), capacity) };
        }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod memory {
    use super::layout;
    use std::ptr::NonNull;

    pub(super) fn allocate(capacity: usize) -> Option<NonNull<u8>> {
        // SAFETY: `capacity` is not zero.
        NonNull::new(unsafe { std::alloc::alloc(layout(capacity)?) })
    }

    /// # Safety
    /// `start` came from [`allocate`] with this capacity and is not used again.
    pub(super) unsafe fn free(start: NonNull<u8>, capacity: usize) {
        if let Some(layout) = layout(capacity) {
            // SAFETY: allocated with this layout.
            unsafe { std::alloc::dealloc(start.as_ptr(), layout) };
        }
    }
}
