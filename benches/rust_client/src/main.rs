//! One benchmark program over ferropq's Rust face or over the `postgres` crate:
//!
//! `rust-client ferropq|postgres CASE [key=value…]`
//!
//! Runs one case, once, and prints what its measured section cost as `key=value` lines, as the
//! benchmark program in C does. Both libraries are in it, built with the same settings.

mod cases;
mod measure;
mod options;
mod ours;
mod theirs;

use std::process::ExitCode;

use crate::cases::{Case, Face};
use crate::options::Options;

const USAGE: &str = "usage: rust-client ferropq|postgres CASE [key=value...]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [library, case, options @ ..] => run(library, case, options),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(library: &str, case: &str, options: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse(options)?;
    let case = Case::named(case).ok_or(USAGE)?;
    match library {
        "ferropq" => case.run(&mut ours::Ours::connect(&options)?, &options),
        "postgres" => case.run(&mut theirs::Theirs::connect(&options)?, &options),
        _ => Err(USAGE.into()),
    }
}
