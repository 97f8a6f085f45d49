//! Waiting for a descriptor, with or without an end to the wait.

use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The moment at which a wait is given up; by default, never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// A wait without an end.
    pub const NEVER: Self = Self(None);

    /// A wait that ends at this moment.
    pub fn at(moment: Instant) -> Self {
        Self(Some(moment))
    }

    /// A wait that ends this long from now.
    ///
    /// A span too long for the clock to express is a wait without an end.
    pub fn after(span: Duration) -> Self {
        Self(Instant::now().checked_add(span))
    }

    /// The same as [`Deadline::after`], or no end where there is no span.
    pub fn after_opt(span: Option<Duration>) -> Self {
        span.map_or(Self::NEVER, Self::after)
    }

    /// Whichever of the two comes first.
    pub fn earlier(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Self(Some(a.min(b))),
            (a, b) => Self(a.or(b)),
        }
    }

    /// The moment itself, where there is one.
    pub fn instant(self) -> Option<Instant> {
        self.0
    }

    /// Whether the wait ends at all.
    pub fn is_set(self) -> bool {
        self.0.is_some()
    }

    /// Whether the moment has passed.
    pub fn expired(self) -> bool {
        self.0.is_some_and(|moment| moment <= Instant::now())
    }

    /// How long is left: nothing once expired, `None` for a wait without an end.
    pub fn remaining(self) -> Option<Duration> {
        self.0.map(|m| m.saturating_duration_since(Instant::now()))
    }

    /// What is left in `poll(2)`'s terms. Rounded up, so that no one polls in a tight loop through
    /// the last fraction of a millisecond.
    fn poll_timeout(self) -> libc::c_int {
        match self.remaining() {
            None => -1,
            Some(left) => {
                let millis = left.as_nanos().div_ceil(1_000_000);
                libc::c_int::try_from(millis).unwrap_or(libc::c_int::MAX)
            }
        }
    }
}

/// What a wait has found. Neither means that the deadline has passed.
///
/// A descriptor with an error or a closed peer counts as ready for whatever was asked: the read or
/// write that follows is what reports it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readiness {
    /// A read will not block.
    pub readable: bool,
    /// A write will not block.
    pub writable: bool,
}

impl Readiness {
    /// Whether anything that was asked for is possible now.
    pub fn any(self) -> bool {
        self.readable || self.writable
    }
}

fn events(read: bool, write: bool) -> libc::c_short {
    let mut events = 0;
    if read {
        events |= libc::POLLIN;
    }
    if write {
        events |= libc::POLLOUT;
    }
    events
}

/// One `poll(2)` of one descriptor: its answer, and the events that came back.
fn poll_once(
    fd: RawFd,
    events: libc::c_short,
    timeout: libc::c_int,
) -> io::Result<(libc::c_int, libc::c_short)> {
    let mut entry = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: the pointer is to one pollfd that lives through the call, and the count says one. A
    // number that is no descriptor is reported by the kernel, not followed.
    match unsafe { libc::poll(&mut entry, 1, timeout) } {
        -1 => Err(io::Error::last_os_error()),
        found => Ok((found, entry.revents)),
    }
}

/// Waits until the descriptor can be read or written, as asked, or the deadline has passed.
///
/// An expired deadline makes this a look without waiting. Interruptions by signals are waited
/// through. A number that is not an open descriptor is an error.
pub fn poll(fd: RawFd, read: bool, write: bool, deadline: Deadline) -> io::Result<Readiness> {
    loop {
        let found = match poll_once(fd, events(read, write), deadline.poll_timeout()) {
            Ok((0, _)) => {
                // The longest timeout of poll(2) is 24 days: a deadline may lie behind it.
                if deadline.expired() || !deadline.is_set() {
                    return Ok(Readiness::default());
                }
                continue;
            }
            Ok((_, found)) => found,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        if found & libc::POLLNVAL != 0 {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        let broken = found & (libc::POLLERR | libc::POLLHUP) != 0;
        return Ok(Readiness {
            readable: read && (broken || found & libc::POLLIN != 0),
            writable: write && (broken || found & libc::POLLOUT != 0),
        });
    }
}

/// The wait behind `PQsocketPoll`: a positive number when ready, 0 when `end_time` has passed.
///
/// `end_time` is in microseconds since the Unix epoch; -1 waits without an end, and any moment
/// already passed only looks. Asking for neither direction answers 0 at once. Unlike [`poll`], an
/// interruption by a signal is reported, as the manual's use of `errno` implies.
pub fn socket_poll(fd: RawFd, read: bool, write: bool, end_time: i64) -> io::Result<i32> {
    if !read && !write {
        return Ok(0);
    }
    let timeout = if end_time == -1 {
        -1
    } else {
        let micros = end_time.saturating_sub(current_time_usec()).max(0);
        let millis = micros / 1000 + i64::from(micros % 1000 != 0);
        libc::c_int::try_from(millis).unwrap_or(libc::c_int::MAX)
    };
    let (found, _) = poll_once(fd, events(read, write), timeout)?;
    Ok(found)
}

/// The time of day in microseconds since the Unix epoch (`PQgetCurrentTimeUSec`).
pub fn current_time_usec() -> i64 {
    // A clock set before 1970 counts backwards from the epoch.
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(span) => i64::try_from(span.as_micros()).unwrap_or(i64::MAX),
        Err(e) => i64::try_from(e.duration().as_micros()).map_or(i64::MIN, |before| -before),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_earlier_of_two_deadlines_wins_and_never_loses_to_any() {
        let soon = Deadline::after(Duration::from_secs(1));
        let late = Deadline::after(Duration::from_secs(9));
        assert_eq!(soon.earlier(late), soon);
        assert_eq!(late.earlier(soon), soon);
        assert_eq!(Deadline::NEVER.earlier(soon), soon);
        assert_eq!(soon.earlier(Deadline::NEVER), soon);
        assert_eq!(
            Deadline::NEVER.earlier(Deadline::NEVER),
            Deadline::default()
        );
    }

    #[test]
    fn a_span_beyond_the_clock_is_no_deadline() {
        assert!(!Deadline::after(Duration::MAX).is_set());
        assert!(!Deadline::after_opt(None).is_set());
        assert_eq!(Deadline::NEVER.remaining(), None);
        assert!(!Deadline::NEVER.expired());
    }

    #[test]
    fn a_poll_ends_at_its_deadline_and_not_before() {
        let (a, _b) = UnixStream::pair().unwrap();
        let start = Instant::now();
        let deadline = Deadline::after(Duration::from_millis(30));
        let ready = poll(a.as_raw_fd(), true, false, deadline).unwrap();
        assert!(!ready.any());
        assert!(start.elapsed() >= Duration::from_millis(30));
        assert!(deadline.expired());
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
    }

    #[test]
    fn an_expired_deadline_still_looks() {
        let (a, mut b) = UnixStream::pair().unwrap();
        let expired = Deadline::at(Instant::now());
        assert!(!poll(a.as_raw_fd(), true, false, expired).unwrap().any());
        b.write_all(b"x").unwrap();
        let ready = poll(a.as_raw_fd(), true, true, expired).unwrap();
        assert!(ready.readable && ready.writable);
        let ready = poll(a.as_raw_fd(), false, true, expired).unwrap();
        assert!(!ready.readable && ready.writable);
    }

    #[test]
    fn a_closed_peer_counts_as_readable() {
        let (a, b) = UnixStream::pair().unwrap();
        drop(b);
        let ready = poll(a.as_raw_fd(), true, false, Deadline::NEVER).unwrap();
        assert!(ready.readable && !ready.writable);
    }

    #[test]
    fn a_number_that_is_no_descriptor_is_an_error_to_poll() {
        let error = poll(98765, true, false, Deadline::NEVER).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EBADF));
    }

    #[test]
    fn socket_poll_answers_as_the_manual_says() {
        let (a, mut b) = UnixStream::pair().unwrap();
        let fd = a.as_raw_fd();
        assert_eq!(socket_poll(fd, false, false, -1).unwrap(), 0);
        assert_eq!(socket_poll(fd, true, false, 0).unwrap(), 0);
        let end = current_time_usec() + 20_000;
        assert_eq!(socket_poll(fd, true, false, end).unwrap(), 0);
        assert!(current_time_usec() >= end);
        b.write_all(b"x").unwrap();
        assert!(socket_poll(fd, true, false, -1).unwrap() > 0);
        assert!(socket_poll(fd, false, true, -1).unwrap() > 0);
    }
}
