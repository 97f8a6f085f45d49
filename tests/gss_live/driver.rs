//! The engine, driven as it is.

use ferropq::connection::blocking::{self, Host};
use ferropq::connection::{Connection, Params, Statement};
use ferropq::conninfo::ConnInfo;
use ferropq::result::{ExecStatus, QueryResult};
use ferropq::transport::SecureKind;

pub(crate) struct Driver(pub(crate) Connection);

impl Host for Driver {
    type Result = QueryResult;

    fn engine(&mut self) -> &mut Connection {
        &mut self.0
    }

    fn deliver_notices(&mut self) {
        while self.0.pop_notice().is_some() {}
    }

    fn adopt(&mut self, result: Box<QueryResult>) -> QueryResult {
        *result
    }

    fn core(result: &QueryResult) -> &QueryResult {
        result
    }
}

/// How a connection is protected, and how the client has proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// No encryption, and no GSSAPI.
    Plain,
    /// TLS, whoever has proved what to whom.
    Tls,
    /// GSSAPI has proved who the client is, and no more.
    Authentication,
    /// GSSAPI encrypts.
    Encryption,
}

/// Connects; `Err` is the connection's error text.
pub(crate) fn connect(conninfo: &str) -> Result<Driver, String> {
    let info = ConnInfo::from_string(conninfo.as_bytes());
    let mut driver = Driver(Connection::start(info));
    if blocking::connect(&mut driver) {
        return Ok(driver);
    }
    Err(driver.error())
}

#[track_caller]
pub(crate) fn connected(conninfo: &str) -> Driver {
    connect(conninfo).unwrap_or_else(|error| panic!("{conninfo}: {error}"))
}

#[track_caller]
pub(crate) fn refused(conninfo: &str) -> String {
    match connect(conninfo) {
        Ok(_) => panic!("{conninfo}: connected"),
        Err(error) => error,
    }
}

impl Driver {
    pub(crate) fn error(&self) -> String {
        String::from_utf8_lossy(self.0.error().as_bytes()).into_owned()
    }

    pub(crate) fn protection(&self) -> Protection {
        let secure = self.0.stream().and_then(|stream| stream.secure());
        let gssapi = (self.0.used_gssapi(), !self.0.gss_context().is_null());
        match (secure.map(|stream| stream.kind()), gssapi) {
            (None, (false, false)) => Protection::Plain,
            (None, (true, true)) => Protection::Authentication,
            (Some(SecureKind::Tls), (used, seen)) if used == seen => Protection::Tls,
            (Some(SecureKind::Gss), (true, true)) => Protection::Encryption,
            other => panic!("what is this: {other:?}"),
        }
    }

    /// Executes statements that have to succeed; gives the last result.
    #[track_caller]
    pub(crate) fn run(&mut self, sql: &str) -> QueryResult {
        let result = blocking::exec(self, sql.as_bytes());
        self.checked(result)
    }

    /// The one value that a query gives.
    #[track_caller]
    pub(crate) fn ask(&mut self, sql: &str) -> String {
        value(&self.run(sql))
    }

    /// The same for a query with one parameter.
    #[track_caller]
    pub(crate) fn ask_with(&mut self, sql: &str, parameter: &[u8]) -> String {
        let params = Params {
            values: &[Some(parameter)],
            ..Params::default()
        };
        let statement = Statement::Text(sql.as_bytes(), &[]);
        let result = blocking::execute(self, statement, &params);
        value(&self.checked(result))
    }

    #[track_caller]
    fn checked(&self, result: Option<QueryResult>) -> QueryResult {
        match result {
            Some(result) if result.status != ExecStatus::FatalError => result,
            _ => panic!("{}", self.error()),
        }
    }
}

#[track_caller]
pub(crate) fn value(result: &QueryResult) -> String {
    let value = result.rows.get(0, 0).flatten().expect("a value");
    String::from_utf8_lossy(value).into_owned()
}
