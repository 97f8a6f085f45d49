//! Keys derived from a password, remembered for the process's next connection.
//!
//! Deriving the keys is by design the dearest part of connecting: 4096 hashes and more. A program
//! that connects again to the same server with the same password gets the same salt and iteration
//! count, so the same keys. They are as good as the password towards that server; what is kept is
//! therefore bounded, found only by a keyed digest of the password, and wiped when it goes.
//!
//! The cache never waits for long: where its lock is not to be had the keys are derived anew. So a
//! child made by `fork` while another thread held the lock is not stuck.

use std::array;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::scram::ScramKeys;

/// How many derived keys are kept: a pool of connections uses one, a program that talks to many
/// servers or as many users some dozens.
pub const CAPACITY: usize = 64;

/// The lock is held for a microsecond; giving up after this many attempts costs one derivation.
const ATTEMPTS: usize = 100;

static ENABLED: AtomicBool = AtomicBool::new(true);
static CACHE: Mutex<KeyCache> = Mutex::new(KeyCache::new());

/// Switches the cache on or off for the whole process; it is on at the start.
///
/// Switching it off wipes what it holds.
pub fn set_key_cache(enabled: bool) {
    ENABLED.store(enabled, Ordering::SeqCst);
    if !enabled {
        // Whoever holds the lock now looks at ENABLED once more before letting go of it.
        with_cache(KeyCache::clear);
    }
}

/// The keys of this password, from the cache or derived now.
///
/// `password` has been through SASLprep; `iterations` is at least 1. Blocks for the derivation
/// only: about 0.1 microseconds an iteration where the processor has SHA instructions.
pub fn keys_for(password: &[u8], salt: &[u8], iterations: u32) -> ScramKeys {
    let derive = || ScramKeys::derive(password, salt, iterations);
    if !ENABLED.load(Ordering::SeqCst) {
        return derive();
    }
    match with_cache(|cache| cache.find(password, salt, iterations)) {
        None | Some(Lookup::NoKey) => derive(),
        Some(Lookup::Found(keys)) => keys,
        Some(Lookup::Missing(tag)) => {
            let keys = derive();
            with_cache(|cache| cache.store(tag, keys.clone()));
            keys
        }
    }
}

/// Runs `work` on the cache, unless its lock cannot be had at once.
fn with_cache<T>(work: impl FnOnce(&mut KeyCache) -> T) -> Option<T> {
    let mut cache = try_lock()?;
    let answer = work(&mut cache);
    if !ENABLED.load(Ordering::SeqCst) {
        cache.clear();
    }
    Some(answer)
}

fn try_lock() -> Option<MutexGuard<'static, KeyCache>> {
    for _ in 0..ATTEMPTS {
        match CACHE.try_lock() {
            Ok(guard) => return Some(guard),
            // The cache holds at every moment only whole entries, so a panic elsewhere spoils none.
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
    None
}

/// What an entry is found by: a digest of password, salt and iterations under a key of this
/// process, so that it is of no use outside it.
type Tag = Zeroizing<[u8; 32]>;

enum Lookup {
    Found(ScramKeys),
    Missing(Tag),
    /// The operating system gave no random bytes for the key of the digests.
    NoKey,
}

struct Entry {
    tag: Tag,
    keys: ScramKeys,
    used: u64,
}

/// Entries stand in a fixed array and not in a `Vec`: growing would leave copies behind.
struct KeyCache {
    entries: [Option<Entry>; CAPACITY],
    tag_key: Option<Tag>,
    clock: u64,
}

impl KeyCache {
    const fn new() -> Self {
        Self {
            entries: [const { None }; CAPACITY],
            tag_key: None,
            clock: 0,
        }
    }

    fn find(&mut self, password: &[u8], salt: &[u8], iterations: u32) -> Lookup {
        let Some(tag) = self.tag(password, salt, iterations) else {
            return Lookup::NoKey;
        };
        self.clock += 1;
        let mut entries = self.entries.iter_mut().flatten();
        match entries.find(|entry| entry.tag == tag) {
            Some(entry) => {
                entry.used = self.clock;
                Lookup::Found(entry.keys.clone())
            }
            None => Lookup::Missing(tag),
        }
    }

    /// Puts an entry into a free place, else into that of the one unused for longest.
    fn store(&mut self, tag: Tag, keys: ScramKeys) {
        let age = |entry: &Option<Entry>| entry.as_ref().map_or(0, |entry| entry.used);
        self.clock += 1;
        let used = self.clock;
        let same = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| entry.tag == tag);
        let place = match self.entries.iter().position(same) {
            Some(index) => self.entries.get_mut(index),
            None => self.entries.iter_mut().min_by_key(|entry| age(entry)),
        };
        if let Some(place) = place {
            *place = Some(Entry { tag, keys, used });
        }
    }

    fn clear(&mut self) {
        self.entries = array::from_fn(|_| None);
    }

    fn tag(&mut self, password: &[u8], salt: &[u8], iterations: u32) -> Option<Tag> {
        if self.tag_key.is_none() {
            let mut key = Zeroizing::new([0; 32]);
            getrandom::fill(&mut key[..]).ok()?;
            self.tag_key = Some(key);
        }
        let key = self.tag_key.as_ref()?;
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key[..]).ok()?;
        mac.update(&iterations.to_be_bytes());
        // The salt's length keeps salt and password apart.
        mac.update(&(salt.len() as u64).to_be_bytes());
        mac.update(salt);
        mac.update(password);
        Some(Zeroizing::new(mac.finalize().into_bytes().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn found(cache: &mut KeyCache, password: &[u8], salt: &[u8], iterations: u32) -> bool {
        matches!(cache.find(password, salt, iterations), Lookup::Found(_))
    }

    fn add(cache: &mut KeyCache, password: &[u8]) {
        let Lookup::Missing(tag) = cache.find(password, b"salt", 1) else {
            panic!("found what was never stored");
        };
        cache.store(tag, ScramKeys::derive(password, b"salt", 1));
    }

    #[test]
    fn an_entry_is_found_only_by_the_same_password_salt_and_iterations() {
        let mut cache = KeyCache::new();
        add(&mut cache, b"secret");
        assert!(found(&mut cache, b"secret", b"salt", 1));
        assert!(!found(&mut cache, b"secres", b"salt", 1));
        assert!(!found(&mut cache, b"secret", b"sal2", 1));
        assert!(!found(&mut cache, b"secret", b"salt", 2));
        assert!(!found(&mut cache, b"tsecret", b"sal", 1));
    }

    #[test]
    fn the_entry_unused_for_longest_gives_way_when_full() {
        let mut cache = KeyCache::new();
        for number in 0..CAPACITY {
            add(&mut cache, &number.to_be_bytes());
        }
        assert!(found(&mut cache, &0usize.to_be_bytes(), b"salt", 1));
        add(&mut cache, b"one more");
        assert!(found(&mut cache, b"one more", b"salt", 1));
        assert!(found(&mut cache, &0usize.to_be_bytes(), b"salt", 1));
        assert!(!found(&mut cache, &1usize.to_be_bytes(), b"salt", 1));
        assert_eq!(cache.entries.iter().flatten().count(), CAPACITY);
    }

    #[test]
    fn storing_the_same_entry_twice_keeps_one() {
        let mut cache = KeyCache::new();
        add(&mut cache, b"secret");
        let tag = cache.tag(b"secret", b"salt", 1).unwrap();
        cache.store(tag, ScramKeys::derive(b"secret", b"salt", 1));
        assert_eq!(cache.entries.iter().flatten().count(), 1);
    }

    #[test]
    fn cached_keys_are_the_derived_ones_and_switching_off_wipes_them() {
        let held = || with_cache(|cache| cache.entries.iter().flatten().count());
        let derived = ScramKeys::derive(b"cache test", b"salt", 1000);
        for _ in 0..3 {
            assert_eq!(keys_for(b"cache test", b"salt", 1000), derived);
        }
        set_key_cache(false);
        assert_eq!(keys_for(b"cache test", b"salt", 1000), derived);
        assert_eq!(held(), Some(0));
        set_key_cache(true);
    }

    #[test]
    fn a_lock_held_elsewhere_is_not_waited_for() {
        let guard = CACHE
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let start = Instant::now();
        let keys = std::thread::spawn(|| keys_for(b"busy", b"salt", 10)).join();
        assert_eq!(keys.ok(), Some(ScramKeys::derive(b"busy", b"salt", 10)));
        assert!(start.elapsed().as_secs() < 10);
        drop(guard);
    }
}
