//! Notifications that have arrived.

use std::collections::VecDeque;
use std::ffi::CString;

/// A NOTIFY that the session listens for.
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

impl Notification {
    /// Bytes of memory that it takes.
    fn memory(&self) -> usize {
        let texts = self.channel.as_bytes().len() + self.payload.as_bytes().len();
        // Two allocations more, each with what the allocator needs for itself.
        size_of::<Self>() + texts + 32
    }
}

/// Those that wait to be fetched.
#[derive(Default)]
pub(super) struct Notifications {
    waiting: VecDeque<Notification>,
    memory: usize,
}

impl Notifications {
    /// Adds one; returns the bytes of memory in use now.
    pub(super) fn push(&mut self, notification: Notification) -> usize {
        self.memory += notification.memory();
        self.waiting.push_back(notification);
        self.memory
    }

    /// The one that has waited longest.
    pub(super) fn pop(&mut self) -> Option<Notification> {
        let notification = self.waiting.pop_front()?;
        self.memory -= notification.memory();
        Some(notification)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
