//! What the engine says went wrong, as errors of the crate.

use crate::connection::{ConnStatus, Connection};
use crate::error::{Error, ErrorKind};
use crate::result::{ExecStatus, QueryResult};

/// What the text about each attempt to connect begins with.
const ATTEMPT: &str = "connection to server ";
/// What the engine's text ends with where a time limit has passed.
const TIMEOUT: &str = "timeout expired";
/// The SQLSTATE of a prepared statement that does not exist.
const NO_SUCH_STATEMENT: &str = "26000";
/// The SQLSTATE of something the server cannot do, among it running a plan that has changed.
const NOT_SUPPORTED: &str = "0A000";
/// The function of the server that finds a plan changed. Its message may be translated.
const PLAN_CHECK: &[u8] = b"RevalidateCachedQuery";

/// A call that does not fit.
pub(super) fn usage(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// Whether a result tells of a failure.
pub(super) fn is_failure(result: &QueryResult) -> bool {
    matches!(
        result.status,
        ExecStatus::FatalError | ExecStatus::BadResponse | ExecStatus::PipelineAborted
    )
}

/// The error that a failed result tells of.
#[cold]
pub(super) fn of_result(engine: &Connection, result: &QueryResult) -> Error {
    let Some(report) = &result.report else {
        return Error::new(
            ErrorKind::Protocol,
            "the server's answer was not understood",
        );
    };
    let text = report.text().to_string_lossy();
    let kind = match engine.status() {
        _ if text.trim_end().ends_with(TIMEOUT) => ErrorKind::Timeout,
        ConnStatus::Ok => ErrorKind::Protocol,
        _ => ErrorKind::Closed,
    };
    let error = report.to_error(kind);
    match error.server() {
        Some(_) => report.to_error(ErrorKind::Server),
        None => error,
    }
}

/// Why the engine refused a call.
#[cold]
pub(super) fn refused(engine: &Connection) -> Error {
    let text = text(engine);
    let kind = match engine.status() {
        _ if text.ends_with(TIMEOUT) => ErrorKind::Timeout,
        ConnStatus::Ok if text.contains("is longer than") => ErrorKind::TooLarge,
        ConnStatus::Ok => ErrorKind::Usage,
        _ => ErrorKind::Closed,
    };
    Error::new(kind, text)
}

/// Why connecting failed.
#[cold]
pub(super) fn of_connect(engine: &Connection) -> Error {
    let text = text(engine);
    if let Some(said) = engine.refusal() {
        return Error::from_server(said.clone(), text);
    }
    let kind = match engine.settings() {
        None => ErrorKind::Settings,
        Some(_) => kind_of_connect(&text, engine.password_needed()),
    };
    Error::new(kind, text)
}

/// What kind of failure the text of the last attempt tells of: these words are libpq's.
fn kind_of_connect(text: &str, password_needed: bool) -> ErrorKind {
    let last = text.rfind(ATTEMPT).map_or(text, |place| &text[place..]);
    let says = |words: &str| last.contains(words);
    if last.ends_with(TIMEOUT) {
        ErrorKind::Timeout
    } else if says("invalid port number") || says("for connection option \"") {
        // Found wrong when it was to be used.
        ErrorKind::Settings
    } else if password_needed || says("authentication method requirement") {
        ErrorKind::Auth
    } else if says("SSL") || says("certificate") {
        ErrorKind::Tls
    } else {
        ErrorKind::Connect
    }
}

fn text(engine: &Connection) -> String {
    let text = String::from_utf8_lossy(engine.error().as_bytes());
    match text.trim_end() {
        "" => "no connection to the server".to_owned(),
        text => text.to_owned(),
    }
}

/// Whether an execution failed because its prepared statement has to be prepared anew: tables
/// have changed, or somebody has deallocated it.
pub(super) fn is_stale_statement(error: &Error) -> bool {
    let Some(server) = error.server() else {
        return false;
    };
    match server.code() {
        NO_SUCH_STATEMENT => true,
        NOT_SUPPORTED => server.field(b'R') == Some(PLAN_CHECK),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_tells_what_kind_of_failure_it_was() {
        let refused = "connection to server at \"a\", port 1 failed: Connection refused";
        let tls = "connection to server at \"b\", port 1 failed: SSL error: unexpected eof";
        let kind = |text: &str| kind_of_connect(text, false);
        assert_eq!(kind(refused), ErrorKind::Connect);
        assert_eq!(kind(tls), ErrorKind::Tls);
        assert_eq!(kind(&format!("{tls}\n{refused}")), ErrorKind::Connect);
        assert_eq!(kind(&format!("{refused}\n{tls}")), ErrorKind::Tls);
        assert_eq!(kind_of_connect(refused, true), ErrorKind::Auth);
    }
}
