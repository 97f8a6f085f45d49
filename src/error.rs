//! The one error type of the crate.
//!
//! Every layer reports failure as an [`Error`]: what kind of failure it is, a sentence that says
//! what happened and what to do next, the fields of the server's ErrorResponse where a server
//! spoke, and the underlying cause where there is one.

pub mod sqlstate;

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// What kind of failure an [`Error`] reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A connection string, an option or an environment variable is not valid.
    Settings,
    /// The server could not be reached, or refused the connection.
    Connect,
    /// Encryption was required and could not be had, or the server's certificate is not trusted.
    Tls,
    /// The server asked for a proof of identity that could not be given, or failed to prove its own.
    Auth,
    /// The server broke the rules of the protocol.
    Protocol,
    /// The server answered with an ErrorResponse; see [`Error::server`].
    Server,
    /// The connection was lost or has been closed.
    Closed,
    /// A time limit has passed.
    Timeout,
    /// The call does not fit the state of the connection, or its arguments are out of range.
    Usage,
    /// A value could not be converted to or from its SQL type.
    Value,
    /// A query meant to return exactly one row returned none or several.
    RowCount,
    /// The operating system reported a failure.
    Io,
    /// A message or a value is larger than a limit in force.
    TooLarge,
}

/// The fields of an ErrorResponse or NoticeResponse, as the server sent them.
///
/// `Display` gives severity and message, and on lines of their own detail, hint and context.
///
/// Manual: "Error and Notice Message Fields".
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ServerError {
    fields: Vec<(u8, Vec<u8>)>,
}

impl ServerError {
    /// Collects the fields, each a code byte and a value in the client's encoding.
    pub fn new(fields: Vec<(u8, Vec<u8>)>) -> Self {
        Self { fields }
    }

    /// The raw value of the field with this code (`b'C'` is the SQLSTATE), if the server sent it.
    pub fn field(&self, code: u8) -> Option<&[u8]> {
        // Of a field that was sent twice the latter counts, as in the message.
        let found = self.fields.iter().rev().find(|(c, _)| *c == code)?;
        Some(&found.1)
    }

    fn text(&self, code: u8) -> Option<&str> {
        std::str::from_utf8(self.field(code)?).ok()
    }

    /// The five characters of the SQLSTATE.
    pub fn code(&self) -> &str {
        self.text(b'C').unwrap_or("")
    }

    /// ERROR, FATAL, PANIC, WARNING, …: never translated where the server is 9.6 or newer.
    pub fn severity(&self) -> &str {
        self.text(b'V').or_else(|| self.text(b'S')).unwrap_or("")
    }

    /// The primary message.
    pub fn message(&self) -> &str {
        self.text(b'M').unwrap_or("")
    }

    /// More about the problem, where the server tells it.
    pub fn detail(&self) -> Option<&str> {
        self.text(b'D')
    }

    /// A suggestion of what to do, where the server has one.
    pub fn hint(&self) -> Option<&str> {
        self.text(b'H')
    }

    /// Where in the query the problem is: a count of characters, the first being 1.
    pub fn position(&self) -> Option<usize> {
        self.text(b'P')?.parse().ok()
    }

    /// Where the problem is in a command that the server made itself; see
    /// [`internal_query`](Self::internal_query).
    pub fn internal_position(&self) -> Option<usize> {
        self.text(b'p')?.parse().ok()
    }

    /// The command that the server made itself and that failed, such as one of a function.
    pub fn internal_query(&self) -> Option<&str> {
        self.text(b'q')
    }

    /// In what context the problem arose: a line for each function and command that was running,
    /// the innermost first.
    pub fn context(&self) -> Option<&str> {
        self.text(b'W')
    }

    /// The schema of the object the problem is about.
    pub fn schema(&self) -> Option<&str> {
        self.text(b's')
    }

    /// The data type the problem is about.
    pub fn data_type(&self) -> Option<&str> {
        self.text(b'd')
    }

    /// The constraint that was violated.
    pub fn constraint(&self) -> Option<&str> {
        self.text(b'n')
    }

    /// The table the problem is about.
    pub fn table(&self) -> Option<&str> {
        self.text(b't')
    }

    /// The column the problem is about.
    pub fn column(&self) -> Option<&str> {
        self.text(b'c')
    }

    /// All fields in the order they came.
    pub fn fields(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.fields.iter().map(|(code, value)| (*code, &value[..]))
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:  {}", self.severity(), self.message())?;
        let more = [
            ("DETAIL", self.detail()),
            ("HINT", self.hint()),
            ("CONTEXT", self.context()),
        ];
        for (label, text) in more {
            if let Some(text) = text {
                write!(f, "\n{label}:  {text}")?;
            }
        }
        Ok(())
    }
}

/// Shows all fields by their codes.
impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields();
        let shown = fields.map(|(code, value)| (char::from(code), String::from_utf8_lossy(value)));
        f.debug_map().entries(shown).finish()
    }
}

/// An error of this crate.
///
/// `Display` gives the whole message without a newline at its end.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    server: Option<ServerError>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind; the message is a sentence without a newline at its end.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            server: None,
            source: None,
        }))
    }

    /// The same error with its cause.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What the server reported, with the message that a person is to see.
    pub fn from_server(server: ServerError, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Server, message);
        error.0.server = Some(server);
        error
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message, without a newline at its end.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the server reported, if a server did.
    pub fn server(&self) -> Option<&ServerError> {
        self.0.server.as_ref()
    }

    /// The SQLSTATE, if a server reported one: five characters such as `23505`.
    pub fn code(&self) -> Option<&str> {
        self.server().map(ServerError::code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("code", &self.code())
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

/// An error of this crate that has been an [`io::Error`] in between, as those of a COPY are that is
/// written or read by the traits of `std::io`, is itself again.
impl From<io::Error> for Error {
    fn from(cause: io::Error) -> Self {
        match cause.downcast::<Self>() {
            Ok(error) => error,
            Err(cause) => Self::new(ErrorKind::Io, cause.to_string()).with_source(cause),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Timeout => Self::new(io::ErrorKind::TimedOut, error),
            ErrorKind::Closed => Self::new(io::ErrorKind::ConnectionAborted, error),
            _ => Self::other(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique_violation() -> ServerError {
        let fields: [(u8, &str); 5] = [
            (b'S', "FEHLER"),
            (b'V', "ERROR"),
            (b'C', sqlstate::UNIQUE_VIOLATION),
            (b'M', "twice"),
            (b'D', "Key (id)=(1)"),
        ];
        ServerError::new(fields.map(|(code, text)| (code, text.into())).to_vec())
    }

    #[test]
    fn an_error_comes_back_from_an_io_error_as_it_was() {
        let there: io::Error = Error::from_server(unique_violation(), "twice").into();
        let back = Error::from(there);
        assert_eq!(back.kind(), ErrorKind::Server);
        assert_eq!(back.code(), Some("23505"));

        let other = Error::from(io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(other.kind(), ErrorKind::Io);
        assert!(other.source().is_some_and(<dyn StdError>::is::<io::Error>));
    }

    #[test]
    fn what_a_server_reports_can_be_read() {
        let report = unique_violation();
        assert_eq!(report.to_string(), "ERROR:  twice\nDETAIL:  Key (id)=(1)");
        let shown = format!("{report:?}");
        assert!(shown.contains("'M': \"twice\""), "{shown}");
    }

    #[test]
    fn errors_go_between_threads_and_into_boxes() {
        fn takes<T: StdError + Send + Sync + 'static>(_: T) {}
        takes(Error::new(ErrorKind::Usage, ""));
    }
}
