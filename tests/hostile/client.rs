//! A client that tells what happens to it, once with our engine and once with libpq.

use std::time::Duration;

use ferropq::connection::blocking::{self, Host};
use ferropq::connection::{ConnStatus, Connection};
use ferropq::conninfo::ConnInfo;
use ferropq::result::{ExecStatus, QueryResult};

/// The engine, driven as it is. What comes up is noted line by line.
pub(crate) struct Client {
    pub(crate) engine: Connection,
    pub(crate) lines: Vec<String>,
    /// Notices are counted only, not noted.
    pub(crate) quiet: bool,
    pub(crate) notices: usize,
}

impl Host for Client {
    type Result = QueryResult;

    fn engine(&mut self) -> &mut Connection {
        &mut self.engine
    }

    fn deliver_notices(&mut self) {
        while let Some(notice) = self.engine.pop_notice() {
            self.notices += 1;
            if self.quiet {
                continue;
            }
            let text = notice.report.as_ref().map(|report| report.text());
            let text = text.unwrap_or_default().to_string_lossy();
            self.lines.push(format!("notice: {}", shown(&text)));
        }
    }

    fn adopt(&mut self, result: Box<QueryResult>) -> QueryResult {
        *result
    }

    fn core(result: &QueryResult) -> &QueryResult {
        result
    }
}

/// A text on one line, without what changes from run to run.
pub(crate) fn shown(text: &str) -> String {
    let mut text = text.trim_end_matches('\n').to_owned();
    if let Some(begin) = text.find(", port ") {
        let begin = begin + ", port ".len();
        let digits = text[begin..].bytes().take_while(u8::is_ascii_digit).count();
        text.replace_range(begin..begin + digits, "P");
    }
    text.replace("connection to server at \"127.0.0.1\", port P failed: ", "")
        .replace('\n', " / ")
        .replace('\t', "")
}

/// What is told of a result.
fn told(result: &QueryResult) -> String {
    let status = result.status.name();
    let report = result.report.as_ref().map(|report| report.text());
    describe(
        &status.to_string_lossy(),
        result.rows.len(),
        result.columns.len(),
        &report.unwrap_or_default().to_string_lossy(),
    )
}

/// The line for a result with these properties.
pub(crate) fn describe(status: &str, rows: usize, columns: usize, error: &str) -> String {
    let status = status.strip_prefix("PGRES_").unwrap_or(status);
    match (error, columns) {
        ("", 0) => status.to_owned(),
        ("", _) => format!("{status} {rows}x{columns}"),
        _ => format!("{status}: {}", shown(error)),
    }
}

/// The most results that are fetched for one command: a broken server may have no end of them.
pub(crate) const MOST_RESULTS: usize = 12;

impl Client {
    /// Connects, and notes how that ended.
    pub(crate) fn connect(conninfo: &str) -> Self {
        let mut client = Self::start(conninfo);
        client.finish_connecting();
        client
    }

    pub(crate) fn start(conninfo: &str) -> Self {
        let info = ConnInfo::from_string(conninfo.as_bytes());
        Self::over(Connection::start(info))
    }

    pub(crate) fn over(engine: Connection) -> Self {
        Self {
            engine,
            lines: Vec::new(),
            quiet: false,
            notices: 0,
        }
    }

    pub(crate) fn finish_connecting(&mut self) -> bool {
        let connected = blocking::connect(self);
        let line = match connected {
            true => "connected".to_owned(),
            false => format!("refused: {}", shown(&self.error())),
        };
        self.lines.push(line);
        connected
    }

    /// The connection's error text.
    pub(crate) fn error(&self) -> String {
        String::from_utf8_lossy(self.engine.error().as_bytes()).into_owned()
    }

    /// Whether the connection can still be used, as far as the client knows.
    pub(crate) fn is_alive(&self) -> bool {
        self.engine.status() == ConnStatus::Ok
    }

    /// Sends a query and notes all of its results.
    pub(crate) fn query(&mut self, sql: &str) {
        if self.engine.send_query(sql.as_bytes()).is_err() {
            self.lines
                .push(format!("not sent: {}", shown(&self.error())));
            return;
        }
        self.fetch_all();
    }

    /// Notes all results of the command under way.
    pub(crate) fn fetch_all(&mut self) {
        for _ in 0..MOST_RESULTS {
            let Some(result) = blocking::get_result(self) else {
                return;
            };
            self.lines.push(told(&result));
            match result.status {
                ExecStatus::CopyIn => {
                    let _ = self.engine.put_copy_end(Some(b"no data"));
                }
                ExecStatus::CopyOut | ExecStatus::CopyBoth => self.copy_out(),
                _ => {}
            }
        }
        self.lines.push("and so on".to_owned());
    }

    fn copy_out(&mut self) {
        let mut bytes = 0;
        loop {
            match blocking::get_copy_data(self, <[u8]>::len) {
                Ok(Some(count)) => bytes += count,
                Ok(None) => {
                    self.lines.push(format!("copied {bytes} bytes"));
                    if self.engine.is_copying(ExecStatus::CopyIn) {
                        let _ = self.engine.put_copy_end(None);
                    }
                    return;
                }
                Err(_) => {
                    return self
                        .lines
                        .push(format!("no copy: {}", shown(&self.error())));
                }
            }
        }
    }

    /// Executes a query and returns its last result.
    pub(crate) fn exec(&mut self, sql: &str) -> Option<QueryResult> {
        blocking::exec(self, sql.as_bytes())
    }

    /// The text of the last result of a query, which must be an error.
    pub(crate) fn failure(&mut self, sql: &str) -> String {
        let result = self.exec(sql).expect("a result");
        assert_eq!(result.status, ExecStatus::FatalError);
        let report = result.report.expect("a report");
        shown(&report.text().to_string_lossy())
    }

    /// Gives up waiting for the server after so long.
    pub(crate) fn with_limit(mut self, limit: Duration) -> Self {
        self.engine.set_query_timeout(Some(limit));
        self
    }

    /// Notes whether the connection is usable.
    pub(crate) fn try_again(&mut self) {
        let alive = self.is_alive();
        self.lines.push(format!("alive: {alive}"));
        if alive {
            self.query("again");
        }
    }
}
