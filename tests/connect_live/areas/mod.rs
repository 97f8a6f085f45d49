//! What is compared, by area.

mod cancel;
mod certificates;
mod directory;
mod hosts;
mod lookup;
mod managed;
mod methods;
mod modes;
mod oauth;
mod poolers;
mod tls;

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
    /// Whether it is left to `make test-connect`.
    pub(crate) is_long: bool,
    pub(crate) run: fn() -> Result<Told, String>,
}

/// All areas.
pub(crate) fn all() -> Vec<Area> {
    let quick = |name, run| Area {
        name,
        is_long: false,
        run,
    };
    let long = |name, run| Area {
        is_long: true,
        ..quick(name, run)
    };
    vec![
        quick("modes", modes::run),
        long("certificates", certificates::run),
        quick("managed", managed::run),
        quick("methods", methods::run),
        quick("oauth", oauth::run),
        long("keys", methods::run_keys),
        long("versions", managed::run_versions),
        long("tls", tls::run),
        long("cancel", cancel::run),
        long("hosts", hosts::run),
        long("lookup", lookup::run),
        long("directory", directory::run),
        long("pgbouncer", poolers::run_pgbouncer),
        long("pgpool", poolers::run_pgpool),
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

/// Why libpq 15 complains of a missing root in other words.
const ADVICE: &str = "libpq 16 names sslrootcert=system as a way out";

/// Why libpq 15 complains twice of a server without TLS.
const AGAIN: &str = "a refused libpq 15 turns to a server without TLS again, in clear";

fn said(error: impl ToString) -> String {
    error.to_string()
}
