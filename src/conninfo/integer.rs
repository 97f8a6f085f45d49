//! Options that are numbers. libpq judges them when they are needed, not when the connection string
//! is read, and so do we: a bad `keepalives_idle` harms no Unix-domain socket.

use std::ffi::CStr;
use std::time::Duration;

use super::keyword_value::is_space;
use super::secret::quoted;
use super::{ConnInfo, OptionId, invalid};
use crate::error::Error;

/// How TCP is to watch over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpOptions {
    /// The keepalive settings; `None` where keepalives are turned off.
    pub keepalives: Option<Keepalives>,
    /// `tcp_user_timeout`: how long sent data may stay unacknowledged; `None`: the system's default.
    pub user_timeout: Option<Duration>,
}

/// The keepalive settings; `None` stands for the system's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keepalives {
    /// Silence before the first keepalive, in whole seconds.
    pub idle: Option<Duration>,
    /// Time between keepalives, in whole seconds.
    pub interval: Option<Duration>,
    /// Unanswered keepalives after which the connection is lost.
    pub count: Option<u32>,
}

impl TcpOptions {
    /// The options of a connection string; fails at the first that is not a number.
    pub(super) fn read(info: &ConnInfo) -> Result<Self, Error> {
        let is_on = read(info, OptionId::Keepalives)?.is_none_or(|value| value != 0);
        let keepalives = if is_on {
            Some(Keepalives {
                idle: positive(info, OptionId::KeepalivesIdle)?.map(seconds),
                interval: positive(info, OptionId::KeepalivesInterval)?.map(seconds),
                count: positive(info, OptionId::KeepalivesCount)?,
            })
        } else {
            None
        };
        let user_timeout = positive(info, OptionId::TcpUserTimeout)?;
        Ok(Self {
            keepalives,
            user_timeout: user_timeout.map(|value| Duration::from_millis(value.into())),
        })
    }
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(value.into())
}

/// `connect_timeout`; zero and less mean no limit.
pub(super) fn connect_timeout(info: &ConnInfo) -> Result<Option<Duration>, Error> {
    Ok(positive(info, OptionId::ConnectTimeout)?.map(seconds))
}

/// The option's value where it is more than zero.
fn positive(info: &ConnInfo, id: OptionId) -> Result<Option<u32>, Error> {
    let value = read(info, id)?.and_then(|value| u32::try_from(value).ok());
    Ok(value.filter(|value| *value > 0))
}

fn read(info: &ConnInfo, id: OptionId) -> Result<Option<i32>, Error> {
    info.get(id).map(|text| parse(id, text)).transpose()
}

/// A decimal integer that may have a sign and spaces around it.
pub(super) fn parse(id: OptionId, text: &CStr) -> Result<i32, Error> {
    value_of(text.to_bytes()).ok_or_else(|| invalid_integer(id, &quoted(text.to_bytes())))
}

/// The fault of a value that is no integer.
pub(super) fn invalid_integer(id: OptionId, text: &str) -> Error {
    let keyword = id.keyword();
    invalid(format!(
        "invalid integer value \"{text}\" for connection option \"{keyword}\""
    ))
}

fn value_of(text: &[u8]) -> Option<i32> {
    let start = text.iter().position(|byte| !is_space(*byte))?;
    let end = text.iter().rposition(|byte| !is_space(*byte))?;
    std::str::from_utf8(&text[start..=end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_those_that_strtol_reads_whole() {
        for (text, value) in [
            (c"5", 5),
            (c" \t5\n ", 5),
            (c"+5", 5),
            (c"-5", -5),
            (c"007", 7),
            (c"2147483647", i32::MAX),
        ] {
            assert_eq!(parse(OptionId::Port, text).expect("valid"), value);
        }
        for text in [
            c"",
            c" ",
            c"5x",
            c"5 5",
            c"- 5",
            c"0x10",
            c"1.5",
            c"2147483648",
        ] {
            let error = parse(OptionId::Port, text).expect_err("invalid");
            let text = text.to_string_lossy();
            assert_eq!(
                error.message(),
                format!("invalid integer value \"{text}\" for connection option \"port\"")
            );
        }
    }

    fn tcp(conninfo: &str) -> Result<TcpOptions, Error> {
        TcpOptions::read(&ConnInfo::parse(conninfo.as_bytes()).expect(conninfo))
    }

    #[test]
    fn keepalives_are_on_unless_zero() {
        let defaults = Some(Keepalives::default());
        assert_eq!(tcp("").expect("valid").keepalives, defaults);
        assert_eq!(tcp("keepalives=2").expect("valid").keepalives, defaults);
        let off = tcp("keepalives=0 keepalives_idle=x").expect("valid");
        assert_eq!(off.keepalives, None);
    }

    #[test]
    fn limits_of_zero_or_less_are_the_system_s() {
        let given =
            "keepalives_idle=3 keepalives_interval=-1 keepalives_count=0 tcp_user_timeout=9";
        let options = tcp(given).expect("valid");
        let keepalives = Keepalives {
            idle: Some(Duration::from_secs(3)),
            ..Keepalives::default()
        };
        assert_eq!(options.keepalives, Some(keepalives));
        assert_eq!(options.user_timeout, Some(Duration::from_millis(9)));
    }

    #[test]
    fn first_bad_number_is_reported() {
        let error = tcp("tcp_user_timeout=z keepalives_idle=y").expect_err("invalid");
        assert_eq!(
            error.message(),
            "invalid integer value \"y\" for connection option \"keepalives_idle\""
        );
    }
}
