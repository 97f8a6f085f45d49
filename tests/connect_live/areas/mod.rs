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
    /// Whether its stories connect to anything.
    pub(crate) connects: bool,
    pub(crate) run: fn() -> Result<Told, String>,
}

/// All areas.
pub(crate) fn all() -> Vec<Area> {
    let quick = |name, run| Area {
        name,
        is_long: false,
        connects: true,
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
        Area {
            connects: false,
            ..long("directory", directory::run)
        },
        long("pgbouncer", poolers::run_pgbouncer),
        long("pgpool", poolers::run_pgpool),
    ]
}

/// The servers of one major version, where it is installed.
fn installation(major: u32) -> Option<Installation> {
    servers().into_iter().find(|found| found.major == major)
}

/// The servers of every version that is tested; where one is required and missing, an error.
fn every_installation() -> Result<Vec<Installation>, String> {
    let found = servers();
    let is_there = |major: u32| found.iter().any(|found| found.major == major);
    match [18, 15, 12, 10].into_iter().find(|major| !is_there(*major)) {
        Some(major) if crate::required() => Err(format!("no PostgreSQL {major} is installed")),
        _ => Ok(found),
    }
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
