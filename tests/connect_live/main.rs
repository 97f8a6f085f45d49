//! Connecting, compared connection by connection with libpq: TLS in full, many hosts, poolers, what
//! managed services do, directories.
//!
//! Each library is held by a process of its own (this program again, see [`child`]) that does what
//! the stories of `areas` say; the answers must be equal, or the difference must be known. Compared
//! is with the system's libpq and, where it was fetched, with that of PostgreSQL 18.
//!
//! An argument that is no option selects the areas whose names contain it. With
//! `FERROPQ_REQUIRE_CONNECT=1` long areas run as well as quick ones, and parts that are not installed
//! are a failure; without, they are skipped. `FERROPQ_CONNECT_VERBOSE=1` prints
//! every story; `FERROPQ_LIB` and `FERROPQ_REFERENCE_LIBPQ` name other libraries.

#[allow(dead_code, reason = "shared with another test")]
#[path = "../differential/api.rs"]
mod api;
mod areas;
mod child;
mod compare;
#[allow(dead_code, reason = "shared with another test")]
#[path = "../differential/libraries.rs"]
mod libraries;
mod probe;
#[allow(dead_code, reason = "shared with another test")]
#[path = "../differential/raw.rs"]
mod raw;
mod tokens;
mod words;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    if let Some(library) = env::var_os(probe::LIBRARY_VARIABLE) {
        return match child::serve(&PathBuf::from(library)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("{message}");
                ExitCode::FAILURE
            }
        };
    }
    let filters: Vec<String> = env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let mut failed = 0;
    for area in areas::all() {
        let named = filters.iter().any(|part| area.name.contains(part));
        let wanted = filters.is_empty() && (required() || !area.is_long);
        if !named && !wanted {
            continue;
        }
        let begin = Instant::now();
        match (area.run)() {
            Ok(areas::Told::Skipped(why)) => {
                let is_failure = required() || server_required();
                assert!(!is_failure, "{}: skipped: {why}", area.name);
                println!("{}: skipped: {why}", area.name);
            }
            Ok(areas::Told::All(compare)) => {
                let (told, known, bad) = (compare.told, compare.known, compare.failures.len());
                let seconds = begin.elapsed().as_secs_f32();
                let connected = compare.connected;
                println!(
                    "{}: {told} stories, {connected} connections, {known} known differences, \
                     {bad} failures, {seconds:.1} s",
                    area.name
                );
                failed += bad;
                if connected == 0 && area.connects {
                    println!("FAILED {}: nobody was connected", area.name);
                    failed += 1;
                }
            }
            Err(message) => {
                println!("FAILED {}: {message}", area.name);
                failed += 1;
            }
        }
    }
    if failed == 0 {
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

/// Whether a missing server is a failure.
fn server_required() -> bool {
    env::var_os("FERROPQ_REQUIRE_SERVER").is_some_and(|value| value == "1")
}

/// Whether a part that is not installed is a failure.
fn required() -> bool {
    env::var_os("FERROPQ_REQUIRE_CONNECT").is_some_and(|value| value == "1")
}
