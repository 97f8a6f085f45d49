//! Memory that lives as long as a result: values that a program sets, and what it allocates.

use super::chunk::{Chunk, OutOfMemory};

/// Block size for small pieces; larger pieces get blocks of their own.
const BLOCK: usize = 2048;

/// Pieces of memory that are all freed at once.
#[derive(Default)]
pub struct Arena {
    blocks: Vec<Chunk>,
    /// How much of the last block for small pieces is used.
    used: usize,
    /// Which block that is.
    current: Option<usize>,
}

impl Arena {
    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.blocks.iter().map(Chunk::capacity).sum()
    }

    /// `size` bytes, uninitialised; aligned for any value where `aligned`.
    pub fn allocate(&mut self, size: usize, aligned: bool) -> Result<*mut u8, OutOfMemory> {
        if size > BLOCK / 2 {
            let block = Chunk::with_capacity(size)?;
            let start = block.as_ptr();
            self.blocks.push(block);
            return Ok(start);
        }
        let begin = if aligned {
            self.used.next_multiple_of(16)
        } else {
            self.used
        };
        let (block, begin) = match self.current {
            Some(current) if begin + size <= BLOCK => (current, begin),
            _ => {
                self.blocks.push(Chunk::with_capacity(BLOCK)?);
                (self.blocks.len() - 1, 0)
            }
        };
        self.current = Some(block);
        self.used = begin + size;
        // SAFETY: `begin + size` is within the block.
        Ok(unsafe { self.blocks[block].as_ptr().add(begin) })
    }

    /// A copy of these bytes with a NUL behind them.
    pub fn copy(&mut self, bytes: &[u8]) -> Result<*const u8, OutOfMemory> {
        let start = self.allocate(bytes.len() + 1, false)?;
        // SAFETY: as many bytes have just been allocated.
        unsafe {
            bytes.as_ptr().copy_to_nonoverlapping(start, bytes.len());
            *start.add(bytes.len()) = 0;
        }
        Ok(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_bytes_while_the_arena_grows() {
        let mut arena = Arena::default();
        let pieces: Vec<_> = (0..500u32)
            .map(|n| {
                (
                    n,
                    arena
                        .copy(n.to_string().repeat(n as usize % 40).as_bytes())
                        .unwrap(),
                )
            })
            .collect();
        for (n, start) in pieces {
            let expected = n.to_string().repeat(n as usize % 40);
            // SAFETY: the arena is alive, and the piece ends with a NUL.
            let found = unsafe { std::ffi::CStr::from_ptr(start.cast()) };
            assert_eq!(found.to_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn aligned_pieces_are_aligned() {
        let mut arena = Arena::default();
        for size in [1, 3, 17, 900, 5000] {
            assert_eq!(arena.allocate(size, true).unwrap() as usize % 16, 0);
            arena.allocate(1, false).unwrap();
        }
    }
}
