//! The certificates of one test process, made once with the `openssl` program.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

type Files = Vec<(String, Vec<u8>)>;

/// Writes the certificates and keys into a folder; keys are readable by us alone.
pub(crate) fn write_to(folder: &Path) -> io::Result<()> {
    static MADE: OnceLock<Result<Files, String>> = OnceLock::new();
    let made = MADE.get_or_init(|| make().map_err(|error| error.to_string()));
    let files = made
        .as_ref()
        .map_err(|message| io::Error::other(message.clone()))?;
    for (name, content) in files {
        let mode = if name.ends_with(".key") { 0o600 } else { 0o644 };
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(folder.join(name))?
            .write_all(content)?;
    }
    Ok(())
}

fn make() -> io::Result<Files> {
    let folder = tempfile::tempdir()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/certificates");
    let status = Command::new("sh").arg(script).arg(folder.path()).status()?;
    if !status.success() {
        let log = fs::read_to_string(folder.path().join("openssl.log")).unwrap_or_default();
        return Err(io::Error::other(format!(
            "no certificates: {status}\n{log}"
        )));
    }
    let mut files = Files::new();
    for entry in fs::read_dir(folder.path())? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if [".crt", ".key", ".crl"]
            .iter()
            .any(|ending| name.ends_with(ending))
        {
            files.push((name, fs::read(entry.path())?));
        }
    }
    Ok(files)
}
