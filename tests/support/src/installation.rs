//! Which PostgreSQL servers this machine can start.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server binaries of one major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The major version: 15, say.
    pub major: u32,
    /// The folder of `postgres` and `initdb`.
    pub bindir: PathBuf,
    /// The folder to copy where the server's user cannot reach `bindir`.
    pub(crate) prefix: PathBuf,
    /// Whether the system's packages brought it (and not `scripts/setup`).
    pub system: bool,
}

/// The majors that `scripts/setup` fetches beside the system's own.
pub(crate) const PACKAGED: [u32; 3] = [18, 12, 10];

/// Every server found, the system's own first, then the packaged ones, newest first.
///
/// The system's is the one of `$FERROPQ_PGBIN`, or the newest of `/usr/lib/postgresql`, or the one
/// that `pg_config` names. The packaged ones lie in `$FERROPQ_SERVERS`, or in `.servers` beside
/// `Cargo.toml`.
pub fn servers() -> Vec<Installation> {
    let system = system_bindirs().into_iter().find_map(|bindir| {
        let major = major_of(&bindir)?;
        let prefix = bindir.clone();
        Some(Installation {
            major,
            bindir,
            prefix,
            system: true,
        })
    });
    let system_major = system.as_ref().map(|found: &Installation| found.major);
    let packaged = PACKAGED.into_iter().filter_map(|major| {
        let prefix = packaged_root().join(major.to_string());
        let bindir = prefix.join("bin");
        let found = system_major != Some(major) && major_of(&bindir) == Some(major);
        found.then_some(Installation {
            major,
            bindir,
            prefix,
            system: false,
        })
    });
    system.into_iter().chain(packaged).collect()
}

fn packaged_root() -> PathBuf {
    if let Some(folder) = env::var_os("FERROPQ_SERVERS") {
        return folder.into();
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.servers")
}

/// Candidates for the system's server, best first.
fn system_bindirs() -> Vec<PathBuf> {
    if let Some(folder) = env::var_os("FERROPQ_PGBIN") {
        return vec![folder.into()];
    }
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    debian.sort_by(|a, b| b.cmp(a));
    let mut found: Vec<PathBuf> = debian.into_iter().map(|(_, bindir)| bindir).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        found.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    found
}

/// The major version of the server in the folder, when there is one with its `initdb`.
fn major_of(bindir: &Path) -> Option<u32> {
    if !bindir.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(bindir.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}
