//! Notifications of other sessions.

use std::time::Duration;

use crate::connection::{self, Connection, blocking::Host};
use crate::error::Error;
use crate::transport::{Deadline, Stream, poll};

use super::{Client, failure};

/// A NOTIFY of some session, on a channel that this one listens to.
///
/// Manual: "Asynchronous Notification", the SQL commands LISTEN and NOTIFY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    process_id: i32,
    channel: String,
    payload: String,
}

impl Notification {
    fn new(notification: &connection::Notification) -> Self {
        Self {
            process_id: notification.pid,
            channel: notification.channel.to_string_lossy().into_owned(),
            payload: notification.payload.to_string_lossy().into_owned(),
        }
    }

    /// The process ID of the session that notified.
    pub fn process_id(&self) -> i32 {
        self.process_id
    }

    /// The channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// What the notifying session passed along; empty where it passed nothing.
    pub fn payload(&self) -> &str {
        &self.payload
    }
}

/// The notifications of a client. Made by [`Client::notifications`].
pub struct Notifications<'a> {
    client: &'a mut Client,
}

/// How long to wait for the next notification.
#[derive(Clone, Copy)]
enum Wait {
    Never,
    Forever,
    AtMost(Duration),
}

/// Notifications one after another. See [`Notifications`].
pub struct NotificationsIter<'a> {
    client: &'a mut Client,
    wait: Wait,
    lost: bool,
}

impl Client {
    /// Notifications that arrive for the session, after a `LISTEN`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), ferropq::Error> {
    /// # let mut client = ferropq::Client::connect("")?;
    /// client.batch_execute("LISTEN jobs")?;
    /// for notification in client.notifications().blocking_iter() {
    ///     println!("a job has come: {}", notification?.payload());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn notifications(&mut self) -> Notifications<'_> {
        Notifications { client: self }
    }
}

impl<'a> Notifications<'a> {
    /// Those that have arrived; waits for nothing.
    pub fn iter(self) -> NotificationsIter<'a> {
        self.waiting(Wait::Never)
    }

    /// All that arrive, waiting for each as long as it takes.
    pub fn blocking_iter(self) -> NotificationsIter<'a> {
        self.waiting(Wait::Forever)
    }

    /// All that arrive; ends when none has come for so long.
    pub fn timeout_iter(self, limit: Duration) -> NotificationsIter<'a> {
        self.waiting(Wait::AtMost(limit))
    }

    fn waiting(self, wait: Wait) -> NotificationsIter<'a> {
        NotificationsIter {
            client: self.client,
            wait,
            lost: false,
        }
    }
}

impl<'a> IntoIterator for Notifications<'a> {
    type Item = Result<Notification, Error>;
    type IntoIter = NotificationsIter<'a>;

    fn into_iter(self) -> NotificationsIter<'a> {
        self.iter()
    }
}

impl NotificationsIter<'_> {
    fn next_notification(&mut self) -> Result<Option<Notification>, Error> {
        let deadline = match self.wait {
            Wait::Never => Deadline::after(Duration::ZERO),
            Wait::Forever => Deadline::NEVER,
            Wait::AtMost(limit) => Deadline::after(limit),
        };
        loop {
            let link = &mut self.client.link;
            let found = link.engine.pop_notification();
            link.deliver_notices();
            if let Some(notification) = found {
                return Ok(Some(Notification::new(&notification)));
            }
            if !wait_readable(&link.engine, deadline)? {
                return Ok(None);
            }
            if link.engine.consume_input().is_err() {
                return Err(link.lost());
            }
        }
    }
}

/// Waits until there is something to read; `false` when the time is up.
pub(super) fn wait_readable(engine: &Connection, deadline: Deadline) -> Result<bool, Error> {
    let Some(fd) = engine.fd() else {
        return Err(failure::refused(engine));
    };
    if engine.stream().is_some_and(Stream::pending) {
        return Ok(true);
    }
    Ok(poll(fd, true, false, deadline)?.any())
}

/// Ends behind the loss of the connection, which is its last item.
impl Iterator for NotificationsIter<'_> {
    type Item = Result<Notification, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.lost {
            return None;
        }
        let next = self.next_notification();
        self.lost = next.is_err();
        next.transpose()
    }
}
