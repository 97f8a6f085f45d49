//! Keys of SCRAM that a process remembers.

/// Switches on or off, for the whole process, that the keys which SCRAM derives from a password are
/// remembered for the next connection with the same password; they are at the start.
///
/// Deriving them is nearly all that connecting costs a client. At most 64 pairs of keys are
/// remembered, not the passwords; they are found by a digest under a key of the process, and memory
/// that held one is overwritten when it gives way to another. Switching off overwrites them all.
///
/// ```
/// ferropq::set_scram_key_cache(false);
/// ```
pub fn set_scram_key_cache(enabled: bool) {
    crate::auth::key_cache::set_key_cache(enabled);
}
