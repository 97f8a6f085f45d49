//! The process that holds one library: it runs the cases that its parent names and writes their
//! transcripts to standard output.
//!
//! The protocol is lines. In: a case's name. Out: the transcript's lines, each behind a `|`, then one
//! line that says how the case ended: `ok`, `missing SYMBOL` or `panic MESSAGE`.

use std::any::Any;
use std::env;
use std::fs;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::api::{Api, MissingSymbol};
use crate::case::{Case, Ctx, Server};
use crate::cases::{self, SETUP};
use crate::transcript::{Transcript, escape};
use crate::worker::LOG_VARIABLE;

/// How a case ended, as the last line of its answer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Missing(String),
    Panicked(String),
}

impl End {
    fn to_line(&self) -> String {
        match self {
            Self::Done => "ok".into(),
            Self::Missing(symbol) => format!("missing {symbol}"),
            Self::Panicked(message) => format!("panic {}", message.replace('\n', " ")),
        }
    }

    /// Reads what [`to_line`](Self::to_line) wrote.
    pub(crate) fn from_line(line: &str) -> Self {
        match line.split_once(' ') {
            Some(("missing", symbol)) => Self::Missing(symbol.into()),
            Some(("panic", message)) => Self::Panicked(message.into()),
            _ => Self::Done,
        }
    }
}

/// Serves cases until standard input ends; the process's whole job.
pub(crate) fn serve(library: &Path, server: &Server, table: &[Case]) -> Result<(), String> {
    let api = Api::load(library)?;
    std::panic::set_hook(Box::new(|info| {
        if !info.payload().is::<MissingSymbol>() {
            eprintln!("{info}");
        }
    }));
    for name in io::stdin().lock().lines() {
        let name = name.map_err(|error| error.to_string())?;
        let end = match table.iter().find(|case| case.name == name) {
            Some(case) => run(&api, server, |ctx, t| case.run(ctx, t)),
            None if name == SETUP => run(&api, server, cases::set_up),
            None => End::Panicked(format!("no case is called {name}")),
        };
        println!("{}", end.to_line());
    }
    Ok(())
}

fn run(api: &Api, server: &Server, body: impl Fn(&Ctx<'_>, &mut Transcript)) -> End {
    let mut transcript = Transcript::new(Box::new(Marked));
    transcript.hide(&server.socket_dir, "SOCKET_DIR");
    transcript.hide(&server.scratch, "SCRATCH");
    transcript.hide(&server.root_certificate, "ROOT_CERTIFICATE");
    let ctx = Ctx { api, server };
    match catch_unwind(AssertUnwindSafe(|| body(&ctx, &mut transcript))) {
        Ok(()) => {
            said_to_stderr(&mut transcript);
            End::Done
        }
        Err(payload) => {
            said_to_stderr(&mut transcript);
            ended_by(payload.as_ref())
        }
    }
}

/// Moves what the case left on standard error into its transcript: libpq's default notices go there.
fn said_to_stderr(t: &mut Transcript) {
    let Some(path) = env::var_os(LOG_VARIABLE) else {
        return;
    };
    let said = fs::read(&path).unwrap_or_default();
    for line in said.split_inclusive(|&byte| byte == b'\n') {
        t.line(format_args!("stderr: {}", escape(line)));
    }
    if !said.is_empty() {
        // Standard error appends, so what comes next stands at the beginning.
        let file = fs::OpenOptions::new().write(true).open(&path);
        file.and_then(|file| file.set_len(0))
            .expect("the log is ours");
    }
}

fn ended_by(payload: &(dyn Any + Send)) -> End {
    if let Some(MissingSymbol(name)) = payload.downcast_ref() {
        return End::Missing((*name).into());
    }
    let text = payload.downcast_ref::<&str>().copied().map(str::to_string);
    End::Panicked(
        text.or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default(),
    )
}

/// Standard output with the transcript's mark before each line.
struct Marked;

impl Write for Marked {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut out = io::stdout().lock();
        out.write_all(b"|")?;
        out.write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().lock().flush()
    }
}
