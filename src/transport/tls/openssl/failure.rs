//! What OpenSSL says of a failure, in libpq's words.

use std::io;

use ::openssl::error::{Error as OpensslError, ErrorStack};
use ::openssl::ssl::{Error as SslError, ErrorCode};

use crate::transport::failure::CLOSED;
use crate::transport::os_error;
use crate::transport::tls::channel::{broken, closed, cut_off, system_failure};
use crate::transport::tls::settings::TlsVersion;

/// The library code of errors that the operating system reported.
const LIBRARY_SYSTEM: i32 = 2;

/// The reason of the first error, which is the one nearest to the cause.
pub(super) fn reason(errors: &ErrorStack) -> String {
    errors
        .errors()
        .first()
        .map_or_else(|| "no SSL error reported".to_owned(), one_reason)
}

fn one_reason(error: &OpensslError) -> String {
    if error.library_code() == LIBRARY_SYSTEM {
        return os_error::text(&io::Error::from_raw_os_error(error.reason_code()));
    }
    match error.reason() {
        Some(reason) => reason.to_owned(),
        None => format!("SSL error code {}", error.code()),
    }
}

fn ssl_reason(error: &SslError) -> String {
    match error.ssl_error() {
        Some(errors) => reason(errors),
        None => "no SSL error reported".to_owned(),
    }
}

/// The failure of a read or write on an established stream. `None`: nothing failed, the call is to
/// be repeated.
pub(super) fn of_stream(error: SslError) -> Option<io::Error> {
    match error.code() {
        ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => error.into_io_error().ok(),
        ErrorCode::ZERO_RETURN => Some(closed()),
        ErrorCode::SYSCALL => Some(match error.into_io_error() {
            Ok(error) => system_failure(error),
            Err(_) => cut_off(),
        }),
        ErrorCode::SSL => Some(broken(format!("SSL error: {}", ssl_reason(&error)))),
        other => Some(broken(format!(
            "unrecognized SSL error code: {}",
            other.as_raw()
        ))),
    }
}

/// The message of a handshake that failed, which wanted these versions.
pub(super) fn of_handshake(
    error: SslError,
    versions: (Option<TlsVersion>, Option<TlsVersion>),
) -> String {
    match error.code() {
        ErrorCode::SYSCALL => match error.into_io_error() {
            Ok(error) => {
                let text = os_error::text(&error);
                let told = format!("SSL SYSCALL error: {text}");
                match error.raw_os_error() {
                    Some(libc::EPIPE | libc::ECONNRESET) => format!("{CLOSED}\n{told}"),
                    _ => told,
                }
            }
            Err(_) => "SSL SYSCALL error: EOF detected".to_owned(),
        },
        ErrorCode::SSL => {
            let reason = ssl_reason(&error);
            let hint = version_hint(&reason, versions);
            format!("SSL error: {reason}{hint}")
        }
        ErrorCode::ZERO_RETURN => "SSL connection has been closed unexpectedly".to_owned(),
        other => format!("unrecognized SSL error code: {}", other.as_raw()),
    }
}

/// More words where the two sides have no version in common.
fn version_hint(reason: &str, (min, max): (Option<TlsVersion>, Option<TlsVersion>)) -> String {
    let about_versions = matches!(
        reason,
        "bad protocol version number"
            | "no protocols available"
            | "tlsv1 alert protocol version"
            | "unknown protocol"
            | "unknown ssl version"
            | "unsupported protocol"
            | "unsupported ssl version"
            | "version too high"
            | "version too low"
            | "wrong ssl version"
            | "wrong version number"
    );
    if !about_versions {
        return String::new();
    }
    let min = min.unwrap_or(TlsVersion::V1).name();
    let max = max.unwrap_or(TlsVersion::V1_3).name();
    format!(
        "\nThis may indicate that the server does not support any SSL protocol version between \
         {min} and {max}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_told_where_they_are_the_problem() {
        let both = (Some(TlsVersion::V1_2), None);
        assert_eq!(version_hint("certificate verify failed", both), "");
        assert_eq!(
            version_hint("tlsv1 alert protocol version", both),
            "\nThis may indicate that the server does not support any SSL protocol version between \
             TLSv1.2 and TLSv1.3."
        );
    }
}
