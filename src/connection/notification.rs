//! Notifications that have arrived.

use std::ffi::CString;

/// A NOTIFY that this session listens for.
///
/// Manual: "Asynchronous Notification".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The process ID of the session that notified.
    pub pid: i32,
    /// The channel's name.
    pub channel: CString,
    /// The payload, empty where there is none.
    pub payload: CString,
}
