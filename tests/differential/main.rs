//! The judge of fidelity: the same calls through a reference libpq and through ours, against one
//! real server, and the answers compared line by line.
//!
//! Each library is loaded by a process of its own (this program again, see [`child`]), so that a
//! crash or a hang is the failure of one named case. Arguments that are not options select the cases
//! whose names contain them, with `--exact` those that are called so; `--list` prints the names,
//! `--transcript` what ours answered. Other options of Rust's test harness are accepted and ignored.
//!
//! - `FERROPQ_REFERENCE_LIBPQ`: the reference's file, instead of the system's libpq (and, where it was
//!   fetched, the one of PostgreSQL 18);
//! - `FERROPQ_LIB`: our file, instead of the one that cargo built;
//! - `FERROPQ_DIFF_AREAS`: the areas to run, separated by commas;
//! - `FERROPQ_DIFF_STRICT=0`: a case that needs a symbol which ours lacks is left out, and does not
//!   fail;
//! - `FERROPQ_DIFF_LIMIT`: the seconds that a case may take, 30 where nothing is said.

mod api;
mod calls;
mod cancel;
mod case;
mod cases;
mod child;
mod conn;
mod diff;
mod environment;
mod escaping;
mod events;
mod file;
mod libraries;
mod options;
mod params;
mod raw;
mod report;
mod result;
mod text;
mod transcript;
mod wishes;
mod worker;

use std::path::Path;
use std::process::ExitCode;

use crate::case::{Case, Server};
use crate::report::{Summary, Verdict, judge};
use crate::wishes::Wishes;
use crate::worker::{Outcome, Worker};

/// How many cases the whole table has at least.
const LEAST: usize = 1100;

fn main() -> ExitCode {
    let cases = cases::all();
    let outcome = match worker::of_this_child() {
        Some((library, server)) => child::serve(&library, &server, &cases).map(|()| 0),
        None => compare_all(&cases),
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("differential: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Compares ours with every reference there is; returns the number of failed cases.
fn compare_all(cases: &[Case]) -> Result<usize, String> {
    let wishes = Wishes::read()?;
    let wanted: Vec<&Case> = cases.iter().filter(|case| wishes.want(case)).collect();
    if wishes.list {
        wanted
            .iter()
            .for_each(|case| println!("{}: test", case.name));
        return Ok(0);
    }
    if wishes.want_all() && wanted.len() < LEAST {
        let count = wanted.len();
        return Err(format!("{count} cases are not the table that there was"));
    }
    if wanted.is_empty() {
        return Ok(0);
    }
    let ours = libraries::ours()?;
    let references = libraries::references();
    if references.is_empty() {
        return Err("no libpq to compare with is installed".into());
    }
    let mut failures = 0;
    for reference in &references {
        let (level, our_level, exported) = libraries::check_distinct(reference, &ours)?;
        println!("reference {} (level {level})", reference.display());
        println!(
            "ours      {} (level {our_level}, {exported} of {} symbols)",
            ours.display(),
            api::NAMES.len()
        );
        if exported == 0 && !wishes.strict {
            println!("ours exports nothing of the interface yet: nothing to compare");
            continue;
        }
        let Some(real) = support::require_server() else {
            return Ok(0);
        };
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        let server = prepared(real, scratch.path(), reference, &wishes)?;
        failures += compare(reference, &ours, level, &server, &wanted, &wishes)?;
    }
    Ok(failures)
}

/// Runs the cases through both libraries and prints what came of them.
fn compare(
    reference: &Path,
    ours: &Path,
    level: i32,
    server: &Server,
    cases: &[&Case],
    wishes: &Wishes,
) -> Result<usize, String> {
    let mut left = Worker::new(reference, server, wishes.limit);
    let mut right = Worker::new(ours, server, wishes.limit);
    let mut summary = Summary::default();
    for case in cases {
        let answer = right.ask(&case.name);
        if wishes.transcript {
            println!("{}", case.name);
            answer.lines.iter().for_each(|line| println!("    {line}"));
        }
        let verdict = match &answer.outcome {
            // Nothing to compare: spare the reference the work.
            Outcome::Ended(child::End::Missing(symbol)) => Verdict::NotRun {
                symbol: symbol.clone(),
                ours: true,
            },
            _ => judge(case, level, &left.ask(&case.name), &answer),
        };
        summary.add(case, verdict, wishes.strict);
    }
    summary.print();
    Ok(summary.failures())
}

/// Makes the database that the cases expect, through the reference.
fn prepared(
    real: &support::Server,
    scratch: &Path,
    reference: &Path,
    wishes: &Wishes,
) -> Result<Server, String> {
    let server = Server {
        socket_dir: real.socket_folder().display().to_string(),
        port: real.port(),
        major: real.major(),
        root_certificate: real.certificate("root.crt"),
        scratch: scratch.display().to_string(),
    };
    let answer = Worker::new(reference, &server, wishes.limit).ask(cases::SETUP);
    match answer.outcome {
        Outcome::Ended(child::End::Done) => Ok(server),
        outcome => Err(format!(
            "the preparation failed: {outcome:?}\n{}",
            answer.lines.join("\n")
        )),
    }
}
