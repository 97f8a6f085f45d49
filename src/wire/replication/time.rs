use std::time::{Duration, SystemTime};

/// From the epoch of Unix to that of PostgreSQL, 2000-01-01: 10957 days.
const EPOCH: Duration = Duration::from_secs(10_957 * 86_400);

/// A time as the server writes it: microseconds since midnight UTC on 2000-01-01.
///
/// A time some 290,000 years off is given as the farthest one that can be written.
pub fn to_server_time(time: SystemTime) -> i64 {
    let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH + EPOCH) {
        Ok(after) => micros(after),
        Err(before) => -micros(before.duration()),
    }
}

/// The time the server has written, where the system can express it.
pub fn from_server_time(micros: i64) -> Option<SystemTime> {
    let epoch = SystemTime::UNIX_EPOCH + EPOCH;
    let span = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 {
        epoch.checked_sub(span)
    } else {
        epoch.checked_add(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_starts_in_2000() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800);
        assert_eq!(to_server_time(start), 0);
        assert_eq!(to_server_time(SystemTime::UNIX_EPOCH), -946_684_800_000_000);
        assert_eq!(from_server_time(0), Some(start));
    }

    #[test]
    fn times_survive_the_round_trip() {
        for micros in [-1_000_000_000_000_007, -1, 0, 1, 845_000_000_123_456] {
            let time = from_server_time(micros).unwrap();
            assert_eq!(to_server_time(time), micros);
        }
    }
}
