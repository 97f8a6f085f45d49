//! The steps of the engine, looped over until they are done.
//!
//! Whoever drives a connection is a [`Host`]: it lends the engine out for one step at a time, so
//! that what it delivers in between (notices, results) may use the connection again.

use std::ops::ControlFlow;

use crate::result::{ExecStatus, QueryResult, Report};
use crate::transport::tls::Handshake;
use crate::transport::{Address, Deadline, NotEncrypted, Readiness, Wait, poll};

use super::oauth::{self, DevicePrompt, Prompted, TokenAnswer, TokenRequest};
use super::query::Refused;
use super::{
    ConnStatus, Connection, CopyOut, Fetch, Params, PipelineStatus, Polling, Statement, TlsStart,
};

/// Drives a connection and receives what comes up on the way.
pub trait Host {
    /// What a result becomes in the host's hands.
    type Result;

    /// The engine, for one step.
    fn engine(&mut self) -> &mut Connection;

    /// Delivers the notices that wait in the engine. Called before each wait and at the end.
    fn deliver_notices(&mut self);

    /// Begins a TLS handshake, where the engine leaves that to the host; the engine is not lent
    /// out meanwhile.
    fn begin_tls(&mut self, start: TlsStart) -> Result<Handshake, NotEncrypted> {
        start.begin(None)
    }

    /// Takes a result over.
    fn adopt(&mut self, result: Box<QueryResult>) -> Self::Result;

    /// What a result taken over holds.
    fn core(result: &Self::Result) -> &QueryResult;

    /// Gets a bearer token, or begins to: the server wants one.
    fn begin_token(&mut self, _request: &TokenRequest) -> TokenAnswer {
        TokenAnswer::Unhandled
    }

    /// Goes on with getting a token, after [`TokenAnswer::Later`] or [`TokenAnswer::Wait`].
    fn continue_token(&mut self) -> TokenAnswer {
        TokenAnswer::Failed("nobody gets a token".to_owned())
    }

    /// Frees what getting a token has needed. May be called though nothing has.
    fn end_token(&mut self) {}

    /// Tells the user where to allow the client to have a token.
    fn prompt(&mut self, _prompt: &DevicePrompt) -> Prompted {
        Prompted::Unhandled
    }
}

/// The next result of the current command, `None` when there are no more; waits for it.
pub fn get_result<H: Host>(host: &mut H) -> Option<H::Result> {
    let deadline = host.engine().answer_deadline();
    get_result_until(host, deadline)
}

fn get_result_until<H: Host>(host: &mut H, deadline: Deadline) -> Option<H::Result> {
    let result = fetch_until(host, deadline)?;
    Some(host.adopt(result))
}

/// The next result, which the host has not been given.
fn fetch_until<H: Host>(host: &mut H, deadline: Deadline) -> Option<Box<QueryResult>> {
    loop {
        let fetched = host.engine().fetch();
        host.deliver_notices();
        match fetched {
            Fetch::Result(result) => return Some(result),
            Fetch::Done => return None,
            Fetch::Wait => {
                // A failure has become the result that the next step finds.
                let _ = host.engine().wait_for_input_until(deadline);
            }
        }
    }
}

/// Goes on with connecting as far as it goes without waiting for the network.
pub fn poll_connect<H: Host>(host: &mut H) -> Polling {
    loop {
        let polling = host.engine().connect_poll();
        if let Some(start) = host.engine().take_tls_start() {
            let begun = host.begin_tls(start);
            host.engine().put_tls(begun);
            continue;
        }
        if let ControlFlow::Break(waits) = oauth::step(host) {
            return waits.unwrap_or(polling);
        }
    }
}

/// Goes on with connecting until it is over, waiting no longer than the time limit of each address.
/// `false` when it has failed; the reason is in the connection's error text.
pub fn connect<H: Host>(host: &mut H) -> bool {
    loop {
        if !host.engine().check_timeout() {
            return false;
        }
        let polling = poll_connect(host);
        host.deliver_notices();
        let (read, write) = match polling {
            Polling::Ok => return true,
            Polling::Failed => return false,
            Polling::Reading => (true, false),
            Polling::Writing => (false, true),
        };
        let engine = host.engine();
        if write && engine.status == ConnStatus::Made {
            // A connection that has just been made can be written to.
            continue;
        }
        let deadline = engine.connect_deadline();
        let cancelling = engine.pending_cancel.is_some();
        let elsewhere = engine.token_fd().is_some();
        // A Unix socket wakes who waits in recv() also when the other side has only taken what was
        // sent; the answer comes much later here, so that sleeping in poll() is cheaper.
        let local = engine.address.as_ref().is_some_and(Address::is_unix);
        let plain = !deadline.is_set() && !cancelling && !elsewhere && !local;
        if read && engine.stream.is_some() && plain {
            // Where nothing limits the wait, receiving is the wait. What goes wrong is found, and
            // told, by the next step.
            let _ = engine.receive_some(Wait::Block);
            continue;
        }
        let Some(fd) = engine.fd() else {
            return false;
        };
        // A server that sends a little now and then does not get more time by it.
        let expired = deadline.expired();
        if expired || !poll(fd, read, write, deadline).is_ok_and(Readiness::any) {
            engine.connect_timed_out();
        }
    }
}

/// Gets a connection ready for a command that is to be waited for: fetches and drops what is left
/// of the last one.
pub fn begin<H: Host>(host: &mut H) -> Result<(), Refused> {
    let deadline = host.engine().answer_deadline();
    begin_until(host, deadline)
}

fn begin_until<H: Host>(host: &mut H, deadline: Deadline) -> Result<(), Refused> {
    let engine = host.engine();
    if engine.queue.is_empty() {
        engine.error.clear();
    }
    if engine.pipeline != PipelineStatus::Off {
        return engine
            .refuse("synchronous command execution functions are not allowed in pipeline mode");
    }
    if engine.is_at_rest() {
        return Ok(());
    }
    while let Some(result) = get_result_until(host, deadline) {
        let engine = host.engine();
        match H::core(&result).status {
            ExecStatus::CopyIn => {
                engine.put_copy_end(Some(b"COPY terminated by new PQexec"))?;
            }
            ExecStatus::CopyOut => engine.abandon_copy_out(),
            ExecStatus::CopyBoth => return engine.refuse("PQexec not allowed during COPY BOTH"),
            _ => {}
        }
        if host.engine().stream.is_none() {
            return Err(Refused);
        }
    }
    Ok(())
}

/// Fetches all results of a command and returns the last; stops where copying begins. After an
/// error servers end the command: what a broken one makes of it behind that is no success.
fn finish<H: Host>(host: &mut H, deadline: Deadline) -> Option<H::Result> {
    let mut last: Option<H::Result> = None;
    while let Some(result) = get_result_until(host, deadline) {
        let status = H::core(&result).status;
        let failed = last
            .as_ref()
            .is_some_and(|last| H::core(last).status == ExecStatus::FatalError);
        // That data is to be copied must be known all the same.
        if status == ExecStatus::FatalError || status.is_copy() || !failed {
            last = Some(result);
        }
        if status.is_copy() || host.engine().stream.is_none() {
            break;
        }
    }
    last
}

/// Sends a command by `send` and waits for its last result; `None` when it could not be sent.
pub fn run<H: Host>(
    host: &mut H,
    send: impl FnOnce(&mut Connection) -> Result<(), Refused>,
) -> Option<H::Result> {
    let deadline = host.engine().answer_deadline();
    let done = begin_until(host, deadline).and_then(|()| send(host.engine()));
    let result = match done {
        Ok(()) => finish(host, deadline),
        Err(Refused) => None,
    };
    host.deliver_notices();
    result
}

/// Executes a text of one or more statements. Manual: "PQexec".
pub fn exec<H: Host>(host: &mut H, sql: &[u8]) -> Option<H::Result> {
    run(host, |engine| engine.send_query(sql))
}

/// Executes one statement with parameters. Manual: "PQexecParams", "PQexecPrepared".
pub fn execute<H: Host>(
    host: &mut H,
    statement: Statement<'_>,
    params: &Params<'_>,
) -> Option<H::Result> {
    run(host, |engine| engine.send_execute(statement, params))
}

/// The next row of copied data, lent to `take`; waits for it. Manual: "PQgetCopyData".
pub fn get_copy_data<H: Host, T>(
    host: &mut H,
    mut take: impl FnMut(&[u8]) -> T,
) -> Result<Option<T>, Refused> {
    wait_for_copy(host, |engine| engine.get_copy_data(&mut take))
}

/// The same, but no more than `most` bytes; the rest of the row comes next.
pub fn get_copy_part<H: Host, T>(
    host: &mut H,
    most: usize,
    mut take: impl FnMut(&[u8]) -> T,
) -> Result<Option<T>, Refused> {
    wait_for_copy(host, |engine| engine.get_copy_part(most, &mut take))
}

fn wait_for_copy<H: Host, T>(
    host: &mut H,
    mut get: impl FnMut(&mut Connection) -> Result<CopyOut<T>, Refused>,
) -> Result<Option<T>, Refused> {
    let deadline = host.engine().answer_deadline();
    loop {
        let got = get(host.engine());
        host.deliver_notices();
        match got? {
            CopyOut::Data(data) => return Ok(Some(data)),
            CopyOut::Done => return Ok(None),
            CopyOut::Wait => {
                let waited = host.engine().wait_for_input_until(deadline);
                waited.map_err(|_| Refused)?;
            }
        }
    }
}

/// Calls a function by its OID and waits for its value, which
/// [`take_function_value`](Connection::take_function_value) gives after success. Manual: "PQfn".
///
/// The host is not given the result. `None` when the call could not be sent.
pub fn call_function<H: Host>(
    host: &mut H,
    oid: u32,
    arguments: &[super::Argument<'_>],
) -> Option<Box<QueryResult>> {
    let engine = host.engine();
    engine.clear_error_if_idle();
    let deadline = engine.answer_deadline();
    let sent = engine.send_function_call(oid, arguments);
    let mut last: Option<Box<QueryResult>> = None;
    if sent.is_ok() {
        let mut failures = 0;
        while let Some(result) = fetch_until(host, deadline) {
            failures += usize::from(result.status == ExecStatus::FatalError);
            // A value behind an error is none.
            if failures == 0 || result.status == ExecStatus::FatalError {
                last = Some(result);
            }
        }
        if failures > 1
            && let Some(last) = &mut last
        {
            // What the server said, and that it has gone, say.
            let text = host.engine().error.as_bytes();
            last.report = Some(Box::new(Report::internal(text)));
        }
        last = last.or_else(|| Some(host.engine().no_function_result()));
    }
    host.deliver_notices();
    last
}
