//! The symbols that the shared library exports, held against `LEDGER.md`.
#![cfg(feature = "capi")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What our own functions begin with.
const OWN: &str = "ferropq_";

/// One row of the ledger.
struct Entry {
    is_done: bool,
    symbol: String,
    defined_in: String,
    /// The tests, and the names by which they call the function.
    called_by: Vec<(String, String)>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn ledger() -> Vec<Entry> {
    let text = fs::read_to_string(root().join("LEDGER.md")).expect("the ledger");
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains(" | `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [tick, symbol, defined_in, called_by] = cells[..] else {
            panic!("a row of four cells: {row}");
        };
        let plain = |cell: &str| cell.trim_matches('`').to_owned();
        Entry {
            is_done: tick == "✓",
            symbol: plain(symbol),
            defined_in: plain(defined_in),
            called_by: called_by
                .split(", ")
                .filter(|c| !c.is_empty())
                .map(|call| call.split_once(" by ").unwrap_or((call, symbol)))
                .map(|(test, name)| (plain(test), plain(name)))
                .collect(),
        }
    })
    .collect()
}

/// The library that cargo has built along with this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test.parent().expect("the folder of tests");
    ["libferropq.so", "libferropq.dylib"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists())
        .expect("the shared library among the build's files")
}

/// What a program of the linker's says of a library.
fn told(program: &str, options: &[&str], library: &Path) -> String {
    let output = Command::new(program)
        .args(options)
        .arg(library)
        .output()
        .expect("a program that comes with the linker");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("names of symbols")
}

/// The symbols that a shared library defines for others.
fn exported(library: &Path) -> BTreeSet<String> {
    let text = told("nm", &["-D", "--defined-only"], library);
    let name = |line: &str| line.split_whitespace().next_back().map(str::to_owned);
    text.lines().filter_map(name).collect()
}

fn mentions(file: &Path, symbol: &str) -> bool {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(symbol).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + symbol.len()..].starts_with(is_part)
    })
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_exports_what_is_ticked_and_nothing_else() {
    let exported = exported(&library());
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for entry in ledger() {
        if entry.is_done != exported.contains(&entry.symbol) {
            let not = if entry.is_done {
                "is not"
            } else {
                "is, without a tick,"
            };
            wrong.push(format!("{} {not} exported", entry.symbol));
        }
        known.insert(entry.symbol);
    }
    for symbol in exported
        .difference(&known)
        .filter(|symbol| !symbol.starts_with(OWN))
    {
        wrong.push(format!("{symbol} is exported and not in the ledger"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[cfg(late_openssl)]
fn what_is_called_of_libraries_that_are_loaded_late_is_listed() {
    let undefined = told("nm", &["-D", "--undefined-only"], &library());
    let unlisted: Vec<&str> = undefined
        .lines()
        .filter(|line| line.contains("@OPENSSL_") || line.contains(" _Unwind_"))
        .collect();
    assert!(
        unlisted.is_empty(),
        "to be added to build/late_*.txt: {unlisted:?}"
    );
}

#[test]
fn every_ticked_symbol_is_where_the_ledger_says_and_is_tested() {
    let mut wrong = Vec::new();
    for entry in ledger().iter().filter(|entry| entry.is_done) {
        let symbol = &entry.symbol;
        if !mentions(&root().join("src/capi").join(&entry.defined_in), symbol) {
            wrong.push(format!("{symbol} is not in {}", entry.defined_in));
        }
        if entry.called_by.is_empty() {
            wrong.push(format!("{symbol} has no test"));
        }
        for (test, name) in &entry.called_by {
            if !mentions(&root().join(test), name) {
                wrong.push(format!("{symbol} is not called by {test}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_ledger_lists_every_symbol_of_libpq_18_once_and_in_order() {
    let entries = ledger();
    let symbols: Vec<_> = entries
        .iter()
        .map(|entry| entry.symbol.to_lowercase())
        .collect();
    assert_eq!(
        symbols.len(),
        211,
        "libpq 18's 210 symbols, and PQgetThreadLock"
    );
    assert!(symbols.is_sorted_by(|a, b| a < b));
}
