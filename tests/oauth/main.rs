//! OAuth against an issuer and a server of its own, both scripted.
//!
//! The settings for development stand in the environment of the process. So every case runs in a
//! process of its own: this program, started again with the case's name in `FERROPQ_OAUTH_CASE`.
//! An argument that is no option selects the cases whose names contain it; what takes long runs
//! with `FERROPQ_LONG=1`.

mod cases;
mod driver;
#[cfg(feature = "capi")]
mod hooks;
mod issuer;
mod server;
mod tls;

use std::env;
use std::process::{Command, ExitCode};

/// What a case needs of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The settings for development.
    Development,
    /// No such settings.
    Production,
    /// The settings for development, and takes seconds.
    Long,
}

/// A case: what it shows, what it needs, what it does, and what standard error must hold and must
/// not.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) mode: Mode,
    pub(crate) run: fn(),
    pub(crate) says: &'static [&'static str],
}

/// What nobody may see.
const SECRETS: [&str; 4] = [
    "the-token",
    "dev-secret",
    "client-secret",
    "Y2xpZW50LXNlY3JldA",
];

const CASE: &str = "FERROPQ_OAUTH_CASE";

fn main() -> ExitCode {
    let all = || cases::CASES.iter().chain(hooks());
    if let Ok(name) = env::var(CASE) {
        let case = all().find(|case| case.name == name);
        (case.expect("a case of this name").run)();
        return ExitCode::SUCCESS;
    }
    let filters: Vec<String> = env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let long = env::var_os("FERROPQ_LONG").is_some();
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = tls::create(folder.path());
    let mut failed = 0;
    for case in all().filter(|case| long || case.mode != Mode::Long) {
        if filters.is_empty() || filters.iter().any(|part| case.name.contains(part)) {
            let outcome = run_apart(case, &trusted);
            let word = if outcome.is_ok() { "ok" } else { "FAILED" };
            println!("{} ... {word}", case.name);
            if let Err(reason) = outcome {
                println!("{reason}");
                failed += 1;
            }
        }
    }
    if failed == 0 {
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

fn hooks() -> &'static [Case] {
    #[cfg(feature = "capi")]
    return hooks::CASES;
    #[cfg(not(feature = "capi"))]
    &[]
}

fn run_apart(case: &Case, trusted: &std::path::Path) -> Result<(), String> {
    let mut command = Command::new(env::current_exe().expect("this program"));
    for (name, _) in env::vars_os() {
        let shown = name.to_string_lossy();
        if shown.starts_with("PG") || shown.to_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    if case.mode != Mode::Production {
        command.env("PGOAUTHDEBUG", "UNSAFE");
    }
    command
        .env("PGOAUTHCAFILE", trusted)
        .env(tls::FOLDER, trusted.parent().expect("a folder"))
        .env(CASE, case.name);
    let output = command.output().expect("this program to start");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(said);
    }
    if let Some(secret) = SECRETS.iter().find(|secret| said.contains(**secret)) {
        return Err(format!("{secret:?} has been shown:\n{said}"));
    }
    match case.says.iter().find(|text| !said.contains(**text)) {
        Some(missing) => Err(format!("{missing:?} has not been said:\n{said}")),
        None => Ok(()),
    }
}
