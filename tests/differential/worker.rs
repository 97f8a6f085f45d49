//! The parent's side of a child: asks it for one case at a time, notices crashes and hangs.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::case::Server;
use crate::child::End;

/// The environment variable through which a child learns which library it holds.
pub(crate) const CHILD_VARIABLE: &str = "FERROPQ_DIFF_CHILD";

/// The environment variable that names the file which a child's standard error goes to.
pub(crate) const LOG_VARIABLE: &str = "FERROPQ_DIFF_LOG";

/// What one library answered to one case.
pub(crate) struct Answer {
    pub lines: Vec<String>,
    pub outcome: Outcome,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ended(End),
    /// The process died, with the reason.
    Crashed(String),
    /// Nothing came for as long as a case may take.
    Hung,
}

/// Runs cases through one library, in a process that is replaced when it dies.
pub(crate) struct Worker {
    library: PathBuf,
    server: Server,
    limit: Duration,
    log: PathBuf,
    running: Option<Running>,
}

struct Running {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Worker {
    pub(crate) fn new(library: &Path, server: &Server, limit: Duration) -> Self {
        let log = Path::new(&server.scratch).join(format!("stderr-{:p}", library));
        Self {
            library: library.to_path_buf(),
            server: server.clone(),
            limit,
            log,
            running: None,
        }
    }

    /// Runs one case.
    pub(crate) fn ask(&mut self, case: &str) -> Answer {
        let mut lines = Vec::new();
        let outcome = match self.request(case) {
            Ok(()) => self.collect(&mut lines),
            Err(reason) => Outcome::Crashed(reason),
        };
        if !matches!(outcome, Outcome::Ended(_)) {
            self.stop();
            let said = std::fs::read(&self.log).unwrap_or_default();
            lines.extend(
                String::from_utf8_lossy(&said)
                    .lines()
                    .map(|line| format!("stderr: {line}")),
            );
        }
        Answer { lines, outcome }
    }

    fn request(&mut self, case: &str) -> Result<(), String> {
        if self.running.is_none() {
            self.running = Some(
                spawn(&self.library, &self.server, &self.log).map_err(|error| error.to_string())?,
            );
        }
        let running = self.running.as_mut().expect("just started");
        writeln!(running.stdin, "{case}").map_err(|_| self.post_mortem())
    }

    fn collect(&mut self, lines: &mut Vec<String>) -> Outcome {
        let until = Instant::now() + self.limit;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let running = self.running.as_ref().expect("asked before");
            match running.lines.recv_timeout(left) {
                Ok(line) => match line.strip_prefix('|') {
                    Some(line) => lines.push(line.into()),
                    None => return Outcome::Ended(End::from_line(&line)),
                },
                Err(RecvTimeoutError::Timeout) => return Outcome::Hung,
                Err(RecvTimeoutError::Disconnected) => return Outcome::Crashed(self.post_mortem()),
            }
        }
    }

    /// Why the child is gone.
    fn post_mortem(&mut self) -> String {
        let status = self
            .running
            .take()
            .and_then(|mut running| running.child.wait().ok());
        match status.map(|status| (status.signal(), status.code())) {
            Some((Some(signal), _)) => format!("killed by signal {signal}"),
            Some((None, Some(code))) => format!("exited with status {code}"),
            _ => "gone without a status".into(),
        }
    }

    fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Both fail only when the child is gone already.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts this program again as the holder of `library`, with an environment of its own.
fn spawn(library: &Path, server: &Server, log: &Path) -> std::io::Result<Running> {
    // Emptied by the child after each case: what is appended next stands at its beginning.
    let stderr = OpenOptions::new().create(true).append(true).open(log)?;
    stderr.set_len(0)?;
    let mut child = Command::new(std::env::current_exe()?)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("LC_ALL", "C")
        .env("HOME", &server.scratch)
        .env("TMPDIR", &server.scratch)
        .env(CHILD_VARIABLE, library)
        .env(LOG_VARIABLE, log)
        .env("FERROPQ_DIFF_SOCKET_DIR", &server.socket_dir)
        .env("FERROPQ_DIFF_PORT", server.port.to_string())
        .env("FERROPQ_DIFF_MAJOR", server.major.to_string())
        .env("FERROPQ_DIFF_ROOT_CERTIFICATE", &server.root_certificate)
        .env("FERROPQ_DIFF_SCRATCH", &server.scratch)
        .current_dir(&server.scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()?;
    let stdin = child.stdin.take().expect("asked for a pipe");
    let stdout = child.stdout.take().expect("asked for a pipe");
    let (send, lines) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(count) if count > 0) {
            let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
            line.clear();
            if send.send(text).is_err() {
                return;
            }
        }
    });
    Ok(Running {
        child,
        stdin,
        lines,
    })
}

/// In a child: the library it is to hold, and the server its parent prepared.
pub(crate) fn of_this_child() -> Option<(PathBuf, Server)> {
    let library = std::env::var_os(CHILD_VARIABLE)?;
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let server = Server {
        socket_dir: variable("FERROPQ_DIFF_SOCKET_DIR"),
        port: variable("FERROPQ_DIFF_PORT").parse().unwrap_or(0),
        major: variable("FERROPQ_DIFF_MAJOR").parse().unwrap_or(0),
        root_certificate: variable("FERROPQ_DIFF_ROOT_CERTIFICATE"),
        scratch: variable("FERROPQ_DIFF_SCRATCH"),
    };
    Some((library.into(), server))
}
