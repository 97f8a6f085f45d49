//! Memory that a process keeps for results to come.

/// Sets how many bytes the process keeps of the memory of results that are gone, for results to
/// come: 32 MiB unless set, and with 0 nothing.
///
/// However many connections read large results, no more is kept; what has not been needed for some
/// ten seconds is given back when other memory is. What is kept beyond a lower number goes back to
/// the system now.
///
/// ```
/// ferropq::set_kept_memory(8 << 20);
/// ```
pub fn set_kept_memory(bytes: usize) {
    crate::result::store::set_limit(bytes);
}
