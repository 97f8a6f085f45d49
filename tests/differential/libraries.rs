//! Which two libraries are compared.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::api::Api;

/// Names another reference than the system's.
const REFERENCE_VARIABLE: &str = "FERROPQ_REFERENCE_LIBPQ";
/// Names our library, where it is not the one that cargo built beside this test.
const OURS_VARIABLE: &str = "FERROPQ_LIB";

/// Where Linux distributions keep libpq.
const SYSTEM_FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
];

/// The references to compare with: the one that is named, or else the system's libpq and the one
/// that came with the packaged server of version 18, as far as they are there.
///
/// # Panics
///
/// With `FERROPQ_REQUIRE_SERVER=1`, where one of the two is missing: what only libpq 18 knows would
/// be compared with nothing.
pub(crate) fn references() -> Vec<PathBuf> {
    let found = found_references();
    let is_required = env::var_os("FERROPQ_REQUIRE_SERVER").is_some_and(|value| value == "1");
    let has_both = found.len() == 2 || env::var_os(REFERENCE_VARIABLE).is_some();
    let packaged_here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    assert!(
        has_both || !is_required || !packaged_here,
        "to compare with there are only {found:?}; scripts/setup fetches libpq 18"
    );
    found
}

fn found_references() -> Vec<PathBuf> {
    if let Some(named) = env::var_os(REFERENCE_VARIABLE) {
        return vec![named.into()];
    }
    let system = SYSTEM_FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join("libpq.so.5"))
        .find(|path| path.exists());
    let packaged = env::var_os("FERROPQ_SERVERS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join(".servers"),
        PathBuf::from,
    );
    let packaged = packaged.join("18/lib/libpq.so.5.18");
    system
        .into_iter()
        .chain(packaged.exists().then_some(packaged))
        .collect()
}

/// Our library: the one that is named, or the one that cargo built beside this test. Building the
/// test builds it too; where only the test's program was kept, cargo is asked for it once.
pub(crate) fn ours() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os(OURS_VARIABLE) {
        return Ok(named.into());
    }
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let profile = program
        .parent()
        .and_then(Path::parent)
        .ok_or_else(|| format!("{} is not in a target folder", program.display()))?;
    if newest(profile).is_none() {
        build(profile)?;
    }
    newest(profile).ok_or_else(|| format!("no libferropq.so in {}", profile.display()))
}

/// The library last built: building tests leaves it among the dependencies, building the library
/// puts it beside them.
fn newest(profile: &Path) -> Option<PathBuf> {
    let built = |path: &PathBuf| path.metadata().and_then(|file| file.modified()).ok();
    [
        profile.join("deps/libferropq.so"),
        profile.join("libferropq.so"),
    ]
    .into_iter()
    .filter(|path| path.exists())
    .max_by_key(built)
}

/// Builds the shared library into the profile's folder.
fn build(profile: &Path) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--lib", "--features", "capi"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if let Some(target) = profile.parent() {
        command.arg("--target-dir").arg(target);
    }
    if profile.ends_with("release") {
        command.arg("--release");
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("building the library: {status}")),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}

/// Proves that the two libraries are two: loads both and compares where their symbols are.
///
/// Returns their interface levels; ours is 0 while it does not export `PQlibVersion`.
pub(crate) fn check_distinct(reference: &Path, ours: &Path) -> Result<(i32, i32, usize), String> {
    let (reference, ours) = (Api::load(reference)?, Api::load(ours)?);
    let level = |api: &Api| api.address("PQlibVersion").map_or(0, |_| api.version());
    for name in ["PQexec", "PQconnectdb", "PQlibVersion"] {
        let address = reference.address(name);
        if address.is_none() {
            return Err(format!(
                "{} does not export {name}",
                reference.path().display()
            ));
        }
        if address == ours.address(name) {
            return Err(format!("both libraries answer {name} with the same code"));
        }
    }
    Ok((level(&reference), level(&ours), ours.exported()))
}
