//! The engine, driven step by step.

use ferropq::connection::blocking::{Host, poll_connect};
use ferropq::connection::oauth::{DevicePrompt, Prompted};
use ferropq::connection::{Connection, Polling};
use ferropq::conninfo::ConnInfo;
use ferropq::result::QueryResult;

pub(crate) struct Driver {
    pub(crate) engine: Connection,
    /// What has been shown to the user.
    pub(crate) prompts: Vec<DevicePrompt>,
    pub(crate) answer: Prompted,
}

impl Host for Driver {
    type Result = Box<QueryResult>;

    fn engine(&mut self) -> &mut Connection {
        &mut self.engine
    }

    fn deliver_notices(&mut self) {}

    fn adopt(&mut self, result: Box<QueryResult>) -> Box<QueryResult> {
        result
    }

    fn core(result: &Box<QueryResult>) -> &QueryResult {
        result
    }

    fn prompt(&mut self, prompt: &DevicePrompt) -> Prompted {
        self.prompts.push(prompt.clone());
        self.answer
    }
}

impl Driver {
    pub(crate) fn start(conninfo: &str) -> Self {
        Self {
            engine: Connection::start(ConnInfo::from_string(conninfo.as_bytes())),
            prompts: Vec::new(),
            answer: Prompted::Done,
        }
    }

    pub(crate) fn step(&mut self) -> Polling {
        poll_connect(self)
    }

    pub(crate) fn error(&self) -> String {
        String::from_utf8_lossy(self.engine.error().as_bytes()).into_owned()
    }
}
