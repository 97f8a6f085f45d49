//! Where chunks wait for their next use.
//!
//! Full chunks lie in a store of the whole process. It is bounded, and it never waits: a lock that
//! somebody else holds (another thread, or the parent of a forked process) means that memory is
//! taken from or given to the system instead. Of each smaller size a thread keeps one, which its
//! connections use in turn.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::LocalKey;
use std::time::{Duration, Instant};

use super::chunk::{Chunk, FULL_CHUNK};

/// How long chunks may lie unused before the next visit gives them back to the system.
const IDLE: Duration = Duration::from_secs(10);

struct Store {
    chunks: Vec<Chunk>,
    /// The fewest chunks that lay here since `since`: what nobody needed in that time.
    unused: usize,
    since: Option<Instant>,
}

static STORE: Mutex<Store> = Mutex::new(Store {
    chunks: Vec::new(),
    unused: 0,
    since: None,
});

static LIMIT: AtomicUsize = AtomicUsize::new(32 << 20);

/// One chunk that a thread keeps, released when the thread ends.
pub(super) struct Spare(Cell<Option<Chunk>>);

impl Drop for Spare {
    fn drop(&mut self) {
        if let Some(chunk) = self.0.take() {
            chunk.release();
        }
    }
}

thread_local! {
    static SMALL_SPARE: Spare = const { Spare(Cell::new(None)) };
    static INDEX_SPARE: Spare = const { Spare(Cell::new(None)) };
}

/// Where a thread keeps its spare chunk of one size.
pub(super) struct Place(&'static LocalKey<Spare>);

/// The place of what a connection begins to receive in.
pub(super) const SMALL: Place = Place(&SMALL_SPARE);
/// The place of what an index begins with.
pub(super) const INDEX: Place = Place(&INDEX_SPARE);

impl Place {
    pub(super) fn take(&self) -> Option<Chunk> {
        self.0.try_with(|spare| spare.0.take()).ok().flatten()
    }

    pub(super) fn give(&self, chunk: Chunk) {
        let mut given = Some(chunk);
        // A thread that is ending keeps nothing.
        let _ = self
            .0
            .try_with(|spare| given = spare.0.replace(given.take()));
        if let Some(former) = given {
            former.release();
        }
    }
}

/// Sets how many bytes may be kept for reuse in the whole process; 32 MiB unless set.
pub fn set_limit(bytes: usize) {
    LIMIT.store(bytes, Ordering::Relaxed);
    let surplus = match STORE.try_lock() {
        Ok(mut store) => {
            let kept = store.chunks.len().min(bytes / FULL_CHUNK);
            store.unused = store.unused.min(kept);
            store.chunks.split_off(kept)
        }
        Err(_) => Vec::new(),
    };
    surplus.into_iter().for_each(Chunk::release);
}

/// How many bytes are kept for reuse now.
pub fn kept() -> usize {
    STORE
        .try_lock()
        .map_or(0, |store| store.chunks.len() * FULL_CHUNK)
}

pub(super) fn take() -> Option<Chunk> {
    let mut store = STORE.try_lock().ok()?;
    let chunk = store.chunks.pop();
    store.unused = store.unused.min(store.chunks.len());
    chunk
}

pub(super) fn give(chunk: Chunk) {
    let surplus = match STORE.try_lock() {
        Ok(mut store) if (store.chunks.len() + 1) * FULL_CHUNK <= LIMIT.load(Ordering::Relaxed) => {
            store.chunks.push(chunk);
            store.expire()
        }
        _ => {
            chunk.release();
            return;
        }
    };
    surplus.into_iter().for_each(Chunk::release);
}

impl Store {
    /// Takes out what has not been needed for [`IDLE`]; asks for the time only now and then.
    fn expire(&mut self) -> Vec<Chunk> {
        if self.chunks.len() % 8 != 1 {
            return Vec::new();
        }
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) < IDLE {
            return Vec::new();
        }
        let unused = self.unused.min(self.chunks.len());
        self.since = Some(now);
        self.unused = self.chunks.len() - unused;
        self.chunks.drain(..unused).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_given_back_is_kept_within_the_limit() {
        let limit = LIMIT.load(Ordering::Relaxed);
        let more_than_fit = 0..2 * limit / FULL_CHUNK;
        let chunks = more_than_fit.map(|_| Chunk::with_capacity(FULL_CHUNK).unwrap());
        drop(chunks.collect::<Vec<Chunk>>());
        assert!(kept() <= limit);
    }
}
