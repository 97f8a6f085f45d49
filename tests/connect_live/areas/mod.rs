//! What is compared, by area.

mod certificates;
mod hosts;
mod modes;
mod tls;

use std::path::Path;

use support::{Installation, servers};

use crate::compare::Compare;

/// What came of an area.
pub(crate) enum Told {
    /// Every story was told.
    All(Compare),
    /// A part that it needs is not installed.
    Skipped(String),
}

/// An area that runs on its own.
pub(crate) struct Area {
    pub(crate) name: &'static str,
    pub(crate) run: fn() -> Result<Told, String>,
}

/// All areas.
pub(crate) fn all() -> Vec<Area> {
    let area = |name, run| Area { name, run };
    vec![
        area("modes", modes::run),
        area("certificates", certificates::run),
        area("tls", tls::run),
        area("hosts", hosts::run),
    ]
}

/// The servers of one major version, where it is installed.
fn installation(major: u32) -> Option<Installation> {
    servers().into_iter().find(|found| found.major == major)
}

/// The system's server, or else the newest.
fn system() -> Option<Installation> {
    servers().into_iter().next()
}

/// Where a program is; Debian keeps some outside the usual path.
#[allow(dead_code, reason = "todo")]
fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(Into::into))
        .map(|folder| folder.join(name))
        .find(|candidate| Path::is_file(candidate))
}

/// Why libpq 15 complains of a missing root in other words.
const ADVICE: &str = "libpq 16 names sslrootcert=system as a way out";

/// Why libpq 15 complains twice of a server without TLS.
const AGAIN: &str = "a refused libpq 15 turns to a server without TLS again, in clear";

fn said(error: impl ToString) -> String {
    error.to_string()
}
